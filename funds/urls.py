"""Addresses of offers, commitments, payments, books, holders and staff."""

from django.urls import path

from funds.payments.urls import urlpatterns as payment_urls
from funds.views.solvency import solvency

app_name = "funds"
urlpatterns = [
    *payment_urls,
    path("comptes/", solvency, name="solvency"),
]
