"""The Method of Equal Shares with its completions and its comparison step, exact to the last fraction of a cent.

Each voter holds an equal share of the budget. Among the projects whose supporters can still pay, the one with the most
effective votes wins, and its supporters pay for it as equally as what they have left allows; and so on. What is left
is completed as the rules frozen before the vote say (ruling B16).

Source: domain fact sheet on labels and democratic allocation, §5.2.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from funds.allocation.elections import Comparison, CountingRules, Election, Satisfaction
from funds.allocation.explaining_votes import Explanation, explain
from funds.allocation.greedy import most_supported, spent_cents
from funds.allocation.one_count import CertainStart, NotAlike, OneCount, Overspent
from funds.allocation.tabulation import Tabulation, tabulate

PATIENCE_LIMIT = 256


@dataclass(frozen=True)
class Win:
    """A project funded, in order. `how`: "shares", "support" (completion U), "greedy" (comparison), "all" (all fit).

    `effective_votes` and `rate_cents` (the most one of its supporters pays for each unit) are exact; None when the
    project did not win by shares.
    """

    code: str
    cost_cents: int
    how: str
    effective_votes: Fraction | None = None
    rate_cents: Fraction | None = None


@dataclass(frozen=True)
class Preference:
    """The comparison step: voters (or, by exclusion, voters left with nothing) on each side, and who won."""

    for_equal_shares: int
    for_greedy: int
    keeps_equal_shares: bool


@dataclass(frozen=True)
class Outcome:
    """The result of a count, in amounts of whole cents.

    Attributes:
        wins: in the order of the count. equal_shares: what the method alone chose, before the comparison step.
        greedy: what a count by votes would have chosen, in order; None when nothing compares with it and the published
            list does not decide it.
        raises: how many times the virtual budget was raised; virtual_budget_cents: where it stopped.
        left_cents: what the real budget has left.
        explanations: one for each project that did not win, by code.
    """

    wins: tuple[Win, ...]
    equal_shares: tuple[str, ...]
    greedy: tuple[str, ...] | None
    voters: int
    budget_cents: int
    virtual_budget_cents: Fraction
    raises: int
    left_cents: int
    preference: Preference | None
    explanations: tuple[Explanation, ...]

    @property
    def winners(self) -> tuple[str, ...]:
        return tuple(win.code for win in self.wins)

    @property
    def spent_cents(self) -> int:
        return self.budget_cents - self.left_cents


def count(election: Election, rules: CountingRules, *, progress: Callable[[int], None] | None = None) -> Outcome:
    """Return who wins, and why the others do not.

    Args: progress: called with the number of raises after each count, for long elections.
    Raises: ElectionRefused: see `tabulate`. TieLeft: the published list does not part projects, with their codes.
    """
    table = tabulate(election, rules)
    budget = election.budget_cents
    if rules.funds_all_that_fits and sum(table.costs) <= budget:
        return _all_win(table, budget)
    if not table.voters:
        return _nobody_voted(table, budget)
    first, last, raises = _raised(table, rules, budget, progress)
    wins = [
        Win(
            table.codes[purchase.project],
            table.costs[purchase.project],
            "shares",
            effective_votes=table.costs[purchase.project] / purchase.rate,
            rate_cents=purchase.rate,
        )
        for purchase in last.purchases
    ]
    if rules.completion.adds_by_support:
        added = most_supported(table, budget_cents=budget, already=last.winners)
        wins += [Win(table.codes[project], table.costs[project], "support") for project in added]
    virtual = _virtual_budget(table, rules, budget, raises)
    return _compared(table, rules, budget, (first, last), tuple(wins), raises, virtual)


def _raised(
    table: Tabulation, rules: CountingRules, budget: int, progress: Callable[[int], None] | None
) -> tuple[OneCount, OneCount, int]:
    """Return the count with the real budget, the last whose projects fit in it, and the raises it took."""
    start = CertainStart(table, rules.satisfaction)
    start.extend(Fraction(budget))
    first = current = OneCount(table, rules.satisfaction, Fraction(budget), start).run()
    if not rules.completion.raises:
        return first, first, 0
    supported = sum(1 for column in table.columns if column.voters)
    raises, leap, patience, alike = 0, 1, 1, 0
    while len(current.purchases) < supported:
        if rules.completion.stops_when_nothing_fits and not _something_fits(table, current, budget):
            break
        virtual = _virtual_budget(table, rules, budget, raises + leap)
        if leap == 1:
            start.extend(virtual)
        tried = OneCount(table, rules.satisfaction, virtual, start)
        try:
            # A leap over several raises counts only when all those in between are proven to be alike.
            if leap > 1 and (tried.scale != current.scale or raises == 0):
                raise NotAlike
            tried.run(ceiling=budget, like=current if leap > 1 else None)
        except Overspent:
            if leap == 1:
                break
            leap, alike, patience = 1, 0, min(patience * 2, PATIENCE_LIMIT)
            continue
        except NotAlike:
            leap, alike, patience = 1, 0, min(patience * 2, PATIENCE_LIMIT)
            continue
        alike = alike + 1 if tried.winners == current.winners else 0
        raises += leap
        current = tried
        if leap > 1:
            leap, patience = leap * 2, 1
        elif alike >= patience:
            leap = 2
        if progress is not None:
            progress(raises)
    return first, current, raises


def _virtual_budget(table: Tabulation, rules: CountingRules, budget: int, raises: int) -> Fraction:
    start = budget
    if raises and rules.starts_whole:
        start = budget // (table.voters * rules.delta_cents) * table.voters * rules.delta_cents
    return Fraction(start + raises * table.voters * rules.delta_cents)


def _something_fits(table: Tabulation, counted: OneCount, budget: int) -> bool:
    room = budget - spent_cents(table, counted.winners)
    return any(
        table.costs[project] <= room
        for project, column in enumerate(table.columns)
        if column.voters and project not in counted.place_of
    )


def _compared(
    table: Tabulation,
    rules: CountingRules,
    budget: int,
    counts: tuple[OneCount, OneCount],
    wins: tuple[Win, ...],
    raises: int,
    virtual: Fraction,
) -> Outcome:
    greedy: tuple[int, ...] | None = None
    preference = None
    equal_shares = tuple(win.code for win in wins)
    if rules.comparison is not Comparison.NONE:
        greedy = most_supported(table, budget_cents=budget, skips=rules.greedy_skips)
        place = {code: project for project, code in enumerate(table.codes)}
        preference = compare(table, rules, [place[code] for code in equal_shares], greedy)
        if not preference.keeps_equal_shares:
            wins = tuple(Win(table.codes[project], table.costs[project], "greedy") for project in greedy)
    won = {win.code for win in wins}
    left = budget - sum(win.cost_cents for win in wins)
    return Outcome(
        wins=wins,
        equal_shares=equal_shares,
        greedy=None if greedy is None else tuple(table.codes[project] for project in greedy),
        voters=table.voters,
        budget_cents=budget,
        virtual_budget_cents=virtual,
        raises=raises,
        left_cents=left,
        preference=preference,
        explanations=explain(table, first=counts[0], last=counts[1], won=won, room_cents=left),
    )


def compare(table: Tabulation, rules: CountingRules, shares: Sequence[int], greedy: Sequence[int]) -> Preference:
    """Return which outcome the voters prefer: Equal Shares is kept unless strictly more of them prefer the other."""
    by_shares, by_greedy = (_satisfaction(table, rules, projects) for projects in (shares, greedy))
    if rules.comparison is Comparison.EXCLUSION:
        excluded_shares = int(table.numbers[by_shares == 0].sum())
        excluded_greedy = int(table.numbers[by_greedy == 0].sum())
        return Preference(excluded_shares, excluded_greedy, excluded_shares <= excluded_greedy)
    for_shares = int(table.numbers[by_shares > by_greedy].sum())
    for_greedy = int(table.numbers[by_greedy > by_shares].sum())
    return Preference(for_shares, for_greedy, for_shares >= for_greedy)


def _satisfaction(table: Tabulation, rules: CountingRules, projects: Sequence[int]) -> "np.ndarray":
    total = np.zeros(table.groups, dtype=object)  # costs of any size add up exactly
    for project in projects:
        column = table.columns[project]
        worth: object = 1
        if rules.comparison is Comparison.SATISFACTION and rules.satisfaction is Satisfaction.COST:
            worth = table.costs[project]
        elif rules.comparison is Comparison.SATISFACTION and column.units is not None:
            worth = column.units.astype(object)
        total[column.groups] += worth
    return total


def _all_win(table: Tabulation, budget: int) -> Outcome:
    wins = tuple(Win(code, cost, "all") for code, cost in zip(table.codes, table.costs, strict=True))
    return Outcome(
        wins=wins,
        equal_shares=table.codes,
        greedy=None,
        voters=table.voters,
        budget_cents=budget,
        virtual_budget_cents=Fraction(budget),
        raises=0,
        left_cents=budget - sum(table.costs),
        preference=None,
        explanations=(),
    )


def _nobody_voted(table: Tabulation, budget: int) -> Outcome:
    return Outcome(
        wins=(),
        equal_shares=(),
        greedy=None,
        voters=0,
        budget_cents=budget,
        virtual_budget_cents=Fraction(budget),
        raises=0,
        left_cents=budget,
        preference=None,
        explanations=tuple(
            Explanation(code, cost, 0, cost, None, None, None, cost <= budget, True)
            for code, cost in zip(table.codes, table.costs, strict=True)
        ),
    )
