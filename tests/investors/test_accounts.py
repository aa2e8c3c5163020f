"""Accounts as a person meets them: allauth's pages, our mails, the second factor."""

import re
import time

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from fres.kernel.messages import deliver
from fres.kernel.models import Message
from investors.models import Consent, User
from tests.investors.factories import PASSWORD, RoleGrantFactory, UserFactory
from tests.investors.sessions import sign_in

pytestmark = pytest.mark.django_db
_LINK = re.compile(r"https?://testserver(/\S+)")


@pytest.fixture(autouse=True)
def fresh_rate_limits():
    cache.clear()
    yield
    cache.clear()


def _sign_up(client: Client, email: str, **changes):
    data = {"email": email, "password1": "quatre mots pour entrer", "accepts_terms": "on"} | changes
    return client.post(reverse("account_signup"), data)


def _link_in_last_message(clock, template: str) -> str:
    message = Message.objects.filter(template=template).latest("pk")
    deliver(message=message, at=clock.now)
    found = _LINK.search(mail.outbox[-1].body)
    assert found, mail.outbox[-1].body
    return found.group(1)


def test_signing_up_sends_a_link_and_the_account_opens_only_through_it(client, clock) -> None:
    response = _sign_up(client, "Nouvelle@Exemple.invalid")
    assert response["Location"] == reverse("account_email_verification_sent")
    assert client.get(reverse("investors:profile")).status_code == 302
    user = User.objects.get(email="nouvelle@exemple.invalid")
    assert Consent.objects.get(user=user).given_at == clock.now
    address = _link_in_last_message(clock, "account/email_confirmation_signup")
    assert client.get(address).status_code == 200
    assert not EmailAddress.objects.get(user=user).verified
    client.post(address)
    assert EmailAddress.objects.get(user=user).verified
    assert client.get(reverse("investors:profile")).status_code == 200


def test_a_mail_is_a_row_that_carries_no_account_and_says_its_french(client, clock) -> None:
    _sign_up(client, "nouvelle@exemple.invalid")
    message = Message.objects.get()
    assert set(message.context) == {"activate_url", "moment"}
    assert (message.about_type, message.about_uuid) == ("investors.User", User.objects.get().uuid)
    assert not mail.outbox
    deliver(message=message, at=clock.now)
    assert mail.outbox[0].subject == "Ouvrez votre compte"
    html, kind = mail.outbox[0].alternatives[0]
    assert kind == "text/html"
    assert message.context["activate_url"] in html
    assert "unknown variable" not in html + mail.outbox[0].body


def test_without_the_terms_no_account_opens_and_the_page_says_why(client) -> None:
    response = _sign_up(client, "nouvelle@exemple.invalid", accepts_terms="")
    assert "en acceptant les conditions" in response.content.decode()
    assert not User.objects.exists()


@pytest.mark.parametrize("password", ["court", "123456789012", "motdepasse", "password1234"])
def test_a_weak_password_is_refused(client, password: str) -> None:
    _sign_up(client, "nouvelle@exemple.invalid", password1=password)
    assert not User.objects.exists()


def test_signing_up_with_a_known_address_looks_the_same_and_warns_its_owner(client, clock) -> None:
    known = UserFactory()
    response = _sign_up(client, known.email)
    assert response["Location"] == reverse("account_email_verification_sent")
    assert User.objects.count() == 1
    assert Message.objects.get().template == "account/account_already_exists"
    assert _link_in_last_message(clock, "account/account_already_exists") == reverse("account_reset_password")


def test_asking_a_new_password_for_an_unknown_address_looks_the_same(client) -> None:
    answers = []
    for email in (UserFactory().email, "inconnue@exemple.invalid"):
        answers.append(client.post(reverse("account_reset_password"), {"email": email})["Location"])
    assert answers[0] == answers[1]
    templates = list(Message.objects.order_by("pk").values_list("template", flat=True))
    assert templates == ["account/password_reset_key", "account/unknown_account"]


def test_a_forgotten_password_is_changed_once_by_the_link(client, clock) -> None:
    user = UserFactory()
    client.post(reverse("account_reset_password"), {"email": user.email})
    address = _link_in_last_message(clock, "account/password_reset_key")
    form = client.get(address, follow=True)
    new = "encore quatre mots pour entrer"
    done = client.post(form.request["PATH_INFO"], {"password1": new, "password2": new}, follow=True)
    assert done.status_code == 200
    user.refresh_from_db()
    assert user.check_password(new)
    assert Message.objects.filter(template="account/password_reset", to=user.email).exists()
    again = Client().get(address, follow=True)
    assert "Ce lien a déjà servi" in again.content.decode()


def test_a_wrong_password_is_answered_in_french_and_ten_stop_the_next(client, settings) -> None:
    user = UserFactory()
    said = []
    for _try in range(12):
        response = client.post(reverse("account_login"), {"login": user.email, "password": "faux"})
        said.append(response.content.decode())
    assert "ne vont pas ensemble" in said[0]
    assert "Trop d’essais" in said[-1]
    blocked = client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert blocked.status_code == 200


def _activate_totp(client: Client) -> str:
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    code = _code(secret)
    response = client.post(reverse("mfa_activate_totp"), {"code": code})
    assert response.status_code == 302, response.content.decode()
    return secret


