"""The chapter of the pot, lived on the founded region: each thing in its states, the books balanced."""

from datetime import date, datetime, time

import pytest

from fres.kernel import clock as kernel_clock
from fres.kernel.models import Territory
from fres.kernel.territory_files import VINTAGE
from funds.books import check_books
from funds.demonstration import story
from funds.demonstration.chapters import pool as chapter
from funds.demonstration.region import PROVIDER_ADVANCE_CENTS, found_region
from funds.models import Entry, LoanGuarantee, RedemptionRequest, RuleBreach, Subscription
from funds.pool.mirror import mirror_of
from funds.rules.forecast import forecasts
from tests.funds.test_demonstration import few_territories, provider  # noqa: F401


@pytest.mark.django_db
@pytest.mark.usefixtures("few_territories")
def test_the_pot_stands_in_each_state_and_living_it_again_changes_nothing(provider):  # noqa: F811
    Territory.objects.create(
        vintage=VINTAGE, level=Territory.Level.DEPARTEMENT, code="62", name="Pas-de-Calais", region_code="32"
    )
    told = story.Story(provider=provider, say=lambda line: None, campaigns=())
    kernel_clock.move(to=at(date(2025, 1, 13)))
    region = told.region = found_region(at=kernel_clock.now())
    provider.fund(PROVIDER_ADVANCE_CENTS)
    for act in chapter.ACTS:
        kernel_clock.move(to=at(act.day))
        assert not act.is_done(region), act.do
        act.do(region, kernel_clock.now())
        assert act.is_done(region), act.do
    states = set(RedemptionRequest.objects.values_list("state", flat=True))
    assert states == {"WAITING", "PREPARED", "TO_BE_PAID", "REFUSED", "WITHDRAWN"}
    assert set(Subscription.objects.values_list("state", flat=True)) == {"CONFIRMED", "ISSUED", "CANCELLED"}
    assert set(LoanGuarantee.objects.values_list("state", flat=True)) == {"ACTIVE", "CALLED"}
    (breach,) = RuleBreach.objects.filter(rule__code="part-esus").exclude(state="CURED")
    assert breach.state in ("OPEN", "LATE")
    assert "plafond-energie" in {one.rule.code for one in forecasts(region.fund, date(2026, 11, 19))}
    assert mirror_of(chapter.LocalCurrency.objects.get()).missing_cents == 0
    report = check_books(kernel_clock.now())
    assert report.is_right, report.problems
    before = Entry.objects.count()
    for act in chapter.ACTS:
        assert act.is_done(region)
    assert Entry.objects.count() == before


def at(day: date) -> datetime:
    return datetime.combine(day, time(10), tzinfo=kernel_clock.PARIS)
