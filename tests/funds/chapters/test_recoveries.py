"""The chapter of instalments taken back, lived on a small region: paid in two transfers, then won back."""

from datetime import date, datetime, time

import pytest

from fres.kernel import clock as kernel_clock
from funds.books import check_books
from funds.demonstration import story
from funds.demonstration.campaigns import CAMPAIGNS
from funds.demonstration.chapters import recoveries as chapter
from funds.demonstration.region import find_region
from funds.models import ClaimRecovery, Entry
from funds.payments.claims import open_claims
from investors.parties import check_iban
from tests.funds.payments.recovery_scenes import every_claim
from tests.funds.test_demonstration import SPRING, few_territories, provider, tell  # noqa: F401


def at(day: date) -> datetime:
    return datetime.combine(day, time(10), tzinfo=kernel_clock.PARIS)


@pytest.mark.django_db
@pytest.mark.usefixtures("few_territories")
def test_a_claim_is_paid_in_parts_then_won_back_and_living_it_again_changes_nothing(provider):  # noqa: F811
    assert tell(provider, SPRING).is_right
    region = find_region()
    told = story.Story(provider=provider, say=lambda line: None, campaigns=())
    told.acts = []
    incident = chapter.Incident(
        CAMPAIGNS[0].slug, date(2024, 5, 7), ((date(2024, 5, 9), 500), (date(2024, 5, 10), chapter.ALL)),
        won_on=date(2024, 5, 20),
    )  # fmt: skip
    owed = []
    for act in (chapter.ACTS[0], *incident.acts()):
        moment = at(max(act.day, date(2024, 5, 7))) if act.day.year == 2024 else kernel_clock.now()
        told._arrive(moment)
        region.operator.party.refresh_from_db()
        assert not act.is_done(region)
        act.do(region, kernel_clock.now())
        region.operator.party.refresh_from_db()
        assert act.is_done(region)
        told._arrive(moment)
        owed.append(sum(claim.open_cents for claim in open_claims()))
    assert owed[0] == owed[3] == owed[4] == 0
    assert owed[1] - 500 == owed[2] > 0
    claim = every_claim()[0]
    assert (claim.state, claim.returned_cents) == ("REFUNDED", owed[1])
    report = check_books(kernel_clock.now())
    assert report.is_right, report.problems
    before = Entry.objects.count(), ClaimRecovery.objects.count()
    for act in incident.acts():
        act.do(region, kernel_clock.now())
    assert (Entry.objects.count(), ClaimRecovery.objects.count()) == before


def test_the_account_of_the_operator_is_well_formed():
    assert check_iban(chapter.ACCOUNT)


def test_a_dispute_of_the_story_is_won_before_it_lapses():
    """The provider loses a card's dispute that nobody answered in fourteen days; the story moves by weeks."""
    for incident in chapter.INCIDENTS:
        assert incident.contested_on.weekday() == 0
        assert incident.won_on is None or 0 < (incident.won_on - incident.contested_on).days < 14
