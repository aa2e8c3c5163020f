"""The waiting list behind a full offer: it reserves nothing; room that frees is proposed in order (ruling B9)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, Sum
from django.utils.translation import gettext as _
from djmoney.money import Money

from fres.kernel import clock
from fres.kernel.errors import RuleViolation
from fres.kernel.money import format_cents, from_cents, to_cents
from fres.kernel.states import advance
from funds import notices
from funds.commitment_rules import CommitmentRefused, OfferFull, refusals_of, room_cents
from funds.commitments import record_commitment
from funds.limits import limits_at
from funds.locks import lock_for_commitment, lock_offer
from funds.models import Commitment, Offer, WaitingPlace
from funds.standings import standing_of
from funds.states import COUNTED_CLEARED, LAPSE, LEAVE, PROPOSE, RESERVING, TAKE, OfferState, WaitingState
from investors.models import Party, User

LIVE_PLACES = frozenset({WaitingState.WAITING, WaitingState.PROPOSED})


class AlreadyWaiting(RuleViolation):
    """One place for one saver and one offer."""

    rule = "B9"


class NothingToWaitFor(RuleViolation):
    """The offer still has room for this amount: it can be committed at once."""

    rule = "B9"


class PlaceNotProposed(RuleViolation):
    """The place is not proposed to this saver, or its time has passed."""

    rule = "B9"


@transaction.atomic
def join_waiting_list(*, offer: Offer, saver: Party, amount: Money, by: User, at: datetime) -> WaitingPlace:
    """Take the next place in line for an amount. It reserves nothing and starts no period.

    Raises: CommitmentRefused: the commitment would be refused for another reason than room. AlreadyWaiting.
        NothingToWaitFor: the whole amount can be committed now.
    """
    offer, saver = lock_for_commitment(offer=offer, saver=saver)
    limits = limits_at(clock.local(at).date(), fund_uuid=offer.fund.uuid)
    standing, _country = standing_of(offer=offer, saver=saver, by=by, limits=limits, at=at)
    refusals = refusals_of(offer=offer, saver=saver, amount=amount, standing=standing, limits=limits, at=at)
    others = [refusal for refusal in refusals if not isinstance(refusal, OfferFull)]
    if others:
        raise CommitmentRefused.of(others)
    if offer.waiting_places.filter(saver=saver, state__in=LIVE_PLACES).exists():
        raise AlreadyWaiting(
            _("Vous êtes déjà sur la liste d’attente de cette offre."),
            next_step=_("Quittez-la d’abord si vous voulez changer de montant ; vous reviendrez alors à la fin."),
        )
    if not refusals:
        raise NothingToWaitFor(
            _("Il reste de la place pour %(amount)s sur cette offre.") % {"amount": format_cents(to_cents(amount))},
            next_step=_("Engagez-vous directement."),
        )
    last = offer.waiting_places.aggregate(last=Max("rank"))["last"] or 0
    place = WaitingPlace.objects.create(offer=offer, saver=saver, by=by, amount=amount, asked_at=at, rank=last + 1)
    notices.tell_waiting(place=place, offer=offer, at=at)
    propose_room(offer=offer, at=at)
    return WaitingPlace.objects.get(pk=place.pk)


@transaction.atomic
def leave_waiting_list(*, place: WaitingPlace, by: User, at: datetime) -> WaitingPlace:
    """Give up a place; what was proposed goes to the next in line. Leaving twice changes nothing."""
    offer = lock_offer(offer=place.offer)
    place = WaitingPlace.objects.select_for_update().get(pk=place.pk)
    if place.state not in LEAVE.sources:
        return place
    place = advance(place, LEAVE, by=by, at=at)
    propose_room(offer=offer, at=at)
    return place


@transaction.atomic
def accept_place(
    *, place: WaitingPlace, amount: Money, by: User, texts_shown: Mapping[str, Any], at: datetime
) -> Commitment:
    """Turn a proposed place into a commitment with its own full reflection (ruling B9).

    Args: amount: at most what is proposed; the rest goes to the next in line.
    Raises: PlaceNotProposed: it is not proposed, or no longer. CommitmentRefused: a rule refuses it now.
    """
    offer, saver = lock_for_commitment(offer=place.offer, saver=place.saver)
    place = WaitingPlace.objects.select_for_update().get(pk=place.pk)
    if place.state != WaitingState.PROPOSED or place.proposed_until is None or at > place.proposed_until:
        raise PlaceNotProposed(
            _("Cette place ne vous est pas proposée, ou ne l’est plus."),
            next_step=_("La page de l’offre dit votre rang, et s’il reste de la place."),
        )
    assert place.proposed_amount is not None
    limits = limits_at(clock.local(at).date(), fund_uuid=offer.fund.uuid)
    standing, country = standing_of(offer=offer, saver=saver, by=by, limits=limits, at=at)
    refusals = refusals_of(
        offer=offer, saver=saver, amount=amount, standing=standing, limits=limits, at=at,
        proposed_to_saver=to_cents(place.proposed_amount),
    )  # fmt: skip
    if refusals:
        raise CommitmentRefused.of(refusals)
    commitment = record_commitment(
        offer=offer, saver=saver, amount=amount, by=by, texts_shown=texts_shown, at=at, limits=limits, country=country
    )
    advance(place, TAKE, by=by, at=at, commitment=commitment)
    propose_room(offer=offer, at=at)
    return commitment


@transaction.atomic
def commit_and_wait(
    *,
    offer: Offer,
    saver: Party,
    amount: Money,
    by: User,
    texts_shown: Mapping[str, Any],
    at: datetime,
    wants_receipt: bool = True,
) -> tuple[Commitment | None, WaitingPlace]:
    """Commit what room is left, and wait in line for the rest: what the saver asked for with one box.

    Returns: the commitment, None when there was no room at all, and the place.
    Raises: as `commit_to_offer` and `join_waiting_list`; then nothing of the two is written.
    """
    offer, saver = lock_for_commitment(offer=offer, saver=saver)
    limits = limits_at(clock.local(at).date(), fund_uuid=offer.fund.uuid)
    standing, country = standing_of(offer=offer, saver=saver, by=by, limits=limits, at=at)
    whole = refusals_of(offer=offer, saver=saver, amount=amount, standing=standing, limits=limits, at=at)
    others = [refusal for refusal in whole if not isinstance(refusal, OfferFull)]
    if others:
        raise CommitmentRefused.of(others)
    room = room_cents(offer, standing)
    rest = to_cents(amount) - room
    commitment = None
    if room >= to_cents(offer.ticket_minimum) and rest > 0:
        part = from_cents(room)
        refusals = refusals_of(offer=offer, saver=saver, amount=part, standing=standing, limits=limits, at=at)
        if refusals:
            raise CommitmentRefused.of(refusals)
        commitment = record_commitment(
            offer=offer, saver=saver, amount=part, by=by, texts_shown=texts_shown, at=at,
            limits=limits, country=country, wants_receipt=wants_receipt,
        )  # fmt: skip
        amount = from_cents(rest)
    return commitment, join_waiting_list(offer=offer, saver=saver, amount=amount, by=by, at=at)


def propose_room(*, offer: Offer, at: datetime) -> int:
    """Propose the room an offer has to those who wait, in order; return how many places were proposed.

    The caller holds the lock of the offer. The first in line is proposed what there is, were it less than they asked
    for, as long as it reaches the smallest ticket; nobody is passed over.
    """
    waiting = offer.waiting_places.filter(state=WaitingState.WAITING).order_by("rank")
    if not waiting.exists() or offer.state != OfferState.OPEN or at > offer.closes_at:
        return 0
    lasts = limits_at(clock.local(at).date(), fund_uuid=offer.fund.uuid).proposal_lasts
    room = to_cents(offer.maximum) - _taken_cents(offer)
    least = to_cents(offer.ticket_minimum)
    proposed = 0
    for place in waiting.select_related("by").iterator(chunk_size=100):
        if room < least:
            break
        part = min(room, to_cents(place.amount))
        place = advance(
            place, PROPOSE, by=None, at=at, proposed_at=at, proposed_amount=from_cents(part),
            proposed_until=min(at + lasts, offer.closes_at),
        )  # fmt: skip
        notices.tell_place_proposed(place=place, offer=offer, at=at)
        room -= part
        proposed += 1
    return proposed


@transaction.atomic
def refresh_waiting_list(*, offer: Offer, at: datetime) -> tuple[int, int]:
    """Let the proposals that nobody took lapse, propose the room there is; end the list once commitments are closed.

    Returns: how many places lapsed, how many were proposed.
    """
    offer = lock_offer(offer=offer)
    is_over = offer.state not in (OfferState.OPEN, OfferState.SUSPENDED) or at > offer.closes_at
    ending = offer.waiting_places.filter(state__in=LIVE_PLACES)
    if not is_over:
        ending = ending.filter(state=WaitingState.PROPOSED, proposed_until__lt=at)
    lapsed = 0
    for place in ending.select_related("by").order_by("rank"):
        place = advance(place, LAPSE, by=None, at=at)
        notices.tell_place_lapsed(place=place, offer=offer, at=at)
        lapsed += 1
    return lapsed, 0 if is_over else propose_room(offer=offer, at=at)


def refresh_waiting_lists(*, at: datetime) -> tuple[int, int]:
    """Refresh the list of every offer that has one; return how many places lapsed, how many were proposed."""
    lapsed = proposed = 0
    for offer in Offer.objects.filter(waiting_places__state__in=LIVE_PLACES).distinct().order_by("pk"):
        gone, offered = refresh_waiting_list(offer=offer, at=at)
        lapsed += gone
        proposed += offered
    return lapsed, proposed


def _taken_cents(offer: Offer) -> int:
    """Return what is reserved, cleared or proposed already, in cents; summed by the database."""
    live = offer.commitments.filter(state__in=RESERVING | COUNTED_CLEARED).aggregate(total=Sum("amount"))["total"]
    held = offer.waiting_places.filter(state=WaitingState.PROPOSED).aggregate(total=Sum("proposed_amount"))["total"]
    return int((live or 0) * 100) + int((held or 0) * 100)
