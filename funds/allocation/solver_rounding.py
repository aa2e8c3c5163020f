"""Whole cents around an answer in floating point: a second, small problem whose numbers are all small integers.

The answer is cut down to whole cents, exactly; what each row then has to spare is a whole number, computed exactly.
A few cents up or down on each amount are then chosen so that every row holds, the best for the same levels. The
numbers HiGHS sees here are cents of correction, not millions of euros, so it cannot miss one.
"""

from collections.abc import Iterable

from funds.allocation.problem import Demand
from funds.allocation.solver_engine import INFINITY, Engine, Level
from funds.allocation.solver_rows import Model, Row

# How many cents an amount may be corrected by; wider when the narrow one leaves nothing.
CORRECTIONS = (100, 10_000, 1_000_000)
# Rows whose coefficients are not small whole numbers keep this margin, in heaviest coefficients.
EXACT_UP_TO = 100_000
MARGIN = 1e-5


def settle_cents(model: Model, chosen: frozenset[int], near: list[float]) -> dict[int, int] | None:
    """Return whole cents by pair, close to `near`, that satisfy every row exactly; None when there are none.

    Args: chosen: the ranks of the funded projects. near: cents by pair, in floating point.
    """
    base: dict[int, int] = {}
    is_whole = True
    available = {one.code: one.giveable_cents for one in model.problem.compartments}
    for number in sorted(chosen):
        for pair in model.pairs_of[number]:
            # A whole number that HiGHS missed by a hair is that number; otherwise down.
            nearest = round(near[pair])
            is_near = abs(near[pair] - nearest) < 0.01
            is_whole = is_whole and is_near
            cents = nearest if is_near else int(near[pair])
            base[pair] = max(0, min(cents, available[model.pairs[pair][0]]))
    if is_whole and _holds(model, chosen, base):
        return base
    for correction in CORRECTIONS:
        settled = _corrected(model, chosen, base, correction)
        if settled is not None and _holds(model, chosen, settled):
            return settled
    return None


def _corrected(model: Model, chosen: frozenset[int], base: dict[int, int], correction: int) -> dict[int, int] | None:
    engine = Engine()
    up = {pair: engine.column(float(correction), is_whole=True) for pair in sorted(base)}
    down = {pair: engine.column(float(min(correction, base[pair])), is_whole=True) for pair in sorted(base)}

    def moved(terms: Iterable[tuple[int, float]]) -> list[tuple[int, float]]:
        return [
            (column, sign * value)
            for pair, value in terms
            if pair in base
            for column, sign in ((up[pair], 1.0), (down[pair], -1.0))
        ]

    spent: dict[str, list[int]] = {}
    for pair in base:
        spent.setdefault(model.pairs[pair][0], []).append(pair)
    for purse in model.problem.compartments:
        pairs = tuple(spent.get(purse.code, ()))
        left = purse.giveable_cents - sum(base[pair] for pair in pairs)
        engine.row(moved((pair, 1.0) for pair in pairs), upper=float(left))
    for number in sorted(chosen):
        demand, pairs = model.projects[number], model.pairs_of[number]
        given = sum(base[pair] for pair in pairs)
        engine.row(
            moved((pair, 1.0) for pair in pairs),
            lower=float(_least(demand) - given),
            upper=float(demand.maximum_cents - given),
        )
    missing: dict[int, float] = {}
    for row in model.rows:
        slack = row.slack(base, chosen)
        touched = [(pair, value) for pair, value in row.amounts if pair in base]
        heaviest = max((abs(value) for _, value in touched), default=row.unit)
        if not row.is_soft and slack >= correction * sum(abs(value) for _, value in touched):
            continue
        terms = moved((pair, value / heaviest) for pair, value in touched)
        if row.is_soft:
            most = INFINITY if row.most_breach is None else float(row.most_breach)
            column = engine.column(most)
            missing[column] = 1.0
            terms.append((column, row.unit / heaviest))
        engine.row(terms, lower=-slack / heaviest + (MARGIN if heaviest > EXACT_UP_TO and not row.is_soft else 0.0))
    score = {
        column: sign * model.projects[number].score
        for number in sorted(chosen)
        for pair in model.pairs_of[number]
        for column, sign in ((up[pair], 1.0), (down[pair], -1.0))
    }
    changed = {column: 1.0 for columns in (up, down) for column in columns.values()}
    levels = [Level("missing", missing), Level("score", score, is_maximum=True), Level("changed", changed)]
    values = engine.solve([level for level in levels if level.costs])
    if values is None:
        return None
    return {pair: cents + round(values[up[pair]]) - round(values[down[pair]]) for pair, cents in base.items()}


def _least(demand: Demand) -> int:
    return max(demand.minimum_cents, 1)


def _holds(model: Model, chosen: frozenset[int], cents: dict[int, int]) -> bool:
    given: dict[str, int] = {}
    for pair, amount in cents.items():
        given[model.pairs[pair][0]] = given.get(model.pairs[pair][0], 0) + amount
    if any(given.get(one.code, 0) > one.giveable_cents for one in model.problem.compartments):
        return False
    for number in chosen:
        demand = model.projects[number]
        total = sum(cents[pair] for pair in model.pairs_of[number])
        if not _least(demand) <= total <= demand.maximum_cents:
            return False
    return all(_row_holds(row, row.slack(cents, chosen)) for row in model.rows)


def _row_holds(row: Row, slack: int) -> bool:
    if not row.is_soft:
        return slack >= 0
    return row.most_breach is None or -slack <= row.most_breach * row.unit
