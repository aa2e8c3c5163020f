"""Addresses of what comes before a loan, and of the desk where a class is decided."""

from django.urls import path

from investors.protection import views

app_name = "protection"
urlpatterns = [
    path("espace/avant-de-preter/", views.ready, name="ready"),
    path("espace/avant-de-preter/questionnaire/", views.questionnaire, name="questionnaire"),
    path("espace/avant-de-preter/avertissement/", views.warning, name="warning"),
    path("espace/avant-de-preter/simulation/", views.simulation, name="simulation"),
    path("espace/avant-de-preter/statut/", views.status, name="status"),
    path("gestion/statuts/", views.requests, name="requests"),
    path("gestion/statuts/<uuid:uuid>/", views.decide, name="decide"),
]
