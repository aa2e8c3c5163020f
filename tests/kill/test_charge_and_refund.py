"""A charge and a refund, killed at every step: the restart ends in the same books, and nothing is asked twice."""

from contextlib import suppress
from itertools import count

import pytest

from fres.kernel import clock
from fres.kernel.access import Role
from fres.kernel.states import TransitionRefused
from funds.models import BankRefund, Commitment
from funds.payments.bank_refunds import approve_bank_refund, prepare_bank_refund, record_bank_refund_sent
from funds.payments.charging import AlreadyPaid, PaymentUnderWay
from funds.payments.refunds import RefundNotOpen, ask_gift_refund
from funds.payments.sync import send_refunds
from funds.payments.webhooks import handle_event, receive_event
from tests.funds.factories import OfferFactory, euros
from tests.funds.payments.bank_refund_scenes import a_refund_that_came_back, asked, checked, staff
from tests.funds.payments.scenes import Provider, a_commitment, assert_books_right, digest
from tests.kill.harness import kill_everywhere

pytestmark = [pytest.mark.django_db(transaction=True)]


def tell(commitment: Commitment) -> object:
    commitment.refresh_from_db()
    payments = commitment.payments.order_by("pk")
    refunds = [refund.state for payment in payments for refund in payment.refunds.order_by("pk")]
    return commitment.state, [payment.state for payment in payments], refunds, digest(commitment.offer)


def test_a_charge_killed_anywhere_ends_paid_once(provider: Provider):
    def pay(commitment: Commitment) -> None:
        with suppress(AlreadyPaid, PaymentUnderWay):
            payment = provider.start(commitment)
            provider.choose(payment, "card_paid")
            provider.refresh(payment)

    def come_back(commitment: Commitment) -> None:
        """The duties run, then the saver, who saw an error, clicks again."""
        provider.repair()
        pay(commitment)

    report = kill_everywhere(prepare=a_commitment, act=pay, repair=come_back, tell=tell, server=provider.server)
    assert report.asked == {"/v1/checkout/sessions": 1}
    assert report.points >= 20
    assert report.of_kind("HTTP") >= 4
    assert report.of_kind("COMMIT") >= 4
    assert_books_right()


def test_an_event_killed_while_it_is_handled_is_handled_by_the_duties(provider: Provider):
    def paid_unheard() -> Commitment:
        commitment = a_commitment()
        provider.choose(provider.start(commitment), "card_paid")
        return commitment

    def hear(commitment: Commitment) -> None:
        event = provider.server.events()[-1]
        payload, signature = provider.server.signed(event["id"])
        stored = receive_event(payload=payload, signature=signature, at=provider.now, gateway=provider.gateway)
        handle_event(event_pk=stored.pk, at=provider.now, gateway=provider.gateway)

    report = kill_everywhere(
        prepare=paid_unheard, act=hear, repair=lambda commitment: provider.repair(), tell=tell, server=provider.server
    )
    assert not report.asked
    assert report.points >= 15
    assert_books_right()


def test_a_gift_given_back_and_killed_anywhere_is_given_back_once(provider: Provider):
    def given() -> Commitment:
        commitment = a_commitment(offer=OfferFactory(open=True, gift=True), amount=euros(40))
        provider.pay(commitment)
        return commitment

    def give_back(commitment: Commitment) -> None:
        with suppress(RefundNotOpen):  # asked already, before the death
            ask_gift_refund(commitment=commitment, by=commitment.by, at=provider.now)
        send_refunds(at=provider.now, gateway=provider.gateway)

    def come_back(commitment: Commitment) -> None:
        provider.repair()
        give_back(commitment)

    report = kill_everywhere(prepare=given, act=give_back, repair=come_back, tell=tell, server=provider.server)
    assert report.asked == {"/v1/refunds": 1}
    assert report.points >= 20
    assert_books_right()


def test_a_transfer_approved_and_seen_killed_anywhere_moves_the_debt_once(provider: Provider):
    people = [staff(Role.TREASURER), staff(Role.COMPLIANCE), staff(Role.TREASURER), staff(Role.MANAGER)]
    names = count(1)

    def came_back() -> Commitment:
        refund = a_refund_that_came_back(provider)
        bank_refund = checked(asked(refund, at=provider.now), at=provider.now, by=people[1])
        prepare_bank_refund(bank_refund=bank_refund, by=people[0], at=provider.now)
        scenes[refund.payment.commitment_id] = (bank_refund, f"VIR {next(names)}")
        return refund.payment.commitment

    def order_and_see(commitment: Commitment) -> None:
        bank_refund, reference = scenes[commitment.pk]
        at, on = provider.now, clock.local(provider.now).date()
        with suppress(TransitionRefused):  # done before the death
            approve_bank_refund(bank_refund=bank_refund, by=people[3], at=at)
        with suppress(TransitionRefused):
            record_bank_refund_sent(bank_refund=bank_refund, sent_on=on, reference=reference, by=people[2], at=at)

    scenes: dict[int, tuple[BankRefund, str]] = {}
    report = kill_everywhere(
        prepare=came_back, act=order_and_see, repair=order_and_see, tell=tell, server=provider.server
    )
    assert not report.asked
    assert report.points >= 15
    assert report.of_kind("COMMIT") >= 4
    assert_books_right()
