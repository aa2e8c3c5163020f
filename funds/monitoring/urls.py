"""Addresses of the follow-up of financings."""

from django.urls import path

from funds.monitoring import views

app_name = "follow_up"
urlpatterns = [
    path("gestion/suivi/", views.warnings, name="warnings"),
    path("gestion/suivi/<slug:slug>/", views.financing, name="financing"),
    path("espace/restructurations/<uuid:uuid>/", views.answer, name="answer"),
]
