"""One count by Equal Shares with one budget: exact, and fast because most questions do not need an exact answer.

What voters have left is kept twice. `left` holds it in fixed point (whole numbers of 2^-scale cents, 64 bits) with a
proven bound: after j purchases, left - j ≤ truth × 2^scale < left + 1. The truth itself is never stored for each voter:
a voter who has money left paid in full the rate of every winner they support, so that it is their share of the budget
minus a sum of rates, and the rates are exact integers over one common denominator.

A project's rate ρ (the smallest with Σ min(left, ρ × units) = cost) only ever rises, and every partition of its
supporters into those who give all they have and those who pay the rate gives a lower bound of it, exact or not. So
stale bounds stay valid; a project is looked at again only when its bound still beats the best, and the exact rate is
worked out only for those that no bound decides. Equal rates are therefore seen as equal, never almost.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil, gcd, lcm
from operator import mul

import numpy as np

from funds.allocation.elections import ElectionRefused, Satisfaction, TieLeft
from funds.allocation.tabulation import Column, Integers, Tabulation

BITS = 61  # what the sums of one count may take in 64 signed bits
FINEST = 40
KEY_BITS = 110  # precision of the keys by which projects are visited; they only order, exact rates decide
RARELY = 6  # rounds between two removals of the supporters who have nothing left
SEEN = -1


@dataclass(frozen=True)
class Rate:
    """The exact rate of a project, `above` / (`below` × `units`), and who pays it."""

    project: int
    above: int
    below: int
    units: int
    key: int
    groups: Integers
    gives_all: np.ndarray  # those for whom what is left is at most what they would pay
    payment: Integers | int  # in fixed point, rounded down


@dataclass(frozen=True)
class Purchase:
    """A project bought, in order. The rate is `above` / `below` cents a unit; `key` orders it within one scale."""

    project: int
    above: int
    below: int
    key: int

    @property
    def rate(self) -> Fraction:
        return Fraction(self.above, self.below)


NOBODY: tuple[Integers, np.ndarray, int] = (np.array([], dtype=np.int64), np.array([], dtype=bool), 0)


class Overspent(Exception):
    """The projects bought cost more than the real budget: the count stopped there."""


class NotAlike(Exception):
    """The count could not be proven to buy the same projects as another for every budget in between."""


def scale_of(budget: Fraction) -> int:
    """Return how many bits below the cent fit in 64 bits with this budget.

    Raises: ElectionRefused: none do.
    """
    if (size := ceil(budget).bit_length()) > BITS:
        raise ElectionRefused("Le budget virtuel dépasse ce qui se compte exactement.")
    return min(FINEST, BITS - size)


class CertainStart:
    """The projects that a count begins with whatever happens later: everybody can pay the full price of each.

    Projects are taken by the effective votes they have when nobody is short, the most any project ever has. As long as
    every supporter surely has the price left, each is the next to win, with this budget and with any larger one.
    """

    def __init__(self, table: Tabulation, satisfaction: Satisfaction) -> None:
        self.table = table
        self.bought: list[int] = []
        self.paid: Integers = np.zeros(table.groups, dtype=np.int64)
        self.scale = SEEN

        def standing(project: int) -> tuple[Fraction, int]:
            gain = table.costs[project] if satisfaction is Satisfaction.COST else 1
            return Fraction(-gain * table.columns[project].total_units, table.costs[project]), table.ranks[project]

        standings = sorted(
            (standing(project), project) for project, column in enumerate(table.columns) if column.total_units
        )
        # Two projects that nothing parts are a tie, which is for the count to see.
        decided = next(
            (place for place in range(len(standings) - 1) if standings[place][0] == standings[place + 1][0]),
            len(standings),
        )
        self.order = [project for _standing, project in standings[:decided]]

    def extend(self, budget: Fraction) -> None:
        """Take as many projects as this budget surely allows; budgets come in rising order."""
        table, scale = self.table, scale_of(budget)
        if scale != self.scale:
            self.scale, self.bought, self.paid = scale, [], np.zeros(table.groups, dtype=np.int64)
        held = np.array([int(share * budget * 2**scale) for share in table.shares] or [0], dtype=np.int64)
        while len(self.bought) < len(self.order):
            project = self.order[len(self.bought)]
            column = table.columns[project]
            price = (table.costs[project] << scale) // column.total_units + 1
            due = price if column.units is None else price * column.units
            if column.total_units * price >= 2**BITS * 2 or price * _most(column) >= 2**BITS:
                return
            left = held[table.college_of[column.groups]] - self.paid[column.groups] - due
            if int(left.min()) <= len(self.bought) + 1:
                return
            self.paid[column.groups] += _floors(table.costs[project] << scale, column)
            self.bought.append(project)


def _most(column: Column) -> int:
    return 1 if column.distinct is None else int(column.distinct[-1])


def _floors(cost: int, column: Column) -> Integers | int:
    """Return what each supporter pays when all can, in fixed point, rounded down."""
    if column.distinct is None or column.place is None:
        return cost // column.total_units
    each = [cost * unit // column.total_units for unit in column.distinct.tolist()]
    return np.array(each, dtype=np.int64)[column.place]


class OneCount:
    """A count with one budget. `run()` makes it; then `purchases` and what is left may be read."""

    def __init__(
        self, table: Tabulation, satisfaction: Satisfaction, budget: Fraction, start: CertainStart | None = None
    ) -> None:
        self.table = table
        self.scale = scale_of(budget)
        self.by_cost = satisfaction is Satisfaction.COST
        holds = [share * budget for share in table.shares]
        self.below = lcm(1, *(hold.denominator for hold in holds))
        self.holds = [int(hold * self.below) for hold in holds]
        starts = np.array([int(hold * 2**self.scale) for hold in holds] or [0], dtype=np.int64)
        self.left: Integers = starts[table.college_of]
        self.has_left = np.ones(table.groups, dtype=bool)
        self.bought = 0
        self.rates: list[int] = []  # exact rate of each winner, over `below`
        self.place_of: dict[int, int] = {}
        self.purchases: list[Purchase] = []
        self.columns: list[Column] = list(table.columns)
        self.cleaned = [0] * len(table.codes)
        self.bounds = [
            (cost << self.scale) // column.total_units if column.total_units else 0
            for cost, column in zip(table.costs, table.columns, strict=True)
        ]
        self.fresh = [SEEN] * len(table.codes)
        self.heap = [(-self._key(place), place) for place, column in enumerate(table.columns) if column.total_units]
        heapq.heapify(self.heap)
        if start is not None:
            self._begin(start)

    def run(self, *, ceiling: int | None = None, like: "OneCount | None" = None) -> "OneCount":
        """Make the count, and return itself.

        Args:
            ceiling: cents; stop as soon as the projects bought cost more.
            like: a count with a smaller budget at the same scale. Prove that any budget from its own to this one buys
                the same projects in the same order: money only adds to what is left and to effective votes, so that
                it is enough that each winner, as it stood with the smaller budget, beats all others as they stand with
                the larger.

        Raises: TieLeft; Overspent; NotAlike.
        """
        spent = sum(self.table.costs[purchase.project] for purchase in self.purchases)
        if ceiling is not None and spent > ceiling:
            raise Overspent
        while True:
            expected = None
            if like is not None:
                expected = like.purchases[self.bought] if self.bought < len(like.purchases) else None
                if expected is None and self._any_affordable():
                    raise NotAlike
            best = self._choose(expected)
            if best is None:
                if expected is not None:
                    raise NotAlike
                return self
            spent += self.table.costs[best.project]
            if ceiling is not None and spent > ceiling:
                raise Overspent
            self._pay(best)

    def _begin(self, start: CertainStart) -> None:
        """Buy what every count with at least this budget begins with, without looking for it again."""
        self.left -= start.paid
        for project in start.bought:
            above, units = self.table.costs[project], self.table.columns[project].total_units
            key = ((self._gain(project) * units) << (KEY_BITS - self.scale)) // above
            self._record(Rate(project, above * self.below, self.below, units, key, *NOBODY))
        gone = set(start.bought)
        self.heap = [entry for entry in self.heap if entry[1] not in gone]
        heapq.heapify(self.heap)

    @cached_property
    def winners(self) -> tuple[int, ...]:
        return tuple(purchase.project for purchase in self.purchases)

    def missing(self, project: int) -> Fraction:
        """Return what the supporters of a project lack to pay for it, in cents; 0 or less when they could."""
        column = self.table.columns[project]
        return self.table.costs[project] - Fraction(self._held(column.groups[self.has_left[column.groups]]), self.below)

    def whole_cents_left(self) -> Integers:
        """Return what one voter of each group surely has left, in whole cents, rounded down."""
        return np.maximum(np.where(self.has_left, self.left - self.bought, 0), 0) >> self.scale

    def _gain(self, project: int) -> int:
        return self.table.costs[project] if self.by_cost else 1

    def _key(self, project: int) -> int:
        bound = self.bounds[project]
        return (self._gain(project) << KEY_BITS) // bound if bound else self._gain(project) << (KEY_BITS + 1)

    def _any_affordable(self) -> bool:
        while self.heap:
            project = self.heap[0][1]
            if self._refresh(project, 0) and self._exact(project) is not None:
                return True
            heapq.heappop(self.heap)
        return False

    def _choose(self, expected: Purchase | None) -> Rate | None:
        """Return the project with the most effective votes and its exact rate, or None when none can be paid."""
        best: Rate | None = None
        exact: list[Rate] = []
        while self.heap:
            key, project = self.heap[0]
            if best is not None and -key < (best.key if expected is None else min(best.key, expected.key)):
                break
            heapq.heappop(self.heap)
            if self.fresh[project] != self.bought:
                enough = max(-self.heap[0][0] if self.heap else 0, best.key if best is not None else 0)
                if not self._refresh(project, enough):
                    continue
                renewed = self._key(project)
                if renewed < enough or self.fresh[project] != self.bought:
                    heapq.heappush(self.heap, (-renewed, project))
                    continue
            rate = self._exact(project)
            if rate is None:
                continue
            exact.append(rate)
            if best is None or self._compare(rate, best) > 0:
                best = rate
        if best is None:
            return None
        equals = [rate for rate in exact if self._compare(rate, best) == 0]
        first = min(self.table.ranks[rate.project] for rate in equals)
        firsts = [rate for rate in equals if self.table.ranks[rate.project] == first]
        if len(firsts) > 1:
            raise TieLeft(sorted(self.table.codes[rate.project] for rate in firsts))
        best = firsts[0]
        if expected is not None:
            self._require_alike(best, exact, expected)
        for rate in exact:
            if rate is not best:
                heapq.heappush(self.heap, (-self._key(rate.project), rate.project))
        return best

    def _require_alike(self, best: Rate, exact: Sequence[Rate], expected: Purchase) -> None:
        if best.project != expected.project:
            raise NotAlike
        gain = self._gain(best.project)
        for rate in exact:
            if rate is best:
                continue
            # Effective votes of the other, with this budget, beside the winner's, with the smaller one.
            other = self._gain(rate.project) * rate.below * rate.units * expected.above
            mine = gain * expected.below * rate.above
            if other > mine or (other == mine and self.table.ranks[rate.project] <= self.table.ranks[best.project]):
                raise NotAlike

    def _compare(self, one: Rate, other: Rate) -> int:
        mine = self._gain(one.project) * one.units * other.above
        theirs = self._gain(other.project) * other.units * one.above
        return (mine > theirs) - (mine < theirs)

    def _refresh(self, project: int, enough: int) -> bool:
        """Raise the lower bound of a project's rate; False when its supporters surely cannot pay for it.

        Args: enough: stop as soon as its key is below this one: it will not be the next.
        """
        column = self.columns[project]
        if self.bought - self.cleaned[project] >= RARELY:
            column = self._clean(project, column)
        left = self.left.take(column.groups)
        cost = self.table.costs[project] << self.scale
        numbers, weighed = column.numbers, column.weighed
        ratio = left if column.units is None else left // column.units
        bound = self.bounds[project]
        target = (self._gain(project) << KEY_BITS) // max(enough, 1)
        while True:
            poor = ratio < bound
            count = int(np.count_nonzero(poor))
            if count == 0:
                given, voters, rich = 0, 0, column.total_units
            elif numbers is None:
                given, voters = int(np.add.reduce(left[poor])), count
                rich = column.total_units - (count if weighed is None else int(weighed[poor].sum()))
            else:
                given, voters = int((left[poor] * numbers[poor]).sum()), int(numbers[poor].sum())
                rich = column.total_units - (voters if weighed is None else int(weighed[poor].sum()))
            if rich == 0:
                self.fresh[project] = self.bought
                return cost <= given + voters  # so near the edge that only the exact answer tells
            raised = (cost - given - voters) // rich
            if raised <= bound:
                self.fresh[project] = self.bought
                break
            bound = raised
            if bound > target:
                break
        self.bounds[project] = bound
        return True

    def _clean(self, project: int, column: Column) -> Column:
        """Forget the supporters who have nothing left."""
        self.cleaned[project] = self.bought
        keep = self.has_left.take(column.groups)
        if keep.all():
            return column
        numbers = None if column.numbers is None else column.numbers[keep]
        weighed = None if column.weighed is None else column.weighed[keep]
        groups = column.groups[keep]
        cleaned = Column(
            groups=groups,
            units=None if column.units is None else column.units[keep],
            numbers=numbers,
            weighed=weighed,
            distinct=column.distinct,
            place=None if column.place is None else column.place[keep],
            voters=len(groups) if numbers is None else int(numbers.sum()),
            total_units=len(groups) if weighed is None else int(weighed.sum()),
        )
        self.columns[project] = cleaned
        return cleaned

    def _exact(self, project: int) -> Rate | None:
        """Return the exact rate of a project, or None when its supporters cannot pay for it."""
        column = self._clean(project, self.columns[project])
        groups, left = column.groups, self.left.take(column.groups)
        if not len(groups):
            return None
        ratio = left if column.units is None else left // column.units
        poor = ratio < self.bounds[project]
        started_again = False
        while True:
            rich = column.total_units - self._units(column, poor)
            if rich == 0:
                if started_again:
                    return None
                started_again, poor = True, np.zeros(len(groups), dtype=bool)
                continue
            above = self.table.costs[project] * self.below - self._held(groups[poor])
            poorer, gives_all, payment = self._part(column, left, above, rich)
            if (poorer == poor).all():
                break
            poor = poorer
        self.bounds[project] = max(self.bounds[project], (above << self.scale) // (self.below * rich))
        key = ((self._gain(project) * self.below * rich) << (KEY_BITS - self.scale)) // above
        return Rate(project, above, self.below, rich, key, groups, gives_all, payment)

    def _part(
        self, column: Column, left: Integers, above: int, rich: int
    ) -> tuple[np.ndarray, np.ndarray, Integers | int]:
        """Return who has less than the payment at a rate, who has no more than it, and that payment in fixed point.

        The bounds decide for nearly all; the few that lie within them are compared exactly.
        """
        below = self.below * rich
        payment: Integers | int
        if column.distinct is None or column.place is None or column.units is None:
            payment = (above << self.scale) // below if above > 0 else -1
        else:
            each = [((above * unit) << self.scale) // below if above > 0 else -1 for unit in column.distinct.tolist()]
            payment = np.array(each, dtype=np.int64)[column.place]
        poor = left < payment
        near = (left <= payment + self.bought) ^ poor
        gives_all = poor.copy()
        for place in np.flatnonzero(near).tolist():
            unit = 1 if column.units is None else int(column.units[place])
            mine, due = self._exact_left(int(column.groups[place])) * rich, above * unit
            poor[place], gives_all[place] = mine < due, mine <= due
        return poor, gives_all, payment

    def _units(self, column: Column, chosen: np.ndarray) -> int:
        return int(np.count_nonzero(chosen)) if column.weighed is None else int(column.weighed[chosen].sum())

    def _exact_left(self, group: int) -> int:
        """Return what a voter with money left has, over `below`."""
        table = self.table
        total = self.holds[table.college_of[group]]
        for entry in range(table.row_starts[group], table.row_starts[group + 1]):
            place = self.place_of.get(int(table.row_projects[entry]))
            if place is not None:
                total -= self.rates[place] * int(table.row_units[entry])
        return total

    def _held(self, groups: Integers) -> int:
        """Return what these groups, all with money left, hold together, over `below`."""
        if not len(groups):
            return 0
        table = self.table
        numbers = table.numbers[groups]
        if len(self.holds) == 1:
            total = self.holds[0] * int(numbers.sum())
        else:
            colleges = table.college_of[groups]
            total = sum(hold * int(numbers[colleges == place].sum()) for place, hold in enumerate(self.holds))
        if not self.rates:
            return total
        starts = table.row_starts[groups]
        lengths = table.row_starts[groups + 1] - starts
        ends = np.cumsum(lengths)
        entries = np.arange(int(ends[-1]), dtype=np.int64) + np.repeat(starts - ends + lengths, lengths)
        chosen = table.row_projects[entries]
        if table.is_plain:
            paid = np.bincount(chosen, minlength=len(table.codes))
        else:
            paid = np.zeros(len(table.codes), dtype=np.int64)
            np.add.at(paid, chosen, table.row_units[entries] * np.repeat(numbers, lengths))
        return total - sum(map(mul, self.rates, paid[list(self.place_of)].tolist()))

    def _pay(self, rate: Rate) -> None:
        self._record(rate)
        left = self.left.take(rate.groups) - rate.payment
        if rate.gives_all.any():
            left[rate.gives_all] = 0
            self.has_left[rate.groups[rate.gives_all]] = False
        self.left[rate.groups] = left

    def _record(self, rate: Rate) -> None:
        shared = gcd(rate.above, rate.units)
        factor = rate.units // shared
        if factor != 1:
            self.below *= factor
            self.holds = [hold * factor for hold in self.holds]
            self.rates = [one * factor for one in self.rates]
        self.place_of[rate.project] = self.bought
        self.rates.append(rate.above // shared)
        self.purchases.append(Purchase(rate.project, rate.above, rate.below * rate.units, rate.key))
        self.bought += 1
