"""Counting by votes alone: the most supported first, while they fit. The yardstick beside Equal Shares, and its U."""

from collections.abc import Collection, Sequence
from itertools import groupby

from funds.allocation.elections import TieLeft
from funds.allocation.tabulation import Tabulation


def most_supported(
    table: Tabulation, *, budget_cents: int, already: Collection[int] = (), skips: bool = True
) -> tuple[int, ...]:
    """Return the projects added, in order: most support first, ties by the published list, each if it still fits.

    Support is the number of voters (or of points), each college in its weight. Projects nobody supports are not added.

    Args:
        already: projects funded before; what they cost is spent.
        skips: pass over what does not fit and go on; otherwise stop at the first that does not fit.
    Raises: TieLeft: the published list does not part projects of which only some fit.
    """
    spent = sum(table.costs[project] for project in already)
    candidates = [place for place, support in enumerate(table.support) if support and place not in set(already)]

    def standing(project: int) -> tuple[object, int]:
        return -table.support[project], table.ranks[project]

    added: list[int] = []
    for _standing, group in groupby(sorted(candidates, key=standing), key=standing):
        equals = list(group)
        fitting = [project for project in equals if spent + table.costs[project] <= budget_cents]
        if sum(table.costs[project] for project in fitting) > budget_cents - spent or (
            not skips and fitting and len(fitting) < len(equals)
        ):
            raise TieLeft([table.codes[project] for project in equals])
        added += fitting
        spent += sum(table.costs[project] for project in fitting)
        if not skips and len(fitting) < len(equals):
            break
    return tuple(added)


def spent_cents(table: Tabulation, projects: Sequence[int]) -> int:
    return sum(table.costs[project] for project in projects)
