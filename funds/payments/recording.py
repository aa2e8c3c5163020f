"""What the provider answered, written once: the single door of the browser's return, the webhook and the daily sync.

An outcome says everything known of a payment at the moment of the question. Recording it brings our rows and books to
that state from wherever they are, so that answers may come late, twice or out of order and end in the same books.
"""

from datetime import date, datetime, timedelta

from django.db import transaction

from fres.kernel import clock, parameters
from fres.kernel.errors import BooksBroken
from fres.kernel.money import to_cents
from fres.kernel.states import advance
from funds.chart import Purpose
from funds.ledger import Line, account_for, post_entry
from funds.locks import lock_for_commitment
from funds.models import Commitment, Entry, Offer, Payment, Refund
from funds.payments import notices
from funds.payments.gateway import Means, PaymentOutcome, PaymentStatus
from funds.states import (
    ABANDON,
    ALIVE,
    CLEAR,
    COLLECT,
    COLLECT_SURPLUS,
    OPEN_PAGE,
    OWE_REFUND,
    REFUSE_PAYMENT,
    SEND_TO_BANK,
    START_PROCESSING,
    UNDER_WAY,
    CommitmentState,
    OfferState,
    PaymentState,
)
from investors.models import Party

JOURNAL = "PS"
_GIVEN_BACK_BECAUSE: dict[str, Refund.Cause] = {
    OfferState.FAILED: Refund.Cause.OFFER_FAILED,
    OfferState.CANCELLED: Refund.Cause.OFFER_CANCELLED,
}


def offer_of(payment: Payment) -> Offer:
    """Return the offer whose money this is."""
    if payment.commitment is not None:
        return payment.commitment.offer
    assert payment.instalment is not None
    return payment.instalment.loan.offer


def payer_of(payment: Payment) -> Party:
    """Return who pays: the saver of the commitment, or the borrower of the loan."""
    if payment.commitment is not None:
        return payment.commitment.saver
    assert payment.instalment is not None
    return payment.instalment.loan.borrower


def lock_payment(payment_id: int) -> Payment:
    """Lock a payment and what it touches in the order of ruling B4: saver, owner, offer, commitment, payment.

    Returns: the fresh row, its commitment (or instalment) and offer loaded as they are under the lock.
    """
    related = ("commitment__offer", "commitment__saver", "instalment__loan__offer", "instalment__loan__borrower")
    seen = Payment.objects.select_related(*related).get(pk=payment_id)
    lock_for_commitment(offer=offer_of(seen), saver=payer_of(seen))
    if seen.commitment_id is not None:
        Commitment.objects.select_for_update().values_list("pk").get(pk=seen.commitment_id)
    Payment.objects.select_for_update().values_list("pk").get(pk=payment_id)
    return read_payment(payment_id)


def read_payment(payment_id: int) -> Payment:
    """Return a payment as it is now, with what its operations touch; for whoever holds the lock already."""
    related = (
        "commitment__offer__books",
        "commitment__offer__project",
        "commitment__saver",
        "commitment__by",
        "instalment__loan__offer__books",
        "instalment__loan__offer__project",
        "instalment__loan__borrower",
        "asked_by",
        "dispute",
    )
    return Payment.objects.select_related(*related).get(pk=payment_id)


@transaction.atomic
def record_outcome(*, payment_id: int, outcome: PaymentOutcome, at: datetime) -> Payment:
    """Bring a payment, its commitment and the books to what the provider says. A second call changes nothing.

    Args: at: aware; the moment of recording. The value date is the provider's.
    Raises: BooksBroken: the outcome is of another payment, or of another amount: nothing is written.
    """
    from funds.payments.reversal import DebitContested, reverse_payment

    payment = lock_payment(payment_id)
    _check_identity(payment, outcome)
    payment = _note_answer(payment, outcome, at=at)
    if _move(payment, outcome, at=at):
        payment = read_payment(payment_id)
    if payment.cleared_at is not None:
        _record_fee(payment, outcome, at=at)
        for dispute in outcome.disputes:
            payment = reverse_payment(payment=payment, fact=DebitContested(dispute), at=at).payment
    return payment


