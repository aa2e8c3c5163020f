"""A success becomes a loan: register, contract, and a schedule that starts when the project is paid."""

from datetime import date

import pytest

from fres.kernel import clock
from fres.kernel.errors import BooksBroken
from funds.models import Holding, Loan
from funds.servicing.loans import preview_schedule, start_schedule, write_loan
from funds.states import FinancingState
from tests.funds.factories import NOW, CommitmentFactory, OfferFactory, euros
from tests.funds.servicing.scenes import a_paid_loan, a_succeeded_offer

pytestmark = pytest.mark.django_db


def test_a_register_has_a_part_for_each_commitment_and_a_contract(provider):
    offer = a_succeeded_offer(provider, 600, 300, 100)
    loan = Loan.objects.get(offer=offer)
    assert loan.principal_cents == 100_000
    assert sorted(loan.holdings.values_list("principal_cents", flat=True)) == [10_000, 30_000, 60_000]
    assert {holding.party_id for holding in loan.holdings.all()} == set(
        offer.commitments.values_list("saver", flat=True)
    )
    assert loan.contract is not None
    assert loan.first_due_on is None
    assert not loan.instalments.exists()


def test_a_loan_is_written_once(provider):
    offer = a_succeeded_offer(provider, 600, 400)
    assert write_loan(offer=offer, at=provider.now) == Loan.objects.get()
    assert Holding.objects.count() == 2


@pytest.mark.parametrize("gift", [True, False])
def test_a_gift_or_an_offer_that_settled_nothing_is_no_loan(gift):
    offer = OfferFactory(succeeded=True, gift=gift)
    if gift:
        CommitmentFactory(offer=offer, settled=True)
    with pytest.raises(BooksBroken):
        write_loan(offer=offer, at=NOW)


def test_the_schedule_starts_a_month_after_the_money_left_and_only_once(provider, payout_gateway):
    loan = a_paid_loan(provider, payout_gateway, 600, 400)
    paid_on = clock.local(loan.offer.payout_orders.get().paid_at).date()
    lines = preview_schedule(offer=loan.offer, principal_cents=100_000, paid_on=paid_on)
    assert [line.due_on for line in lines] == [one.due_on for one in loan.instalments.all()]
    assert loan.first_due_on == lines[0].due_on > date(2026, 12, 1)
    assert loan.offer.financing_state == FinancingState.MONITORED
    start_schedule(loan=loan, paid_at=provider.advance(days=40), at=provider.now)
    assert loan.instalments.count() == 3


def test_a_loan_is_as_long_and_as_dear_as_its_offer_said():
    offer = OfferFactory(rate_bp=350, months=24, minimum=euros(1_000))
    lines = preview_schedule(offer=offer, principal_cents=1_000_000, paid_on=date(2026, 11, 30))
    assert (len(lines), lines[0].due_on, lines[2].due_on) == (24, date(2026, 12, 30), date(2027, 2, 28))
    assert lines[0].interest_cents == 2_917
