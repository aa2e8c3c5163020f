"""Signing in for tests, as allauth records it in a session."""

import time

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.internal.flows import login as login_flow
from allauth.account.internal.userkit import user_id_to_str
from django.test import Client

from investors.models import User


def sign_in(client: Client, user: User, *, second_factor: bool = True) -> None:
    """Sign in a person who has just typed their password again; by default with a second factor, as for staff."""
    client.force_login(user)
    session = client.session
    proofs = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    if second_factor:
        proofs.append({"method": "mfa", "at": time.time(), "type": "totp"})
    session[AUTHENTICATION_METHODS_SESSION_KEY] = proofs
    session[login_flow._AUTHENTICATION_METHODS_USER_SESSION_KEY] = user_id_to_str(user)
    session.save()
