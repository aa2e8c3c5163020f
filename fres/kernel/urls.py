from django.urls import path

from fres.kernel import views

app_name = "kernel"
urlpatterns = [
    path("sante/", views.health, name="health"),
    path("couleurs/", views.set_theme, name="set_theme"),
    path("gestion/parametres/", views.parameter_list, name="parameters"),
    path("gestion/parametres/export.csv", views.parameter_export, name="parameters_export"),
    path("gestion/parametres/<str:key>/", views.parameter, name="parameter"),
]
