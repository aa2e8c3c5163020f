"""Receipts given by the worker soon after a gift clears, and the search for those left behind."""

from datetime import date

from django.db.models import Exists, OuterRef, QuerySet

from fres.kernel import clock, jobs
from funds.models import Commitment, GiftReceipt, Offer, Payment
from funds.receipts.issuing import GIVEN, issue_receipt
from funds.states import PaymentState


@jobs.job(name="issue_receipt")
def issue_receipt_of(*, commitment_uuid: str) -> None:
    issue_receipt(commitment=Commitment.objects.get(uuid=commitment_uuid), at=clock.now())


def gifts_without_receipt(*, since: date | None = None, until: date | None = None) -> QuerySet[Commitment]:
    """Return the gifts that cleared, may have a receipt and have none that is valid, the oldest first.

    Args: since, until: days of payment in Paris, both included.
    """
    valid = GiftReceipt.objects.filter(commitment=OuterRef("pk"), document__void=None)
    paid = Payment.objects.filter(commitment=OuterRef("pk"), state=PaymentState.CLEARED, is_surplus=False)
    gifts = Commitment.objects.filter(
        Exists(paid),
        ~Exists(valid),
        state__in=GIVEN,
        wants_receipt=True,
        offer__lane=Offer.Lane.GIFT,
        offer__gives_receipt=True,
    )
    if since is not None:
        gifts = gifts.filter(cleared_at__date__gte=since)
    if until is not None:
        gifts = gifts.filter(cleared_at__date__lte=until)
    return gifts.order_by("cleared_at", "pk")