def _code(secret: str) -> str:
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))


def test_staff_reach_the_back_office_only_once_the_second_factor_is_installed(client) -> None:
    user = RoleGrantFactory(role="administrator").user
    sign_in(client, user, second_factor=False)
    refused = client.get(reverse("investors:users"))
    assert refused["Location"].startswith(reverse("mfa_index"))
    _activate_totp(client)
    assert client.get(reverse("investors:users")).status_code == 200


def test_a_factor_installed_elsewhere_does_not_open_this_session(client) -> None:
    user = RoleGrantFactory(role="administrator").user
    thief, owner = Client(), Client()
    sign_in(thief, user, second_factor=False)
    sign_in(owner, user, second_factor=False)
    _activate_totp(owner)
    refused = thief.get(reverse("investors:users"), follow=True)
    page = refused.content.decode()
    assert f"{reverse('mfa_reauthenticate')}?next=" in page


def test_the_secret_of_a_factor_is_sealed_in_the_database(client, django_capture_on_commit_callbacks) -> None:
    user = UserFactory()
    sign_in(client, user)
    with django_capture_on_commit_callbacks(execute=True):
        secret = _activate_totp(client)
    stored = str(Authenticator.objects.get(user=user, type="totp").data)
    assert secret not in stored
    codes = Authenticator.objects.get(user=user, type="recovery_codes")
    assert all(code not in str(codes.data) for code in codes.wrap().get_unused_codes())
    assert Message.objects.filter(template="account/totp_activated", to=user.email).exists()


def test_signing_in_with_a_factor_asks_the_code_and_a_recovery_code_serves_once(client) -> None:
    user = UserFactory()
    sign_in(client, user)
    _activate_totp(client)
    code = Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()[0]
    outcomes = []
    for _try in range(2):
        fresh = Client()
        asked = fresh.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
        assert asked["Location"].startswith(reverse("mfa_authenticate"))
        assert fresh.get(reverse("mfa_authenticate")).status_code == 200
        fresh.post(reverse("mfa_authenticate"), {"code": code})
        outcomes.append(fresh.get(reverse("investors:profile")).status_code)
    assert outcomes == [200, 302]


def test_the_code_is_drawn_in_the_page_for_the_content_policy_refuses_data_pictures(client) -> None:
    sign_in(client, UserFactory())
    page = client.get(reverse("mfa_activate_totp"))
    html = page.content.decode()
    assert "<svg" in html
    assert "data:image" not in html
    assert "style=" not in html
    assert "script-src 'self'" in page["Content-Security-Policy"]


def test_pages_with_keys_run_only_files_of_ours(client) -> None:
    user = UserFactory()
    sign_in(client, user)
    pages = [client.get(reverse(name)).content.decode() for name in ("mfa_add_webauthn", "mfa_list_webauthn")]
    pages.append(Client().get(reverse("account_login")).content.decode())
    for page in pages:
        for tag in re.findall(r"<script[^>]*>", page):
            assert 'src="/static/' in tag or 'type="application/json"' in tag


def test_a_session_is_listed_and_the_others_are_closed_at_will(client) -> None:
    user = UserFactory()
    browsers = [Client(), Client()]
    for browser in browsers:
        browser.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    page = browsers[0].get(reverse("usersessions_list"))
    assert page.context["session_count"] == 2
    browsers[0].post(reverse("usersessions_list"))
    assert browsers[0].get(reverse("investors:profile")).status_code == 200
    assert browsers[1].get(reverse("investors:profile")).status_code == 302


def test_an_address_is_added_verified_and_made_the_first(client, clock) -> None:
    user = UserFactory()
    sign_in(client, user)
    client.post(reverse("account_email"), {"action_add": "", "email": "autre@exemple.invalid"})
    client.post(_link_in_last_message(clock, "account/email_confirmation"))
    client.post(reverse("account_email"), {"action_primary": "", "email": "autre@exemple.invalid"})
    old = user.email
    user.refresh_from_db()
    assert user.email == "autre@exemple.invalid"
    warned = Message.objects.get(template="account/email_changed")
    assert warned.to == old


def test_every_mail_of_an_account_says_the_same_in_both_parts(clock) -> None:
    names = [
        "account_already_exists", "email_changed", "email_confirm", "email_confirmation",
        "email_confirmation_signup", "email_deleted", "password_changed", "password_reset", "password_reset_key",
        "password_set", "recovery_codes_generated", "totp_activated", "totp_deactivated", "unknown_account",
        "webauthn_added", "webauthn_removed",
    ]  # fmt: skip
    context = dict.fromkeys(
        ("activate_url", "password_reset_url", "signup_url", "from_email", "to_email", "deleted_email", "ip", "moment"),
        "https://exemple.invalid/valeur",
    )
    for name in names:
        message = Message.objects.create(
            key=name, to="a@exemple.invalid", template=f"account/{name}", context=context, queued_at=clock.now
        )
        sent = deliver(message=message, at=clock.now)
        assert sent.subject
        assert "unknown variable" not in sent.body + sent.body_html
        used = [word for word in ("/valeur",) if word in sent.body]
        assert all(word in sent.body_html for word in used)
