"""What a holder pays back, instalment by instalment: received, unpaid, late."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from fres.kernel import clock, jobs, parameters
from fres.kernel.errors import BooksBroken
from fres.kernel.money import to_cents
from funds.models import Concern, Instalment, InstalmentPayment, Offer, Payment
from funds.monitoring import concerns
from funds.states import FinancingState, PaymentState

PAID_OR_BEING_PAID = (PaymentState.CLEARED, PaymentState.PROCESSING)


@transaction.atomic
def record_instalment(*, payment: Payment, at: datetime) -> InstalmentPayment:
    """Write that an instalment was received in full, and queue its distribution; a second call changes nothing.

    Called where the payment clears, with its locks held. Args: at: aware.
    Raises: BooksBroken: the payment is of no instalment, of another amount, or has not cleared.
    """
    from funds.servicing import tasks

    instalment = payment.instalment
    if instalment is None or to_cents(payment.amount) != instalment.total_cents or payment.cleared_at is None:
        raise BooksBroken(f"payment {payment.uuid} does not pay an instalment")
    received, _is_new = InstalmentPayment.objects.get_or_create(
        payment=payment, defaults={"instalment": instalment, "received_at": payment.cleared_at}
    )
    jobs.defer(
        tasks.distribute_instalment_job,
        queueing_lock=f"distribution-{instalment.uuid}",
        instalment_uuid=str(instalment.uuid),
    )
    return received


def unpaid_instalments(*, due_by: date) -> QuerySet[Instalment]:
    """Return the instalments due on or before a Paris date that nobody has paid, nor is paying, the oldest first."""
    paying = Payment.objects.filter(instalment=OuterRef("pk"), state__in=PAID_OR_BEING_PAID)
    return (
        Instalment.objects.filter(~Exists(paying), distribution=None, due_on__lte=due_by)
        .select_related("loan__offer__project__organisation", "loan__borrower")
        .order_by("due_on", "pk")
    )


def late_instalments(*, at: datetime) -> QuerySet[Instalment]:
    """Return the unpaid instalments of more than `instalment.alert_days`."""
    on = clock.local(at).date()
    return unpaid_instalments(due_by=on - parameters.value_at("instalment.alert_days", on).days)


def watch_late(*, at: datetime) -> tuple[int, int]:
    """Put in alert the financings with a late instalment, lift the alert of those without; return how many of each."""
    late: dict[int, int] = {}
    for offer_pk, rank in late_instalments(at=at).values_list("loan__offer_id", "rank"):
        late.setdefault(offer_pk, rank)
    unpaid = Concern.objects.filter(offer=OuterRef("pk"), kind=Concern.Kind.UNPAID, closed_at=None)
    watched = Offer.objects.filter(
        Q(financing_state=FinancingState.MONITORED) | Exists(unpaid), financing_state__in=concerns.WATCHED
    )
    raised = lifted = 0
    for offer in watched.filter(loan__isnull=False).order_by("pk"):
        changed = _watch(offer, late.get(offer.pk), at=at)
        raised += changed == FinancingState.ALERT
        lifted += changed == FinancingState.MONITORED
    return raised, lifted


@transaction.atomic
def _watch(offer: Offer, late_rank: int | None, *, at: datetime) -> str | None:
    """Return the state that a financing moved to, or None: it is where it should be."""
    before = offer.financing_state
    if late_rank is not None:
        detail = _("Échéance %(rank)d impayée.") % {"rank": late_rank}
        concerns.raise_concern(offer=offer, kind=Concern.Kind.UNPAID, detail=detail, by=None, at=at)
    else:
        for concern in offer.concerns.filter(kind=Concern.Kind.UNPAID, closed_at=None):
            concerns.close_concern(concern=concern, note=_("Plus aucune échéance en retard."), by=None, at=at)
    offer.refresh_from_db(fields=["financing_state"])
    return offer.financing_state if offer.financing_state != before else None
