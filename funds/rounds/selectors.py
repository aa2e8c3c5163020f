"""Questions about rounds: what the public sees, what a member may still do, what won and why the others did not."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from djmoney.money import Money

from fres.kernel.money import format_cents
from funds.allocation.elections import CountingRules, TieRule
from funds.models import AllocationOrder, Demand, RollEntry, Round
from funds.pool.selectors import EuroLine, my_pots
from funds.rounds.states import DemandState, OrderState, RoundState
from investors.models import Party, User
from investors.selectors import parties_acted_for

PUBLIC = frozenset(RoundState) - {RoundState.PREPARED}


def public_rounds() -> QuerySet[Round]:
    """Rounds whose list and rules are frozen, newest first; one that was cancelled before stays unknown."""
    return Round.objects.exclude(frozen_at=None).select_related("fund", "result").order_by("-opens_at")


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


@dataclass(frozen=True)
class ResultLine:
    """One project of a counted vote: what it asked, whether it won, and why, in words."""

    demand: Demand
    has_won: bool
    rank: int | None
    reason: str


def result_lines(of: Round) -> list[ResultLine]:
    """Return the projects of a counted round, winners first in the order of the count."""
    outcome = of.result.outcome
    won = {one["code"]: (place, one) for place, one in enumerate(outcome["winners"], start=1)}
    lost = {one["code"]: one for one in outcome["not_funded"]}
    lines = []
    for demand in listed(of):
        if demand.code in won:
            place, one = won[demand.code]
            lines.append(ResultLine(demand, True, place, _why_won(one)))
        else:
            lines.append(ResultLine(demand, False, None, " ".join(_why_lost(lost[demand.code]))))
    return sorted(lines, key=lambda line: (not line.has_won, line.rank or 0, line.demand.code))


def _why_won(one: dict[str, Any]) -> str:
    if one["how"] == "support":
        return _("Ajouté par son nombre de voix, avec ce qui restait.")
    if one["how"] == "greedy":
        return _("Plus de votants préfèrent le résultat par nombre de voix.")
    if one["how"] == "all":
        return _("Tous les projets tiennent dans la somme à répartir.")
    numerator, _slash, denominator = str(one["rate_cents"]).partition("/")
    cents = -(-int(numerator) // int(denominator or 1))
    return _("Payé par ses soutiens, %(most)s au plus chacun.") % {"most": format_cents(cents)}


def _why_lost(one: dict[str, Any]) -> Iterator[str]:
    if not one["supporters"]:
        yield _("Personne ne l’a choisi.")
        return
    yield ngettext("%(n)d soutien.", "%(n)d soutiens.", one["supporters"]) % {"n": one["supporters"]}
    if one["missing_cents"]:
        which = (
            _("Avec les parts réelles, il leur manquait %(missing)s ensemble.")
            if one["with_real_shares"]
            else _("Au dernier décompte, il leur manquait %(missing)s ensemble.")
        )
        yield which % {"missing": format_cents(one["missing_cents"])}
    if one["more_supporters"]:
        yield ngettext(
            "Un soutien de plus, avec %(each)s, l’aurait fait gagner ce décompte.",
            "%(n)d soutiens de plus, avec %(each)s chacun, l’auraient fait gagner ce décompte.",
            one["more_supporters"],
        ) % {"n": one["more_supporters"], "each": format_cents(one["each_cents"])}
    if not one["fits"]:
        yield _("Il coûte plus que ce qui reste.")


def rules_in_words(of: Round) -> list[str]:
    """Return the frozen rules as sentences."""
    rules = CountingRules.from_dict(of.rules)
    sentences = [
        _(
            "Chaque votant dispose d’une part égale de la somme ; les soutiens d’un projet le paient ensemble, "
            "à parts égales (méthode des parts égales)."
        ),
    ]
    if rules.completion.raises:
        sentences.append(
            _(
                "S’il reste de l’argent, la part de chacun est relevée de %(delta)s à la fois, tant que le total "
                "ne dépasse pas la somme."
            )
            % {"delta": format_cents(rules.delta_cents)}
        )
    if rules.completion.adds_by_support:
        sentences.append(_("Puis les projets qui tiennent encore sont ajoutés, par nombre de voix."))
    words = {
        TieRule.MORE_APPROVERS: _("le plus de soutiens"),
        TieRule.LOWER_COST: _("le coût le plus bas"),
        TieRule.HIGHER_COST: _("le coût le plus haut"),
        TieRule.DRAWN_ORDER: _("l’ordre tiré au sort : %(order)s") % {"order": ", ".join(rules.drawn_order)},
    }
    sentences.append(_("En cas d’égalité : %(list)s.") % {"list": " ; ".join(words[rule] for rule in rules.ties)})
    return sentences
