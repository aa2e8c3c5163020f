"""Orders to pay holders: two people, one transfer, put off when the provider says not now."""

from unittest import mock

import pytest
from django.db import IntegrityError, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from fres.kernel.models import Message
from fres.kernel.states import TransitionRefused
from funds.chart import Purpose
from funds.ledger import balance_cents
from funds.models import Entry, Loan, PayoutOrder
from funds.payments.gateway import GatewayRefused, GatewayUnreachable, RefusalCode
from funds.payments.steps import CalledInsideTransaction
from funds.servicing import tasks
from funds.servicing.payouts import (
    FourEyes,
    PayoutRefused,
    approve_payout,
    open_payee_account,
    prepare_payout,
    refresh_payees,
    refuse_payout,
    send_due,
    send_payout,
)
from funds.states import FinancingState, PayoutState
from tests.funds.factories import OPERATOR_CAPITAL_CENTS
from tests.funds.payments.scenes import assert_books_right
from tests.funds.servicing.factories import PayoutOrderFactory
from tests.funds.servicing.scenes import a_ready_payee, a_succeeded_offer, an_approved_order
from tests.investors.factories import UserFactory
from tests.projects.factories import MembershipFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def offer(provider):
    return a_succeeded_offer(provider, 60, 40, gift=True)


def _send(provider, payout_gateway, order):
    return send_payout(order_id=order.pk, at=provider.now, gateway=payout_gateway)


def _transfers(provider):
    return provider.server.executed("POST", "/v1/transfers")


def test_the_database_refuses_one_person_twice():
    order = PayoutOrderFactory()
    order.state, order.approved_by, order.approved_at = PayoutState.APPROVED, order.prepared_by, order.prepared_at
    with pytest.raises(IntegrityError, match="payout_two_people"), transaction.atomic():
        order.save()


def test_the_database_refuses_an_approval_nobody_signed():
    order = PayoutOrderFactory()
    with pytest.raises(IntegrityError, match="payout_approved_iff_signed"), transaction.atomic():
        PayoutOrder.objects.filter(pk=order.pk).update(state=PayoutState.APPROVED)


def test_the_database_refuses_two_living_orders_of_one_offer():
    order = PayoutOrderFactory()
    with pytest.raises(IntegrityError, match="payout_one_alive_per_offer"), transaction.atomic():
        PayoutOrderFactory(offer=order.offer, payee=order.payee)


def test_who_prepared_does_not_approve(provider, offer):
    a_ready_payee(provider, offer)
    treasurer = UserFactory()
    order = prepare_payout(offer=offer, by=treasurer, at=provider.now)
    with pytest.raises(FourEyes, match="préparé"):
        approve_payout(order=order, by=treasurer, at=provider.now)
    order.refresh_from_db()
    assert order.state == PayoutState.PREPARED


def test_who_opened_the_offer_granted_the_label_or_belongs_to_the_holder_takes_no_part(provider, offer):
    a_ready_payee(provider, offer)
    opener, judge = UserFactory(), UserFactory()
    member = MembershipFactory(organisation=offer.project.organisation).user
    type(offer).objects.filter(pk=offer.pk).update(opened_by=opener)
    offer.award.decided_by = judge
    offer.award.save()
    for person in (opener, judge, member):
        with pytest.raises(FourEyes):
            prepare_payout(offer=offer, by=person, at=provider.now)
    order = prepare_payout(offer=offer, by=UserFactory(), at=provider.now)
    for person in (opener, judge, member):
        with pytest.raises(FourEyes):
            approve_payout(order=order, by=person, at=provider.now)
    with pytest.raises(FourEyes):
        refuse_payout(order=order, by=member, reason="Non.", at=provider.now)


def test_a_holder_who_cannot_receive_blocks_the_order(provider, offer):
    with pytest.raises(PayoutRefused, match="compte chez le prestataire"):
        prepare_payout(offer=offer, by=UserFactory(), at=provider.now)
    payee = open_payee_account(party=offer.project.organisation.party, at=provider.now, gateway=provider.gateway)
    assert not payee.can_receive
    with pytest.raises(PayoutRefused, match="ne peut pas recevoir"):
        prepare_payout(offer=offer, by=UserFactory(), at=provider.now)
    provider.server.verify_account(payee.provider_id)
    assert refresh_payees(at=provider.now, gateway=provider.gateway) == 1
    assert prepare_payout(offer=offer, by=UserFactory(), at=provider.now).state == PayoutState.PREPARED


