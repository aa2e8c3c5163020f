"""Ballots as arrays: identical ballots of one college once, with their number; projects in the order of their codes.

Nothing here depends on the order in which projects or ballots were given.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from typing import Any

import numpy as np

from funds.allocation.elections import Ballot, CountingRules, Election, ElectionRefused, Satisfaction, TieRule

Integers = np.ndarray[Any, np.dtype[np.int64]]
ENTRY_BYTES = 16  # a project and its units, 64 bits each


@dataclass(frozen=True)
class Column:
    """The supporters of a project: groups of identical ballots, their units of satisfaction, their number.

    `units` is None when each counts 1, `numbers` is None when each group is one voter. `distinct` and `place` say the
    same units as values and as a position in these values.
    """

    groups: Integers
    units: Integers | None
    numbers: Integers | None
    weighed: Integers | None  # numbers × units, None when both are
    distinct: Integers | None
    place: Integers | None
    voters: int
    total_units: int


@dataclass(frozen=True)
class Tabulation:
    """An election compiled for counting. `shares`: the part of the budget of a voter, by college."""

    codes: tuple[str, ...]
    costs: tuple[int, ...]
    voters: int
    shares: tuple[Fraction, ...]
    college_of: Integers  # group → position in `shares`
    numbers: Integers  # group → how many voters
    columns: tuple[Column, ...]
    row_starts: Integers  # group → where its choices start, in the two arrays below
    is_plain: bool  # every choice is one unit of one voter
    row_projects: Integers
    row_units: Integers
    approvers: tuple[int, ...]  # voters who support each project
    support: tuple[Fraction, ...]  # the same, in parts of the budget, times the units given
    ranks: tuple[int, ...]  # place in the published tie list; equal when the list does not decide

    @property
    def groups(self) -> int:
        return len(self.numbers)


def tabulate(election: Election, rules: CountingRules) -> Tabulation:
    """Return the election as arrays, whatever the order of its projects and ballots.

    Raises: ElectionRefused: a college without voters, points too large for exact sums, a drawn order that misses one.
    """
    projects = sorted(election.projects, key=lambda project: project.code)
    place_of = {project.code: place for place, project in enumerate(projects)}
    shares, voters = election.shares(counts_empty_ballots=rules.counts_empty_ballots)
    colleges = sorted(shares)
    college_place = {code: place for place, code in enumerate(colleges)}
    ballots = [ballot for ballot in election.ballots if ballot.points]
    lengths, colleges_of, entries = _sorted_choices(
        ballots, place_of, college_place, with_points=rules.satisfaction is Satisfaction.POINTS
    )
    alike = _alike(entries, lengths, colleges_of)
    groups = sorted(alike)
    numbers = np.array([alike[group] for group in groups], dtype=np.int64)
    entries = np.frombuffer(b"".join(choice for _college, choice in groups), dtype=np.int64).reshape(-1, 2)
    lengths = np.array([len(choice) // ENTRY_BYTES for _college, choice in groups], dtype=np.int64)
    row_starts = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    row_groups = np.repeat(np.arange(len(groups), dtype=np.int64), lengths)
    if len(entries) and int(entries[:, 1].max()) * max(voters, 1) >= 2**52:
        raise ElectionRefused("Les points donnés sont trop grands pour être additionnés exactement.")
    columns = _columns(len(projects), entries, row_groups, numbers)
    college_of = np.array([college for college, _choice in groups], dtype=np.int64)
    approvers = tuple(column.voters for column in columns)
    return Tabulation(
        codes=tuple(project.code for project in projects),
        costs=tuple(project.cost_cents for project in projects),
        voters=voters,
        shares=tuple(shares[code] for code in colleges),
        college_of=college_of,
        numbers=numbers,
        columns=columns,
        row_starts=row_starts,
        is_plain=bool((entries[:, 1] == 1).all() and (numbers == 1).all()),
        row_projects=entries[:, 0].copy(),
        row_units=entries[:, 1].copy(),
        approvers=approvers,
        support=_support(columns, college_of, [shares[code] for code in colleges], voters),
        ranks=_ranks([project.code for project in projects], [p.cost_cents for p in projects], approvers, rules),
    )


def _sorted_choices(
    ballots: Sequence[Ballot], place_of: Mapping[str, int], college_place: Mapping[str, int], *, with_points: bool
) -> tuple[Integers, Integers, Integers]:
    """Return how many choices each ballot has, its college, and all choices (project, units), sorted in each ballot."""
    lengths = np.fromiter((len(ballot.points) for ballot in ballots), dtype=np.int64, count=len(ballots))
    colleges = np.fromiter((college_place[ballot.college] for ballot in ballots), dtype=np.int64, count=len(ballots))
    total = int(lengths.sum())
    chosen = chain.from_iterable(ballot.points for ballot in ballots)
    projects = np.fromiter(map(place_of.__getitem__, chosen), dtype=np.int64, count=total)
    units = np.ones(total, dtype=np.int64)
    if with_points:
        units = np.fromiter(chain.from_iterable(ballot.points.values() for ballot in ballots), np.int64, count=total)
    owners = np.repeat(np.arange(len(ballots), dtype=np.int64), lengths)
    order = np.argsort(owners * max(len(place_of), 1) + projects, kind="stable")
    return lengths, colleges, np.column_stack((projects[order], units[order]))


def _alike(entries: Integers, lengths: Integers, colleges: Integers) -> Counter[tuple[int, bytes]]:
    """Count the ballots that say the same in the same college; the key holds the choices as they lie in memory."""
    written = np.ascontiguousarray(entries).tobytes()
    ends = (np.cumsum(lengths) * ENTRY_BYTES).tolist()
    starts = [0, *ends][:-1]
    return Counter(
        (college, written[start:end]) for college, start, end in zip(colleges.tolist(), starts, ends, strict=True)
    )


def _columns(count: int, entries: Integers, row_groups: Integers, numbers: Integers) -> tuple[Column, ...]:
    order = np.argsort(entries[:, 0], kind="stable")
    ends = np.cumsum(np.bincount(entries[:, 0], minlength=count)) if len(entries) else np.zeros(count, dtype=np.int64)
    columns = []
    start = 0
    for end in ends.tolist():
        chosen = order[start:end]
        start = end
        groups, units = row_groups[chosen], entries[chosen, 1]
        repeated = numbers[groups]
        weighed = units * repeated
        plain_units = bool((units == 1).all())
        plain_numbers = bool((repeated == 1).all())
        distinct, place = (None, None) if plain_units else np.unique(units, return_inverse=True)
        columns.append(
            Column(
                groups=groups,
                units=None if plain_units else units,
                numbers=None if plain_numbers else repeated,
                weighed=None if plain_units and plain_numbers else weighed,
                distinct=distinct,
                place=place,
                voters=int(repeated.sum()),
                total_units=int(weighed.sum()),
            )
        )
    return tuple(columns)


def _support(
    columns: Sequence[Column], college_of: Integers, shares: Sequence[Fraction], voters: int
) -> tuple[Fraction, ...]:
    """Return what a project weighs in a count by votes: its votes, each in the weight of its college."""
    totals = []
    for column in columns:
        weighed = column.weighed if column.weighed is not None else np.ones(len(column.groups), dtype=np.int64)
        total = Fraction(0)
        colleges = college_of[column.groups]
        for place, share in enumerate(shares):
            total += share * voters * int(weighed[colleges == place].sum())
        totals.append(total)
    return tuple(totals)


def _ranks(
    codes: Sequence[str], costs: Sequence[int], approvers: Sequence[int], rules: CountingRules
) -> tuple[int, ...]:
    """Return the place of each project in the published list; projects the list does not part share a place."""
    drawn = {code: place for place, code in enumerate(rules.drawn_order)}
    uses_draw = TieRule.DRAWN_ORDER in rules.ties and bool(drawn)
    if uses_draw and (missing := [code for code in codes if code not in drawn]):
        raise ElectionRefused(f"L’ordre tiré au sort oublie {', '.join(missing)}.")
    keys = []
    for place, code in enumerate(codes):
        key = []
        for rule in rules.ties:
            if rule is TieRule.MORE_APPROVERS:
                key.append(-approvers[place])
            elif rule is TieRule.LOWER_COST:
                key.append(costs[place])
            elif rule is TieRule.HIGHER_COST:
                key.append(-costs[place])
            elif uses_draw:
                key.append(drawn[code])
        keys.append(tuple(key))
    places = {key: rank for rank, key in enumerate(sorted(set(keys)))}
    return tuple(places[key] for key in keys)
