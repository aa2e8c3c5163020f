"""From three rules to a saver's space: a round of the pot, unbroken, on the pages (issue 4, must show 1)."""

import io
import re
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from fres.kernel import clock
from fres.kernel.access import Role
from fres.kernel.money import to_cents
from fres.kernel.parameter_seeds import load_seeds
from funds.books import check_books
from funds.models import AllocationOrder, AllocationRule, Compartment, Fund, Placement, RoundResult
from funds.pool.accounts import cash_cents
from funds.rounds.states import OrderState, RoundState
from investors.models import Party, User
from projects.states import ApplicationState
from tests.browser.conftest import DESK, PHONE, Town
from tests.funds.factories import FundFactory, OfferFactory, euros
from tests.funds.pool.scenes import a_compartment, hold
from tests.funds.rounds.scenes import staff
from tests.projects.factories import ApplicationFactory, ProjectFactory

SAVERS, BY_HAND = 40, 3
TITLE = "Le pot de Noël"
ASKS = (
    ("Un four solaire de quartier", "1500", "2500"),
    ("Des vélos pour les villages", "2000", ""),
    ("Le verger partagé", "1200", "1800"),
    ("Une scène d’été", "2500", ""),
)
# Which of the four projects each saver ticks, in turn.
HABITS = ((1, 3), (1, 2, 3), (2,), (3, 4), (1,))


@pytest.fixture
def region(transactional_db: None) -> tuple[Fund, list[Party], dict[str, User]]:
    """A fund whose pot forty people hold, projects that the committee labelled, and campaigns of last year."""
    load_seeds(demonstration=True)
    fund = FundFactory(accepted_labels=["FRES-HDF@2024"])
    pot = a_compartment(fund, name="Pot commun")
    savers = [hold(pot, 10 + rank % 5) for rank in range(SAVERS)]
    for title, _least, _most in ASKS:
        ApplicationFactory(state=ApplicationState.LABELLED, project=ProjectFactory(title=title))
    ApplicationFactory(state=ApplicationState.IN_COMMITTEE, project=ProjectFactory(title="Encore au comité"))
    for rank in range(3):
        OfferFactory(
            fund=fund, failed=True, decided_at=datetime(2025, 6, 2 + rank, 9, 0, tzinfo=clock.PARIS),
            minimum=euros(1_000), maximum=euros(4_000), project=ProjectFactory(title=f"Projet de 2025, {rank + 1}"),
        )  # fmt: skip
    return fund, savers, {role: staff(role) for role in (Role.MANAGER, Role.TREASURER)}


def write_rule(town: Town, kind: str, values: dict[str, str], *, tries: bool = False) -> None:
    """Write a rule in its form; first, if asked, try it on last year."""
    page = town.page
    town.open(f"{reverse('rules:new')}?genre={kind}")
    for name, value in values.items():
        page.fill(f"[name={name}]", value)
    if tries:
        page.get_by_role("button", name="Simuler sur l’année passée").click()
        expect(page.get_by_role("heading", name="Résultat")).to_be_visible()
        assert "Projet de 2025, 1" in page.content()
        assert not AllocationRule.objects.filter(code=values["code"]).exists(), "nothing is written by a trial"
    page.get_by_role("button", name="Adopter").click()
    expect(page.get_by_text("Règle adoptée")).to_be_visible()


def local(moment: datetime) -> str:
    return clock.local(moment).strftime("%Y-%m-%dT%H:%M")


def announce(town: Town, opens: datetime, closes: datetime) -> None:
    page = town.page
    town.open(reverse("rounds:desk"))
    page.get_by_text("Annoncer un tour").click()
    page.locator("[name=fund]").select_option(index=1)
    page.locator("[name=compartment]").select_option(label="Pot commun")
    for name, value in {
        "title": TITLE, "summary": "Les porteurs de parts choisissent ce que le pot finance.", "budget": "4000",
        "roll_on": clock.today().isoformat(), "opens_at": local(opens), "closes_at": local(closes), "max_choices": "3",
    }.items():  # fmt: skip
        page.fill(f"[name={name}]", value)
    page.get_by_role("button", name="Annoncer ce tour").click()
    assert TITLE in (page.locator("h1").text_content() or "")


