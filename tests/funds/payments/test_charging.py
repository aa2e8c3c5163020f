"""Charging: one page at a time, asked with no transaction open, recorded once."""

import inspect
from datetime import timedelta

import pytest
from django.db import connection, transaction

from funds.models import Entry, Payment
from funds.payments import charging, gateway, refunds, sync, webhooks
from funds.payments.charging import (
    AlreadyPaid,
    NothingToPay,
    PaymentUnavailable,
    PaymentUnderWay,
    refresh_payment,
    start_payment,
)
from funds.payments.recording import record_outcome
from funds.payments.steps import CalledInsideTransaction
from funds.states import CommitmentState, OfferState, PaymentState
from tests.funds.factories import CommitmentFactory
from tests.funds.payments.scenes import Provider, a_commitment, assert_books_right, digest, entries_of

pytestmark = pytest.mark.django_db


def test_a_card_payment_clears_and_counts(provider: Provider):
    commitment = a_commitment()
    payment = provider.pay(commitment)
    commitment.refresh_from_db()
    assert payment.state == PaymentState.CLEARED
    assert commitment.state == CommitmentState.CLEARED
    assert commitment.cleared_at == payment.cleared_at
    assert digest(commitment.offer) == {
        ("payment:*:cleared", (("517", "4685 saver 0", 10_000),)): 1,
        ("payment:*:fee", (("6278", "517", payment.fee_cents),)): 1,
    }
    assert payment.fee_cents == 175
    assert payment.final_on > payment.cleared_at.date() + timedelta(days=100)
    assert_books_right()


def test_a_debit_is_processing_for_days_then_clears(provider: Provider):
    commitment = a_commitment()
    payment = provider.pay(commitment, "sepa_paid")
    commitment.refresh_from_db()
    assert (payment.state, commitment.state) == (PaymentState.PROCESSING, CommitmentState.PROCESSING)
    assert not digest(commitment.offer)
    provider.advance(days=5, minutes=1)
    payment = provider.refresh(payment)
    commitment.refresh_from_db()
    assert (payment.state, commitment.state) == (PaymentState.CLEARED, CommitmentState.CLEARED)
    assert payment.processing_at < payment.cleared_at
    assert (payment.final_on - payment.cleared_at.date()).days in (56, 57)
    assert_books_right()


def test_a_debit_the_bank_refuses_gives_the_commitment_back_to_be_paid(provider: Provider):
    commitment = a_commitment()
    payment = provider.pay(commitment, "sepa_insufficient_funds")
    provider.advance(days=3, minutes=1)
    payment = provider.refresh(payment)
    commitment.refresh_from_db()
    assert (payment.state, payment.failure_code) == (PaymentState.FAILED, "INSUFFICIENT_FUNDS")
    assert commitment.state == CommitmentState.CONFIRMED
    assert not digest(commitment.offer)
    assert provider.pay(commitment).state == PaymentState.CLEARED
    assert_books_right()


def test_a_refused_card_leaves_the_page_open_and_says_why(provider: Provider):
    payment = provider.pay(a_commitment(), "card_declined")
    assert (payment.state, payment.failure_code) == (PaymentState.OPENED, "CARD_DECLINED")


def test_paying_again_finds_the_page_already_opened(provider: Provider):
    commitment = a_commitment()
    first = provider.start(commitment)
    assert provider.start(commitment) == first
    assert Payment.objects.filter(commitment=commitment).count() == 1
    assert provider.server.executed("POST", "/v1/checkout/sessions") == 1


def test_paying_again_after_paying_unheard_is_refused_because_the_provider_is_asked_first(provider: Provider):
    commitment = a_commitment()
    provider.choose(provider.start(commitment), "card_paid")
    with pytest.raises(AlreadyPaid):
        provider.start(commitment)
    commitment.refresh_from_db()
    assert commitment.state == CommitmentState.CLEARED


def test_paying_while_the_bank_has_not_answered_is_refused(provider: Provider):
    commitment = a_commitment()
    provider.pay(commitment, "sepa_paid")
    with pytest.raises(PaymentUnderWay):
        provider.start(commitment)


