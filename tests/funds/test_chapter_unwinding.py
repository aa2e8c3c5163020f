"""The chapter of a financing cancelled before its payout, lived on the founded region: every gift came back."""

from datetime import date, datetime, time

import pytest

from fres.kernel import clock as kernel_clock
from funds.books import check_books
from funds.demonstration import story
from funds.demonstration.chapters import unwinding as chapter
from funds.demonstration.region import PROVIDER_ADVANCE_CENTS, found_region
from funds.models import Entry, Offer
from funds.states import CommitmentState, FinancingState
from tests.funds.test_demonstration import few_territories, provider  # noqa: F401


@pytest.mark.django_db
@pytest.mark.usefixtures("few_territories")
def test_a_holder_renounces_and_every_gift_goes_back_living_it_again_changes_nothing(provider):  # noqa: F811
    told = story.Story(provider=provider, say=lambda line: None, campaigns=())
    kernel_clock.move(to=at(date(2026, 2, 27)))
    region = told.region = found_region(at=kernel_clock.now())
    provider.fund(PROVIDER_ADVANCE_CENTS)
    for act in chapter.ACTS:
        told._arrive(at(act.day))
        assert not act.is_done(region)
        act.do(region, kernel_clock.now())
        assert act.is_done(region)
        told._arrive(at(act.day))
    offer = Offer.objects.get(slug=chapter.CAMPAIGN.slug)
    assert offer.financing_state == FinancingState.CANCELLED
    assert {one.state for one in offer.commitments.all()} == {CommitmentState.REFUNDED}
    report = check_books(kernel_clock.now())
    assert report.is_right, report.problems
    before = Entry.objects.count()
    chapter.ACTS[0].do(region, kernel_clock.now())
    assert Entry.objects.count() == before


def at(day: date) -> datetime:
    return datetime.combine(day, time(10), tzinfo=kernel_clock.PARIS)
