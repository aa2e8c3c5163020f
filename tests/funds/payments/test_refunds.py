"""Giving money back: to the paying means, once, and told whatever the bank does with it."""

import io

import pytest
from django.utils import translation
from procrastinate.contrib.django.models import ProcrastinateJob
from pypdf import PdfReader

from fres.kernel import jobs
from fres.kernel.documents import open_document
from fres.kernel.models import Message
from funds.models import Refund
from funds.payments.gateway import GatewayUnreachable
from funds.payments.refunds import RefundNotOpen, RefundTooLarge, ask_gift_refund, ask_refund, send_refund
from funds.payments.selectors import refunds_to_settle
from funds.payments.webhooks import receive_event
from funds.receipts import issue_receipt
from funds.states import CommitmentState, OfferState, PaymentState, RefundState
from tests.funds.factories import OfferFactory, euros
from tests.funds.payments.scenes import Provider, a_commitment, assert_books_right, digest

pytestmark = pytest.mark.django_db


def test_a_gift_given_back_by_its_donor_voids_its_receipt(provider: Provider):
    offer = OfferFactory(open=True, gift=True, receipts=True)
    commitment = a_commitment(offer=offer, amount=euros(40))
    payment = provider.pay(commitment)
    receipt = issue_receipt(commitment=commitment, at=provider.now)
    assert receipt is not None
    commitment.refresh_from_db()
    ask_gift_refund(commitment=commitment, by=commitment.by, at=provider.now)
    commitment.refresh_from_db()
    assert commitment.state == CommitmentState.REFUND_DUE
    assert not hasattr(receipt.document, "void")
    provider.repair()
    commitment.refresh_from_db()
    payment.refresh_from_db()
    receipt.document.refresh_from_db()
    assert (commitment.state, payment.state) == (CommitmentState.REFUNDED, PaymentState.REVERSED)
    assert receipt.document.void.reason
    assert commitment.receipts.count() == 1
    assert digest(offer)["refund:*", (("4685 saver 0", "517", 4_000),)] == 1
    assert_books_right()


def test_the_donor_is_told_when_the_refund_has_left(provider: Provider):
    commitment = a_commitment(gift=True)
    provider.pay(commitment)
    ask_gift_refund(commitment=commitment, by=commitment.by, at=provider.now)
    provider.repair()
    told = [message.template for message in Message.objects.filter(to=commitment.by.email).order_by("pk")]
    assert told == ["payments/cleared", "payments/refunded"]


@pytest.mark.parametrize("state", [OfferState.SUCCEEDED, OfferState.FAILED])
def test_a_gift_to_a_decided_offer_is_not_given_back_by_a_click(provider: Provider, state: str):
    commitment = a_commitment(gift=True)
    provider.pay(commitment)
    offer = commitment.offer
    offer.state, offer.decided_at = state, provider.now
    offer.save(update_fields=["state", "decided_at"])
    with pytest.raises(RefundNotOpen):
        ask_gift_refund(commitment=commitment, by=commitment.by, at=provider.now)
    assert not Refund.objects.exists()


def test_a_loan_is_not_given_back_by_a_click_and_a_gift_only_once(provider: Provider):
    loan, gift = a_commitment(), a_commitment(gift=True)
    for commitment in (loan, gift):
        provider.pay(commitment)
    with pytest.raises(RefundNotOpen):
        ask_gift_refund(commitment=loan, by=loan.by, at=provider.now)
    ask_gift_refund(commitment=gift, by=gift.by, at=provider.now)
    with pytest.raises(RefundNotOpen):
        ask_gift_refund(commitment=gift, by=gift.by, at=provider.now)


def test_no_more_is_given_back_than_the_payment_holds(provider: Provider):
    payment = provider.pay(a_commitment())
    for amount in ("100.01", "0", "-1"):
        with pytest.raises(RefundTooLarge):
            ask_refund(payment=payment, amount=euros(amount), cause="SAVER", by=None, at=provider.now)
    ask_refund(payment=payment, amount=euros(60), cause="SAVER", by=None, at=provider.now)
    with pytest.raises(RefundTooLarge):
        ask_refund(payment=payment, amount=euros("40.01"), cause="SAVER", by=None, at=provider.now)


def test_a_part_given_back_leaves_the_rest_of_the_commitment_standing(provider: Provider):
    offer = OfferFactory(open=True, gift=True, receipts=True)
    commitment = a_commitment(offer=offer)
    payment = provider.pay(commitment)
    first = issue_receipt(commitment=commitment, at=provider.now)
    ask_refund(payment=payment, amount=euros(30), cause="SAVER", by=None, at=provider.now)
    provider.repair()
    commitment.refresh_from_db()
    payment.refresh_from_db()
    assert (commitment.state, commitment.amount) == (CommitmentState.CLEARED, euros(70))
    assert (payment.state, payment.amount, payment.refunded_cents) == (PaymentState.CLEARED, euros(100), 3_000)
    replacement = commitment.receipts.exclude(pk=first.pk).get()
    assert (replacement.amount_cents, replacement.replaces_id) == (7_000, first.pk)
    assert_books_right()


