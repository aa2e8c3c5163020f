"""The chapter of refunds by transfer, lived on the founded region: one in each state, the books balanced."""

from datetime import date, datetime, time

import pytest

from fres.kernel import clock as kernel_clock
from funds.books import check_books
from funds.demonstration import story
from funds.demonstration.campaigns import CAMPAIGNS
from funds.demonstration.chapters import refund_by_transfer as chapter
from funds.demonstration.region import PROVIDER_ADVANCE_CENTS, found_region
from funds.models import BankRefund, Entry
from funds.offers import open_offer
from funds.payments.selectors import refunds_to_settle
from tests.funds.test_demonstration import few_territories, provider  # noqa: F401


@pytest.mark.django_db
@pytest.mark.usefixtures("few_territories")
def test_a_refund_by_transfer_stands_in_each_state_and_living_it_again_changes_nothing(provider):  # noqa: F811
    told = story.Story(provider=provider, say=lambda line: None, campaigns=())
    kernel_clock.move(to=at(date(2026, 8, 31)))
    region = told.region = found_region(at=kernel_clock.now())
    provider.fund(PROVIDER_ADVANCE_CENTS)
    campaign = next(one for one in CAMPAIGNS if one.slug == chapter.OFFER)
    offer = story.make_offer(campaign, region=region, opens_at=kernel_clock.now(), closes_on=campaign.closes_on)
    open_offer(offer=offer, by=region.manager, at=kernel_clock.now())
    for act in chapter.ACTS:
        told._arrive(at(act.day))
        assert not act.is_done(region)
        act.do(region, kernel_clock.now())
        assert act.is_done(region)
        told._arrive(at(act.day))
    states = dict(enumerate(told_by_rank()))
    assert {rank: states[rank] for rank in chapter.STATES} == chapter.STATES
    assert states[chapter.SILENT] is None
    assert refunds_to_settle().count() == len(chapter.DONORS) - 1
    report = check_books(kernel_clock.now())
    assert report.is_right, report.problems
    before = Entry.objects.count(), BankRefund.objects.count()
    chapter.ACTS[0].do(region, kernel_clock.now())
    assert (Entry.objects.count(), BankRefund.objects.count()) == before


def told_by_rank() -> list[str | None]:
    states = []
    for _rank, refund in chapter._came_back():
        last = refund.bank_refunds.order_by("-pk").first()
        states.append(last.state if last is not None else None)
    return states


def at(day: date) -> datetime:
    return datetime.combine(day, time(10), tzinfo=kernel_clock.PARIS)