def test_a_page_that_closed_unpaid_is_replaced_by_another(provider: Provider):
    commitment = a_commitment()
    first = provider.start(commitment)
    provider.advance(hours=23, minutes=30)
    second = provider.start(commitment)
    first.refresh_from_db()
    assert (first.state, second.state) == (PaymentState.EXPIRED, PaymentState.OPENED)
    assert first.pk != second.pk


@pytest.mark.parametrize("state", ["IN_REFLECTION", "EXPIRED", "REVOKED", "CANCELLED"])
def test_nothing_is_asked_for_a_commitment_that_waits_for_no_payment(provider: Provider, state: str):
    commitment = a_commitment()
    commitment.state = state
    commitment.save(update_fields=["state"])
    with pytest.raises(NothingToPay):
        provider.start(commitment)
    assert not Payment.objects.exists()
    assert not provider.server.requests()


def test_nothing_is_asked_after_the_time_to_pay_nor_for_an_offer_that_is_over(provider: Provider):
    commitment = a_commitment()
    too_late = commitment.pay_before + timedelta(seconds=1)
    with pytest.raises(NothingToPay):
        start_payment(commitment=commitment, by=commitment.by, at=too_late, gateway=provider.gateway)
    commitment.offer.state = OfferState.CANCELLED
    commitment.offer.save(update_fields=["state"])
    with pytest.raises(NothingToPay):
        provider.start(commitment)


def test_an_intent_whose_answer_was_lost_is_asked_again_under_its_own_key(provider: Provider):
    commitment = a_commitment()
    provider.server.fail("drop_after", method="POST", path="/v1/checkout/sessions", times=3)
    with pytest.raises(PaymentUnavailable) as refusal:
        provider.start(commitment)
    assert "ne payez pas une seconde fois" in str(refusal.value)
    assert Payment.objects.get().state == PaymentState.ASKED
    payment = provider.start(commitment)
    assert payment.state == PaymentState.OPENED
    assert provider.server.executed("POST", "/v1/checkout/sessions") == 1


def test_an_intent_forgotten_for_hours_is_looked_for_its_page_closed_and_another_opened(provider: Provider):
    commitment = a_commitment()
    provider.server.fail("drop_after", method="POST", path="/v1/checkout/sessions", times=3)
    with pytest.raises(PaymentUnavailable):
        provider.start(commitment)
    provider.advance(hours=2)
    payment = provider.start(commitment)
    given_up = Payment.objects.exclude(pk=payment.pk).get()
    assert (given_up.state, payment.state) == (PaymentState.EXPIRED, PaymentState.OPENED)
    assert given_up.checkout_id is not None


def test_an_intent_never_heard_of_is_given_up_by_the_sync(provider: Provider):
    commitment = a_commitment()
    provider.server.fail("drop_before", method="POST", path="/v1/checkout/sessions", times=3)
    with pytest.raises(PaymentUnavailable):
        provider.start(commitment)
    provider.repair()
    assert Payment.objects.get().state == PaymentState.ASKED
    provider.advance(hours=2)
    provider.repair()
    assert Payment.objects.get().state == PaymentState.EXPIRED


def test_an_amount_the_provider_refuses_is_a_french_refusal_and_nothing_stays_alive(provider: Provider):
    commitment = a_commitment()
    commitment.amount = "0.30"
    commitment.save(update_fields=["amount"])
    with pytest.raises(PaymentUnavailable) as refusal:
        provider.start(commitment)
    assert "Choisissez un montant" in str(refusal.value)
    assert Payment.objects.get().state == PaymentState.FAILED


def test_money_that_clears_after_the_commitment_expired_is_booked_owed_and_given_back(provider: Provider):
    commitment = a_commitment()
    payment = provider.pay(commitment, "sepa_paid")
    commitment.refresh_from_db()
    commitment.state = CommitmentState.EXPIRED
    commitment.save(update_fields=["state"])
    provider.advance(days=5, minutes=1)
    payment = provider.refresh(payment)
    commitment.refresh_from_db()
    assert (payment.state, payment.is_surplus) == (PaymentState.CLEARED, True)
    assert commitment.state == CommitmentState.REFUND_DUE
    assert payment.refunds.get().cause == "TOO_LATE"
    provider.repair()
    commitment.refresh_from_db()
    assert commitment.state == CommitmentState.REFUNDED
    assert_books_right()


