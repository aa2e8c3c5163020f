"""Two rule sets side by side on last year's demands: each solved whole, nothing written."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from django.utils.translation import gettext as _

from fres.kernel.errors import RuleViolation
from funds.allocation.problem import Demand
from funds.allocation.rules import Rule
from funds.allocation.solver import solve
from funds.models import Fund, Offer, Placement
from funds.pool.facts import facts_of
from funds.pool.problem import demand_for, demands_of, gather_problem
from funds.states import OfferState


@dataclass(frozen=True)
class Side:
    """What one rule set gives: cents by project, or why it gives nothing; warnings in words."""

    amounts: dict[str, int]
    total_cents: int
    refusal: str
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """One project in both."""

    title: str
    asked_cents: int
    one_cents: int
    other_cents: int

    @property
    def moved_cents(self) -> int:
        return self.other_cents - self.one_cents


@dataclass(frozen=True)
class Comparison:
    """Two rule sets on the same demands and the same money."""

    one: Side
    other: Side
    lines: tuple[Line, ...]

    @property
    def sides(self) -> tuple[Side, Side]:
        return self.one, self.other


def past_demands(fund: Fund, year: int, on: date) -> list[Demand]:
    """Return what was asked in a year: projects whose offer was decided or whose placement was made, and those that
    still ask: last year's data, with today's facts."""
    offers = Offer.objects.filter(
        fund=fund, decided_at__year=year, state__in=(OfferState.SUCCEEDED, OfferState.FAILED)
    ).select_related("project__organisation")
    found: dict[str, Demand] = {one.project: one for one in demands_of(fund, on)}
    projects = [offer.project for offer in offers]
    placed = Placement.objects.filter(compartment__fund=fund, placed_at__year=year, kind="PLACED")
    rows = list(placed.select_related("project__organisation"))
    projects += [row.project for row in rows]
    facts = facts_of(projects, on)
    wanted = [(offer.project, int(offer.minimum.amount * 100), int(offer.maximum.amount * 100)) for offer in offers]
    wanted += [(row.project, int(row.amount.amount * 100), int(row.amount.amount * 100)) for row in rows]
    for project, least, most in wanted:
        found.setdefault(
            project.slug,
            demand_for(
                project, minimum_cents=least, maximum_cents=most,
                facts=replace(facts[project.pk], statuses=("LABELLED",)),
            ),
        )  # fmt: skip
    return sorted(found.values(), key=lambda one: one.project)


def compare(fund: Fund, *, year: int, on: date, one: Iterable[Rule], other: Iterable[Rule]) -> Comparison:
    """Solve both rule sets on the demands of a year and the money of a day."""
    demands = past_demands(fund, year, on)
    sides = [_solved(fund, on, demands, tuple(rules)) for rules in (one, other)]
    lines = tuple(
        Line(
            demand.name, demand.maximum_cents, sides[0].amounts.get(demand.project, 0),
            sides[1].amounts.get(demand.project, 0),
        )
        for demand in demands
    )  # fmt: skip
    return Comparison(sides[0], sides[1], lines)


def _solved(fund: Fund, on: date, demands: list[Demand], rules: tuple[Rule, ...]) -> Side:
    problem = gather_problem(fund, on, demands=demands, rules=rules)
    try:
        outcome = solve(problem)
    except RuleViolation as refusal:
        return Side({}, 0, str(refusal), ())
    amounts = outcome.allocation.by_project()
    warnings = tuple(finding.sentence.said(_) for finding in outcome.warnings)
    return Side(amounts, outcome.allocation.total_cents, "", warnings)
