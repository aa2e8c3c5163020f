"""The solver's reading of a problem: who is barred, and each rule as whole-number rows over amounts and choices.

A row says Σ coefficient × cents + Σ coefficient × (1 if funded) ≥ bound. Everything is an exact integer here; only
`solver_engine` turns rows into numbers for HiGHS.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import reduce
from math import gcd, lcm
from typing import Any

from funds.allocation.problem import WHOLE_BP, Base, Demand, Holding, Problem
from funds.allocation.rules import Rule
from funds.allocation.solver_bars import Bar, Intent, bars_of, intents_of

__all__ = ["Bar", "Intent", "Line", "Model", "Row", "model_of"]

Traits = Demand | Holding


@dataclass(frozen=True)
class Row:
    """Σ amounts × cents + Σ funded × choice ≥ bound; `unit` is what one missing cent (or project) counts for.

    A soft row may be missed, the least possible first; `most_breach` bounds what may be missed (a passive breach is
    not made worse).
    """

    rule: str
    where: str
    amounts: tuple[tuple[int, int], ...]
    funded: tuple[tuple[int, int], ...]
    bound: int
    unit: int
    counts_projects: bool = False
    is_soft: bool = False
    most_breach: Fraction | None = None

    def slack(self, cents: dict[int, int], funded: frozenset[int]) -> int:
        """Return what is above the bound, negative when the row is missed."""
        return (
            sum(coefficient * cents.get(pair, 0) for pair, coefficient in self.amounts)
            + sum(coefficient for project, coefficient in self.funded if project in funded)
            - self.bound
        )


@dataclass
class Line:
    """A whole-number sum over pairs, and a constant."""

    of: dict[int, int] = field(default_factory=dict)
    constant: int = 0

    def __mul__(self, factor: int) -> "Line":
        return Line({pair: factor * value for pair, value in self.of.items()}, factor * self.constant)

    def __sub__(self, other: "Line") -> "Line":
        of = dict(self.of)
        for pair, value in other.of.items():
            of[pair] = of.get(pair, 0) - value
        return Line(of, self.constant - other.constant)


@dataclass(frozen=True)
class Model:
    """A problem ready to be solved: pairs that may receive money, rows, intents, and who is barred by what."""

    problem: Problem
    pairs: tuple[tuple[str, str], ...]
    projects: tuple[Demand, ...]
    pairs_of: tuple[tuple[int, ...], ...]
    rows: tuple[Row, ...]
    intents: tuple[Intent, ...]
    bars: tuple[Bar, ...]


def model_of(problem: Problem) -> Model:
    """Return the model of a problem already sorted and checked."""
    bars = tuple(bars_of(problem))
    closed = {(bar.compartment, bar.project) for bar in bars}
    demands = {demand.project: demand for demand in problem.demands}
    pairs = tuple(
        (purse.code, demand.project)
        for demand in problem.demands
        for purse in problem.compartments
        if purse.giveable_cents > 0 and (purse.code, demand.project) not in closed
    )
    projects = tuple(demands[code] for code in sorted({project for _, project in pairs}))
    rank = {demand.project: number for number, demand in enumerate(projects)}
    pairs_of: list[list[int]] = [[] for _ in projects]
    for number, (_, project) in enumerate(pairs):
        pairs_of[rank[project]].append(number)
    model = Model(problem, pairs, projects, tuple(map(tuple, pairs_of)), (), tuple(intents_of(problem)), bars)
    builder = _Builder(model, rank)
    rows = [row for rule in problem.rules_in_force() if not rule.params.IS_ELIGIBILITY for row in builder.rows(rule)]
    rows += builder.kept_for_expired_earmarks()
    return replace(model, rows=tuple(rows))


class _Builder:
    def __init__(self, model: Model, rank: dict[str, int]) -> None:
        self.model, self.problem, self.rank = model, model.problem, rank
        self.readers: dict[str, Callable[[Rule, Any], Iterator[Row]]] = {
            "SHARE_RANGE": self.share_range,
            "MAX_PER_PROJECT": self.max_per_project,
            "STAKE_RANGE": self.stake_range,
            "MAX_PER_SECTOR": self.max_per_sector,
            "MIN_PER_SECTOR": self.min_per_sector,
            "MIN_PER_TERRITORY": self.min_per_territory,
            "ZONE_FLOOR": self.zone_floor,
            "LIQUIDITY_RESERVE": self.liquidity,
            "LOSS_RESERVE": self.loss,
            "MATCHING": self.matching,
            "MIRROR": self.mirror,
            "GUARANTEE": self.guarantee,
            "LTD_FLOOR": self.reinvestment,
        }

    def rows(self, rule: Rule) -> Iterator[Row]:
        for row in self.readers[rule.kind](rule, rule.params):
            yield self._graded(rule, row)

    # Kinds, in the order of the fact sheet.

    def share_range(self, rule: Rule, params: Any) -> Iterator[Row]:
        got = self._sum(rule, lambda one: WHOLE_BP if params.asset_class in one.classes else 0)
        if params.minimum is not None:
            yield self._at_least(rule, "min", got, params.minimum, self._base(rule))
        if params.maximum is not None:
            yield self._at_most(rule, "max", got, params.maximum, self._base(rule))

    def max_per_project(self, rule: Rule, params: Any) -> Iterator[Row]:
        base = self._base(rule) if params.share is not None and rule.base is not Base.PROJECT_TOTAL else Line()
        for demand in self._asked(rule):
            if params.instrument and demand.instrument != params.instrument:
                continue
            if params.status and params.status not in demand.statuses:
                continue
            got = self._of_project(rule, demand)
            if params.cents is not None:
                most = Line({}, params.cents)
                yield self._if_funded(demand, self._at_most(rule, f"{demand.project}:cents", got, Fraction(1), most))
            if params.share is not None:
                whole = Line({}, demand.budget_cents or 0) if rule.base is Base.PROJECT_TOTAL else base
                yield self._if_funded(demand, self._at_most(rule, f"{demand.project}:share", got, params.share, whole))

    def stake_range(self, rule: Rule, params: Any) -> Iterator[Row]:
        for demand in self._asked(rule):
            if demand.instrument != params.instrument:
                continue
            got, capital = self._of_project(rule, demand), demand.capital_cents or 0
            if params.minimum is not None and capital:
                row = self._at_least(rule, f"{demand.project}:min", got, params.minimum, Line({}, capital))
                yield self._if_funded(demand, row)
            if params.maximum is not None or not capital:
                row = self._at_most(rule, f"{demand.project}:max", got, params.maximum or Fraction(), Line({}, capital))
                yield self._if_funded(demand, row)

    def max_per_sector(self, rule: Rule, params: Any) -> Iterator[Row]:
        yield from self._limits(rule, params, self._of_sector(rule, params), self._at_most)

    def min_per_sector(self, rule: Rule, params: Any) -> Iterator[Row]:
        yield from self._limits(rule, params, self._of_sector(rule, params), self._at_least)

    def min_per_territory(self, rule: Rule, params: Any) -> Iterator[Row]:
        for code in params.codes:
            yield from self._place_floor(rule, params, code, {(params.level, code)}.__contains__)

    def zone_floor(self, rule: Rule, params: Any) -> Iterator[Row]:
        def is_inside(place: tuple[str, str]) -> bool:
            return place[0] in params.levels and (not params.codes or place[1] in params.codes)

        yield from self._place_floor(rule, params, "zone", is_inside)

    def liquidity(self, rule: Rule, params: Any) -> Iterator[Row]:
        purses = [
            one
            for one in self.problem.compartments
            if (one.code == rule.compartment if rule.compartment is not None else not one.is_strict)
        ]
        codes = {one.code for one in purses}
        spent = Line({pair: 1 for pair, (code, _) in enumerate(self.model.pairs) if code in codes})
        cash = Line({}, sum(one.available_cents for one in purses)) - spent
        redeemable = Line({}, sum(one.redeemable_cents for one in purses))
        yield self._at_least(rule, "cash", cash * WHOLE_BP, params.share, redeemable)

    def loss(self, rule: Rule, params: Any) -> Iterator[Row]:
        rates = [params.share, *(share for _, share in params.by_class)]
        whole = reduce(lcm, (rate.denominator for rate in rates), 1)
        needed = self._sum(rule, lambda one: int(params.rate(one.risk_class) * whole))
        booked = sum(one.amount_cents for one in self.problem.provisions if one.scope == rule.scope)
        yield self._row(rule, "provision", Line({}, booked * whole) - needed, whole)

    def matching(self, rule: Rule, params: Any) -> Iterator[Row]:
        demands = {demand.project: demand for demand in self.model.projects}
        for pair, (purse, project) in enumerate(self.model.pairs):
            if purse == rule.compartment:
                demand = demands[project]
                most = params.ceiling_cents(demand.citizen_cents, demand.is_successful)
                yield self._row(rule, project, Line({pair: -1}, most), 1)

    def mirror(self, rule: Rule, params: Any) -> Iterator[Row]:
        got = self._sum(rule, lambda one: WHOLE_BP if one.currency == params.currency else 0)
        exchanged = sum(one.amount_cents for one in self.problem.exchanged if one.currency == params.currency)
        yield self._at_least(rule, params.currency, got, params.ratio, Line({}, exchanged))

    def guarantee(self, rule: Rule, params: Any) -> Iterator[Row]:
        envelope = next((one for one in self.problem.envelopes if one.code == params.envelope), None)
        backed = [one for one in self._asked(rule) if one.guarantee and one.guarantee.envelope == params.envelope]
        if params.cap_cents is not None:
            for demand in backed:
                share = demand.guarantee.share  # type: ignore[union-attr]
                got = Line(dict.fromkeys(self._pairs(rule, demand), share.numerator))
                most = Line({}, params.cap_cents * share.denominator)
                yield self._row(rule, f"{demand.project}:cap", most - got, share.denominator)
        shares = [one.guarantee.share for one in self.problem.demands if one.guarantee]
        whole = reduce(lcm, (share.denominator for share in shares), params.multiplier.denominator)
        most = params.multiplier * whole * (envelope.endowment_cents if envelope else 0)
        total = Line({}, (envelope.guaranteed_cents if envelope else 0) * whole)
        for demand in backed:
            for pair in self._pairs(rule, demand):
                total.of[pair] = int(demand.guarantee.share * whole)  # type: ignore[union-attr]
        yield self._row(rule, "envelope", Line({}, int(most)) - total, whole)

    def reinvestment(self, rule: Rule, params: Any) -> Iterator[Row]:
        collected = {one.code: one.amount_cents for one in self.problem.collections if one.level == params.level}
        region = self._sum(rule, lambda one: sum(p.weight_bp for p in one.places if p.level == params.level))
        whole, share = sum(collected.values()), params.floor
        for code, cents in sorted(collected.items()):
            if cents == 0 or cents < params.disclosure_cents:
                continue
            here = self._sum(rule, _weight({(params.level, code)}.__contains__))
            line = here * (share.denominator * whole) - region * (share.numerator * cents)
            yield self._row(rule, code, line, share.denominator * whole * WHOLE_BP)

    def kept_for_expired_earmarks(self) -> Iterator[Row]:
        """What a preference kept for a target that did not come in time, and that does not join the pot."""
        for rule in self.problem.rules_in_force():
            params: Any = rule.params
            if rule.kind != "EARMARK" or params.strictness == "STRICT" or params.fallback == "POOL":
                continue
            if params.is_expired(self.problem.at) and params.cents is not None:
                available = sum(
                    one.available_cents for one in self.problem.compartments if one.code == rule.compartment
                )
                spent = Line({pair: -1 for pair, (code, _) in enumerate(self.model.pairs) if code == rule.compartment})
                spent.constant = available - min(params.cents, available)
                yield self._graded(rule, self._row(rule, "expired", spent, 1))

    # Sums over what is held and what may be given.

    def _asked(self, rule: Rule) -> Iterable[Demand]:
        return (demand for demand in self.model.projects if rule.project in (None, demand.project))

    def _in_scope(self, rule: Rule, compartment: str) -> bool:
        return rule.compartment in (None, compartment)

    def _pairs(self, rule: Rule, demand: Demand) -> Iterable[int]:
        pairs = self.model.pairs_of[self.rank[demand.project]]
        return (pair for pair in pairs if self._in_scope(rule, self.model.pairs[pair][0]))

    def _sum(self, rule: Rule, weight: Callable[[Traits], int]) -> Line:
        line = Line()
        for number, demand in enumerate(self.model.projects):
            heavy = weight(demand)
            if heavy:
                for pair in self.model.pairs_of[number]:
                    if self._in_scope(rule, self.model.pairs[pair][0]):
                        line.of[pair] = heavy
        for holding in self.problem.holdings:
            if self._in_scope(rule, holding.compartment):
                line.constant += holding.amount_cents * weight(holding)
        return line

    def _of_project(self, rule: Rule, demand: Demand) -> Line:
        held = sum(
            one.amount_cents
            for one in self.problem.holdings
            if one.project == demand.project and self._in_scope(rule, one.compartment)
        )
        return Line(dict.fromkeys(self._pairs(rule, demand), WHOLE_BP), held * WHOLE_BP)

    def _of_sector(self, rule: Rule, params: Any) -> Line:
        return self._sum(rule, lambda one: WHOLE_BP if one.sector.startswith(params.sector) else 0)

    def _base(self, rule: Rule) -> Line:
        if rule.base is Base.COMMITTED:
            return self._sum(rule, lambda one: 1)
        amounts = [one.amount_cents for one in self.problem.bases if (one.base, one.scope) == (rule.base, rule.scope)]
        return Line({}, sum(amounts))

    # Rows.

    def _limits(self, rule: Rule, params: Any, got: Line, row: Callable[..., Row]) -> Iterator[Row]:
        if params.cents is not None:
            yield row(rule, "cents", got, Fraction(1), Line({}, params.cents))
        if params.share is not None:
            yield row(rule, "share", got, params.share, self._base(rule))

    def _place_floor(
        self, rule: Rule, params: Any, where: str, is_inside: Callable[[tuple[str, str]], bool]
    ) -> Iterator[Row]:
        weight = _weight(is_inside)
        if params.winners is None:
            yield from (
                replace(row, where=where) for row in self._limits(rule, params, self._sum(rule, weight), self._at_least)
            )
            return
        inside = tuple((number, 1) for number, demand in enumerate(self.model.projects) if weight(demand))
        yield Row(rule.code, where, (), inside, params.winners, 1, counts_projects=True)

    def _at_least(self, rule: Rule, where: str, got: Line, share: Fraction, base: Line) -> Row:
        line = got * share.denominator - base * (share.numerator * WHOLE_BP)
        return self._row(rule, where, line, share.denominator * WHOLE_BP)

    def _at_most(self, rule: Rule, where: str, got: Line, share: Fraction, base: Line) -> Row:
        line = base * (share.numerator * WHOLE_BP) - got * share.denominator
        return self._row(rule, where, line, share.denominator * WHOLE_BP)

    def _row(self, rule: Rule, where: str, line: Line, unit: int) -> Row:
        amounts = tuple((pair, value) for pair, value in sorted(line.of.items()) if value)
        common = reduce(gcd, (abs(value) for _, value in amounts), gcd(unit, abs(line.constant)))
        return Row(
            rule.code,
            where,
            tuple((pair, value // common) for pair, value in amounts),
            (),
            -line.constant // common,
            unit // common,
        )

    def _if_funded(self, demand: Demand, row: Row) -> Row:
        """Make a row bind only when the project is funded, for what is already held may break it by itself."""
        if row.bound <= 0:
            return row
        return replace(row, funded=((self.rank[demand.project], -row.bound),), bound=0)

    def _graded(self, rule: Rule, row: Row) -> Row:
        if not rule.is_blocking:
            return replace(row, is_soft=True)
        if rule.cure_days > 0 and row.bound > 0:
            return replace(row, is_soft=True, most_breach=Fraction(row.bound, row.unit))
        return row


def _weight(is_inside: Callable[[tuple[str, str]], bool]) -> Callable[[Traits], int]:
    return lambda one: min(WHOLE_BP, sum(p.weight_bp for p in one.places if is_inside((p.level, p.code))))
