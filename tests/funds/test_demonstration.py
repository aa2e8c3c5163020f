"""The demonstration region, told small: the same books each time, balanced, and told once."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from stdnum import luhn

from fres.kernel import clock as kernel_clock
from fres.kernel.models import Message, Territory
from fres.kernel.territory_files import VINTAGE
from funds.demonstration import cast, story
from funds.demonstration.campaigns import CAMPAIGNS, FIRST_DAY, LAST_STEP, VISITS, Payout, Way, crowd, day_of, step_of
from funds.demonstration.provider import ProviderPages
from funds.demonstration.region import current_code
from funds.models import BooksCheck, Entry, Offer, PayoutOrder, Transfer
from funds.payments import stripe_gateway
from funds.states import CommitmentState, OfferState, PayoutState
from tests.stripe_server import outcomes
from tests.stripe_server.process import StripeServer

SPRING = datetime(2024, 5, 6, 10, 0, tzinfo=kernel_clock.PARIS)
WAYS_TRIED = (Way.DEBIT, Way.CARD, Way.NEVER, Way.BOUNCES, Way.REFUSED, Way.REVOKES, Way.ABANDONS)
_digests: list[str] = []


def a_small_region():
    """Two campaigns of the first spring, with one saver for each way of going about it."""
    loan, gift = CAMPAIGNS[0], CAMPAIGNS[1]
    lenders = [replace(loan.pledges[rank], saver=rank, way=way, euros=200) for rank, way in enumerate(WAYS_TRIED)]
    donors = [replace(gift.pledges[rank], saver=rank, euros=40, asks_back=rank) for rank in (0, 1)]
    return (
        replace(loan, minimum=600, pledges=tuple(lenders)),
        replace(gift, minimum=40, pledges=tuple(donors), payout=Payout.WAITS_FOR_APPROVAL),
    )


@pytest.fixture
def provider(settings, tmp_path, monkeypatch) -> Iterator[ProviderPages]:
    """The Stripe test server and the application on one clock file; the territories are those of other tests."""
    settings.CLOCK_FILE = str(tmp_path / "clock.json")
    monkeypatch.setattr(kernel_clock, "_file_read", None)
    with StripeServer(clock_file=tmp_path / "clock.json") as server:
        settings.STRIPE_API_BASE = server.url
        stripe_gateway._gateway.cache_clear()
        yield ProviderPages(server.url)
    stripe_gateway._gateway.cache_clear()


@pytest.fixture
def few_territories(db) -> None:
    Territory.objects.create(vintage=VINTAGE, level=Territory.Level.REGION, code="32", name="Hauts-de-France")
    Territory.objects.create(
        vintage=VINTAGE, level=Territory.Level.DEPARTEMENT, code="59", name="Nord", region_code="32"
    )


def tell(provider: ProviderPages, today: datetime):
    return story.Story(provider=provider, say=lambda line: None, campaigns=a_small_region()).tell(today=today)


def digest_of_books() -> str:
    """Return a digest of what was booked when, between whom and for how much; numbers given by sequences left out."""
    sides = [f"{side}__{field}" for side in ("debit", "credit") for field in ("number", "party__email", "offer__slug")]
    rows = Transfer.objects.values_list("entry__entity__siren", "entry__accounting_date", *sides, "amount_cents")
    return hashlib.sha256(json.dumps(sorted(map(str, rows))).encode()).hexdigest()


@pytest.mark.usefixtures("few_territories")
@pytest.mark.parametrize("run", ["first", "second"])
def test_the_story_balances_its_books_and_tells_the_same_each_time(provider, run):
    report = tell(provider, SPRING)
    assert report.is_right, report.problems
    loan, gift = Offer.objects.order_by("opens_at")
    assert loan.state == gift.state == OfferState.SUCCEEDED
    assert list(loan.commitments.order_by("saver__user__email").values_list("state", flat=True)) == [
        CommitmentState.SETTLED,  # debit
        CommitmentState.SETTLED,  # card
        CommitmentState.EXPIRED,  # never came to pay
        CommitmentState.SETTLED,  # the debit bounced, then a card
        CommitmentState.SETTLED,  # a card refused, then another
        CommitmentState.REVOKED,
        CommitmentState.EXPIRED,  # opened the page and went away
    ]
    assert loan.loan.instalments.filter(distribution__isnull=False).count() >= 1
    assert set(gift.commitments.values_list("state", flat=True)) == {CommitmentState.SETTLED, CommitmentState.REFUNDED}
    assert PayoutOrder.objects.get(offer=gift).state == PayoutState.PREPARED
    assert not Message.objects.filter(sent_at=None).exists()

    assert story.is_told(today=SPRING)
    before = (Entry.objects.count(), Message.objects.count(), BooksCheck.objects.count())
    _digests.append(digest_of_books())
    assert len(set(_digests)) == 1

    told_again = tell(provider, SPRING)  # as if it had been interrupted at its last step
    assert told_again.is_right
    assert (Entry.objects.count(), Message.objects.count(), BooksCheck.objects.count() - 1) == before
    assert digest_of_books() == _digests[0]


@pytest.mark.usefixtures("few_territories")
def test_a_story_interrupted_goes_on_and_ends_in_the_same_books(provider, monkeypatch):
    class Killed(Exception):
        pass

    lives = [11, 17, 20]  # how often jobs run before the process is killed; then it is left alone

    def run_or_die(**arguments):
        if lives:
            lives[0] -= 1
            if not lives[0]:
                lives.pop(0)
                raise Killed
        return run_pending(**arguments)

    run_pending = story.jobs.run_pending
    monkeypatch.setattr(story.jobs, "run_pending", run_or_die)
    for _kill in range(3):
        with pytest.raises(Killed):
            tell(provider, SPRING)
    report = tell(provider, SPRING)
    assert report.is_right, report.problems
    if _digests:
        assert digest_of_books() == _digests[0]


@pytest.mark.usefixtures("few_territories")
def test_a_real_key_gets_open_offers_and_no_past(settings, tmp_path):
    settings.STRIPE_API_BASE = ""
    said = StringIO()
    call_command("demo", stdout=said)
    assert "without a past" in said.getvalue()
    assert Offer.objects.filter(state=OfferState.OPEN).count() >= 4
    assert Offer.objects.filter(state=OfferState.PREPARED).count() == 1
    offers = Offer.objects.count()
    call_command("demo", stdout=StringIO())
    assert Offer.objects.count() == offers


def test_no_demonstration_in_production(settings):
    settings.DEMONSTRATION = False
    for command in ("demo", "demo_accounts"):
        with pytest.raises(CommandError, match="demonstration"):
            call_command(command, stdout=StringIO())


def test_the_story_goes_from_monday_to_monday():
    assert FIRST_DAY.weekday() == day_of(LAST_STEP).weekday() == 0
    assert kernel_clock.local(story.TODAY).isoformat() == "2026-11-23T10:00:00+01:00"
    assert step_of(FIRST_DAY) == 0
    assert step_of(day_of(7)) == 7


@pytest.mark.parametrize("campaign", CAMPAIGNS, ids=lambda campaign: campaign.slug)
def test_nobody_pledges_twice_to_a_campaign_nor_outside_of_its_ticket(campaign):
    savers = [pledge.saver for pledge in campaign.pledges]
    assert len(savers) == len(set(savers))
    least, most = campaign.ticket
    assert all(least <= pledge.euros <= most for pledge in campaign.pledges)
    assert day_of(campaign.opens) < campaign.closes_on


def test_every_button_pressed_is_on_the_page_of_the_provider():
    assert {button for visits in VISITS.values() for visit in visits for button in visit} <= set(outcomes.OUTCOMES)


def test_a_crowd_makes_its_total_to_the_euro():
    pledges = crowd(savers=range(3, 20), total=3_333, over=3, least=20)
    assert sum(pledge.euros for pledge in pledges) == 3_333
    assert {pledge.after for pledge in pledges} == {0, 1, 2}
    with pytest.raises(ValueError, match="cannot make"):
        crowd(savers=range(2), total=5_000, over=1)


def test_the_cast_has_well_formed_numbers_that_the_register_never_gives():
    companies = (cast.OPERATOR, cast.CARRIER, *cast.ORGANISATIONS, *cast.SAVING_ORGANISATIONS)
    numbers = [company.siren for company in companies]
    assert len(set(numbers)) == len(numbers)
    assert all(luhn.is_valid(number) and number.startswith("00000") for number in numbers)


def test_savers_are_the_same_at_each_run_and_no_two_alike():
    savers = cast.savers(70)
    assert savers[:10] == cast.savers(10)
    assert len({(saver.given_names, saver.family_name) for saver in savers}) == len(savers)
    assert len({saver.email for saver in savers}) == len(savers)


def test_every_place_of_the_cast_is_a_commune():
    codes = (Path(__file__).resolve().parents[2] / "data" / "territories").rglob("*.csv")
    text = "".join(file.read_text(encoding="utf-8", errors="replace") for file in codes)
    assert [place.city for place in cast.PLACES if place.commune not in text] == []


@pytest.mark.django_db
def test_the_accounts_page_gives_the_code_of_staff_and_asks_none_of_savers(client):
    page = client.get(reverse("demonstration:accounts")).content.decode()
    assert current_code("tresorerie@fres.example") in page
    assert cast.PASSWORD in page
    assert "camille.delattre@fres.example" in page


@pytest.mark.django_db
def test_the_clock_of_the_demonstration_moves_forward_only(client, settings, tmp_path, monkeypatch):
    settings.CLOCK_FILE = str(tmp_path / "clock.json")
    monkeypatch.setattr("fres.kernel.duties._duties", {})
    kernel_clock.move(to=story.TODAY)
    client.post(reverse("demonstration:clock"), {"days": "4"})
    assert kernel_clock.local(kernel_clock.now()).date().isoformat() == "2026-11-27"
    refused = client.post(reverse("demonstration:clock"), {"to": "01/01/2026 10:00"})
    assert "L’horloge n’avance que dans un sens" in refused.content.decode()
    too_far = client.post(reverse("demonstration:clock"), {"to": "01/01/2030 10:00"})
    assert "400 jours" in too_far.content.decode()
    assert kernel_clock.local(kernel_clock.now()).date().isoformat() == "2026-11-27"


@pytest.mark.django_db
def test_demo_accounts_prints_one_account_per_role():
    said = StringIO()
    call_command("demo_accounts", stdout=said)
    lines = said.getvalue().splitlines()
    assert len(lines) == 2 + len(cast.STAFF) + len(cast.OUTSIDERS) + 1
    assert cast.PASSWORD in lines[-1]


def test_each_invented_number_names_one_company_only():
    folder = Path(cast.__file__).parent
    given = [
        (number, file.name)
        for file in sorted(folder.rglob("*.py"))
        for number in set(re.findall(r'"(00000\d{4})"', file.read_text(encoding="utf-8")))
    ]
    twice = {number for number, count in Counter(number for number, _ in given).items() if count > 1}
    assert not twice, sorted(line for line in given if line[0] in twice)
