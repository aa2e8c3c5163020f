"""A financing cancelled before any payout: books undone, every saver paid back whole, nothing once money has left."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from fres.kernel.models import Message
from fres.kernel.states import TransitionRefused
from funds.books import check_books
from funds.chart import Purpose
from funds.closing import decide_due
from funds.ledger import balance_cents
from funds.models import Offer, Refund
from funds.portfolio import portfolio_of
from funds.servicing.payouts import PayoutRefused, prepare_payout, refuse_payout
from funds.servicing.selectors import due_payouts
from funds.states import CommitmentState, FinancingState, TrancheState
from funds.unwinding import FinancingStands, cancel_financing, return_settled
from tests.funds.campaigns.test_tranches import AFTER, a_success, pay
from tests.funds.factories import euros
from tests.funds.servicing.factories import PayeeAccountFactory
from tests.investors.factories import RoleGrantFactory, UserFactory
from tests.investors.sessions import sign_in

pytestmark = pytest.mark.django_db
LATER = AFTER + timedelta(days=2)
WHY = "Le bail n’est pas signé : le porteur renonce."


def books_are_right():
    """Whatever the books say, but for the mails that no worker sends here."""
    return {str(one.check) for one in check_books(at=LATER).problems} <= {"Les messages dus par la loi sont partis"}


def owed(offer, saver):
    return balance_cents(entity=offer.books, purpose=Purpose.SAVER_MONEY, party=saver, offer=offer)


@pytest.mark.parametrize("tranches", [(), (400, 600)])
def test_every_saver_is_owed_everything_and_the_holder_nothing(tranches):
    offer, savers = a_success(600, 400, tranches=tranches)
    offer = cancel_financing(offer=offer, by=UserFactory(), at=LATER, reason=WHY)
    assert offer.financing_state == FinancingState.CANCELLED
    assert [owed(offer, saver) for saver in savers] == [60_000, 40_000]
    for purpose in (Purpose.HOLDER_MONEY, Purpose.HELD_TRANCHES):
        owner = offer.project.organisation.party
        assert balance_cents(entity=offer.books, purpose=purpose, party=owner, offer=offer) == 0
    assert {one.state for one in offer.tranches.all()} <= {TrancheState.CANCELLED}
    assert {one.state for one in offer.commitments.all()} == {CommitmentState.REFUND_DUE}
    assert sorted(refund.amount for refund in Refund.objects.all()) == [euros(400), euros(600)]
    assert offer.loan.contract.void.reason
    assert Message.objects.filter(template="offers/failed").count() == 2
    assert books_are_right()


def test_a_cancelled_financing_is_paid_out_no_more_and_stands_in_no_portfolio():
    offer, savers = a_success(600, 400, tranches=())
    PayeeAccountFactory(party=offer.project.organisation.party)
    cancel_financing(offer=offer, by=UserFactory(), at=LATER, reason=WHY)
    offer = Offer.objects.get(pk=offer.pk)
    with pytest.raises(PayoutRefused):
        prepare_payout(offer=offer, by=UserFactory(), at=LATER)
    assert not due_payouts()
    held = portfolio_of(savers[0], at=LATER)
    assert held.holdings == []
    assert held.figures.in_projects == euros(0)
    assert [line.commitment.amount for line in held.pending] == [euros(600)]


def test_money_that_left_or_is_ordered_keeps_the_financing():
    offer, _savers = a_success(1_000, tranches=())
    PayeeAccountFactory(party=offer.project.organisation.party)
    order = prepare_payout(offer=offer, by=UserFactory(), at=AFTER)
    with pytest.raises(FinancingStands, match="Préparé"):
        cancel_financing(offer=offer, by=UserFactory(), at=LATER, reason=WHY)
    refuse_payout(order=order, by=UserFactory(), reason="Le porteur renonce.", at=AFTER)
    pay(offer)
    offer = Offer.objects.get(pk=offer.pk)
    with pytest.raises(FinancingStands, match="versé au porteur"):
        cancel_financing(offer=offer, by=UserFactory(), at=LATER, reason=WHY)
    assert not Refund.objects.exists()
    assert books_are_right()


def test_a_reason_is_asked_and_a_second_cancellation_refused():
    offer, _savers = a_success(1_000, tranches=())
    with pytest.raises(FinancingStands, match="motif"):
        cancel_financing(offer=offer, by=UserFactory(), at=LATER, reason="  ")
    cancel_financing(offer=offer, by=UserFactory(), at=LATER, reason=WHY)
    with pytest.raises(TransitionRefused):
        cancel_financing(offer=Offer.objects.get(pk=offer.pk), by=UserFactory(), at=LATER, reason=WHY)
    assert Refund.objects.count() == 1


def test_a_process_killed_between_savers_is_resumed_by_the_nightly_decision(monkeypatch):
    offer, savers = a_success(600, 400, tranches=())
    monkeypatch.setattr("funds.unwinding.return_settled", lambda **_arguments: 0)
    cancel_financing(offer=offer, by=UserFactory(), at=LATER, reason=WHY)
    monkeypatch.undo()
    assert not Refund.objects.exists()
    decide_due(at=LATER)
    assert Refund.objects.count() == len(savers)
    assert return_settled(offer=Offer.objects.get(pk=offer.pk), at=LATER) == 0
    assert books_are_right()


def test_the_manager_cancels_from_the_desk_and_nobody_else():
    offer, _savers = a_success(1_000, tranches=())
    address = reverse("campaigns:desk_offer", args=[offer.slug])
    data = {"act": "cancel_financing", "reason": WHY}
    client = Client()
    sign_in(client, RoleGrantFactory(role="treasurer").user)
    assert client.post(address, data).status_code == 403
    sign_in(client, RoleGrantFactory(role="manager").user)
    assert client.post(address, data | {"reason": ""}).status_code == 422
    assert Offer.objects.get(pk=offer.pk).financing_state == FinancingState.CONTRACTING
    assert client.post(address, data).status_code == 302
    assert Offer.objects.get(pk=offer.pk).financing_state == FinancingState.CANCELLED
