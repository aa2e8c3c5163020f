"""Addresses of the committee, under the namespace `committee`."""

from django.urls import path

from projects.committee.views import desk, files, minutes, public, room

app_name = "committee"
urlpatterns = [
    path("decisions/", public.decisions, name="decisions"),
    path("decisions/deports/", public.recusals, name="recusals"),
    path("decisions/<uuid:uuid>/", public.decision, name="decision"),
    path("gestion/comite/", desk.desk, name="desk"),
    path("gestion/comite/nouveau/", desk.new_committee, name="new_committee"),
    path("gestion/comite/conditions/", desk.conditions, name="conditions"),
    path("gestion/comite/tirages/<uuid:uuid>/", desk.draw, name="draw"),
    path("gestion/comite/seances/<uuid:uuid>/", room.session, name="session"),
    path("gestion/comite/seances/<uuid:uuid>/proces-verbal/", minutes.minutes, name="minutes"),
    path("gestion/comite/seances/<uuid:uuid>/proces-verbal.pdf", minutes.minutes_pdf, name="minutes_pdf"),
    path("gestion/comite/dossiers/<uuid:uuid>/", files.item, name="item"),
    path("gestion/comite/dossiers/<uuid:uuid>/pieces/<uuid:piece>/", files.piece, name="piece"),
    path("gestion/comite/<uuid:uuid>/", desk.committee, name="committee"),
    path("gestion/comite/<uuid:uuid>/grille/", desk.new_grid, name="new_grid"),
    path("gestion/comite/<uuid:uuid>/seance/", desk.new_session, name="new_session"),
]
