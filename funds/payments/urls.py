"""Addresses of payments, under the namespace `funds`."""

from django.urls import path

from funds.views import bank_refunds, paying, recoveries

urlpatterns = [
    path("engagements/<uuid:uuid>/payer/", paying.pay, name="pay"),
    path("engagements/<uuid:uuid>/rendre/", paying.refund, name="refund"),
    path("paiements/<uuid:uuid>/", paying.payment, name="payment"),
    path("paiements/<uuid:uuid>/retour/", paying.payment_return, name="payment_return"),
    path("espace/remboursements/<uuid:uuid>/", bank_refunds.ask, name="ask_bank_refund"),
    path("gestion/remboursements/", bank_refunds.listing, name="bank_refunds"),
    path("gestion/remboursements/<uuid:uuid>/", bank_refunds.one, name="bank_refund"),
    path("gestion/creances/", recoveries.listing, name="claims"),
    path("gestion/creances/<uuid:uuid>/", recoveries.one, name="claim"),
    path("paiement/webhook/", paying.webhook, name="webhook"),
]
