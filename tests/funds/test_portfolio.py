"""A saver's space: what is in projects, what came back, what is late or to come, to the cent."""

from datetime import UTC, date, datetime

import pytest

from funds.closing import decide_offer
from funds.models import Distribution, DistributionLine, Holding, Instalment, Loan
from funds.portfolio import portfolio_of
from tests.funds.campaign_scenes import NOW, a_saver, clear, commit
from tests.funds.factories import OfferFactory, euros

pytestmark = pytest.mark.django_db
REFLECTED = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)
DECIDED = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)


@pytest.fixture
def saver():
    return a_saver()


@pytest.fixture
def loan(saver):
    """A loan of 400 €, of which the saver lent 300."""
    offer = OfferFactory(
        open=True, minimum=euros(400), maximum=euros(400), closes_at=datetime(2026, 11, 28, 12, tzinfo=UTC)
    )
    for who, amount in ((saver, 300), (a_saver(), 100)):
        clear(commit(offer, who, euros(amount)), at=REFLECTED)
    decide_offer(offer=offer, at=DECIDED)
    return Loan.objects.get(offer=offer)


def instalment(loan, rank, due_on, principal, interest):
    return Instalment.objects.create(
        loan=loan, rank=rank, due_on=due_on, principal_cents=principal, interest_cents=interest, balance_after_cents=0
    )


def share(instalment, saver, principal, interest, tax, social):
    holding = Holding.objects.get(loan=instalment.loan, party=saver)
    distribution = Distribution.objects.create(instalment=instalment, distributed_at=NOW)
    DistributionLine.objects.create(
        distribution=distribution, holding=holding, principal_cents=principal, interest_cents=interest,
        income_tax_cents=tax, social_levy_cents=social,
    )  # fmt: skip


def test_nobody_and_a_newcomer_hold_nothing():
    for who in (None, a_saver()):
        held = portfolio_of(who, at=NOW)
        assert held.figures.in_projects == euros(0)
        assert (held.holdings, held.pending, held.gifts, held.upcoming, held.late) == ([], [], [], [], [])


def test_what_was_lent_less_what_came_back_is_what_remains(saver, loan):
    share(instalment(loan, 1, date(2026, 12, 29), 20_000, 400), saver, 15_000, 300, 38, 56)
    held = portfolio_of(saver, at=datetime(2026, 12, 30, tzinfo=UTC))
    figures = held.figures
    assert (figures.paid_in, figures.given_back, figures.in_projects) == (euros(300), euros(150), euros(150))
    assert (figures.interest_gross, figures.levies, figures.interest_net) == (euros(3), euros("0.94"), euros("2.06"))
    line = held.holdings[0]
    assert line.paid_in - line.given_back == line.remaining == euros(150)
    assert held.holdings_total["remaining"] == euros(150)
    assert line.state == "CONTRACTING"


def test_an_instalment_to_come_is_told_with_today_s_levies(saver, loan):
    instalment(loan, 1, date(2026, 12, 29), 20_000, 400)
    held = portfolio_of(saver, at=DECIDED)
    (line,) = held.upcoming
    assert (line.principal, line.interest, line.levies, line.net) == (
        euros(150),
        euros(3),
        euros("-0.94"),
        euros("152.06"),
    )
    assert held.upcoming_total["net"] == euros("152.06")
    assert not line.is_uncertain


def test_a_late_instalment_is_said_first_and_makes_the_next_ones_uncertain(saver, loan):
    instalment(loan, 1, date(2026, 12, 29), 20_000, 400)
    instalment(loan, 2, date(2027, 1, 29), 20_000, 200)
    on_the_day = portfolio_of(saver, at=datetime(2026, 12, 29, 12, tzinfo=UTC))
    assert on_the_day.late == []
    held = portfolio_of(saver, at=datetime(2026, 12, 30, 12, tzinfo=UTC))
    assert [(line.due_on, line.amount) for line in held.late] == [(date(2026, 12, 29), euros(153))]
    assert held.holdings[0].state == "LATE"
    assert [line.is_uncertain for line in held.upcoming] == [True]


def test_a_loan_wholly_repaid_is_closed(saver, loan):
    share(instalment(loan, 1, date(2026, 12, 29), 40_000, 400), saver, 30_000, 300, 38, 56)
    held = portfolio_of(saver, at=datetime(2027, 1, 5, tzinfo=UTC))
    assert held.holdings[0].state == "CLOSED"
    assert held.figures.in_projects == euros(0)


def test_only_live_gifts_are_summed(saver):
    clear(commit(OfferFactory(gift=True, open=True), saver, euros(40)))
    pending = commit(OfferFactory(gift=True, open=True), saver, euros(60))
    held = portfolio_of(saver, at=NOW)
    assert held.figures.gifts == euros(40)
    assert [line.commitment for line in held.pending] == [pending]
    assert held.pending[0].can_pay
    assert not held.pending[0].can_revoke


def test_a_loan_paid_and_not_decided_is_told_among_what_runs_its_course(saver):
    paid = clear(commit(OfferFactory(open=True), saver, euros(60)), at=REFLECTED)
    held = portfolio_of(saver, at=NOW)
    assert [line.commitment for line in held.pending] == [paid]
    assert held.figures.pending == euros(0)
    assert not held.pending[0].can_pay
