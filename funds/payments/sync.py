"""What events did not tell: rows asked and not answered are asked again, so that a lost message loses no money.

Everything here is idempotent and stops at nothing: a provider that does not answer for one row is counted, the other
rows go on, and the next run takes the row up again.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from fres.kernel import clock, parameters
from fres.kernel.errors import BooksBroken, RuleViolation
from funds.models import Dispute, Payment, ProviderEvent, Refund
from funds.payments.charging import ASK_AGAIN_WITHIN, refresh_payment, resume_payment
from funds.payments.gateway import DisputeStatus, Gateway, GatewayError, GatewayUnreachable, RefundStatus
from funds.payments.recording import record_outcome
from funds.payments.refunds import record_refund, send_refund
from funds.payments.reversal import write_off_dispute
from funds.payments.steps import outside_transaction
from funds.payments.webhooks import handle_event, payment_of
from funds.states import PaymentState, RefundState

REFUND_WATCHED = timedelta(days=40)
"""A bank may send a refund back weeks after it was said to have gone."""
LOOK_BACK = timedelta(days=2)
DISPUTES_LOOK_BACK = timedelta(days=30)
SILENCES_ENOUGH = 3

logger = logging.getLogger("fres.payments")


@dataclass
class SyncReport:
    """Counts of one run: rows `asked` of the provider, rows `changed`.

    Attributes: unanswered: rows the provider would not answer for, taken up by the next run. broken: rows whose answer
    contradicts ours; a person must look, and the others went on meanwhile.
    """

    asked: int = 0
    changed: int = 0
    unanswered: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        counts = f"{self.asked} asked, {self.changed} changed, {len(self.unanswered)} unanswered"
        return f"{counts}, {len(self.broken)} broken" if self.broken else counts


@outside_transaction
def sync_payments(*, at: datetime, gateway: Gateway) -> SyncReport:
    """Ask the provider about every payment and refund that is not over, and for what happened in the last days.

    Finds: intents never answered, pages opened, debits at the bank, refunds that come back, debits contested and pages
    paid whose events were lost. Args: at: aware.
    """
    report = SyncReport()
    never_answered = Payment.objects.filter(
        state=PaymentState.ASKED, checkout_id=None, asked_at__lte=at - ASK_AGAIN_WITHIN
    )
    _each(report, never_answered, "payment", lambda pk: resume_payment(payment_id=pk, at=at, gateway=gateway))
    is_known = Q(state=PaymentState.ASKED, checkout_id__isnull=False)
    under_way = Payment.objects.filter(Q(state__in=(PaymentState.OPENED, PaymentState.PROCESSING)) | is_known)
    _each(report, under_way, "payment", lambda pk: refresh_payment(payment_id=pk, at=at, gateway=gateway))
    _each(report, _watched_refunds(at), "refund", lambda pk: _refresh_refund(pk, at=at, gateway=gateway))
    _look_back(report, at=at, gateway=gateway)
    return report


@outside_transaction
def send_refunds(*, at: datetime, gateway: Gateway) -> SyncReport:
    """Send every refund asked and not sent: those whose job was lost, those the provider put off."""
    report = SyncReport()
    waiting = Refund.objects.filter(state=RefundState.ASKED)
    _each(report, waiting, "refund", lambda pk: send_refund(refund_id=pk, at=at, gateway=gateway))
    return report


@outside_transaction
def handle_events(*, at: datetime, gateway: Gateway) -> SyncReport:
    """Handle every event received and not handled."""
    report = SyncReport()
    waiting = ProviderEvent.objects.filter(handled_at=None)
    _each(report, waiting, "event", lambda pk: handle_event(event_pk=pk, at=at, gateway=gateway))
    return report


def write_off_claims(*, at: datetime) -> int:
    """Write off the claims born of contested debits older than `dispute.writeoff_days`; return how many."""
    on = clock.local(at).date()
    since = at - parameters.value_at("dispute.writeoff_days", on).days
    due = Dispute.objects.filter(written_off_at=None, won_at=None, opened_at__lte=since)
    return sum(write_off_dispute(dispute_id=pk, at=at) is not None for pk in due.values_list("pk", flat=True))


def _watched_refunds(at: datetime) -> QuerySet[Refund]:
    return Refund.objects.filter(
        Q(state=RefundState.PENDING) | Q(state=RefundState.DONE, done_at__gt=at - REFUND_WATCHED)
    ).exclude(provider_id=None)


def _refresh_refund(pk: int, *, at: datetime, gateway: Gateway) -> Refund:
    refund = Refund.objects.get(pk=pk)
    assert refund.provider_id is not None
    outcome = gateway.read_refund(refund_id=refund.provider_id)
    if refund.state == RefundState.DONE and outcome.status is RefundStatus.SUCCEEDED:
        return refund  # as written: no lock, at each run, for every refund of the last weeks
    return record_refund(refund_id=pk, outcome=outcome, at=at)


def _look_back(report: SyncReport, *, at: datetime, gateway: Gateway) -> None:
    """Read what happened lately without us: pages paid that we had given up, debits contested."""
    given_up = (PaymentState.FAILED, PaymentState.EXPIRED)
    until = at + timedelta(minutes=1)
    try:
        for outcome in gateway.find_payments(since=at - LOOK_BACK, until=until):
            payment = payment_of(outcome=outcome)
            if payment is not None and payment.state in given_up:
                report.asked += 1
                report.changed += record_outcome(payment_id=payment.pk, outcome=outcome, at=at).state != payment.state
        for dispute in gateway.find_disputes(since=at - DISPUTES_LOOK_BACK, until=until):
            known = Dispute.objects.filter(provider_id=dispute.dispute_id).first()
            is_known = known is not None and (known.won_at is not None) == (dispute.status is DisputeStatus.WON)
            payment = Payment.objects.filter(intent_id=dispute.intent_id).first() if dispute.intent_id else None
            if payment is not None and not is_known:
                report.asked += 1
                fresh = refresh_payment(payment_id=payment.pk, at=at, gateway=gateway)
                report.changed += fresh.state != payment.state
    except GatewayError as trouble:
        report.unanswered.append(f"recent payments: {type(trouble).__name__}")


def _each(report: SyncReport, rows: QuerySet[Any], name: str, act: Callable[[int], Any]) -> None:
    """Act on each row by its primary key; list those the provider would not answer for, and those that contradict us.

    A provider that answers nothing several times running is left in peace: the rest waits for the next run.
    """
    column = "handled_at" if name == "event" else "state"
    waiting = list(rows.order_by("pk").values_list("pk", column))
    silences = 0
    for rank, (pk, before) in enumerate(waiting):
        if silences == SILENCES_ENOUGH:
            report.unanswered.append(f"{len(waiting) - rank} more {name}s: not asked")
            return
        report.asked += 1
        try:
            after = act(pk)
        except GatewayError as trouble:
            silences += isinstance(trouble, GatewayUnreachable)
            report.unanswered.append(f"{name} {pk}: {type(trouble).__name__}")
        except (BooksBroken, RuleViolation) as contradiction:
            logger.error("%s %s: %s: %s", name, pk, type(contradiction).__name__, contradiction)
            report.broken.append(f"{name} {pk}: {type(contradiction).__name__}")
        else:
            silences = 0
            report.changed += getattr(after, column) != before