def test_an_order_pays_what_the_books_owe_once_and_says_so(provider, offer, payout_gateway):
    order = an_approved_order(provider, offer)
    assert _transfers(provider) == 0  # the web process has asked nothing
    paid = _send(provider, payout_gateway, order)
    assert (paid.state, paid.paid_at is not None) == (PayoutState.PAID, True)
    assert _send(provider, payout_gateway, order).state == PayoutState.PAID
    assert _transfers(provider) == 1
    offer.refresh_from_db()
    assert offer.financing_state == FinancingState.FUNDED
    owner = offer.project.organisation.party
    assert balance_cents(entity=offer.books, purpose=Purpose.HOLDER_MONEY, party=owner, offer=offer) == 0
    assert ProcrastinateJob.objects.filter(task_name="tell_project_paid", args__offer_uuid=str(offer.uuid)).exists()
    tasks.tell_paid_job.func(offer_uuid=str(offer.uuid))
    assert Message.objects.filter(template="servicing/paid").count() == 2
    assert_books_right()


def test_the_holder_s_fee_stays(provider, payout_gateway):
    offer = a_succeeded_offer(provider, 100, gift=True, holder_fee_bp=500)
    order = an_approved_order(provider, offer)
    assert order.amount.amount == 95
    assert _send(provider, payout_gateway, order).state == PayoutState.PAID
    assert_books_right()


def test_the_restricted_key_pays_holders_and_cannot_refund(provider, offer, payout_gateway):
    order = an_approved_order(provider, offer)
    _send(provider, payout_gateway, order)
    payment = offer.commitments.first().payments.get()
    with pytest.raises(GatewayRefused, match="clé"):
        payout_gateway.refund(key="k", intent_id=payment.intent_id, amount_cents=100, reference="r")


def test_money_not_yet_available_puts_the_order_off_and_another_key_pays_it_later(provider, payout_gateway):
    offer = a_succeeded_offer(provider, 60, 40, gift=True, fund_cents=0)
    order = an_approved_order(provider, offer)
    put_off = _send(provider, payout_gateway, order)
    assert (put_off.state, put_off.attempt) == (PayoutState.APPROVED, 2)
    assert put_off.failure_code == RefusalCode.BALANCE_INSUFFICIENT
    again = send_due(at=provider.now, gateway=payout_gateway)
    assert again == (0, 1, [])
    provider.server.fund(OPERATOR_CAPITAL_CENTS)
    assert send_due(at=provider.now, gateway=payout_gateway) == (1, 0, [])
    assert send_due(at=provider.now, gateway=payout_gateway) == (0, 0, [])
    assert Entry.objects.filter(key=f"payout:{order.uuid}").count() == 1
    assert_books_right()


def test_an_order_put_off_may_be_given_up_and_prepared_again(provider, payout_gateway):
    offer = a_succeeded_offer(provider, 100, gift=True, fund_cents=0)
    order = _send(provider, payout_gateway, an_approved_order(provider, offer))
    refused = refuse_payout(order=order, by=UserFactory(), reason="Compte fermé.", at=provider.now)
    assert refused.state == PayoutState.REFUSED
    assert _send(provider, payout_gateway, order).state == PayoutState.REFUSED
    assert prepare_payout(offer=offer, by=UserFactory(), at=provider.now).state == PayoutState.PREPARED


@pytest.mark.parametrize("effect", ["drop_before", "drop_after"])
def test_an_answer_that_was_lost_is_looked_for_even_days_later(provider, offer, payout_gateway, effect):
    order = an_approved_order(provider, offer)
    provider.server.fail(effect, method="POST", path="/v1/transfers", times=3)
    with pytest.raises(GatewayUnreachable):
        _send(provider, payout_gateway, order)
    order.refresh_from_db()
    assert order.state == PayoutState.SENT
    with pytest.raises(TransitionRefused):
        refuse_payout(order=order, by=UserFactory(), reason="Trop tard.", at=provider.now)
    provider.advance(days=3)  # the provider has forgotten the key
    with mock.patch.object(payout_gateway, "transfer", wraps=payout_gateway.transfer) as asked:
        paid, _put_off, unanswered = send_due(at=provider.now, gateway=payout_gateway)
    assert (paid, unanswered) == (1, [])
    assert asked.call_count == (0 if effect == "drop_after" else 1)
    assert _transfers(provider) == 1
    assert_books_right()


def test_what_the_books_no_longer_owe_is_not_approved(provider, offer):
    a_ready_payee(provider, offer)
    order = prepare_payout(offer=offer, by=UserFactory(), at=provider.now)
    PayoutOrder.objects.filter(pk=order.pk).update(amount=99)
    with pytest.raises(PayoutRefused, match="doivent"):
        approve_payout(order=order, by=UserFactory(), at=provider.now)


def test_a_loan_is_not_paid_before_its_contract(provider):
    offer = a_succeeded_offer(provider, 600, 400)
    Loan.objects.filter(offer=offer).update(contract=None)
    an_approved_order(provider, offer)
    assert Loan.objects.get(offer=offer).contract is not None


@pytest.mark.django_db(transaction=True)
def test_the_provider_is_never_asked_inside_a_transaction(provider, payout_gateway):
    order = PayoutOrderFactory()
    with transaction.atomic(), pytest.raises(CalledInsideTransaction):
        send_payout(order_id=order.pk, at=provider.now, gateway=payout_gateway)
