"""Find the best allocation: legal duties first, then the ballot, then earmarks, then scores, then spread.

    outcome = solve(problem)

HiGHS chooses which projects are funded and about how much (`choose`); whole cents are then settled around that answer
(`solver_rounding`); the independent checker accepts or the answer is thrown away (ruling B18). The same data give the
same bytes, in whatever order they arrive.

Levels, each kept while the next is sought:

1. duties that cannot block (WARN, or passive breaches): fewest missing projects, then fewest missing euros;
2. with a ballot: fewest winners displaced, then fewest pooled euros for projects that did not win (ruling B15);
3. most euros that follow their savers' intent;
4. most euros weighted by the committee's score;
5. most projects (up to 150 of them); then the least filled demand is filled most.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

from fres.kernel.errors import RuleViolation
from funds.allocation.checker import Finding, check_allocation, displaced_winners
from funds.allocation.problem import (
    Allocation,
    Problem,
    Share,
    Target,
    check_problem,
    sorted_problem,
)
from funds.allocation.solver_engine import Engine, Level
from funds.allocation.solver_rounding import settle_cents
from funds.allocation.solver_rows import Bar, Model, model_of
from funds.allocation.words import gettext_noop, say

# HiGHS works on amounts below this; 1 unit is a whole power of ten of cents.
HIGHEST_UNITS = 10_000_000
TRIES = 25
# Up to this many projects each objective is proved to the last cent. Beyond, proving the last hundredth of a per cent
# would take hours: the proof stops there, and the outcome says so (`proved_within`).
PROVED_WHOLLY = 150
LARGE_GAP = Fraction(1, 10_000)


class NoAllocation(RuleViolation):
    """The blocking rules leave no allocation at all, not even an empty one; `conflicts.find_conflict` says which."""

    rule = "no-allocation"


class AnswerRefused(RuntimeError):
    """The solver proposed what the checker refuses, again and again: a defect of ours, nothing is decided."""


@dataclass(frozen=True)
class IntentServed:
    """How much of an intent found its target."""

    compartment: str
    target: Target
    wanted_cents: int
    served_cents: int


@dataclass(frozen=True)
class LevelReached:
    """An objective and what was reached, in cents or in projects (`is_count`)."""

    name: str
    reached: int
    is_count: bool = False


@dataclass(frozen=True)
class Outcome:
    """An accepted allocation and what it does: objectives reached, intents, warnings, winners it displaced, bars.

    `proved_within` is the part of each objective that a better answer could still gain at most: 0 when the optimum is
    proved wholly.
    """

    allocation: Allocation
    levels: tuple[LevelReached, ...]
    intents: tuple[IntentServed, ...]
    warnings: tuple[Finding, ...]
    displaced: tuple[str, ...]
    bars: tuple[Bar, ...]
    proved_within: Fraction = Fraction()


@dataclass(frozen=True)
class _Columns:
    """Where the model's things stand in the engine."""

    amounts: tuple[int, ...]
    chosen: tuple[int, ...]
    flows: tuple[tuple[int, int, int], ...]
    breaches: dict[int, int]
    filling: int


def solve(problem: Problem) -> Outcome:
    """Return the best allocation, accepted by the checker.

    Raises: ProblemRefused: the data contradict themselves. NoAllocation: the blocking rules do.
    """
    problem = sorted_problem(problem)
    check_problem(problem)
    model = model_of(problem)
    engine, columns, unit = _engine_of(model)
    whole_levels, amount_levels = _levels(model, columns)
    gap = Fraction() if len(model.projects) <= PROVED_WHOLLY else LARGE_GAP
    last: tuple[Finding, ...] = ()
    for _ in range(TRIES):
        values = engine.solve(whole_levels, gap=gap)
        if values is None:
            raise NoAllocation(say(gettext_noop("Les règles bloquantes ne laissent aucune répartition possible.")))
        chosen = frozenset(number for number, column in enumerate(columns.chosen) if values[column] > 0.5)
        fixed = {column: float(number in chosen) for number, column in enumerate(columns.chosen)}
        spread = engine.solve(amount_levels, fixed)
        cents = None if spread is None else settle_cents(model, chosen, [spread[one] * unit for one in columns.amounts])
        if cents is not None:
            allocation = _allocation(model, cents)
            findings = check_allocation(problem, allocation)
            last = tuple(finding for finding in findings if finding.is_blocking)
            if not last:
                return replace(_outcome(model, allocation, cents, findings), proved_within=gap)
        # Such a choice of projects holds only within HiGHS's tolerance: never this one again.
        engine.row(
            [(column, -1.0 if number in chosen else 1.0) for number, column in enumerate(columns.chosen)],
            lower=1.0 - len(chosen),
        )
    raise AnswerRefused("; ".join(map(str, last)) or "no whole cents near the optimum")