def test_money_that_clears_after_the_offer_failed_is_given_back(provider: Provider):
    commitment = a_commitment()
    payment = provider.pay(commitment, "sepa_paid")
    offer = commitment.offer
    offer.state, offer.decided_at = OfferState.FAILED, provider.now
    offer.save(update_fields=["state", "decided_at"])
    provider.advance(days=5, minutes=1)
    payment = provider.refresh(payment)
    assert payment.refunds.get().cause == "OFFER_FAILED"
    provider.repair()
    provider.advance(days=10)
    provider.repair()
    commitment.refresh_from_db()
    assert commitment.state == CommitmentState.REFUNDED
    assert_books_right()


def test_a_page_paid_though_we_had_given_it_up_is_found_and_given_back_when_another_was_paid(provider: Provider):
    commitment = a_commitment()
    lost = provider.start(commitment)
    provider.choose(lost, "card_paid")
    Payment.objects.filter(pk=lost.pk).update(state=PaymentState.EXPIRED)  # what a bug would leave
    kept = provider.pay(commitment)
    provider.repair()
    lost.refresh_from_db()
    commitment.refresh_from_db()
    assert (kept.state, lost.state) == (PaymentState.CLEARED, PaymentState.REVERSED)
    assert lost.refunds.get().cause == "PAID_TWICE"
    assert lost.refunds.get().state in ("PENDING", "DONE")
    assert commitment.state == CommitmentState.CLEARED
    assert_books_right()


def test_recording_the_same_outcome_again_writes_nothing(provider: Provider):
    payment = provider.pay(a_commitment())
    outcome = provider.gateway.read_checkout(checkout_id=payment.checkout_id)
    before = list(entries_of(payment.commitment.offer.books))
    for _again in range(3):
        record_outcome(payment_id=payment.pk, outcome=outcome, at=provider.now)
    assert list(entries_of(payment.commitment.offer.books)) == before
    assert Entry.objects.filter(source_uuid=payment.uuid).count() == 2


def test_an_outcome_of_another_payment_or_amount_is_never_recorded(provider: Provider):
    from dataclasses import replace

    from fres.kernel.errors import BooksBroken

    payment = provider.pay(a_commitment())
    other = provider.start(a_commitment())
    outcome = provider.gateway.read_checkout(checkout_id=payment.checkout_id)
    with pytest.raises(BooksBroken):
        record_outcome(payment_id=other.pk, outcome=outcome, at=provider.now)
    with pytest.raises(BooksBroken):
        wrong = replace(outcome, reference=str(other.uuid), amount_cents=1)
        record_outcome(payment_id=other.pk, outcome=wrong, at=provider.now)


@pytest.mark.django_db(transaction=True)
def test_the_provider_is_never_asked_with_a_transaction_open(provider: Provider):
    commitment = a_commitment()
    with transaction.atomic(), pytest.raises(CalledInsideTransaction):
        provider.start(commitment)
    assert not connection.in_atomic_block
    assert provider.start(commitment).state == PaymentState.OPENED


def test_every_operation_that_takes_a_gateway_refuses_an_open_transaction():
    """`receive_event` only checks a signature: it asks the provider nothing."""
    for module in (charging, refunds, sync, webhooks):
        for name, operation in inspect.getmembers(module, inspect.isfunction):
            if name.startswith("_") or operation.__module__ != module.__name__ or name == "receive_event":
                continue
            if "gateway" in inspect.signature(operation).parameters and operation.__name__ not in _HANDLERS:
                assert getattr(operation, "is_outside_transaction", False), name


_HANDLERS = {"read_checkout_again", "read_payment_again", "read_dispute_again", "read_refund_again"}


def test_a_payment_unknown_to_the_provider_is_left_as_it_is(provider: Provider):
    payment = Payment.objects.create(commitment=CommitmentFactory(confirmed=True), amount=100, asked_at=provider.now)
    assert refresh_payment(payment_id=payment.pk, at=provider.now, gateway=provider.gateway).state == PaymentState.ASKED
    assert gateway.PaymentStatus.OPEN