def _move(payment: Payment, outcome: PaymentOutcome, *, at: datetime) -> bool:
    """Bring the payment to the status of the outcome, never backwards; return whether anything was written."""
    from funds.payments.reversal import DebitFailed, reverse_payment

    match outcome.status:
        case PaymentStatus.OPEN if payment.state in OPEN_PAGE.sources:
            advance(payment, OPEN_PAGE, by=None, at=at)
        case PaymentStatus.PROCESSING if payment.state in SEND_TO_BANK.sources:
            _start_processing(payment, outcome, at=at)
        case PaymentStatus.CLEARED if payment.state in COLLECT.sources:
            _collect(payment, outcome, at=at)
        case PaymentStatus.FAILED if payment.state in REFUSE_PAYMENT.sources | {PaymentState.CLEARED}:
            reverse_payment(payment=payment, fact=DebitFailed(outcome.failure_code, at=at), at=at)
        case PaymentStatus.EXPIRED if payment.state in ABANDON.sources:
            advance(payment, ABANDON, by=None, at=at, failed_at=at)
        case _:
            return False
    return True


def final_on(*, means: str, cleared_at: datetime) -> date:
    """Return the first day (Paris) on which a payment can no longer be disputed without a reason.

    Source: SEPA Core Direct Debit rulebook, refund within eight weeks of the debit; for a card, the schemes' usual
    period. Both are dated parameters.
    """
    cleared_on = clock.local(cleared_at).date()
    if means == Means.SEPA_DEBIT:
        return cleared_on + timedelta(weeks=parameters.value_at("dispute.final_weeks", cleared_on).whole, days=1)
    return cleared_on + timedelta(days=parameters.value_at("dispute.card_final_days", cleared_on).whole + 1)


def post_cash(*, payment: Payment, key: str, lines: list[Line], label: str, value_at: datetime, at: datetime) -> Entry:
    """Post an entry about a payment in the books that hold its money; the same key is posted once."""
    recorded_on, value_on = clock.local(at).date(), clock.local(value_at).date()
    return post_entry(
        entity=offer_of(payment).books,
        journal=JOURNAL,
        key=key,
        transfers=lines,
        accounting_date=recorded_on,
        value_date=value_on,
        label=label,
        piece_ref=str(payment.uuid),
        piece_date=min(value_on, recorded_on),
        source=("payment", payment.uuid),
        at=at,
    )


def _check_identity(payment: Payment, outcome: PaymentOutcome) -> None:
    if outcome.reference and outcome.reference != str(payment.uuid):
        raise BooksBroken(f"an answer about {outcome.reference} was to be recorded on payment {payment.uuid}")
    if outcome.status is PaymentStatus.CLEARED and outcome.amount_cents != to_cents(payment.amount):
        raise BooksBroken(f"payment {payment.uuid} cleared for {outcome.amount_cents} cents, not what was asked")


def _note_answer(payment: Payment, outcome: PaymentOutcome, *, at: datetime) -> Payment:
    """Keep what the provider calls things, and how the saver paid. What is known is not forgotten."""
    detail = " ".join(filter(None, (outcome.means_details.last_figures, outcome.means_details.mandate_reference)))
    noted = {
        "checkout_id": outcome.checkout_id or payment.checkout_id,
        "intent_id": outcome.intent_id or payment.intent_id,
        "charge_id": outcome.charge_id or payment.charge_id,
        "means": str(outcome.means or payment.means),
        "means_detail": detail if len(detail) >= len(payment.means_detail) else payment.means_detail,
        "answered_at": payment.answered_at or at,
    }
    if outcome.status is PaymentStatus.OPEN:
        noted["failure_code"] = str(outcome.failure_code or "")
    changed = [name for name, value in noted.items() if getattr(payment, name) != value]
    for name in changed:
        setattr(payment, name, noted[name])
    if changed:
        payment.save(update_fields=changed)
    return payment


def _start_processing(payment: Payment, outcome: PaymentOutcome, *, at: datetime) -> None:
    payment = advance(payment, SEND_TO_BANK, by=None, at=at, processing_at=outcome.processing_since or at)
    commitment = payment.commitment
    if commitment is not None and commitment.state == CommitmentState.CONFIRMED:
        advance(commitment, START_PROCESSING, by=None, at=at)
        notices.tell_processing(payment=payment, at=at)


