"""What a round's money becomes: its winners are constraints of the solver, under the rules in force (ruling B15).

The solver chooses amounts from each project's minimum to its maximum, within the sum of the round and what reserves
leave of the compartment. Law and rules go before votes: a winner they displace is named, and why. Everything it was
decided from, ballots included, goes into the archive that anyone recomputes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from fres.kernel.money import to_cents
from funds.allocation.bundle import CODES, RULES, VOTES, Bundle, make_bundle
from funds.allocation.codec import to_bytes
from funds.allocation.conflicts import find_conflict
from funds.allocation.problem import Compartment as Purse
from funds.allocation.problem import Problem
from funds.allocation.solver import NoAllocation, solve
from funds.allocation.solver_bars import bars_of
from funds.models import Demand, Round
from funds.pool.facts import facts_of
from funds.pool.problem import demand_for, gather_problem

ENDOWMENT = "dotation"


@dataclass(frozen=True)
class Decided:
    """What the rules make of a vote: [{"code", "amount_cents"}], sentences by code (of the round: ""), the archive."""

    given: list[dict[str, Any]]
    told: dict[str, list[str]]
    bundle: Bundle | None


def round_problem(of: Round, demands: Iterable[Demand], on: date, *, winners: Iterable[str] | None = None) -> Problem:
    """Return what a round's money is shared from on a day: its compartment within its sum, or its endowment.

    Args: demands: with project and organisation loaded. winners: codes of the ballot.
    """
    rows = list(demands)
    facts = facts_of([one.project for one in rows], on)
    asked = [
        demand_for(
            one.project, minimum_cents=to_cents(one.amount), maximum_cents=to_cents(one.most),
            facts=facts[one.project_id],
        )
        for one in rows
    ]  # fmt: skip
    slugs = {one.code: one.project.slug for one in rows}
    chosen = None if winners is None else tuple(slugs[code] for code in winners)
    budget = to_cents(of.budget)
    if of.compartment is None:
        return Problem(at=on, compartments=(Purse(ENDOWMENT, budget),), demands=tuple(asked), winners=chosen)
    problem = gather_problem(of.fund, on, demands=asked, winners=chosen)
    slug = of.compartment.slug
    return replace(
        problem,
        compartments=tuple(
            replace(purse, limit_cents=budget if purse.code == slug else 0) for purse in problem.compartments
        ),
    )


def barred(of: Round, demands: Sequence[Demand], on: date) -> list[tuple[Demand, str]]:
    """Return the demands that the rules in force would keep from the round's money whatever the vote, with why.

    When the blocking rules leave no allocation at all, the first demand is returned with the rules in conflict.
    """
    problem = round_problem(of, demands, on)
    found: dict[str, str] = {}
    if of.compartment is not None:
        for bar in bars_of(problem):
            if bar.compartment == of.compartment.slug:
                found.setdefault(bar.project, str(bar.sentence))
    for demand in demands:
        slug = demand.project.slug
        if slug in found or of.compartment is None:
            continue
        try:
            outcome = solve(replace(problem, winners=(slug,)))
        except NoAllocation:
            conflict = find_conflict(problem)
            return [(demand, str(conflict.sentence()) if conflict else "")]
        if outcome.displaced:
            found[slug] = _why_not(problem, slug)
    return [(one, found[one.project.slug]) for one in demands if one.project.slug in found]


def allocate_round(of: Round, demands: Iterable[Demand], on: date, *, winners: Sequence[str], election: str) -> Decided:
    """Share a round's money between its winners, and say why; nothing is written.

    Args: election: the counted `.pb` file; the archive holds it with the frozen rules of the count.
    """
    rows = list(demands)
    codes = {one.project.slug: one.code for one in rows}
    problem = round_problem(of, rows, on, winners=winners)
    files = {
        VOTES: election.encode(),
        RULES: to_bytes(of.rules),
        CODES: to_bytes({code: slug for slug, code in codes.items()}),
    }
    try:
        bundle = make_bundle(problem, files)
    except NoAllocation:
        conflict = find_conflict(problem)
        return Decided([], {"": [str(conflict.sentence())] if conflict else []}, None)
    given = bundle.outcome.allocation.by_project()
    told = {codes[one.project]: [str(sentence) for sentence in one.sentences] for one in bundle.explanation.projects}
    for refused in bundle.explanation.refusals:
        # What the vote did not choose is explained by the vote; no change of money would have it chosen.
        if refused.project in bundle.outcome.displaced:
            told[codes[refused.project]].append(str(refused.sentence))
    for slug in bundle.outcome.displaced:
        told[codes[slug]].append(_("Ce qui passe avant le vote : %(rule)s") % {"rule": _why_not(problem, slug)})
    told[""] = [str(one.sentence) for one in bundle.explanation.prices]
    lines = [{"code": codes[slug], "amount_cents": cents} for slug, cents in given.items()]
    return Decided(sorted(lines, key=lambda line: str(line["code"])), told, bundle)


def _why_not(problem: Problem, slug: str) -> str:
    """Say which rules keep a project from its minimum: those without which it would be funded."""
    for rule in problem.rules_in_force():
        if not rule.is_blocking:
            continue
        without = tuple(one for one in problem.rules if one is not rule)
        try:
            is_freed = not solve(replace(problem, rules=without, winners=(slug,))).displaced
        except NoAllocation:
            continue
        if is_freed:
            return str(rule.sentence())
    return " ".join(str(rule.sentence()) for rule in problem.rules_in_force() if rule.is_blocking)
