"""Addresses of the rules, under the namespace `rules`."""

from django.urls import path

from funds.rules import views

app_name = "rules"
urlpatterns = [
    path("regles/", views.public, name="public"),
    path("gestion/regles/", views.desk, name="desk"),
    path("gestion/regles/nouvelle/", views.new, name="new"),
    path("gestion/regles/simuler/", views.simulate, name="simulate"),
    path("gestion/regles/depassements/<uuid:uuid>/", views.breach, name="breach"),
    path("gestion/regles/<slug:code>/", views.rule, name="rule"),
]
