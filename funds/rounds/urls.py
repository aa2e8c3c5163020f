"""Addresses of votes on the pot."""

from django.urls import path

from funds.rounds.views import office, public, saving

app_name = "rounds"
urlpatterns = [
    path("votes/", public.rounds, name="rounds"),
    path("votes/<slug:slug>/", public.one, name="round"),
    path("votes/<slug:slug>/recus/", public.receipts, name="receipts"),
    path("votes/<slug:slug>/resultat.pb", public.election_file, name="election_file"),
    path("votes/<slug:slug>/repartition.zip", public.bundle, name="bundle"),
    path("votes/<slug:slug>/regles.json", public.rules_file, name="rules_file"),
    path("espace/votes/<slug:slug>/", saving.vote, name="vote"),
    path("gestion/votes/", office.rounds, name="desk"),
    path("gestion/votes/<uuid:uuid>/", office.one, name="desk_round"),
]
