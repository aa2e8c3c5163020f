"""Places of the waiting list move as room frees and is taken (ruling B9). Callers hold the lock of the offer."""

from datetime import datetime

from django.db.models import Sum

from fres.kernel import clock
from fres.kernel.money import from_cents, to_cents
from fres.kernel.states import advance
from funds import notices
from funds.limits import limits_at
from funds.models import Commitment, Offer, WaitingPlace
from funds.states import COUNTED_CLEARED, PROPOSE, RESERVING, TAKE, OfferState, WaitingState
from investors.models import User

LIVE_PLACES = frozenset({WaitingState.WAITING, WaitingState.PROPOSED})


def take_place(*, place_id: int, commitment: Commitment, offer: Offer, by: User, at: datetime) -> WaitingPlace:
    """Turn a proposed place into the commitment just made; what it did not take is proposed to the next in line."""
    place = WaitingPlace.objects.select_for_update().get(pk=place_id)
    place = advance(place, TAKE, by=by, at=at, commitment=commitment)
    propose_room(offer=offer, at=at)
    return place


def propose_room(*, offer: Offer, at: datetime) -> int:
    """Propose the room an offer has to those who wait, in order; return how many places were proposed.

    The caller holds the lock of the offer. The first in line is proposed what there is, were it less than they asked
    for, as long as it reaches the smallest ticket; nobody is passed over.
    """
    waiting = offer.waiting_places.filter(state=WaitingState.WAITING).order_by("rank")
    if not waiting.exists() or offer.state != OfferState.OPEN or at > offer.closes_at:
        return 0
    lasts = limits_at(clock.local(at).date(), fund_id=offer.fund_id).proposal_lasts
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


def _taken_cents(offer: Offer) -> int:
    """Return what is reserved, cleared or proposed already, in cents; summed by the database."""
    live = offer.commitments.filter(state__in=RESERVING | COUNTED_CLEARED).aggregate(total=Sum("amount"))["total"]
    held = offer.waiting_places.filter(state=WaitingState.PROPOSED).aggregate(total=Sum("proposed_amount"))["total"]
    return int((live or 0) * 100) + int((held or 0) * 100)
