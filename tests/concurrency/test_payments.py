"""Return, webhook and sync at once record one outcome; two clicks at once make one payment, and one page."""

import threading

import pytest

from fres.kernel import clock
from fres.kernel.access import Role
from fres.kernel.states import TransitionRefused
from funds.chart import Purpose
from funds.commitments import expire_unpaid
from funds.ledger import balance_cents
from funds.models import BankRefundOrder, Commitment, Entry, Payment
from funds.payments import charging
from funds.payments.bank_refunds import approve_bank_refund, record_bank_refund_sent
from funds.payments.charging import PaymentRefused
from funds.payments.recording import record_outcome
from funds.payments.refunds import ask_gift_refund, ask_refund, record_refund, send_refund
from funds.payments.sync import sync_payments
from funds.payments.webhooks import handle_event, receive_event
from funds.states import CommitmentState, PaymentState, RefundState
from tests.concurrency.threads import at_once
from tests.funds.factories import euros
from tests.funds.payments.bank_refund_scenes import (
    a_refund_never_accepted,
    a_refund_that_came_back,
    approved,
    prepared,
    staff,
)
from tests.funds.payments.conftest import _application, _running, gateway, provider, server  # noqa: F401
from tests.funds.payments.scenes import Provider, a_commitment, assert_books_right, digest

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]


def test_return_webhook_and_sync_at_once_record_one_outcome(provider: Provider):  # noqa: F811
    commitment = a_commitment()
    payment = provider.start(commitment)
    provider.choose(payment, "card_paid")
    heard = []
    for event in provider.server.events():
        payload, signature = provider.server.signed(event["id"])
        heard.append(receive_event(payload=payload, signature=signature, at=provider.now, gateway=provider.gateway))
    at = provider.now
    results = at_once(
        *(lambda: provider.refresh(payment) for _again in range(3)),
        *(lambda pk=event.pk: handle_event(event_pk=pk, at=at, gateway=provider.gateway) for event in heard),
        lambda: sync_payments(at=at, gateway=provider.gateway),
    )
    assert not [result for result in results if isinstance(result, BaseException)]
    payment.refresh_from_db()
    commitment.refresh_from_db()
    assert (payment.state, commitment.state) == (PaymentState.CLEARED, CommitmentState.CLEARED)
    assert sum(digest(commitment.offer).values()) == 2  # the money and the fee
    assert_books_right()


def test_two_clicks_at_once_end_on_one_page(provider: Provider):  # noqa: F811
    commitment = a_commitment()
    payments = at_once(*(lambda: provider.start(Commitment.objects.get(pk=commitment.pk)) for _click in range(6)))
    refused = [result for result in payments if isinstance(result, PaymentRefused)]
    assert all(isinstance(result, Payment) or result in refused for result in payments)
    payment = Payment.objects.get()
    assert payment.state == PaymentState.OPENED
    assert {result.checkout_url for result in payments if isinstance(result, Payment)} == {payment.checkout_url}
    assert provider.server.executed("POST", "/v1/checkout/sessions") == 1


def test_without_the_lock_the_database_still_refuses_a_second_payment_alive(
    provider: Provider,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
):
    """The control: unlocked, both clicks see no payment; the constraint stops the second where the lock did not."""
    commitment = a_commitment()
    both_looked = threading.Barrier(2)

    def look_without_lock(seen: Commitment) -> Commitment:
        return Commitment.objects.select_related("offer", "saver").get(pk=seen.pk)

    def check_late(seen: Commitment, *, at: object) -> None:
        both_looked.wait(30)

    monkeypatch.setattr(charging, "_lock_commitment", look_without_lock)
    monkeypatch.setattr(charging, "_check_waits_for_payment", check_late)
    results = at_once(*(lambda: provider.start(commitment) for _click in range(2)))
    failures = [result for result in results if isinstance(result, Exception)]
    assert [type(failure).__name__ for failure in failures] == ["IntegrityError"]
    assert "payment_one_alive_per_commitment" in str(failures[0])


