from django.urls import path

from fres.kernel import views

app_name = "kernel"
urlpatterns = [
    path("sante/", views.health, name="health"),
    path("couleurs/", views.set_theme, name="set_theme"),
]
