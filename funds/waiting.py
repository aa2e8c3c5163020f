"""The waiting list behind a full offer: it reserves nothing; room that frees is proposed in order (ruling B9)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from djmoney.money import Money

from fres.kernel import clock
from fres.kernel.errors import RuleViolation
from fres.kernel.money import format_cents, from_cents, to_cents
from fres.kernel.states import advance
from funds import notices
from funds.commitment_rules import CommitmentRefused, OfferFull, refusals_of, room_cents
from funds.commitments import commit_to_offer
from funds.limits import limits_at
from funds.locks import lock_for_commitment, lock_offer
from funds.models import Commitment, Offer, WaitingPlace
from funds.places_in_line import LIVE_PLACES, propose_room
from funds.standings import standing_of
from funds.states import LAPSE, LEAVE, OfferState, WaitingState
from investors.models import Party, User


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
    limits = limits_at(clock.local(at).date(), fund_id=offer.fund_id)
    standing = standing_of(offer=offer, saver=saver, by=by, limits=limits, at=at)
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
    *,
    place: WaitingPlace,
    amount: Money,
    by: User,
    at: datetime,
    texts_shown: Mapping[str, Any] | None = None,
) -> Commitment:
    """Turn a proposed place into a commitment with its own full reflection; what is left goes to the next in line.

    Raises: PlaceNotProposed: it is not proposed, or no longer. CommitmentRefused: as `commit_to_offer`.
    """
    offer, saver = lock_for_commitment(offer=place.offer, saver=place.saver)
    place = WaitingPlace.objects.get(pk=place.pk)
    if place.state != WaitingState.PROPOSED or place.proposed_until is None or at > place.proposed_until:
        raise PlaceNotProposed(
            _("Cette place ne vous est pas proposée, ou ne l’est plus."),
            next_step=_("La page de l’offre dit votre rang, et s’il reste de la place."),
        )
    return commit_to_offer(offer=offer, saver=saver, amount=amount, by=by, at=at, texts_shown=texts_shown)


@transaction.atomic
def commit_and_wait(
    *,
    offer: Offer,
    saver: Party,
    amount: Money,
    by: User,
    at: datetime,
    texts_shown: Mapping[str, Any] | None = None,
    texts_digest: str = "",
    wants_receipt: bool = True,
) -> tuple[Commitment | None, WaitingPlace | None]:
    """Commit what room is left, and wait in line for the rest: what the saver asked for with one box.

    Returns: the commitment, None when there was no room at all; and the place, None when there was room for all.
    Raises: as `commit_to_offer` and `join_waiting_list`; then nothing of the two is written.
    """
    offer, saver = lock_for_commitment(offer=offer, saver=saver)
    limits = limits_at(clock.local(at).date(), fund_id=offer.fund_id)
    standing = standing_of(offer=offer, saver=saver, by=by, limits=limits, at=at)
    found = refusals_of(offer=offer, saver=saver, amount=amount, standing=standing, limits=limits, at=at)
    others = [refusal for refusal in found if not isinstance(refusal, OfferFull)]
    if others:
        raise CommitmentRefused.of(others)
    asked, room = to_cents(amount), room_cents(offer, standing)
    taken = min(asked, room) if room >= to_cents(offer.ticket_minimum) else 0
    commitment = place = None
    if taken:
        commitment = commit_to_offer(
            offer=offer, saver=saver, amount=from_cents(taken), by=by, at=at,
            texts_shown=texts_shown, texts_digest=texts_digest, wants_receipt=wants_receipt,
        )  # fmt: skip
    if asked > taken:
        place = join_waiting_list(offer=offer, saver=saver, amount=from_cents(asked - taken), by=by, at=at)
    return commitment, place


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
