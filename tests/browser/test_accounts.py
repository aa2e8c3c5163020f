"""Accounts in a real browser: every page on a phone and a desk, and a passkey from its making to the back office."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page

from tests.browser.conftest import DESK, PHONE
from tests.investors.factories import PASSWORD, PartyFactory, RoleGrantFactory, TaxResidenceFactory, UserFactory
from tests.investors.sessions import sign_in

VISITOR_PAGES = (
    "account_login",
    "account_signup",
    "account_reset_password",
    "account_reset_password_done",
    "account_email_verification_sent",
)
OWN_PAGES = (
    "investors:profile",
    "investors:iban",
    "investors:data",
    "account_email",
    "account_change_password",
    "account_logout",
    "mfa_index",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_list_webauthn",
    "usersessions_list",
)
STAFF_PAGES = ("investors:parties", "investors:users", "investors:journal")


def _carry_session(page: Page, url: str, client: Client) -> None:
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}])


def _check(page: Page) -> None:
    for size in (PHONE, DESK):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= size["width"], f"{page.url} scrolls sideways at {size['width']}: {width}"
        results = Axe().run(page)
        assert results.violations_count == 0, f"{page.url}\n{results.generate_report()}"


@pytest.mark.django_db(transaction=True)
def test_every_page_of_an_account_holds_on_a_phone_and_a_desk(page: Page, live_server: Any) -> None:
    for name in VISITOR_PAGES:
        page.goto(live_server.url + reverse(name))
        _check(page)
    party = PartyFactory(with_iban=True)
    TaxResidenceFactory(party=party)
    RoleGrantFactory(user=party.user, role="administrator")
    client = Client()
    sign_in(client, party.user)
    _carry_session(page, live_server.url, client)
    for name in (*OWN_PAGES, *STAFF_PAGES):
        page.goto(live_server.url + reverse(name))
        _check(page)
    for name, uuid in (("investors:party", party.uuid), ("investors:user", party.user.uuid)):
        page.goto(live_server.url + reverse(name, args=[uuid]))
        _check(page)


@pytest.mark.django_db(transaction=True)
def test_a_passkey_is_added_then_opens_the_account_alone_and_counts_as_second_factor(
    page: Page, live_server: Any
) -> None:
    problems: list[str] = []
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    device = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": device})
    user = UserFactory()
    RoleGrantFactory(user=user, role="administrator")

    page.goto(live_server.url + reverse("account_login") + "?next=" + reverse("investors:profile"))
    page.fill("[name=login]", user.email)
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Me connecter", exact=True).click()
    page.goto(live_server.url + reverse("mfa_add_webauthn"))
    page.fill("[name=password]", PASSWORD)  # a fresh proof is asked before a key is added
    page.get_by_role("button", name="Confirmer").click()
    page.check("[name=passwordless]")
    page.get_by_role("button", name="Ajouter cette clé").click()
    page.get_by_role("heading", name="Codes de secours", level=1).wait_for()

    page.goto(live_server.url + reverse("account_logout"))
    page.get_by_role("button", name="Me déconnecter").click()
    page.wait_for_url(live_server.url + "/")
    page.goto(live_server.url + reverse("account_login") + "?next=" + reverse("investors:profile"))
    with page.expect_navigation():
        page.get_by_role("button", name="Me connecter avec une clé d’accès").click()
    page.goto(live_server.url + reverse("investors:users"))
    assert page.locator("h1").inner_text() == "Comptes"
    assert problems == []


@pytest.mark.django_db(transaction=True)
def test_signing_in_works_without_a_script(browser: Any, live_server: Any) -> None:
    context = browser.new_context(java_script_enabled=False, locale="fr-FR")
    page = context.new_page()
    user = UserFactory()
    page.goto(live_server.url + reverse("account_login") + "?next=" + reverse("investors:profile"))
    page.fill("[name=login]", user.email)
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Me connecter", exact=True).click()
    assert page.url == live_server.url + reverse("investors:profile")
    context.close()
