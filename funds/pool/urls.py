"""Addresses of the pot, under the namespace `pool`."""

from django.urls import path

from funds.pool import desk_views, record_views, sheet_views, views

app_name = "pool"
urlpatterns = [
    path("fonds/", views.pots, name="pots"),
    path("fonds/argent-public/", views.public_money, name="public_money"),
    path("fonds/parts/<slug:slug>/", views.pot, name="pot"),
    path("fonds/parts/<slug:slug>/fiche/", sheet_views.sheet, name="sheet"),
    path("fonds/parts/<slug:slug>/souscrire/", views.subscribe_page, name="subscribe"),
    path("espace/pot/", views.mine, name="mine"),
    path("espace/pot/souscriptions/<uuid:uuid>/", views.subscription, name="subscription"),
    path("espace/pot/souscriptions/<uuid:uuid>/payer/", views.pay, name="pay"),
    path("espace/pot/souscriptions/<uuid:uuid>/annuler/", views.cancel, name="cancel"),
    path("espace/pot/paiements/<uuid:uuid>/retour/", views.payment_return, name="payment_return"),
    path("espace/pot/rachats/<uuid:uuid>/retirer/", views.withdraw, name="withdraw"),
    path("gestion/pot/", desk_views.desk, name="desk"),
    path("gestion/pot/<uuid:uuid>/enregistrer/<slug:what>/", record_views.record, name="record"),
    path("gestion/pot/fiches/<slug:slug>/", sheet_views.publish, name="publish_sheet"),
    path("gestion/pot/rachats/<uuid:uuid>/", desk_views.redemption, name="redemption"),
    path("gestion/pot/abondements/<uuid:uuid>/", desk_views.matching, name="matching"),
]