def test_a_gift_asked_back_twice_at_once_is_given_back_once(provider: Provider):  # noqa: F811
    commitment = a_commitment(gift=True)
    payment = provider.pay(commitment)
    at_once(*(lambda: ask_gift_refund(commitment=commitment, by=commitment.by, at=provider.now) for _click in range(4)))
    refund = payment.refunds.get()
    at = provider.now
    at_once(*(lambda: send_refund(refund_id=refund.pk, at=at, gateway=provider.gateway) for _worker in range(3)))
    provider.repair()
    refund.refresh_from_db()
    assert refund.state == RefundState.DONE
    assert provider.server.executed("POST", "/v1/refunds") == 1
    assert_books_right()


def test_refunds_asked_at_once_never_exceed_the_payment(provider: Provider):  # noqa: F811
    payment = provider.pay(a_commitment())
    at = provider.now
    at_once(
        *(lambda: ask_refund(payment=payment, amount=euros(40), cause="SAVER", by=None, at=at) for _request in range(5))
    )
    assert payment.refunds.count() == 2
    provider.repair()
    payment.refresh_from_db()
    assert payment.refunded_cents == 8_000
    assert_books_right()


def test_a_clearing_and_the_expiry_of_its_commitment_end_in_one_of_the_two_orders(provider: Provider):  # noqa: F811
    commitment = a_commitment()
    payment = provider.start(commitment)
    provider.choose(payment, "card_paid")
    outcome = provider.gateway.read_checkout(checkout_id=payment.checkout_id or "")
    late = commitment.pay_before + (commitment.pay_before - commitment.confirmed_at)
    results = at_once(
        lambda: record_outcome(payment_id=payment.pk, outcome=outcome, at=late), lambda: expire_unpaid(at=late)
    )
    assert not [result for result in results if isinstance(result, BaseException)]
    commitment.refresh_from_db()
    assert commitment.state in (CommitmentState.CLEARED, CommitmentState.REFUND_DUE)


def test_two_approvers_at_once_make_one_order_and_one_entry(provider: Provider):  # noqa: F811
    bank_refund = prepared(a_refund_that_came_back(provider), at=provider.now)
    at, people = provider.now, [staff(Role.MANAGER) for _person in range(4)]
    results = at_once(*(lambda by=by: approve_bank_refund(bank_refund=bank_refund, by=by, at=at) for by in people))
    signed = [result for result in results if isinstance(result, BankRefundOrder)]
    assert len(signed) == 1
    assert all(isinstance(result, BankRefundOrder | TransitionRefused) for result in results)
    assert BankRefundOrder.objects.count() == 1
    assert Entry.objects.filter(key=f"bank_refund:{bank_refund.uuid}").count() == 1
    assert_books_right()


def test_a_transfer_and_a_late_answer_of_the_provider_never_give_the_euro_back_twice_unseen(
    provider: Provider,  # noqa: F811
):
    refund = a_refund_never_accepted(provider)
    bank_refund = approved(refund, at=provider.now)
    outcome = provider.gateway.refund(
        key="late", intent_id=refund.payment.intent_id, amount_cents=10_000, reference=str(refund.uuid)
    )
    at, by = provider.now, staff(Role.TREASURER)
    on = clock.local(at).date()
    results = at_once(
        lambda: record_refund(refund_id=refund.pk, outcome=outcome, at=at),
        lambda: record_bank_refund_sent(bank_refund=bank_refund, sent_on=on, reference="VIR 1", by=by, at=at),
    )
    bank_refund.refresh_from_db()
    refund.refresh_from_db()
    assert refund.state == RefundState.DONE
    assert not isinstance(results[0], BaseException)
    was_sent = not isinstance(results[1], BaseException)
    assert bank_refund.state == ("SENT" if was_sent else "STOPPED")
    offer = refund.payment.commitment.offer
    claim = balance_cents(entity=offer.books, purpose=Purpose.CLAIM_ON_SAVER, party=bank_refund.party, offer=offer)
    assert claim == (10_000 if was_sent else 0)
    assert_books_right()