def test_a_refund_of_a_debit_takes_days_and_is_watched(provider: Provider):
    commitment = a_commitment(gift=True)
    payment = provider.pay(commitment, "sepa_paid")
    provider.advance(days=6)
    provider.repair()
    commitment.refresh_from_db()
    ask_gift_refund(commitment=commitment, by=commitment.by, at=provider.now)
    provider.repair()
    assert payment.refunds.get().state == RefundState.PENDING
    provider.advance(days=10)
    provider.repair()
    assert payment.refunds.get().state == RefundState.DONE
    assert_books_right()


@pytest.mark.parametrize("means", ["card_refund_fails", "sepa_refund_fails"])
def test_a_refund_that_comes_back_leaves_the_debt_standing_in_its_own_list(provider: Provider, means: str):
    commitment = a_commitment(gift=True)
    payment = provider.pay(commitment, means)
    provider.advance(days=6)
    provider.repair()
    commitment.refresh_from_db()
    ask_gift_refund(commitment=commitment, by=commitment.by, at=provider.now)
    provider.repair()
    provider.advance(days=30)
    provider.repair()
    refund = payment.refunds.get()
    commitment.refresh_from_db()
    payment.refresh_from_db()
    assert refund.state == RefundState.FAILED
    assert (commitment.state, payment.state) == (CommitmentState.REFUND_DUE, PaymentState.CLEARED)
    assert list(refunds_to_settle()) == [refund]
    moved = digest(commitment.offer)
    assert moved["refund:*", (("4685 saver 0", "517", 10_000),)] == 1
    assert moved["refund:*:failed", (("517", "4685 saver 0", 10_000),)] == 1
    assert Message.objects.filter(template="payments/refund_came_back").count() == 1
    assert_books_right()


def test_an_answer_that_was_lost_does_not_give_the_money_back_twice(provider: Provider):
    payment = provider.pay(a_commitment())
    refund = ask_refund(payment=payment, amount=euros(50), cause="SAVER", by=None, at=provider.now)
    provider.server.fail("drop_after", method="POST", path="/v1/refunds", times=3)
    with pytest.raises(GatewayUnreachable):
        send_refund(refund_id=refund.pk, at=provider.now, gateway=provider.gateway)
    provider.advance(days=2)  # the provider has forgotten the key
    provider.repair()
    refund.refresh_from_db()
    payment.refresh_from_db()
    assert (refund.state, payment.refunded_cents) == (RefundState.DONE, 5_000)
    assert provider.server.executed("POST", "/v1/refunds") == 1
    assert_books_right()


def test_a_refund_made_at_the_providers_own_desk_is_booked_as_a_fact(provider: Provider):
    commitment = a_commitment()
    payment = provider.pay(commitment)
    provider.gateway.refund(key="desk", intent_id=payment.intent_id, amount_cents=2_500, reference="")
    event = next(one for one in provider.server.events() if one["type"] == "refund.created")
    receive(provider, event["id"])
    provider.repair()
    refund = payment.refunds.get()
    commitment.refresh_from_db()
    assert (refund.cause, refund.amount) == ("OUTSIDE", euros(25))
    assert commitment.amount == euros(75)
    assert_books_right()


def test_the_job_that_sends_a_refund_is_written_with_it(provider: Provider, settings):
    settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE = provider.server.secret_key, provider.server.url
    payment = provider.pay(a_commitment())
    ProcrastinateJob.objects.all()._raw_delete("default")  # other tests committed theirs
    refund = ask_refund(payment=payment, amount=euros(10), cause="SAVER", by=None, at=provider.now)
    jobs.run_pending()
    refund.refresh_from_db()
    assert refund.state == RefundState.DONE


def receive(provider: Provider, event_id: str) -> None:
    payload, signature = provider.server.signed(event_id)
    receive_event(payload=payload, signature=signature, at=provider.now, gateway=provider.gateway)


def test_a_receipt_and_why_it_is_void_are_in_french_whatever_language_is_spoken(provider: Provider):
    offer = OfferFactory(open=True, gift=True, receipts=True)
    commitment = a_commitment(offer=offer)
    payment = provider.pay(commitment)
    with translation.override("en"):
        first = issue_receipt(commitment=commitment, at=provider.now)
        ask_refund(payment=payment, amount=euros(30), cause="SAVER", by=None, at=provider.now)
        provider.repair()
    assert first is not None
    first.document.refresh_from_db()
    assert first.document.void.reason == "Don rendu au donateur."
    replacement = commitment.receipts.exclude(pk=first.pk).get()
    pages = PdfReader(io.BytesIO(open_document(replacement.document))).pages
    assert "Don rendu au donateur" in " ".join(" ".join(page.extract_text() for page in pages).split())