def receive(town: Town) -> None:
    """The projects that the committee let through, and no other, are put on the list."""
    page = town.page
    for title, least, most in ASKS:
        page.get_by_text("Recevoir une demande").click()
        choices = page.locator("[name=application] option").all_text_contents()
        assert not any("Encore au comité" in one for one in choices), "the committee comes first"
        page.locator("[name=application]").select_option(label=next(one for one in choices if title in one))
        page.fill("[name=amount]", least)
        page.fill("[name=maximum]", most)
        page.get_by_role("button", name="Recevoir la demande").click()
        expect(page.get_by_text("La demande est reçue.")).to_be_visible()


def vote_by_hand(town: Town, saver: Party, codes: list[str]) -> str:
    """A member votes on a phone from their space. Returns: the receipt."""
    page = town.page
    assert saver.user is not None
    town.sign_in(saver.user)
    town.open(reverse("funds:space"))
    town.check_page("")
    page.get_by_role("link", name="Voter", exact=True).click()
    for code in codes:
        page.check(f"#choix-{code}")
    town.check_page("Répartir")
    page.get_by_role("button", name="Déposer mon bulletin").click()
    town.check_page("Votre bulletin est dans l’urne")
    return page.locator("dl code").first.inner_text()


def vote_by_form(slug: str, saver: Party, codes: list[str]) -> str:
    """A member posts the form of the page. Returns: the receipt."""
    assert saver.user is not None
    client = Client()
    client.force_login(saver.user)
    url = reverse("rounds:vote", args=[slug])
    page = client.get(url).content.decode()
    pour = re.search(r'name="pour" value="([^"]+)"', page)
    assert pour is not None
    shown = client.post(url, {"pour": pour[1], "choice": codes})
    found = re.search(r"<code[^>]*>([0-9a-f]{64})</code>", shown.content.decode())
    assert shown.status_code == 200 and found is not None
    return found[1]


