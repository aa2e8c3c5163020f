"""The votes of the demonstration: told once, forty voters, a signed order, an open vote, balanced books."""

from datetime import UTC, datetime

import pytest

from fres.kernel import clock as kernel_clock
from fres.kernel.models import Territory
from fres.kernel.territory_files import VINTAGE
from funds.demonstration.chapters import rounds
from funds.demonstration.region import FOUNDED, found_region
from funds.models import Round
from funds.rounds.states import RoundState
from tests.funds.factories import CommitmentFactory, OfferFactory
from tests.funds.rounds.scenes import problems_of_votes

CLEARED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.django_db
def test_the_votes_of_the_demonstration_are_told_once_and_leave_right_books():
    Territory.objects.create(vintage=VINTAGE, level=Territory.Level.REGION, code="32", name="Hauts-de-France")
    with kernel_clock.freeze(FOUNDED):
        region = found_region(at=FOUNDED)
    offer = OfferFactory(fund=region.fund, succeeded=True)
    for _rank in range(45):
        CommitmentFactory(offer=offer, settled=True, cleared_at=CLEARED)
    for _time in range(2):
        for act in rounds.ACTS:
            at = datetime.combine(act.day, datetime.min.time(), tzinfo=kernel_clock.PARIS).replace(hour=10)
            if not act.is_done(region):
                with kernel_clock.freeze(at):
                    act.do(region, at)
    spring, autumn = Round.objects.order_by("opens_at")
    assert (spring.state, spring.result.voters) == (RoundState.SETTLED, 40)
    assert spring.receipts.count() == 44, "four changed their mind"
    assert autumn.state == RoundState.OPEN
    assert autumn.roll.exclude(channel="").count() == 14
    assert problems_of_votes() == []
