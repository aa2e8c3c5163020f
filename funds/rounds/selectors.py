"""Questions about rounds: what the public sees, what a member may still do, what won and why the others did not."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet
from djmoney.money import Money

from funds.models import AllocationOrder, Demand, RollEntry, Round
from funds.pool.selectors import EuroLine, my_pots
from funds.rounds.states import DemandState, OrderState, RoundState
from funds.rounds.words import why_lost, why_won
from investors.models import Party, User
from investors.selectors import parties_acted_for

PUBLIC = frozenset(RoundState) - {RoundState.PREPARED}


def public_rounds() -> QuerySet[Round]:
    """Rounds whose list and rules are frozen, newest first; one that was cancelled before stays unknown."""
    return Round.objects.exclude(frozen_at=None).select_related("fund", "result__bundle").order_by("-opens_at")


def rounds_with_figures() -> QuerySet[Round]:
    voted = Count("roll", filter=Q(roll__removed_at=None) & ~Q(roll__channel=""))
    return Round.objects.select_related("fund").annotate(on_roll=Count("roll"), voted=voted).order_by("-opens_at")


def turnout(of: Round) -> tuple[int, int]:
    """Return how many voted and how many are on the roll."""
    found = of.roll.filter(removed_at=None).aggregate(all=Count("pk"), voted=Count("pk", filter=~Q(channel="")))
    return found["voted"], found["all"]


def entries_of(of: Round, user: User, at: datetime) -> list[RollEntry]:
    """Return the roll entries a person may vote with: their own first, then those of whom they represent."""
    entries = of.roll.filter(party__in=parties_acted_for(user, at.date())).select_related("party")
    return sorted(entries, key=lambda one: (one.party.user_id != user.pk, one.removed_at is not None, one.pk))


def open_votes_of(party: Party | None, at: datetime) -> list[RollEntry]:
    """Return the entries of open votes that wait for a member, the first to close first."""
    return list(
        RollEntry.objects.filter(party=party, removed_at=None, round__state=RoundState.OPEN, round__closes_at__gt=at)
        .select_related("round", "party")
        .order_by("round__closes_at", "pk")
    )


@dataclass(frozen=True)
class PotNews:
    """What the last signed order of a compartment made of a holder's units: each project with their part of it."""

    order: AllocationOrder
    held: Money
    lines: list[EuroLine]
    elsewhere: Money


def pot_news(holder: Party | None) -> list[PotNews]:
    """Return, for each compartment a person holds units of, where its last signed order put their euros."""
    found = []
    for pot in my_pots(holder) if holder is not None else []:
        order = (
            AllocationOrder.objects.filter(round__compartment=pot.compartment, state=OrderState.SIGNED)
            .select_related("round")
            .order_by("-signed_at", "-pk")
            .first()
        )
        if order is None:
            continue
        given = {line["demand"] for line in order.lines}
        slugs = set(Demand.objects.filter(uuid__in=given).values_list("project__slug", flat=True))
        lines = [one for one in pot.euros if one.slug in slugs]
        elsewhere = sum((one.amount for one in pot.euros if one.slug not in slugs), Money(0, pot.amount.currency))
        found.append(PotNews(order, pot.amount, lines, elsewhere))
    return found


def listed(of: Round) -> QuerySet[Demand]:
    """Return the demands on the ballot, or that were, by code."""
    return of.demands.exclude(
        state__in=(DemandState.RECEIVED, DemandState.LEFT_OUT, DemandState.WITHDRAWN)
    ).select_related("project__organisation")


def listed_codes(of: Round) -> list[str]:
    return list(listed(of).order_by("code").values_list("code", flat=True))


@dataclass(frozen=True)
class ResultLine:
    """One project of a counted vote: whether it won and why; what the rules then gave it, and why, in words."""

    demand: Demand
    has_won: bool
    rank: int | None
    reason: str
    given_cents: int
    told: list[str]


def result_lines(of: Round) -> list[ResultLine]:
    """Return the projects of a counted round, winners first in the order of the count."""
    outcome = of.result.outcome
    won = {one["code"]: (place, one) for place, one in enumerate(outcome["winners"], start=1)}
    lost = {one["code"]: one for one in outcome["not_funded"]}
    given = {line["code"]: line["amount_cents"] for line in of.result.given}
    told = of.result.told
    lines = []
    for demand in listed(of):
        if demand.code in won:
            place, one = won[demand.code]
            reason = why_won(one)
        else:
            place, reason = None, " ".join(why_lost(lost[demand.code]))
        lines.append(
            ResultLine(
                demand, demand.code in won, place, reason, given.get(demand.code, 0), told.get(demand.code, [])
            )
        )  # fmt: skip
    return sorted(lines, key=lambda line: (not line.has_won, line.rank or 0, line.demand.code))
