"""E10: what an owner would raise over twelve months with an offer, computed line by line and kept as evidence."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Sum

from fres.kernel import clock
from fres.kernel.money import to_cents
from funds.limits import limits_at, months_before, owner_total_cents
from funds.models import Offer, ThresholdComputation
from funds.offers import check_owner_cap
from funds.states import LIVE, OfferState
from investors.models import User


@dataclass(frozen=True)
class Threshold:
    """The computation, in cents: `lines` are the owner's other offers that count, with what each counts for."""

    looks_back_to: date
    lines: tuple[dict[str, Any], ...]
    raised_cents: int
    elsewhere_cents: int
    maximum_cents: int
    total_cents: int
    cap_cents: int

    @property
    def is_within(self) -> bool:
        return self.total_cents <= self.cap_cents


def compute_threshold(offer: Offer, *, at: datetime) -> Threshold:
    """Return what the law counts for an owner at the launch of an offer, its maximum included.

    An offer that succeeded counts for what it raised, one under way for its maximum, others for nothing; the first day
    of the period is in it. Source: Regulation (EU) 2020/1503, art. 1(2)(c); ESMA Q&A 3.15.
    """
    limits = limits_at(clock.local(at).date(), fund_id=offer.fund_id)
    since = months_before(clock.local(offer.opens_at).date(), limits.owner_cap_months)
    others = Offer.objects.filter(
        project__organisation__party=offer.project.organisation.party,
        lane=Offer.Lane.PROJECT,
        opens_at__date__gte=since,
        state__in=(OfferState.OPEN, OfferState.SUSPENDED, OfferState.SUCCEEDED),
    ).exclude(pk=offer.pk)
    lines: tuple[dict[str, Any], ...] = tuple(
        {
            "offer": one.identifier or one.slug,
            "state": one.state,
            "opens_on": clock.local(one.opens_at).date().isoformat(),
            "cents": _counts_for(one),
        }
        for one in others.order_by("opens_at", "pk")
    )
    raised = sum(int(line["cents"]) for line in lines)
    elsewhere, maximum = to_cents(offer.raised_elsewhere), to_cents(offer.maximum)
    return Threshold(
        looks_back_to=since,
        lines=lines,
        raised_cents=raised,
        elsewhere_cents=elsewhere,
        maximum_cents=maximum,
        total_cents=owner_total_cents(raised=raised, raised_elsewhere=elsewhere, new_maximum=maximum),
        cap_cents=limits.owner_cap_cents,
    )


@transaction.atomic
def keep_threshold(*, offer: Offer, by: User | None, at: datetime) -> ThresholdComputation:
    """Compute, refuse above the cap, and keep the computation with the dated values it used.

    Raises: OwnerCapExceeded: nothing is kept.
    """
    limits = limits_at(clock.local(at).date(), fund_id=offer.fund_id)
    refused = check_owner_cap(offer, limits)
    if refused:
        raise refused[0]
    computed = compute_threshold(offer, at=at)
    return ThresholdComputation.objects.create(
        offer=offer,
        computed_at=at,
        computed_by=by,
        looks_back_to=computed.looks_back_to,
        raised_cents=computed.raised_cents,
        elsewhere_cents=computed.elsewhere_cents,
        maximum_cents=computed.maximum_cents,
        total_cents=computed.total_cents,
        cap_cents=computed.cap_cents,
        lines=list(computed.lines),
        parameters={key: limits.rows[key] for key in ("ecspr.offer_cap", "ecspr.offer_cap_months")},
    )


def _counts_for(offer: Offer) -> int:
    if offer.state != OfferState.SUCCEEDED:
        return to_cents(offer.maximum)
    raised = offer.commitments.filter(state__in=LIVE).aggregate(total=Sum("amount"))["total"]
    return int((raised or 0) * 100)
