"""Giving money back by the way it came: asked in the books' own transaction, sent by the worker, recorded once.

A refund goes to the paying means, never elsewhere. When that means is closed the refund comes back and the debt stands,
in a list of its own, until the saver names an account of theirs (ruling B29).
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from djmoney.money import Money

from fres.kernel import jobs
from fres.kernel.errors import RuleViolation
from fres.kernel.money import from_cents, to_cents
from fres.kernel.states import advance
from funds.models import Commitment, Payment, Refund
from funds.payments import notices
from funds.payments.gateway import (
    FailureCode,
    Gateway,
    GatewayRefused,
    RefundOutcome,
    RefundStatus,
    RefusalCode,
)
from funds.payments.recording import lock_payment
from funds.payments.reversal import MoneyGivenBack, RefundCameBack, held_cents, reverse_payment
from funds.payments.steps import outside_transaction
from funds.states import (
    ACCEPT_LATE,
    ACCEPT_REFUND,
    BOUNCE_REFUND,
    COMPLETE_REFUND,
    OWE_REFUND,
    STOP_BANK_REFUND,
    CommitmentState,
    OfferState,
    PaymentState,
    RefundState,
)
from investors.models import User

TRY_LATER = frozenset({RefusalCode.BALANCE_INSUFFICIENT, RefusalCode.NOT_ALLOWED})
"""Refusals that say nothing of the refund itself: it stays asked, and is sent again under another key."""


REFUND_DONE_BY_PROVIDER = gettext_lazy("Le prestataire a finalement rendu l’argent.")


class RefundTooLarge(RuleViolation):
    """More would be given back than the payment still holds."""

    rule = "REFUND_TOO_LARGE"


class RefundNotOpen(RuleViolation):
    """This gift can no longer be given back: not cleared, or promised to the project already."""

    rule = "REFUND_NOT_OPEN"


@transaction.atomic
def ask_refund(*, payment: Payment, amount: Money, cause: str, by: User | None, at: datetime) -> Refund:
    """Write that money is to be given back, with the job that sends it; the provider is not asked here.

    Args: amount: above zero, at most what we still hold of this payment less refunds already asked. at: aware.
    Raises: RefundTooLarge.
    """
    from funds.payments import tasks

    payment = lock_payment(payment.pk)
    waiting = payment.refunds.filter(state=RefundState.ASKED)
    left = held_cents(payment) - sum(to_cents(refund.amount) for refund in waiting)
    if to_cents(amount) <= 0 or to_cents(amount) > left:
        raise RefundTooLarge(
            _("Il reste %(left)s à rendre sur ce paiement.") % {"left": from_cents(max(0, left))},
            next_step=_("Demandez au plus ce montant."),
        )
    refund = Refund.objects.create(payment=payment, amount=amount, cause=cause, asked_at=at, asked_by=by)
    jobs.defer(tasks.send_refund_job, queueing_lock=f"refund-{refund.uuid}", refund_uuid=str(refund.uuid))
    return refund


@transaction.atomic
def ask_gift_refund(*, commitment: Commitment, by: User, at: datetime) -> Refund:
    """Ask, as its donor, for a gift back: whole, as long as the offer is not decided. The receipt will be voided.

    Raises: RefundNotOpen: no gift, not cleared, or the offer is decided.
    """
    payment = commitment.payments.filter(state=PaymentState.CLEARED, is_surplus=False).first()
    if payment is None:
        raise _not_open()
    payment = lock_payment(payment.pk)
    fresh = payment.commitment
    if fresh is None or not can_be_given_back(fresh):
        raise _not_open()
    advance(fresh, OWE_REFUND, by=by, at=at, reason=str(Refund.Cause.SAVER.label))
    amount = from_cents(held_cents(payment))
    return ask_refund(payment=payment, amount=amount, cause=Refund.Cause.SAVER, by=by, at=at)


def can_be_given_back(commitment: Commitment) -> bool:
    """Whether the donor may have this gift back now, by a click: cleared, and the offer not decided."""
    offer = commitment.offer
    is_waiting = offer.state in (OfferState.OPEN, OfferState.SUSPENDED)
    return offer.is_gift and is_waiting and commitment.state == CommitmentState.CLEARED


@outside_transaction
def send_refund(*, refund_id: int, at: datetime, gateway: Gateway) -> Refund:
    """Ask the provider to give the money back, and record its answer; nothing is asked twice.

    A refund asked long ago may have been made though we never heard: it is looked for before it is asked (the provider
    forgets a key after a day). Raises: GatewayUnreachable: ask again later.
    """
    refund = Refund.objects.select_related("payment").get(pk=refund_id)
    if refund.state != RefundState.ASKED:
        return refund
    reference, intent_id = str(refund.uuid), refund.payment.intent_id
    if intent_id is None:
        return _refuse(refund_id=refund_id, code=RefusalCode.NOT_FOUND, at=at)
    outcome = gateway.find_refund(intent_id=intent_id, reference=reference)
    if outcome is None:
        try:
            outcome = gateway.refund(
                key=f"refund-{refund.uuid}-{refund.attempt}", intent_id=intent_id,
                amount_cents=to_cents(refund.amount), reference=reference,
            )  # fmt: skip
        except GatewayRefused as refusal:
            if refusal.code in TRY_LATER:
                return _postpone(refund_id=refund_id, attempt=refund.attempt, code=refusal.code)
            return _refuse(refund_id=refund_id, code=refusal.code, at=at)
    return record_refund(refund_id=refund_id, outcome=outcome, at=at)


@transaction.atomic
def record_refund(*, refund_id: int, outcome: RefundOutcome, at: datetime) -> Refund:
    """Bring a refund, its payment and the books to what the provider says. A second call changes nothing.

    Args: at: aware, the moment of recording.
    """
    payment = lock_payment(Refund.objects.get(pk=refund_id).payment_id)
    refund = Refund.objects.select_for_update().get(pk=refund_id)
    if refund.provider_id is None:
        refund.provider_id, refund.answered_at = outcome.refund_id, at
        refund.save(update_fields=["provider_id", "answered_at"])
        if refund.state == RefundState.FAILED:  # we had given it up: accepted all the same, it replaces any transfer
            _stop_transfer(refund, at=at)
            refund = advance(refund, ACCEPT_LATE, by=None, at=at)
        refund.failure_code = ""
        refund.save(update_fields=["failure_code"])
    # Whatever became of it since, it was accepted once: written first, so that answers in any order end alike.
    reverse_payment(payment=payment, fact=MoneyGivenBack(refund, at=outcome.created_at), at=at)
    if refund.state == RefundState.ASKED and outcome.status is RefundStatus.PENDING:
        refund = advance(refund, ACCEPT_REFUND, by=None, at=at)
    if refund.state in COMPLETE_REFUND.sources and outcome.status is RefundStatus.SUCCEEDED:
        refund = advance(refund, COMPLETE_REFUND, by=None, at=at, done_at=at)
        notices.tell_refunded(refund=refund, at=at)
    if outcome.status is RefundStatus.FAILED and refund.state != RefundState.FAILED:
        code = str(outcome.failure_code or FailureCode.UNKNOWN)
        refund = advance(refund, BOUNCE_REFUND, by=None, at=at, failure_code=code)
        reverse_payment(payment=payment, fact=RefundCameBack(refund, at=at), at=at)
        notices.tell_refund_came_back(refund=refund, at=at)
    return refund


def _stop_transfer(refund: Refund, *, at: datetime) -> None:
    """Stop the bank transfer that was to do what the provider has done; one that left already makes a claim."""
    from funds.payments.bank_refunds import stop_bank_refund

    waiting = refund.bank_refunds.filter(state__in=STOP_BANK_REFUND.sources).first()
    if waiting is not None:
        reason = str(REFUND_DONE_BY_PROVIDER)
        stop_bank_refund(bank_refund=waiting, by=None, reason=reason, at=at)


@transaction.atomic
def record_outside_refund(*, payment_id: int, outcome: RefundOutcome, at: datetime) -> Refund:
    """Write a refund made at the provider's own desk, not asked by us: a fact, booked like any other."""
    payment = lock_payment(payment_id)
    refund, _is_new = Refund.objects.get_or_create(
        provider_id=outcome.refund_id,
        defaults={
            "payment": payment, "amount": from_cents(outcome.amount_cents), "cause": Refund.Cause.OUTSIDE,
            "asked_at": outcome.created_at, "answered_at": at,
        },
    )  # fmt: skip
    return record_refund(refund_id=refund.pk, outcome=outcome, at=at)


