"""Addresses of co-financing rounds, under the namespace `cofinancing`."""

from django.urls import path

from funds.cofinancing import views

app_name = "cofinancing"
urlpatterns = [
    path("gestion/tours-de-table/", views.desk, name="desk"),
    path("gestion/tours-de-table/<uuid:uuid>/", views.table, name="table"),
    path("gestion/tours-de-table/preuves/<uuid:uuid>/", views.evidence, name="evidence"),
    path("porteur/tours-de-table/", views.mine, name="mine"),
    path("partenaire/tours-de-table/", views.partner, name="partner"),
]