def test_three_rules_a_vote_of_forty_a_public_result_an_order_and_a_saver_who_sees_it(
    town: Town, region: tuple[Fund, list[Party], dict[str, User]], page: Page, tmp_path: Path
) -> None:
    fund, savers, people = region
    pot = Compartment.objects.get()
    before = cash_cents(pot)
    page.set_viewport_size(DESK)  # type: ignore[arg-type]

    # Three rules in their forms; the third is tried on last year before it is adopted.
    town.sign_in(people[Role.MANAGER])
    today = clock.today().isoformat()
    common = {"valid_from": today, "reason": "Décidée en assemblée."}
    write_rule(town, "TWO_STAGE", {"code": "comite", "p_statuses": "APPROVED, LABELLED", **common})
    write_rule(town, "LIQUIDITY_RESERVE", {"code": "liquidite", "p_share": "10 %", **common})
    write_rule(town, "MAX_PER_PROJECT", {"code": "plafond", "p_cents": "2400", **common}, tries=True)
    town.open(f"{reverse('rules:simulate')}?essayer=1&plafond__cents=1500&liquidite__share=40+%25")
    town.check_page("Simuler des règles")
    assert "Projet de 2025, 1" in page.content()
    assert AllocationRule.objects.count() == 3

    # The round: compartment, demands of the committee's projects; one the cap bars is left out, with its reason.
    opens, closes = clock.now() + timedelta(days=3), clock.now() + timedelta(days=10)
    announce(town, opens, closes)
    receive(town)
    page.get_by_text("Figer la liste et les règles").click()
    page.get_by_role("button", name="Figer et publier").click()
    expect(page.get_by_text("ne pourrait pas être financé")).to_be_visible()
    page.get_by_text("Laisser un projet hors de la liste").click()
    page.fill("#code", "P04")
    page.fill("#motif-liste", "Il demande plus que le plafond par projet.")
    page.get_by_role("button", name="Laisser hors de la liste").click()
    page.get_by_text("Figer la liste et les règles").click()
    page.get_by_role("button", name="Figer et publier").click()
    expect(page.get_by_text("figées et publiées")).to_be_visible()
    of = pot.rounds.get()
    assert (of.state, of.roll.count()) == (RoundState.FROZEN, SAVERS)

    # Forty savers vote, three of them on a phone.
    town.leap(opens + timedelta(hours=1))
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    receipts = []
    for rank, saver in enumerate(savers):
        codes = [f"P{place:02}" for place in HABITS[rank % len(HABITS)] if place != 4]
        by_hand = rank < BY_HAND
        receipts.append(vote_by_hand(town, saver, codes) if by_hand else vote_by_form(of.slug, saver, codes))
    town.open(reverse("rounds:receipts", args=[of.slug]))
    town.check_page("Tableau des reçus")
    board = page.content()
    assert len(set(receipts)) == SAVERS and all(receipt in board for receipt in receipts)

    # The close: result, reasons and archive are public; anyone recomputes them.
    town.leap(closes + timedelta(hours=1))
    page.context.clear_cookies()
    town.open(reverse("rounds:round", args=[of.slug]))
    town.check_page(TITLE)
    text = page.locator("main").inner_text()
    assert "40 votants sur 40 inscrits" in re.sub(r"\s", " ", text)
    assert "soutiens" in text and "Les règles du dépouillement" in text
    archive = page.request.get(town.url + reverse("rounds:bundle", args=[of.slug]))
    assert archive.status == 200
    file = tmp_path / "pot.zip"
    file.write_bytes(archive.body())
    result = RoundResult.objects.get()
    assert result.bundle is not None and result.bundle.size == len(archive.body())
    said = io.StringIO()
    call_command("allocate", "--bundle", str(file), stdout=said)
    assert "same bytes" in said.getvalue() and result.bundle.sha256 in said.getvalue()
    alone = subprocess.run(
        [sys.executable, "-m", "funds.allocation.recompute", str(file)],
        capture_output=True, text=True, timeout=120, env={"PATH": "/usr/bin:/bin"}, check=True,
    )  # fmt: skip
    assert "same bytes" in alone.stdout, "without Django and without a database"

    # The order: one prepares, another signs; the money moves; the books are right.
    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    desk = reverse("rounds:desk_round", args=[of.uuid])
    for role, button in ((Role.TREASURER, "Préparer l’ordre"), (Role.MANAGER, "Signer l’ordre")):
        town.sign_in(people[role])
        town.open(desk)
        town.check_page(TITLE)
        page.get_by_role("button", name=button, exact=True).click()
        page.wait_for_load_state()
    order = AllocationOrder.objects.get()
    given = sum(line["amount_cents"] for line in order.lines)
    assert order.state == OrderState.SIGNED and given == sum(line["amount_cents"] for line in result.given) > 0
    assert cash_cents(pot) == before - given
    assert sum(to_cents(one.amount) for one in Placement.objects.filter(order_uuid=order.uuid)) == given
    assert [str(one) for one in check_books(at=clock.now()).problems] == []

    # A saver sees where the pot went, and has been told.
    saver = savers[0]
    assert saver.user is not None
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    town.sign_in(saver.user)
    town.open(reverse("funds:space"))
    town.check_page("")
    space = re.sub(r"\s", " ", page.locator("main").inner_text())
    assert "Vos 200,00 € du pot financent désormais" in space or "Vos 200 € du pot financent désormais" in space
    assert ASKS[0][0] in space
    town.catch_up()
    message = town.last_message(saver.user.email, "rounds/my_share")
    assert "du pot financent désormais" in message.body and ASKS[0][0] in message.body
    assert fund.pk == pot.fund_id
