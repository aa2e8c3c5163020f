"""What a signed order is told to: each holder, what their own euros of the pot finance; the other members, the list."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from fres.kernel.messages import queue_message
from fres.kernel.money import to_cents
from funds.models import AllocationOrder, Demand, Round
from funds.pool.register import holders
from funds.pool.selectors import shares_of_holders
from investors.models import Party

BATCH = 2_000


def tell_members(*, of: Round, order: AllocationOrder, at: datetime) -> int:
    """Queue one message a member; inside the transaction that signs the order. Returns: how many.

    Who holds units of the compartment reads what their own euros now finance; the others, what the order gives.
    """
    demands = {str(one.uuid): one for one in of.demands.select_related("project")}
    given = [(demands[line["demand"]], line["amount_cents"]) for line in order.lines]
    financed = [{"title": demand.project.title, "amount_cents": cents} for demand, cents in given]
    mine = _shares(of, given)
    told = 0
    members = Party.objects.filter(pk__in=_members(of, mine)).select_related("user").order_by("pk")
    for party in members.iterator(chunk_size=BATCH):
        to = party.user.email if party.user is not None else party.email
        if not to:
            continue
        context: dict[str, Any] = {
            "title": of.title,
            "budget_cents": to_cents(of.budget),
            "financed": financed,
            "url": f"{settings.SITE_URL}{reverse('rounds:round', args=[of.slug])}",
        }
        if party.pk in mine:
            context |= {**mine[party.pk], "space_url": f"{settings.SITE_URL}{reverse('pool:mine')}"}
        queue_message(
            to=to,
            template="rounds/my_share" if party.pk in mine else "rounds/financed",
            context=context,
            key=f"allocation:{order.uuid}:{party.uuid}",
            about=("round", of.uuid),
            at=at,
            language=party.user.language if party.user is not None else "fr",
        )
        told += 1
    return told


def _members(of: Round, mine: dict[int, dict[str, Any]]) -> set[int]:
    return set(of.roll.filter(removed_at=None).values_list("party", flat=True)) | set(mine)


def _shares(of: Round, given: list[tuple[Demand, int]]) -> dict[int, dict[str, Any]]:
    """Return, for each holder of the compartment: what they hold, and its part in each financed project."""
    compartment = of.compartment
    if compartment is None:
        return {}
    nominal = to_cents(compartment.nominal)
    units = holders([compartment]).get(compartment.pk, {})
    titles = {demand.project_id: demand.project.title for demand, _cents in given}
    return {
        holder: {
            "held_cents": units[holder] * nominal,
            "parts": [{"title": titles[key], "amount_cents": parts.get(key, 0)} for key in titles],
        }
        for holder, parts in shares_of_holders(compartment).items()
    }
