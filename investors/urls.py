from django.urls import path

from investors.views import own, people

app_name = "investors"
urlpatterns = [
    path("espace/profil/", own.profile, name="profile"),
    path("espace/profil/iban/", own.iban, name="iban"),
    path("espace/donnees/", own.data, name="data"),
    path("espace/donnees/copie.json", own.data_copy, name="data_copy"),
    path("textes/<slug:key>/", own.text, name="text"),
    path("gestion/personnes/", people.parties, name="parties"),
    path("gestion/personnes/<uuid:uuid>/", people.party, name="party"),
    path("gestion/personnes/<uuid:uuid>/controles/", people.check, name="check_party"),
    path("gestion/comptes/", people.users, name="users"),
    path("gestion/comptes/<uuid:uuid>/", people.user, name="user"),
    path("gestion/comptes/<uuid:uuid>/roles/", people.grant, name="grant_role"),
    path("gestion/roles/<uuid:uuid>/retirer/", people.revoke, name="revoke_role"),
    path("gestion/journal/", people.journal, name="journal"),
]
