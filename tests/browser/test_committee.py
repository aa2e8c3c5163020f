"""The committee in a real browser: a member on a phone declares, reads, scores and votes; every page holds."""

import os
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page

from investors.models import User
from projects.committee.declaring import declare_interest
from projects.committee.voting import cast_vote, open_ballot
from projects.models import Decision, Vote
from tests.browser.conftest import DESK, PHONE
from tests.conftest import HeldClock
from tests.investors.factories import RoleGrantFactory
from tests.investors.sessions import sign_in
from tests.projects.committee import scenes
from tests.projects.committee.visits import _decided, _sealed

PICTURES = os.environ.get("FRES_PICTURES", "")


def _sign_in(page: Page, url: str, user: User) -> None:
    client = Client()
    sign_in(client, user)
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}])


def _check(page: Page, name: str) -> None:
    for size in (PHONE, DESK):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"{name}-{size['width']}.png", full_page=True)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= size["width"], f"{page.url} scrolls sideways at {size['width']}: {width}"
        results = Axe().run(page)
        assert results.violations_count == 0, f"{page.url}\n{results.generate_report()}"
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]


@pytest.mark.django_db(transaction=True)
def test_a_member_declares_reads_scores_and_votes_on_a_phone(page: Page, live_server: Any, clock: HeldClock) -> None:
    session = scenes.an_open_session()
    item = scenes.item_of(session)
    chair, *others = scenes.members(session)
    _sign_in(page, live_server.url, chair)
    page.goto(live_server.url + reverse("committee:desk"))
    _check(page, "desk")
    page.get_by_role("link", name="Déclarer mes intérêts").click()
    _check(page, "door")
    page.get_by_label("Aucun lien").check()
    page.get_by_role("button", name="Enregistrer ma déclaration").click()
    _check(page, "file")
    for code in ("C1", "C2", "C3"):
        page.get_by_label(code).select_option("4")
    page.get_by_role("button", name="Enregistrer mes notes").click()
    for rank, user in enumerate(others):
        kind, reason = ("conflict", "Salarié du porteur") if rank == 4 else ("none", "")
        declare_interest(item=item, by=user, kind=kind, reason=reason, at=clock.now)
    for values, user in zip(((4, 1, 3), (3, 4, 3)), others, strict=False):
        scenes.score(item, user, *values)
    page.reload()
    _check(page, "scored")
    ballot = open_ballot(item=item, proposal="approve", by=session.secretary, at=clock.now)
    for user in others[:4]:
        cast_vote(ballot=ballot, by=user, choice="yes", at=clock.now)
    page.reload()
    page.get_by_role("button", name="Pour", exact=True).click()
    assert Vote.objects.filter(ballot=ballot, seat__user=chair).get().choice == "yes"
    _check(page, "voted")
    page.get_by_role("button", name="Clore le scrutin et compter").click()
    page.get_by_role("button", name="Prononcer").click()
    assert "axe du schéma régional" in (page.locator(".refusal").text_content() or "")
    _check(page, "refusal")
    page.get_by_label("Axe du schéma régional").select_option(index=1)
    page.get_by_label("Motif, public").fill("Le projet sert le quartier.")
    page.get_by_label("Conditions suspensives").fill("Bail signé")
    page.get_by_role("button", name="Prononcer").click()
    assert Decision.objects.get().outcome == "approve"
    page.goto(live_server.url + reverse("committee:decision", args=[Decision.objects.get().uuid]))
    _check(page, "decision")
    page.goto(live_server.url + reverse("committee:recusals"))
    _check(page, "recusals")


@pytest.mark.django_db(transaction=True)
def test_every_page_of_the_committee_holds_on_a_phone_and_a_desk(
    page: Page, live_server: Any, clock: HeldClock
) -> None:
    session = _decided().item.session
    committee = session.committee
    RoleGrantFactory(user=session.secretary, role="manager")
    _sign_in(page, live_server.url, session.secretary)
    planned = scenes.a_planned_session(committee, files=2)
    pages = {
        "committee": reverse("committee:committee", args=[committee.uuid]),
        "new-committee": reverse("committee:new_committee"),
        "new-grid": reverse("committee:new_grid", args=[committee.uuid]),
        "new-session": reverse("committee:new_session", args=[committee.uuid]),
        "session": reverse("committee:session", args=[session.uuid]),
        "planned": reverse("committee:session", args=[planned.uuid]),
        "conditions": reverse("committee:conditions"),
        "decisions": reverse("committee:decisions"),
    }
    for name, address in pages.items():
        page.goto(live_server.url + address)
        _check(page, name)
    page.goto(live_server.url + reverse("committee:minutes", args=[_sealed().uuid]))
    _check(page, "minutes")
