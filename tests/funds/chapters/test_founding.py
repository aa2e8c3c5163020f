"""The chapter of the fund's making: told once, after the pot's opening, with right books."""

from datetime import date, datetime, time

import pytest

from fres.kernel import clock as kernel_clock
from funds.books import check_books
from funds.demonstration import story
from funds.demonstration.chapters import founding as chapter
from funds.demonstration.chapters import pool, sources
from funds.demonstration.region import PROVIDER_ADVANCE_CENTS, found_region
from funds.founding.selectors import fund_view
from funds.models import RuleBreach
from funds.rules.evaluation import evaluate_night
from tests.funds.founding.scenes import a_department
from tests.funds.sources.scenes import places
from tests.funds.test_demonstration import few_territories, provider  # noqa: F401


@pytest.mark.django_db
def test_the_fund_is_made_once_and_what_must_hold_of_its_capital_holds(provider):  # noqa: F811
    places()
    a_department()
    told = story.Story(provider=provider, say=lambda line: None, campaigns=())
    kernel_clock.move(to=at(date(2024, 2, 19)))
    region = told.region = found_region(at=kernel_clock.now())
    provider.fund(PROVIDER_ADVANCE_CENTS)
    acts = sorted([*chapter.ACTS, pool.ACTS[0], sources.ACTS[0]], key=lambda act: act.day)
    for act in acts:
        kernel_clock.move(to=at(act.day))
        assert not act.is_done(region), act.do
        act.do(region, kernel_clock.now())
        assert act.is_done(region), act.do
    view = fund_view(region.fund, date(2026, 11, 23))
    (capital,) = view.capitals
    assert all(one.is_kept for one in capital.invariants) and len(capital.past) == 1
    assert [row.vacant for row in view.bodies[0].rows] == [1, 2, 1, 1, 0]
    (convention,) = view.conventions
    assert convention.paid.amount == 15_000
    evaluate_night(fund=region.fund, at=at(date(2026, 11, 20)))
    assert not RuleBreach.objects.filter(rule__kind="EARMARK").exists()
    report = check_books(kernel_clock.now())
    assert report.is_right, report.problems


def at(day):
    return datetime.combine(day, time(10), kernel_clock.PARIS)
