"""The votes of the demonstration: told once, forty voters, a signed order, an open vote, balanced books."""

from datetime import UTC, datetime

import pytest

from fres.kernel import clock as kernel_clock
from fres.kernel.models import Message, Territory
from fres.kernel.territory_files import VINTAGE
from funds.demonstration.chapters import pool, rounds
from funds.demonstration.region import FOUNDED, found_region
from funds.models import Round
from funds.pool.accounts import cash_cents
from funds.rounds.states import RoundState
from tests.funds.factories import CommitmentFactory, OfferFactory
from tests.funds.pool.scenes import a_compartment, a_rule, hold
from tests.funds.rounds.scenes import problems_of_votes
from tests.investors.factories import PartyFactory, UserFactory

CLEARED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.django_db
@pytest.mark.parametrize("has_pot", [True, False])
def test_the_votes_of_the_demonstration_are_told_once_and_leave_right_books(has_pot):
    Territory.objects.create(vintage=VINTAGE, level=Territory.Level.REGION, code="32", name="Hauts-de-France")
    with kernel_clock.freeze(FOUNDED):
        region = found_region(at=FOUNDED)
    if has_pot:
        pot = a_compartment(region.fund, slug=pool.COMMON)
        hold(pot, 1_000)
        hold(pot, 500, saver=PartyFactory(user=UserFactory(email=pool.SUBSCRIBERS[3].email)))
        a_rule(region.fund, kind="LIQUIDITY_RESERVE", code="liquidite", params={"share": "10 %"}, cure_days=90)
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
    assert (spring.compartment is not None) is has_pot and spring.result.bundle is not None
    given = sum(line["amount_cents"] for line in spring.result.given)
    assert given == sum(line["amount_cents"] for line in spring.orders.get().lines) > 900_000
    if has_pot:
        assert cash_cents(spring.compartment) == 3_000_000 - given
        assert Message.objects.filter(template="rounds/my_share").count() == 2
    assert problems_of_votes() == []
