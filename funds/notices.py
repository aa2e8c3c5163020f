"""What savers are told of their commitments and waiting places: one message a fact, written with the fact (B26)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import override

from fres.kernel.messages import queue_message
from fres.kernel.money import to_cents
from fres.kernel.templatetags.fres import date_long, datetime_long
from funds.models import Commitment, Offer, WaitingPlace
from investors.models import User


def tell_reflection_started(*, commitment: Commitment, offer: Offer, at: datetime) -> None:
    """E19, Regulation (EU) 2020/1503, art. 22(6): that the period has started, and until when."""
    _tell(
        commitment, offer, "reflection_started", at=at, legal=True, moments={"ends_at": commitment.reflection_ends_at}
    )


def tell_revoked(*, commitment: Commitment, offer: Offer, at: datetime) -> None:
    _tell(commitment, offer, "revoked", at=at)


def tell_changed(
    *, commitment: Commitment, offer: Offer, version: int, reason: str, ends_at: datetime, at: datetime
) -> None:
    """Ruling B30, Regulation (EU) 2020/1503, art. 23(8): what changed in the sheet, and until when one may leave."""
    _tell(
        commitment, offer, "changed", at=at, legal=True, key=f":{version}", moments={"ends_at": ends_at},
        version=version, reason=reason, is_paid=commitment.state == "CLEARED",
    )  # fmt: skip


def tell_left_after_change(*, commitment: Commitment, offer: Offer, at: datetime) -> None:
    _tell(commitment, offer, "left_after_change", at=at)


def tell_to_pay(*, commitment: Commitment, offer: Offer, at: datetime) -> None:
    _tell(commitment, offer, "to_pay", at=at, moments={"pay_before": commitment.pay_before})


def remind_to_pay(*, commitment: Commitment, offer: Offer, rank: int, at: datetime) -> None:
    _tell(
        commitment, offer, "reminder", at=at, key=f":{rank}", moments={"pay_before": commitment.pay_before}, rank=rank
    )


def tell_expired(*, commitment: Commitment, offer: Offer, at: datetime) -> None:
    _tell(commitment, offer, "expired", at=at)


def tell_cancelled(*, commitment: Commitment, offer: Offer, at: datetime) -> None:
    _tell(commitment, offer, "cancelled", at=at)


def tell_offer_failed(*, commitment: Commitment, offer: Offer, at: datetime) -> None:
    """The minimum was not cleared (or the offer was cancelled): this saver's money goes back."""
    _tell(commitment, offer, "failed", at=at, legal=True, was_cancelled=offer.state == "CANCELLED")


def tell_financing_cancelled(*, commitment: Commitment, offer: Offer, at: datetime) -> None:
    """The offer had succeeded, and its financing was cancelled before any payout: this saver's money goes back."""
    _tell(commitment, offer, "failed", at=at, legal=True, key=":financing", was_cancelled=True)


def tell_waiting(*, place: WaitingPlace, offer: Offer, at: datetime) -> None:
    _tell_place(place, offer, "waiting", at=at)


def tell_place_proposed(*, place: WaitingPlace, offer: Offer, at: datetime) -> None:
    _tell_place(place, offer, "place_proposed", at=at, moments={"until": place.proposed_until})


def tell_place_lapsed(*, place: WaitingPlace, offer: Offer, at: datetime) -> None:
    _tell_place(place, offer, "place_lapsed", at=at)


def _tell(
    commitment: Commitment,
    offer: Offer,
    name: str,
    *,
    at: datetime,
    legal: bool = False,
    key: str = "",
    moments: Mapping[str, datetime | None] | None = None,
    **context: Any,
) -> None:
    values = {
        "amount_cents": to_cents(commitment.amount),
        "is_gift": offer.is_gift,
        "url": f"{settings.SITE_URL}{reverse('funds:commitment', args=[commitment.uuid])}",
    }
    _queue(
        commitment.by, f"commitment:{commitment.uuid}:{name}{key}", name, offer, values | context, moments or {},
        about=("commitment", commitment), legal=legal, at=at,
    )  # fmt: skip


def _tell_place(
    place: WaitingPlace,
    offer: Offer,
    name: str,
    *,
    at: datetime,
    moments: Mapping[str, datetime | None] | None = None,
) -> None:
    values = {
        "amount_cents": to_cents(place.proposed_amount or place.amount),
        "rank": place.rank,
        "url": f"{settings.SITE_URL}{reverse('funds:commit', args=[offer.slug])}",
        "offer_url": f"{settings.SITE_URL}{reverse('funds:offer', args=[offer.slug])}",
    }
    _queue(
        place.by, f"waiting:{place.uuid}:{name}", name, offer, values, moments or {},
        about=("waiting_place", place), legal=False, at=at,
    )  # fmt: skip


def _queue(
    reader: User,
    key: str,
    name: str,
    offer: Offer,
    values: dict[str, Any],
    moments: Mapping[str, datetime | None],
    *,
    about: tuple[str, Any],
    legal: bool,
    at: datetime,
) -> None:
    with override(reader.language):
        dated = {name: datetime_long(moment) for name, moment in moments.items() if moment is not None}
        dated["settles_on"] = date_long(offer.settles_on)
    queue_message(
        to=reader.email,
        template=f"offers/{name}",
        context={"title": offer.project.title, **values, **dated},
        key=key,
        about=(about[0], about[1].uuid),
        legal=legal,
        at=at,
        language=reader.language,
    )