def refund_of(*, outcome: RefundOutcome) -> Refund | None:
    """Return our row for a refund of the provider: by its number, else by the reference we gave it."""
    found = Refund.objects.filter(provider_id=outcome.refund_id).first()
    if found is None and outcome.reference:
        try:
            found = Refund.objects.filter(uuid=UUID(outcome.reference)).first()
        except ValueError:
            return None
    return found


@transaction.atomic
def _postpone(*, refund_id: int, attempt: int, code: RefusalCode) -> Refund:
    refund = Refund.objects.select_for_update().get(pk=refund_id)
    if refund.attempt == attempt and refund.state == RefundState.ASKED:
        refund.attempt, refund.failure_code = attempt + 1, str(code)
        refund.save(update_fields=["attempt", "failure_code"])
    return refund


@transaction.atomic
def _refuse(*, refund_id: int, code: RefusalCode, at: datetime) -> Refund:
    """The provider will not do it: the debt stands, listed; a contested payment is given back by the bank itself."""
    lock_payment(Refund.objects.get(pk=refund_id).payment_id)
    refund = Refund.objects.select_for_update().get(pk=refund_id)
    if refund.state != RefundState.ASKED:
        return refund
    refund = advance(refund, BOUNCE_REFUND, by=None, at=at, answered_at=at, failure_code=str(code))
    notices.tell_refund_came_back(refund=refund, at=at)
    return refund


def _not_open() -> RefundNotOpen:
    return RefundNotOpen(
        _("Un don se rend sur simple demande tant que l’offre n’est pas décidée. Ce n’est plus le cas de celui-ci."),
        next_step=_("Écrivez à la gestion du fonds si vous pensez qu’il y a une erreur."),
    )
