"""Campaigns in tests: savers who may commit, commitments that clear as the provider would say, without the provider."""

from datetime import UTC, datetime

from fres.kernel.money import to_cents
from funds.commitments import commit_to_offer, confirm_commitment
from funds.models import Payment
from funds.payments.gateway import Means, MeansDetails, PaymentOutcome, PaymentStatus
from funds.payments.recording import record_outcome
from funds.states import CommitmentState
from funds.texts import record_of, texts_of
from tests.investors.factories import PartyFactory, TaxResidenceFactory

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # 10:00 in Paris


def a_saver(**fields):
    """A person whose profile is complete, residence included."""
    saver = PartyFactory(**fields)
    TaxResidenceFactory(party=saver)
    return saver


def commit(offer, saver, amount, at=NOW, **options):
    texts = record_of(texts_of(offer))
    return commit_to_offer(offer=offer, saver=saver, amount=amount, by=saver.user, texts_shown=texts, at=at, **options)


def answer(payment, status, at, *, cleared_at=None, processing_since=None, fee_cents=0):
    """Record what a provider would say of a payment, paid by card."""
    outcome = PaymentOutcome(
        status=status,
        checkout_id=f"cs_{payment.uuid}",
        intent_id=f"pi_{payment.uuid}",
        charge_id=f"ch_{payment.uuid}",
        means=Means.CARD,
        amount_cents=to_cents(payment.amount),
        fee_cents=fee_cents,
        cleared_at=cleared_at,
        processing_since=processing_since,
        failure_code=None,
        refunded_cents=0,
        disputes=(),
        reference=str(payment.uuid),
        means_details=MeansDetails(),
    )
    return record_outcome(payment_id=payment.pk, outcome=outcome, at=at)


def clear(commitment, at=NOW, fee_cents=0):
    """Bring a commitment to cleared money: confirm it when its reflection is over, pay it, let the payment clear."""
    if commitment.state == CommitmentState.IN_REFLECTION:
        commitment = confirm_commitment(commitment=commitment, at=at)
    payment = Payment.objects.create(commitment=commitment, amount=commitment.amount, asked_at=at)
    answer(payment, PaymentStatus.CLEARED, at, cleared_at=at, fee_cents=fee_cents)
    commitment.refresh_from_db()
    assert commitment.state == CommitmentState.CLEARED
    return commitment


def process(commitment, at=NOW):
    """Bring a commitment to a payment that the bank has not answered."""
    payment = Payment.objects.create(commitment=commitment, amount=commitment.amount, asked_at=at)
    answer(payment, PaymentStatus.PROCESSING, at, processing_since=at)
    commitment.refresh_from_db()
    return payment
