"""Addresses of the holder's space and of the back office of money, under the namespace `funds`."""

from django.urls import path

from funds.views import holder, office

urlpatterns = [
    path("porteur/", holder.space, name="holder_space"),
    path("porteur/echeances/<uuid:uuid>/payer/", holder.pay_instalment, name="pay_instalment"),
    path("porteur/<slug:slug>/compte/", holder.payee_account, name="payee_account"),
    path("gestion/", office.desk, name="desk"),
    path("gestion/versements/", office.payouts, name="payouts"),
    path("gestion/versements/<uuid:uuid>/", office.payout, name="payout"),
]
