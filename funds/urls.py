"""Addresses of offers, commitments, payments, books, holders and staff."""

from django.urls import path

from funds.payments.urls import urlpatterns as payment_urls
from funds.servicing.urls import urlpatterns as servicing_urls
from funds.views import public, saving
from funds.views.solvency import solvency

app_name = "funds"
urlpatterns = [
    path("projets/", public.offers, name="offers"),
    path("projets/<slug:slug>/", public.offer, name="offer"),
    path("projets/<slug:slug>/engager/", saving.commit, name="commit"),
    path("projets/<slug:slug>/signer/", saving.sign, name="sign"),
    path("engagements/<uuid:uuid>/", saving.commitment, name="commitment"),
    path("engagements/<uuid:uuid>/retirer/", saving.revoke, name="revoke"),
    path("attente/<uuid:uuid>/quitter/", saving.leave, name="leave_waiting_list"),
    path("espace/", saving.space, name="space"),
    path("espace/plafond/", saving.ceiling, name="ceiling"),
    *payment_urls,
    *servicing_urls,
    path("comptes/", solvency, name="solvency"),
]
