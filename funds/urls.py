"""Addresses of offers, commitments, payments, books, holders and staff."""

from funds.payments.urls import urlpatterns as payment_urls

app_name = "funds"
urlpatterns = [
    *payment_urls,
]
