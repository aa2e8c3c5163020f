"""Accounts: allauth's addresses, with our own page where the second factor is installed."""

from django.urls import include, path

from investors.views import second_factor

urlpatterns = [
    path("2fa/totp/activate/", second_factor.activate_totp, name="mfa_activate_totp"),
    path("", include("allauth.urls")),
]