def has_allocation(problem: Problem) -> bool:
    """Say whether the blocking rules leave at least one allocation (possibly an empty one)."""
    problem = sorted_problem(problem)
    if not check_allocation_is_blocked(problem):
        return True
    engine, _, _ = _engine_of(model_of(problem))
    return engine.solve([]) is not None


def check_allocation_is_blocked(problem: Problem) -> bool:
    """Say whether giving nothing at all is already against a blocking rule."""
    return any(finding.is_blocking for finding in check_allocation(problem, Allocation()))


def served_intents(model: Model, cents: dict[int, int]) -> tuple[IntentServed, ...]:
    """Return how much of each intent a whole-cent allocation serves, each euro serving one intent only."""
    if not model.intents:
        return ()
    engine = Engine()
    total: dict[int, float] = {}
    by_pair: dict[int, list[int]] = {}
    flows: list[list[int]] = []
    for intent, pairs in zip(model.intents, _pairs_of_intents(model), strict=True):
        mine = []
        for pair in pairs:
            if cents.get(pair):
                column = engine.column(float(cents[pair]))
                by_pair.setdefault(pair, []).append(column)
                total[column] = 1.0
                mine.append(column)
        engine.row([(column, 1.0) for column in mine], upper=float(intent.amount_cents))
        flows.append(mine)
    for pair, used in sorted(by_pair.items()):
        engine.row([(column, 1.0) for column in used], upper=float(cents[pair]))
    values = engine.solve([Level("intents", total, is_maximum=True)]) if total else []
    return tuple(
        IntentServed(
            intent.compartment, intent.target, intent.amount_cents, sum(round((values or [])[one]) for one in mine)
        )
        for intent, mine in zip(model.intents, flows, strict=True)
    )


def _engine_of(model: Model) -> tuple[Engine, _Columns, int]:
    problem, engine = model.problem, Engine()
    total = sum(one.giveable_cents for one in problem.compartments)
    unit = 100
    while total > unit * HIGHEST_UNITS:
        unit *= 10
    available = {one.code: one.giveable_cents for one in problem.compartments}
    amounts = tuple(engine.column(available[purse] / unit) for purse, _ in model.pairs)
    chosen = tuple(engine.column(1.0, is_whole=True) for _ in model.projects)
    for purse in problem.compartments:
        mine = [amounts[pair] for pair, (code, _) in enumerate(model.pairs) if code == purse.code]
        if mine:
            engine.row([(column, 1.0) for column in mine], upper=purse.giveable_cents / unit)
    for number, demand in enumerate(model.projects):
        given = [(amounts[pair], 1.0) for pair in model.pairs_of[number]]
        most = min(demand.maximum_cents, total)
        engine.row([*given, (chosen[number], -most / unit)], upper=0.0)
        engine.row([*given, (chosen[number], -max(demand.minimum_cents, 1) / unit)], lower=0.0)
    breaches: dict[int, int] = {}
    for number, row in enumerate(model.rows):
        heaviest = max((abs(value) for _, value in row.amounts), default=0)
        scale = heaviest * unit if heaviest else max((abs(value) for _, value in row.funded), default=1)
        terms = [(amounts[pair], value * unit / scale) for pair, value in row.amounts]
        terms += [(chosen[project], value / scale) for project, value in row.funded]
        if row.is_soft:
            of_unit = 1 if row.counts_projects else unit
            most_missed = float("inf") if row.most_breach is None else float(row.most_breach / of_unit)
            breaches[number] = engine.column(most_missed)
            terms.append((breaches[number], row.unit * of_unit / scale))
        engine.row(terms, lower=row.bound / scale)
    flows = _add_flows(model, engine, amounts, unit)
    filling = engine.column(1.0)
    for number, demand in enumerate(model.projects):
        room = demand.maximum_cents - demand.minimum_cents
        if room:
            given = [(amounts[pair], unit / room) for pair in model.pairs_of[number]]
            engine.row([*given, (filling, -1.0), (chosen[number], -demand.minimum_cents / room - 1.0)], lower=-1.0)
    return engine, _Columns(amounts, chosen, flows, breaches, filling), unit