def _collect(payment: Payment, outcome: PaymentOutcome, *, at: datetime) -> None:
    """Write money that came in: in the books always; for its purpose when that still can take it, else to go back."""
    cleared_at = outcome.cleared_at or at
    owner = payment.commitment or payment.instalment
    assert owner is not None
    is_rival = owner.payments.exclude(pk=payment.pk).filter(state__in=ALIVE).exists()
    is_taken = not is_rival and _can_take(payment)
    payment = advance(
        payment,
        COLLECT_SURPLUS if is_rival else COLLECT,
        by=None,
        at=at,
        is_surplus=not is_taken,
        cleared_at=cleared_at,
        processing_at=outcome.processing_since or payment.processing_at,
        final_on=final_on(means=payment.means, cleared_at=cleared_at),
        failed_at=None,
        failure_code="",
    )
    offer, payer = offer_of(payment), payer_of(payment)
    purpose = Purpose.SAVER_MONEY if payment.commitment is not None else Purpose.INSTALMENTS
    received = Line(
        debit=account_for(offer.books, Purpose.PROVIDER),
        credit=account_for(offer.books, purpose, party=payer, offer=offer),
        amount_cents=to_cents(payment.amount),
    )
    key, label = f"payment:{payment.uuid}:cleared", f"Encaissement {payer.number}"
    post_cash(payment=payment, key=key, lines=[received], label=label, value_at=cleared_at, at=at)
    if not is_taken:
        _give_back(payment, is_rival=is_rival, at=at)
    elif payment.commitment is not None:
        _count(payment, at=at)
    else:
        _record_instalment(payment, at=at)


def _can_take(payment: Payment) -> bool:
    if payment.commitment is None:
        return not hasattr(payment.instalment, "distribution")
    return payment.commitment.state in UNDER_WAY and _still_takes_money(payment.commitment.offer)


def _count(payment: Payment, *, at: datetime) -> None:
    from funds.receipts import queue_receipt

    commitment = payment.commitment
    assert commitment is not None
    commitment = advance(commitment, CLEAR, by=None, at=at, cleared_at=payment.cleared_at)
    queue_receipt(commitment=commitment)
    notices.tell_cleared(payment=payment, at=at)


def _record_instalment(payment: Payment, *, at: datetime) -> None:
    from funds.servicing.instalments import record_instalment

    record_instalment(payment=payment, at=at)


def _still_takes_money(offer: Offer) -> bool:
    """An offer takes money until it is decided; a suspension stops new commitments, not the payment of old ones."""
    return offer.state in (OfferState.OPEN, OfferState.SUSPENDED)


def _give_back(payment: Payment, *, is_rival: bool, at: datetime) -> None:
    """Owe back money that came too late, or a second time, and ask for its refund."""
    from funds.payments.refunds import ask_refund

    cause = Refund.Cause.PAID_TWICE
    commitment = payment.commitment
    if commitment is not None:
        is_ended = commitment.state in (CommitmentState.EXPIRED, CommitmentState.CANCELLED, CommitmentState.REVOKED)
        is_waiting = commitment.state in UNDER_WAY and not is_rival
        if is_ended or is_waiting:
            cause = _GIVEN_BACK_BECAUSE.get(commitment.offer.state, Refund.Cause.TOO_LATE)
        if is_ended:
            advance(commitment, OWE_REFUND, by=None, at=at, cleared_at=payment.cleared_at)
        elif is_waiting:
            commitment = advance(commitment, CLEAR, by=None, at=at, cleared_at=payment.cleared_at)
            advance(commitment, OWE_REFUND, by=None, at=at)
    ask_refund(payment=payment, amount=payment.amount, cause=cause, by=None, at=at)
    notices.tell_returning(payment=payment, cause=cause, at=at)


def _record_fee(payment: Payment, outcome: PaymentOutcome, *, at: datetime) -> None:
    """What the provider kept is an entry of its own, posted once it is known."""
    if not outcome.fee_cents or payment.fee_cents:
        return
    payment.fee_cents = outcome.fee_cents
    payment.save(update_fields=["fee_cents"])
    assert payment.cleared_at is not None
    entity = offer_of(payment).books
    fee = Line(account_for(entity, Purpose.PROVIDER_FEES), account_for(entity, Purpose.PROVIDER), outcome.fee_cents)
    post_cash(
        payment=payment,
        key=f"payment:{payment.uuid}:fee",
        lines=[fee],
        label="Frais du prestataire de paiement",
        value_at=payment.cleared_at,
        at=at,
    )
