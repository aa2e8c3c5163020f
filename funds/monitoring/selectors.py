"""What the monitoring desk reads: financings to look at, with their reasons."""

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from funds.models import Concern, FinancingRequest, Offer
from funds.states import FinancingRequestState, FinancingState

TO_LOOK_AT = (FinancingState.ALERT, FinancingState.RESTRUCTURED, FinancingState.DEFAULTED)


def early_warnings() -> QuerySet[Offer]:
    """Return the financings in trouble, those with most reasons first, their open reasons in `open_concerns`."""
    opened = Concern.objects.filter(closed_at=None).order_by("raised_at", "pk")
    waiting = FinancingRequest.objects.filter(offer=OuterRef("pk"), state=FinancingRequestState.PROPOSED)
    return (
        Offer.objects.annotate(
            reasons=Count("concerns", filter=Q(concerns__closed_at=None)), waits_for_decision=Exists(waiting)
        )
        .filter(Q(financing_state__in=TO_LOOK_AT) | Q(reasons__gt=0) | Q(waits_for_decision=True))
        .select_related("project__organisation")
        .prefetch_related(Prefetch("concerns", opened, to_attr="open_concerns"))
        .order_by("-reasons", "pk")
    )


def requests_of(offer: Offer) -> QuerySet[FinancingRequest]:
    """Return what was proposed and decided on a financing, the newest first."""
    return offer.financing_requests.select_related("proposed_by", "decided_by", "offer__loan")
