"""Addresses of labels held and of those a fund accepts, on the staff's side."""

from django.urls import path

from funds.views import labels

app_name = "fund_labels"
urlpatterns = [
    path("gestion/labels/detenus/", labels.held, name="held"),
    path("gestion/labels/detenus/<uuid:uuid>/", labels.held_award, name="award"),
    path("gestion/fonds/<uuid:uuid>/labels/", labels.accepted, name="accepted"),
]