def _add_flows(model: Model, engine: Engine, amounts: tuple[int, ...], unit: int) -> tuple[tuple[int, int, int], ...]:
    """Add what serves each intent: at most the intent, at most what the pair receives."""
    flows: list[tuple[int, int, int]] = []
    by_pair: dict[int, list[int]] = {}
    for number, (intent, pairs) in enumerate(zip(model.intents, _pairs_of_intents(model), strict=True)):
        mine = []
        for pair in pairs:
            column = engine.column(intent.amount_cents / unit)
            by_pair.setdefault(pair, []).append(column)
            flows.append((number, pair, column))
            mine.append(column)
        if mine:
            engine.row([(column, 1.0) for column in mine], upper=intent.amount_cents / unit)
    for pair, columns in sorted(by_pair.items()):
        engine.row([*((column, 1.0) for column in columns), (amounts[pair], -1.0)], upper=0.0)
    return tuple(flows)


def _pairs_of_intents(model: Model) -> Iterable[list[int]]:
    demands = {demand.project: demand for demand in model.projects}
    for intent in model.intents:
        yield [
            pair
            for pair, (purse, project) in enumerate(model.pairs)
            if purse == intent.compartment and intent.target.accepts(demands[project])
        ]


def _levels(model: Model, columns: _Columns) -> tuple[list[Level], list[Level]]:
    """Return the levels of the choice of projects, then those of the amounts once projects are chosen."""
    rows = model.rows
    counts = {column: 1.0 for number, column in columns.breaches.items() if rows[number].counts_projects}
    cents = {column: 1.0 for number, column in columns.breaches.items() if not rows[number].counts_projects}
    winners, outside = ballot_split(model)
    highest = max((demand.score for demand in model.projects), default=1)
    score = {
        columns.amounts[pair]: demand.score / highest
        for number, demand in enumerate(model.projects)
        for pair in model.pairs_of[number]
    }
    duties = Level("missing_euros", cents)
    off_ballot = Level("off_ballot_euros", {columns.amounts[pair]: 1.0 for pair in outside})
    intents = Level("intended_euros", {column: 1.0 for _, _, column in columns.flows}, is_maximum=True)
    scores = Level("scored_euros", score, is_maximum=True)
    choice = [
        Level("missing_projects", counts),
        duties,
        Level("winners", {columns.chosen[number]: 1.0 for number in winners}, is_maximum=True),
        off_ballot,
        intents,
        scores,
    ]
    if len(model.projects) <= PROVED_WHOLLY:
        choice.append(Level("projects", dict.fromkeys(columns.chosen, 1.0), is_maximum=True))
    amounts = [duties, off_ballot, intents, scores, Level("filling", {columns.filling: 1.0}, is_maximum=True)]
    return [level for level in choice if level.costs], [level for level in amounts if level.costs]


def ballot_split(model: Model) -> tuple[list[int], list[int]]:
    """Return the winners' ranks, and the pooled pairs of projects that a ballot did not choose."""
    winners = model.problem.winners
    if winners is None:
        return [], []
    strict = {one.code for one in model.problem.compartments if one.is_strict}
    return (
        [number for number, demand in enumerate(model.projects) if demand.project in winners],
        [pair for pair, (purse, code) in enumerate(model.pairs) if code not in winners and purse not in strict],
    )


def _allocation(model: Model, cents: dict[int, int]) -> Allocation:
    return Allocation(
        tuple(
            Share(purse, project, cents[pair])
            for pair, (purse, project) in sorted(enumerate(model.pairs), key=lambda one: (one[1][1], one[1][0]))
            if cents.get(pair)
        )
    )


def _outcome(model: Model, allocation: Allocation, cents: dict[int, int], findings: Iterable[Finding]) -> Outcome:
    problem, given = model.problem, allocation.by_project()
    funded = frozenset(number for number, demand in enumerate(model.projects) if demand.project in given)
    missing = {True: 0, False: 0}
    for row in model.rows:
        if row.is_soft:
            missing[row.counts_projects] += -(min(0, row.slack(cents, funded)) // row.unit)
    served = served_intents(model, cents)
    winners, outside = ballot_split(model)
    scores = {demand.project: demand.score for demand in problem.demands}
    levels = [
        LevelReached("missing_projects", missing[True], is_count=True),
        LevelReached("missing_euros", missing[False]),
        LevelReached("winners", sum(number in funded for number in winners), is_count=True),
        LevelReached("off_ballot_euros", sum(cents.get(pair, 0) for pair in outside)),
        LevelReached("intended_euros", sum(one.served_cents for one in served)),
        LevelReached("scored_euros", sum(scores[project] * amount for project, amount in given.items())),
        LevelReached("projects", len(funded), is_count=True),
    ]
    return Outcome(
        allocation=allocation,
        levels=tuple(levels),
        intents=served,
        warnings=tuple(finding for finding in findings if not finding.is_blocking),
        displaced=displaced_winners(problem, allocation),
        bars=model.bars,
    )
