"""The chapters of the pot and of its votes, lived together: the votes share the cash of the pot, the books balance."""

from datetime import date, datetime, time

import pytest

from fres.kernel import clock as kernel_clock
from fres.kernel.models import Message, Territory
from fres.kernel.territory_files import VINTAGE
from funds.books import check_books
from funds.demonstration import story
from funds.demonstration.chapters import pool, rounds
from funds.demonstration.region import PROVIDER_ADVANCE_CENTS, found_region
from funds.models import Placement, Round
from funds.rounds.states import RoundState
from tests.funds.test_demonstration import few_territories, provider  # noqa: F401


@pytest.mark.django_db
@pytest.mark.usefixtures("few_territories")
def test_the_votes_share_the_cash_of_the_pot_and_the_later_story_still_holds(provider):  # noqa: F811
    Territory.objects.create(
        vintage=VINTAGE, level=Territory.Level.DEPARTEMENT, code="62", name="Pas-de-Calais", region_code="32"
    )
    told = story.Story(provider=provider, say=lambda line: None, campaigns=())
    kernel_clock.move(to=at(date(2025, 1, 13)))
    region = told.region = found_region(at=kernel_clock.now())
    provider.fund(PROVIDER_ADVANCE_CENTS)
    acts = sorted((*pool.ACTS, *rounds.ACTS), key=lambda act: act.day)
    for act in acts:
        if at(act.day) > kernel_clock.now():
            kernel_clock.move(to=at(act.day))
        assert not act.is_done(region), act.do
        act.do(region, kernel_clock.now())
        assert act.is_done(region), act.do
    spring, autumn = Round.objects.order_by("opens_at")
    assert (spring.state, autumn.state) == (RoundState.SETTLED, RoundState.OPEN)
    assert spring.compartment == autumn.compartment and spring.compartment.slug == pool.COMMON
    order = spring.orders.get()
    assert Placement.objects.filter(order_uuid=order.uuid).count() == len(order.lines) > 1
    assert Message.objects.filter(template="rounds/my_share").count() == 6
    report = check_books(kernel_clock.now())
    assert report.is_right, report.problems
    assert all(act.is_done(region) for act in acts)


def at(day: date) -> datetime:
    return datetime.combine(day, time(10), tzinfo=kernel_clock.PARIS)
