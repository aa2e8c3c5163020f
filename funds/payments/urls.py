"""Addresses of payments, under the namespace `funds`."""

from django.urls import path

from funds.views import paying

urlpatterns = [
    path("engagements/<uuid:uuid>/payer/", paying.pay, name="pay"),
    path("engagements/<uuid:uuid>/rendre/", paying.refund, name="refund"),
    path("paiements/<uuid:uuid>/", paying.payment, name="payment"),
    path("paiements/<uuid:uuid>/retour/", paying.payment_return, name="payment_return"),
    path("paiement/webhook/", paying.webhook, name="webhook"),
]
