"""Addresses of what founds a fund, under the namespace `founding`."""

from django.urls import path

from funds.founding import views

app_name = "founding"
urlpatterns = [
    path("le-fonds/", views.funds, name="funds"),
    path("le-fonds/pieces/<uuid:uuid>/", views.public_file, name="file"),
    path("gestion/fonds/", views.desk, name="desk"),
    path("gestion/fonds/<uuid:uuid>/<slug:what>/", views.record, name="record"),
]
