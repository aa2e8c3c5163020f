"""The inbox of the provider's events: checked, stored once, answered at once; handled afterwards by a job.

An event is only a bell. What it says is not believed: the object is asked again from the provider, and its answer goes
through the same door as any other (`record_outcome`, `record_refund`).
"""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from fres.kernel import clock, jobs
from funds.models import Payment, ProviderEvent, Refund, RefusedEvents
from funds.payments.gateway import (
    EventObject,
    EventRefused,
    ForgedEvent,
    Gateway,
    GatewayRefused,
    PaymentOutcome,
    RefusalCode,
    StaleEvent,
)
from funds.payments.recording import record_outcome
from funds.payments.refunds import record_outside_refund, record_refund, refund_of
from funds.payments.steps import outside_transaction

NOT_OURS = "not ours"
Handler = Callable[[str, datetime, Gateway], str]
_handlers: dict[str, Handler] = {}


def handles(kind: EventObject) -> Callable[[Handler], Handler]:
    """Register what is done when an event is about this kind of object: `(object_id, at, gateway) -> what was done`."""

    def register(handler: Handler) -> Handler:
        _handlers[str(kind)] = handler
        return handler

    return register


def receive_event(*, payload: bytes, signature: str, at: datetime, gateway: Gateway) -> ProviderEvent:
    """Check an event received over the web, store it once and queue its handling.

    Raises: EventRefused (forged, stale, of the wrong mode): nothing is stored but the count of refusals.
    """
    try:
        event = gateway.parse_event(payload=payload, signature=signature, now=at)
    except EventRefused as refusal:
        _count_refusal(refusal, at=at)
        raise
    return _store(
        ProviderEvent(
            event_id=event.event_id,
            kind=event.kind,
            object_kind=str(event.object_kind),
            object_id=event.object_id or "",
            created_at=event.created_at,
            received_at=at,
        ),
        at=at,
    )


@outside_transaction
def handle_event(*, event_pk: int, at: datetime, gateway: Gateway) -> ProviderEvent:
    """Ask the provider for the object of an event and record what it says. Handled once or ten times, the same.

    Raises: GatewayUnreachable: ask again later; the event stays unhandled.
    """
    event = ProviderEvent.objects.get(pk=event_pk)
    if event.handled_at is not None:
        return event
    handler = _handlers.get(event.object_kind)
    outcome = NOT_OURS
    if handler is not None and event.object_id:
        try:
            outcome = handler(event.object_id, at, gateway)
        except GatewayRefused as refusal:
            if refusal.code is not RefusalCode.NOT_FOUND:
                raise
            outcome = "unknown to the provider"
    ProviderEvent.objects.filter(pk=event_pk, handled_at=None).update(handled_at=at, outcome=outcome[:200])
    event.refresh_from_db()
    return event


@handles(EventObject.CHECKOUT)
def read_checkout_again(object_id: str, at: datetime, gateway: Gateway) -> str:
    return _record(gateway.read_checkout(checkout_id=object_id), at=at)


@handles(EventObject.PAYMENT)
def read_payment_again(object_id: str, at: datetime, gateway: Gateway) -> str:
    return _record(gateway.read_payment(intent_id=object_id), at=at)


@handles(EventObject.DISPUTE)
def read_dispute_again(object_id: str, at: datetime, gateway: Gateway) -> str:
    intent_id = gateway.read_dispute(dispute_id=object_id).intent_id
    return _record(gateway.read_payment(intent_id=intent_id), at=at) if intent_id else NOT_OURS


@handles(EventObject.REFUND)
def read_refund_again(object_id: str, at: datetime, gateway: Gateway) -> str:
    outcome = gateway.read_refund(refund_id=object_id)
    refund: Refund | None = refund_of(outcome=outcome)
    if refund is not None:
        return f"refund {record_refund(refund_id=refund.pk, outcome=outcome, at=at).state}"
    # The money came in before it went out: heard in any order, it is written in that one.
    paid = gateway.read_payment(intent_id=outcome.intent_id)
    payment = payment_of(outcome=paid)
    if payment is None:
        return NOT_OURS
    record_outcome(payment_id=payment.pk, outcome=paid, at=at)
    return f"refund {record_outside_refund(payment_id=payment.pk, outcome=outcome, at=at).state}"


def payment_of(*, outcome: PaymentOutcome) -> Payment | None:
    """Return our row for a payment of the provider: by its checkout, its intent, else by the reference we gave it."""
    for field in ("checkout_id", "intent_id"):
        value = getattr(outcome, field)
        found = Payment.objects.filter(**{field: value}).first() if value else None
        if found is not None:
            return found
    try:
        return Payment.objects.filter(uuid=UUID(outcome.reference)).first()
    except ValueError:
        return None


def _record(outcome: PaymentOutcome, *, at: datetime) -> str:
    payment = payment_of(outcome=outcome)
    if payment is None:
        return _record_of_pool(outcome, at=at)
    return f"payment {record_outcome(payment_id=payment.pk, outcome=outcome, at=at).state}"


def _record_of_pool(outcome: PaymentOutcome, *, at: datetime) -> str:
    from funds.pool.paying import pool_payment_of, record_pool_outcome

    pool_payment = pool_payment_of(outcome=outcome)
    if pool_payment is None:
        return NOT_OURS
    return f"pool payment {record_pool_outcome(payment_id=pool_payment.pk, outcome=outcome, at=at).state}"


@transaction.atomic
def _store(event: ProviderEvent, *, at: datetime) -> ProviderEvent:
    from funds.payments import tasks

    ProviderEvent.objects.bulk_create([event], ignore_conflicts=True)
    stored = ProviderEvent.objects.get(event_id=event.event_id)
    if stored.handled_at is None:
        jobs.defer(tasks.handle_event_job, queueing_lock=f"event-{stored.pk}", event_pk=stored.pk)
    return stored


@transaction.atomic
def _count_refusal(refusal: EventRefused, *, at: datetime) -> None:
    reason = RefusedEvents.Reason.WRONG_MODE
    if isinstance(refusal, ForgedEvent):
        reason = RefusedEvents.Reason.FORGED
    elif isinstance(refusal, StaleEvent):
        reason = RefusedEvents.Reason.STALE
    on = clock.local(at).date()
    RefusedEvents.objects.bulk_create([RefusedEvents(on=on, reason=reason, last_at=at)], ignore_conflicts=True)
    RefusedEvents.objects.filter(on=on, reason=reason).update(count=F("count") + 1, last_at=at)
