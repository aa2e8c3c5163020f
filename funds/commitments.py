"""Commitments: made under the locks of ruling B4, revoked in one gesture, confirmed and expired by time."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from djmoney.money import Money

from fres.kernel import clock
from fres.kernel.errors import RuleViolation
from fres.kernel.states import TransitionRefused, advance
from funds import notices
from funds.commitment_rules import CommitmentRefused, TextsChanged, refusals_of, room_cents
from funds.limits import Limits, limits_at
from funds.locks import lock_for_commitment, lock_offer
from funds.models import Commitment, Offer
from funds.places_in_line import propose_room, take_place
from funds.reflection import end_of_day, is_over, reflection_deadline
from funds.standings import standing_of
from funds.states import CONFIRM, EXPIRE, REVOKE, CommitmentState, PaymentState
from funds.texts import digest_of, record_of, texts_of
from investors.models import Party, User
from investors.protection.selectors import RETAIL


class TooLateToRevoke(RuleViolation):
    """The reflection period has ended; before it does, revoking is free (E20)."""

    rule = "E20"


class ReflectionRunning(RuleViolation):
    """E21: a running reflection is never shortened."""

    rule = "E21"


def check_commitment(*, offer: Offer, saver: Party, amount: Money, by: User, at: datetime) -> list[CommitmentRefused]:
    """Return every reason why a commitment would be refused now; none when it may be made (ruling B5).

    Reads without locks: what it announces, `commit_to_offer` decides.
    """
    limits = limits_at(clock.local(at).date(), fund_id=offer.fund_id)
    standing = standing_of(offer=offer, saver=saver, by=by, limits=limits, at=at)
    return refusals_of(offer=offer, saver=saver, amount=amount, standing=standing, limits=limits, at=at)


def room_for(*, offer: Offer, saver: Party, by: User, at: datetime) -> int:
    """Return what a saver may commit to an offer now as far as room goes, in cents; read without locks."""
    limits = limits_at(clock.local(at).date(), fund_id=offer.fund_id)
    standing = standing_of(offer=offer, saver=saver, by=by, limits=limits, at=at)
    return room_cents(offer, standing)


@transaction.atomic
def commit_to_offer(
    *,
    offer: Offer,
    saver: Party,
    amount: Money,
    by: User,
    at: datetime,
    texts_shown: Mapping[str, Any] | None = None,
    texts_digest: str = "",
    wants_receipt: bool = True,
) -> Commitment:
    """Engage a saver's money in an offer. No money moves; a loan starts its reflection, a gift waits for its payment.

    Whoever has a proposed place in the waiting list takes it, with a full reflection of their own (ruling B9).

    Args:
        texts_shown: key → version and SHA-256 of what was on the page (E12, E18); the offer's present texts by default.
        texts_digest: `digest_of` the texts that were read; when given, it must be that of the offer's present texts.
        at: aware.
    Raises: CommitmentRefused: a subclass named after the rule; `refusals` holds every reason. Nothing is written.
        OfferFull says how much room is left, and whoever wants more joins the waiting list.
    """
    offer, saver = lock_for_commitment(offer=offer, saver=saver)
    limits = limits_at(clock.local(at).date(), fund_id=offer.fund_id)
    standing = standing_of(offer=offer, saver=saver, by=by, limits=limits, at=at)
    refusals = refusals_of(offer=offer, saver=saver, amount=amount, standing=standing, limits=limits, at=at)
    if refusals:
        raise CommitmentRefused.of(refusals)
    texts = texts_of(offer)
    if texts_digest and texts_digest != digest_of(texts):
        raise TextsChanged(
            _("Les conditions ont changé depuis que vous les avez lues."), next_step=_("Relisez-les avant de signer.")
        )
    commitment = record_commitment(
        offer=offer,
        saver=saver,
        amount=amount,
        by=by,
        texts_shown=record_of(texts) if texts_shown is None else texts_shown,
        at=at,
        limits=limits,
        country=standing.country,
        saver_class=standing.saver_class,
        wants_receipt=wants_receipt,
    )
    if standing.place_id is not None:
        take_place(place_id=standing.place_id, commitment=commitment, offer=offer, by=by, at=at)
    return commitment


def record_commitment(
    *,
    offer: Offer,
    saver: Party,
    amount: Money,
    by: User,
    texts_shown: Mapping[str, Any],
    at: datetime,
    limits: Limits,
    country: str,
    saver_class: str = RETAIL,
    wants_receipt: bool = True,
) -> Commitment:
    """Write a commitment whose rules were checked under the locks that the caller still holds."""
    common = {
        "offer": offer,
        "saver": saver,
        "by": by,
        "amount": amount,
        "committed_at": at,
        "saver_class": saver_class,
        "fiscal_residence": country,
        "commune_code": saver.commune_code,
        "texts_shown": dict(texts_shown),
        "wants_receipt": wants_receipt and offer.gives_receipt,
    }
    if offer.is_gift:
        pay_before = end_of_day(at, days=limits.payment_days)
        return Commitment.objects.create(
            state=CommitmentState.CONFIRMED, confirmed_at=at, pay_before=pay_before, **common
        )
    deadline = reflection_deadline(at, hours=limits.reflection_hours, days=limits.reflection_days)
    commitment = Commitment.objects.create(state=CommitmentState.IN_REFLECTION, reflection_ends_at=deadline, **common)
    notices.tell_reflection_started(commitment=commitment, offer=offer, at=at)
    return commitment


@transaction.atomic
def revoke_commitment(*, commitment: Commitment, by: User, at: datetime) -> Commitment:
    """Take a commitment back during its reflection: no reason, no cost; the room goes to the waiting list.

    A second click changes nothing. Raises: TooLateToRevoke: the period is over, or the commitment is no longer in it.
    """
    offer, _saver = lock_for_commitment(offer=commitment.offer, saver=commitment.saver)
    commitment = Commitment.objects.select_for_update().get(pk=commitment.pk)
    if commitment.state == CommitmentState.REVOKED:
        return commitment
    deadline = commitment.reflection_ends_at
    if commitment.state != CommitmentState.IN_REFLECTION or deadline is None or is_over(deadline, at):
        raise TooLateToRevoke(
            _("Le délai de réflexion s’est terminé le %(moment)s.")
            % {"moment": clock.local(deadline).strftime("%d/%m/%Y à %H h %M")}
            if deadline is not None
            else _("Cet engagement n’a pas de délai de réflexion."),
            next_step=_("Vous pouvez ne pas payer : l’engagement expire alors sans frais.")
            if commitment.state in (CommitmentState.IN_REFLECTION, CommitmentState.CONFIRMED)
            else _("L’état de votre engagement est « %(state)s ».") % {"state": commitment.get_state_display()},
        )
    commitment = advance(commitment, REVOKE, by=by, at=at, ended_at=at, end_reason=_("Retiré pendant la réflexion."))
    notices.tell_revoked(commitment=commitment, offer=offer, at=at)
    propose_room(offer=offer, at=at)
    return commitment


@transaction.atomic
def confirm_commitment(*, commitment: Commitment, at: datetime) -> Commitment:
    """End a reflection that is over: the commitment is to be paid. One already confirmed is returned as it is.

    Raises: ReflectionRunning: the deadline has not passed. TransitionRefused: it was revoked, or ended otherwise.
    """
    commitment = Commitment.objects.select_for_update().get(pk=commitment.pk)
    if commitment.state == CommitmentState.CONFIRMED:
        return commitment
    deadline = commitment.reflection_ends_at
    if commitment.state == CommitmentState.IN_REFLECTION and deadline is not None and not is_over(deadline, at):
        raise ReflectionRunning(
            _("Le délai de réflexion court jusqu’au %(moment)s.")
            % {"moment": clock.local(deadline).strftime("%d/%m/%Y à %H h %M")},
            next_step=_("Aucun euro n’est prélevé avant."),
        )
    offer = Offer.objects.select_related("project", "fund").get(pk=commitment.offer_id)
    limits = limits_at(clock.local(at).date(), fund_id=offer.fund_id)
    pay_before = end_of_day(at, days=limits.payment_days)
    commitment = advance(commitment, CONFIRM, by=None, at=at, confirmed_at=at, pay_before=pay_before)
    notices.tell_to_pay(commitment=commitment, offer=offer, at=at)
    return commitment


def confirm_due(*, at: datetime) -> int:
    """Confirm every commitment whose reflection is over; return how many. Each is its own transaction."""
    due = Commitment.objects.filter(state=CommitmentState.IN_REFLECTION, reflection_ends_at__lt=at)
    done = 0
    for commitment in due.order_by("reflection_ends_at", "pk").iterator(chunk_size=500):
        try:
            confirm_commitment(commitment=commitment, at=at)
        except (ReflectionRunning, TransitionRefused):
            continue  # its last second is not over, or the saver was faster
        done += 1
    return done


def remind_unpaid(*, at: datetime) -> int:
    """Write the reminders due to those who have not paid, evenly over their window (ruling B10); return how many."""
    written = 0
    unpaid = Commitment.objects.filter(state=CommitmentState.CONFIRMED, pay_before__gte=at)
    for commitment in unpaid.select_related("offer__project", "offer__fund", "by").iterator(chunk_size=500):
        assert commitment.confirmed_at is not None and commitment.pay_before is not None
        limits = limits_at(clock.local(commitment.confirmed_at).date(), fund_id=commitment.offer.fund_id)
        step = (commitment.pay_before - commitment.confirmed_at) / (limits.payment_reminders + 1)
        rank = min(int((at - commitment.confirmed_at) / step), limits.payment_reminders)
        if rank >= 1:
            notices.remind_to_pay(commitment=commitment, offer=commitment.offer, rank=rank, at=at)
            written += 1
    return written


def expire_unpaid(*, at: datetime) -> int:
    """End the commitments unpaid after their window, and give their room back (ruling B10); return how many.

    A payment page that is still open is waited for: whoever is typing a card number is not told that it is too late.
    """
    due = Commitment.objects.filter(state=CommitmentState.CONFIRMED, pay_before__lt=at)
    done = 0
    for commitment in due.select_related("offer").order_by("pay_before", "pk").iterator(chunk_size=500):
        done += _expire(commitment, at=at)
    return done


@transaction.atomic
def _expire(commitment: Commitment, *, at: datetime) -> bool:
    offer = lock_offer(offer=commitment.offer)
    fresh = Commitment.objects.select_for_update().get(pk=commitment.pk)
    is_late = fresh.state == CommitmentState.CONFIRMED and fresh.pay_before is not None and fresh.pay_before < at
    if not is_late or _has_open_page(fresh, at=at):
        return False
    fresh = advance(fresh, EXPIRE, by=None, at=at, ended_at=at, end_reason=_("Le délai pour payer est passé."))
    notices.tell_expired(commitment=fresh, offer=offer, at=at)
    propose_room(offer=offer, at=at)
    return True


def _has_open_page(commitment: Commitment, *, at: datetime) -> bool:
    return commitment.payments.filter(
        Q(state=PaymentState.PROCESSING) | Q(state=PaymentState.OPENED, checkout_expires_at__gt=at)
    ).exists()
