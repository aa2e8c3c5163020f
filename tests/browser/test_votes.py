"""A vote on the pot in a real browser: a member votes on a phone, the result is public, the desk orders."""

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page

from fres.kernel import clock
from fres.kernel.access import Role
from funds.models import AllocationOrder, Round
from funds.rounds.counting import count_round
from funds.rounds.states import OrderState
from tests.browser.conftest import DESK, PHONE
from tests.funds.rounds.scenes import AFTER, CHOICES, DURING, a_round, closed, opened, staff, vote
from tests.investors.sessions import sign_in

SIZES = (("phone", PHONE), ("desk", DESK))


def _check(page: Page, name: str) -> None:
    for size_name, size in SIZES:
        page.set_viewport_size(size)  # type: ignore[arg-type]
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= size["width"], f"{page.url} scrolls sideways at {size['width']}: {width}"
        results = Axe().run(page)
        assert results.violations_count == 0, f"{page.url}\n{results.generate_report()}"
        folder = Path("var") / "votes"
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(folder / f"{name}-{size_name}.png"), full_page=True)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]


def _enter(page: Page, url: str, user: Any) -> None:
    client = Client()
    sign_in(client, user)
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}])


@pytest.mark.django_db(transaction=True)
def test_a_member_votes_the_result_is_public_and_two_people_order(page: Page, live_server: Any) -> None:
    page.set_default_timeout(20_000)
    url = live_server.url
    with clock.freeze(DURING):
        of, parties = a_round()
        of = opened(of)
        page.goto(url + reverse("rounds:rounds"))
        _check(page, "list")
        page.goto(url + reverse("rounds:round", args=[of.slug]))
        _check(page, "open")
        _enter(page, url, parties[4].user)
        page.goto(url + reverse("rounds:vote", args=[of.slug]))
        _check(page, "ballot")
        page.get_by_label("P03").or_(page.locator("#choix-P03")).first.check()
        page.get_by_role("button", name="Déposer mon bulletin").click()
        assert page.get_by_role("heading", level=1).inner_text() == "Votre bulletin est dans l’urne"
        _check(page, "receipt")
        page.get_by_role("link", name="Voir le tableau des reçus").click()
        _check(page, "board")
        for party, choices in zip(parties[:4], CHOICES[:4], strict=True):
            vote(of, party, choices)
    with clock.freeze(AFTER):
        count_round(of=closed(of), at=AFTER)
        page.goto(url + reverse("rounds:round", args=[of.slug]))
        _check(page, "result")
        desk = reverse("rounds:desk_round", args=[of.uuid])
        for person, button in ((Role.TREASURER, "Préparer l’ordre"), (Role.MANAGER, "Signer l’ordre")):
            _enter(page, url, staff(person))
            page.goto(url + reverse("rounds:desk"))
            _check(page, "desk-list")
            page.goto(url + desk)
            _check(page, f"desk-{person}")
            page.get_by_role("button", name=button, exact=True).click()
            page.wait_for_load_state()
        assert AllocationOrder.objects.get().state == OrderState.SIGNED
        page.goto(url + reverse("rounds:round", args=[Round.objects.get().slug]))
        _check(page, "settled")
