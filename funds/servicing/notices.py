"""What savers and holders are told after a success: one message a fact, each under a key of its own (ruling B26).

A fact may concern ten thousand people: its messages are written after it, by a job, a transaction each. What the job
did not do is found again by the key that is missing, for as long as the news is worth telling.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import CharField, Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.urls import reverse
from django.utils.translation import override

from fres.kernel import clock, parameters
from fres.kernel.messages import queue_message
from fres.kernel.models import Message
from fres.kernel.money import to_cents
from fres.kernel.templatetags.fres import date_long
from funds.models import Commitment, Distribution, DistributionLine, Instalment, Offer
from funds.servicing.instalments import unpaid_instalments
from funds.states import COUNTED_CLEARED, OfferState, PayoutState
from investors.models import User

WORTH_TELLING = timedelta(days=30)


def tell_succeeded(*, offer: Offer, at: datetime) -> int:
    """Tell every saver of a successful offer that it succeeded; return how many were not told yet."""
    return _tell_commitments(offer, "succeeded", at=at)


def tell_paid(*, offer: Offer, at: datetime) -> int:
    """Tell every saver that the project received its money, and when a loan's first instalment is due."""
    return _tell_commitments(offer, "paid", at=at)


def tell_distributed(*, distribution: Distribution, at: datetime) -> int:
    """Tell every holder what they are owed of an instalment; return how many were not told yet."""
    instalment = distribution.instalment
    offer = instalment.loan.offer
    lines = _untold(
        DistributionLine.objects.filter(distribution=distribution), f"distribution:{distribution.uuid}:",
        "holding__commitment__uuid", "",
    ).select_related("holding__commitment__by").order_by("pk")  # fmt: skip
    told = 0
    for line in lines.iterator(chunk_size=500):
        commitment = line.holding.commitment
        amounts = {
            "rank": instalment.rank,
            "months": instalment.loan.months,
            "principal_cents": line.principal_cents,
            "interest_cents": line.interest_cents,
            "income_tax_cents": line.income_tax_cents,
            "social_levy_cents": line.social_levy_cents,
            "kept_cents": line.kept_cents,
            "net_cents": line.net_cents - line.kept_cents,
        }
        key = f"distribution:{distribution.uuid}:{commitment.uuid}"
        _queue(commitment.by, "distributed", key, offer, amounts | _address(commitment), at=at)
        told += 1
    return told


def tell_instalment_due(*, instalment: Instalment, at: datetime) -> int:
    """Tell a borrower's legal representatives that an instalment is due soon, or was not paid."""
    offer, on = instalment.loan.offer, clock.local(at).date()
    members = offer.project.organisation.memberships.filter(is_legal_representative=True, joined_on__lte=on)
    is_late = instalment.due_on < on
    name = "instalment_late" if is_late else "instalment_due"
    told = 0
    for member in members.exclude(left_on__lte=on).select_related("user").order_by("pk"):
        key = f"instalment:{instalment.uuid}:{name}:{member.user.uuid}"
        if Message.objects.filter(key=key).exists():
            continue
        with override(member.user.language):
            due_on = date_long(instalment.due_on)
        values = {
            "rank": instalment.rank,
            "months": instalment.loan.months,
            "amount_cents": instalment.total_cents,
            "due_on": due_on,
            "url": f"{settings.SITE_URL}{reverse('funds:holder_space')}",
        }
        _queue(member.user, name, key, offer, values, at=at, about=("instalment", instalment.uuid))
        told += 1
    return told


def tell_missing(*, at: datetime) -> int:
    """Write the messages of the last thirty days that no job wrote, and those of instalments due; return how many."""
    since, on = at - WORTH_TELLING, clock.local(at).date()
    recent = Offer.objects.filter(state=OfferState.SUCCEEDED).order_by("pk")
    told = sum(tell_succeeded(offer=offer, at=at) for offer in recent.filter(decided_at__gt=since))
    paid = recent.filter(payout_orders__state=PayoutState.PAID, payout_orders__paid_at__gt=since)
    told += sum(tell_paid(offer=offer, at=at) for offer in paid)
    shared = Distribution.objects.filter(distributed_at__gt=since).select_related("instalment__loan__offer__project")
    told += sum(tell_distributed(distribution=one, at=at) for one in shared.order_by("pk"))
    soon = on + parameters.value_at("instalment.notice_days", on).days
    due = unpaid_instalments(due_by=soon).filter(due_on__gt=on - WORTH_TELLING)
    return told + sum(tell_instalment_due(instalment=one, at=at) for one in due)


def _tell_commitments(offer: Offer, name: str, *, at: datetime) -> int:
    settled = Commitment.objects.filter(offer=offer, settled_at__isnull=False, state__in=COUNTED_CLEARED)
    untold = _untold(settled, "commitment:", "uuid", f":{name}").select_related("by").order_by("pk")
    loan = getattr(offer, "loan", None)
    told = 0
    for commitment in untold.iterator(chunk_size=500):
        with override(commitment.by.language):
            first_due = date_long(loan.first_due_on) if loan is not None and loan.first_due_on is not None else ""
        values = {
            "amount_cents": to_cents(commitment.amount),
            "is_gift": offer.is_gift,
            "first_due_on": first_due,
        }
        key = f"commitment:{commitment.uuid}:{name}"
        _queue(commitment.by, name, key, offer, values | _address(commitment), at=at)
        told += 1
    return told


def _untold(rows: QuerySet[Any], before: str, uuid_path: str, after: str) -> QuerySet[Any]:
    """Keep the rows whose message, named by a uuid between two texts, was not written."""
    key = Concat(Value(before), Cast(OuterRef(uuid_path), CharField()), Value(after))
    return rows.filter(~Exists(Message.objects.filter(key=key)))


def _address(commitment: Commitment) -> dict[str, str]:
    return {"url": f"{settings.SITE_URL}{reverse('funds:commitment', args=[commitment.uuid])}"}


def _queue(
    reader: User,
    name: str,
    key: str,
    offer: Offer,
    values: dict[str, Any],
    *,
    at: datetime,
    about: Iterable[Any] | None = None,
) -> None:
    kind, uuid = about or ("offer", offer.uuid)
    queue_message(
        to=reader.email,
        template=f"servicing/{name}",
        context={"title": offer.project.title, **values},
        key=key,
        about=(kind, uuid),
        at=at,
        language=reader.language,
    )
