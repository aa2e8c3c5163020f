"""Why a project did not win, in numbers anyone can check: what its supporters lacked, and how few more would do."""

from collections.abc import Collection
from dataclasses import dataclass
from math import ceil

import numpy as np

from funds.allocation.one_count import OneCount
from funds.allocation.tabulation import Integers, Tabulation


@dataclass(frozen=True)
class Explanation:
    """What a project that did not win lacked at the end of one count. Whole cents, rounded up.

    The count is the last one; for a project that costs more than what is left in the end, it is the first one, with
    the real budget: in the last one money is lent, and to win there would have overspent.

    Attributes:
        supporters: how many voters support it.
        missing_cents: what they lacked together to pay for it with what they had left.
        each_supporter_cents: the same for each of them; None when there are none.
        more_supporters, each_cents: the fewest other voters who, had they supported it too, would have paid what was
            missing with what they had left, and what each would have paid. The project would then have won that count:
            until it does nothing else changes, and its supporters only ever have more before the end than at the end.
            None when all other voters together had not enough.
        fits: whether its cost is within what the budget has left in the end.
        with_real_shares: whether the count told is the first one, without any raise.
    """

    code: str
    cost_cents: int
    supporters: int
    missing_cents: int
    each_supporter_cents: int | None
    more_supporters: int | None
    each_cents: int | None
    fits: bool
    with_real_shares: bool


def explain(
    table: Tabulation, *, first: OneCount, last: OneCount, won: Collection[str], room_cents: int
) -> tuple[Explanation, ...]:
    """Return an explanation for each project that did not win, in the order of their codes.

    Args: first: the count with the real budget. last: the one whose projects are funded; the same without raises.
    """
    told = {}
    for counted in (first, last):
        left = counted.whole_cents_left()
        told[id(counted)] = (left, np.argsort(-left, kind="stable"))
    explanations = []
    for project, code in enumerate(table.codes):
        if code not in won:
            fits = table.costs[project] <= room_cents
            counted = last if fits or project in first.place_of else first
            explanations.append(_explain_one(table, counted, project, *told[id(counted)], fits, counted is first))
    return tuple(explanations)


def _explain_one(
    table: Tabulation,
    counted: OneCount,
    project: int,
    left: Integers,
    order: Integers,
    fits: bool,
    with_real_shares: bool,
) -> Explanation:
    column = table.columns[project]
    missing = 0 if project in counted.place_of else max(0, ceil(counted.missing(project)))
    more, each = None, None
    if missing:
        others = np.ones(table.groups, dtype=bool)
        others[column.groups] = False
        richest = order[others[order]]
        more, each = _fewest(missing, left[richest], table.numbers[richest])
    return Explanation(
        code=table.codes[project],
        cost_cents=table.costs[project],
        supporters=column.voters,
        missing_cents=missing,
        each_supporter_cents=-(-missing // column.voters) if column.voters else None,
        more_supporters=more,
        each_cents=each,
        fits=fits,
        with_real_shares=with_real_shares,
    )


def _fewest(missing: int, left: Integers, numbers: Integers) -> tuple[int | None, int | None]:
    """Return the fewest voters who can pay `missing` in equal parts, and the part, in whole cents rounded up.

    Args: left: what each has, in whole cents, largest first. numbers: how many voters have it.
    """
    together = np.cumsum(numbers)
    enough = np.flatnonzero(left * together >= missing)
    if not len(enough):
        return None, None
    first = int(enough[0])  # the poorest of those who would have paid
    cents, before = int(left[first]), int(together[first] - numbers[first])
    needed = max(before + 1, -(-missing // cents))
    return needed, -(-missing // needed)
