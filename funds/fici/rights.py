"""What a material change gives to whoever is engaged: four days to take it back, paid or not (ruling B30).

Silence keeps the commitment, bound from then on to the new version. A running reflection is prolonged, never shortened;
a payment waits at least as long; the offer is not decided while such a right runs.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from fres.kernel import clock
from fres.kernel.errors import RuleViolation
from fres.kernel.money import from_cents, to_cents
from fres.kernel.states import advance
from funds import notices
from funds.limits import limits_at
from funds.locks import lock_for_commitment, lock_offer
from funds.models import Commitment, FiciVersion, Offer, Refund, RevocationRight
from funds.places_in_line import propose_room
from funds.reflection import end_of_day, is_over, reflection_deadline
from funds.states import OWE_REFUND, REVOKE_CHANGED, CommitmentState, PaymentState, RefundState
from investors.models import User

C = CommitmentState
ENGAGED = (C.IN_REFLECTION, C.CONFIRMED, C.PROCESSING, C.CLEARED)


class NoRightToRevoke(RuleViolation):
    """No material change gave this commitment a right to be taken back, or that right has ended."""

    rule = "B30"


def right_ends_at(*, offer: Offer, at: datetime) -> datetime:
    """Return the last moment of a right given now: as long as a reflection."""
    limits = limits_at(clock.local(at).date(), fund_id=offer.fund_id)
    return reflection_deadline(at, hours=limits.reflection_hours, days=limits.reflection_days)


@transaction.atomic
def extend_for_rights(*, offer: Offer, at: datetime) -> Offer:
    """Move the last day of the decision when a right given now would leave no time to pay and to clear before it."""
    offer = lock_offer(offer=offer)
    limits = limits_at(clock.local(at).date(), fund_id=offer.fund_id)
    wait = timedelta(days=1 + limits.payment_days + limits.clearing_days)
    earliest = right_ends_at(offer=offer, at=at).date() + wait
    if offer.settles_on < earliest and offer.commitments.filter(state__in=ENGAGED).exists():
        offer.settles_on = earliest
        offer.save(update_fields=["settles_on"])
    return offer


def give_rights(*, version: FiciVersion, at: datetime) -> int:
    """Tell everybody engaged what changed and until when they may leave; return how many. In the caller's transaction.

    The caller holds the lock of the offer.
    """
    offer = version.offer
    ends_at = right_ends_at(offer=offer, at=at)
    limits = limits_at(clock.local(at).date(), fund_id=offer.fund_id)
    pay_before = end_of_day(ends_at, days=limits.payment_days)
    engaged = (
        offer.commitments.select_for_update(of=("self",)).filter(state__in=ENGAGED).select_related("by").order_by("pk")
    )
    told = 0
    for commitment in engaged:
        RevocationRight.objects.create(version=version, commitment=commitment, told_at=at, ends_at=ends_at)
        changed = []
        if commitment.reflection_ends_at is not None and commitment.state == C.IN_REFLECTION:
            commitment.reflection_ends_at = max(commitment.reflection_ends_at, ends_at)
            changed.append("reflection_ends_at")
        if commitment.state == C.CONFIRMED and commitment.pay_before is not None:
            commitment.pay_before = max(commitment.pay_before, pay_before)
            changed.append("pay_before")
        if changed:
            commitment.save(update_fields=changed)
        notices.tell_changed(
            commitment=commitment, offer=offer, version=version.number, reason=version.reason, ends_at=ends_at, at=at
        )
        told += 1
    return told


def running_right(commitment: Commitment, *, at: datetime) -> RevocationRight | None:
    """Return the right that lets this commitment be taken back now, or None."""
    last = commitment.revocation_rights.filter(used_at=None, ends_at__gte=at - timedelta(seconds=1))
    right = last.select_related("version__document").order_by("-ends_at", "-pk").first()
    if right is None or is_over(right.ends_at, at) or commitment.state not in ENGAGED:
        return None
    return right


def has_running_rights(offer: Offer, *, at: datetime) -> bool:
    """Return whether somebody engaged in an offer may still leave after a change: it is not decided before."""
    rights = RevocationRight.objects.filter(commitment__offer=offer, commitment__state__in=ENGAGED, used_at=None)
    return rights.filter(ends_at__gte=at).exists()


@transaction.atomic
def revoke_after_change(*, commitment: Commitment, by: User, at: datetime) -> Commitment:
    """Take a commitment back after a material change: no reason, no cost; what was paid is owed back at once.

    With the bank, it is given back when it clears. A second click changes nothing.
    Raises: NoRightToRevoke.
    """
    from funds.payments.refunds import ask_refund

    offer, _saver = lock_for_commitment(offer=commitment.offer, saver=commitment.saver)
    commitment = Commitment.objects.select_for_update().get(pk=commitment.pk)
    if commitment.revocation_rights.filter(used_at__isnull=False).exists():
        return commitment
    right = running_right(commitment, at=at)
    if right is None:
        raise NoRightToRevoke(
            _("Aucun changement ne vous donne, en ce moment, le droit de retirer cet engagement."),
            next_step=_("L’état de votre engagement est « %(state)s ».") % {"state": commitment.get_state_display()},
        )
    RevocationRight.objects.filter(pk=right.pk).update(used_at=at)
    reason = _("Retiré après le changement de la fiche, version %(number)s.") % {"number": right.version.number}
    if commitment.state == CommitmentState.CLEARED:
        payment = commitment.payments.get(state=PaymentState.CLEARED)
        asked = sum(to_cents(one.amount) for one in payment.refunds.filter(state=RefundState.ASKED))
        commitment = advance(commitment, OWE_REFUND, by=by, at=at, reason=reason, end_reason=reason)
        left = to_cents(commitment.amount) - asked
        if left > 0:
            ask_refund(payment=payment, amount=from_cents(left), cause=Refund.Cause.OFFER_CHANGED, by=by, at=at)
    else:
        commitment = advance(commitment, REVOKE_CHANGED, by=by, at=at, ended_at=at, end_reason=reason)
    notices.tell_left_after_change(commitment=commitment, offer=offer, at=at)
    propose_room(offer=offer, at=at)
    return commitment
