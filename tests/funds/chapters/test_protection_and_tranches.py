"""The chapters of what comes before a loan, and of a tranche refused, lived over two years with one campaign."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from fres.kernel import clock as kernel_clock
from fres.kernel import jobs
from funds.books import check_books
from funds.demonstration import story
from funds.demonstration.campaigns import CAMPAIGNS
from funds.demonstration.chapters import protection, tranches
from funds.demonstration.provider import ProviderPages
from funds.models import Commitment, Loan, Offer, TrancheReturn
from funds.payments import stripe_gateway
from funds.states import CommitmentState, TrancheState
from investors.models import Classification, EntryAssessment, LossSimulation, Party
from investors.protection.selectors import readiness_of
from tests.stripe_server.process import StripeServer

APRIL = datetime(2026, 4, 13, 10, 0, tzinfo=kernel_clock.PARIS)


@pytest.fixture
def provider(settings, tmp_path, monkeypatch) -> Iterator[ProviderPages]:
    settings.CLOCK_FILE = str(tmp_path / "clock.json")
    monkeypatch.setattr(kernel_clock, "_file_read", None)
    with StripeServer(clock_file=tmp_path / "clock.json") as server:
        settings.STRIPE_API_BASE = server.url
        stripe_gateway._gateway.cache_clear()
        yield ProviderPages(server.url)
    stripe_gateway._gateway.cache_clear()


@pytest.mark.django_db
def test_a_tranche_is_refused_and_comes_back_and_savers_are_in_every_state(provider):
    campaign = next(one for one in CAMPAIGNS if one.slug == tranches.REFUSED)
    told = story.Story(provider=provider, say=lambda line: None, campaigns=(campaign,))
    told.acts = list(tranches.ACTS)
    assert told.tell(today=APRIL).is_right
    second = Offer.objects.get(slug=campaign.slug).tranches.get(rank=2)
    assert second.state == TrancheState.GIVEN_BACK
    done = TrancheReturn.objects.get()
    assert done.prepared_by != done.decided_by
    loan = Loan.objects.get(offer__slug=campaign.slug)
    assert sum(one.principal_cents for one in loan.instalments.all()) == loan.principal_cents
    assert loan.instalments.filter(distribution__isnull=False).count() >= 7
    assert Commitment.objects.filter(state=CommitmentState.SETTLED).count() == 10

    day = kernel_clock.local(APRIL).date()
    lenders = [readiness_of(one.saver, day) for one in Commitment.objects.select_related("saver")]
    assert all(one.is_ready for one in lenders)
    assert {one.simulation.is_sent for one in lenders} == {True, False}
    assert {one.assessment.outcome for one in lenders} >= {"PASSED"}

    for act in protection.ACTS:
        moment = datetime(act.day.year, act.day.month, act.day.day, 10, tzinfo=kernel_clock.PARIS)
        assert not act.is_done(told.region)
        act.do(told.region, moment)
        assert act.is_done(told.region)
    assert set(Classification.objects.values_list("state", flat=True)) == {"REQUESTED", "GRANTED", "REFUSED", "ENDED"}
    outcomes = set(EntryAssessment.objects.values_list("outcome", flat=True))
    assert outcomes == {"PASSED", "INSUFFICIENT", "REFUSED"}
    assert LossSimulation.objects.filter(is_sent=True).exists()
    assert Party.objects.filter(entry_assessments=None, user__email__startswith="avant-pret").exists()
    jobs.run_pending()
    assert check_books(at=APRIL).problems == ()
