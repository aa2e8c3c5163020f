"""The same demands under two sets of rules, side by side."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from funds.allocation.conflicts import Conflict, find_conflict
from funds.allocation.explaining import changes_between, describe_moves
from funds.allocation.problem import Allocation, Problem
from funds.allocation.rules import Rule
from funds.allocation.solver import NoAllocation, Outcome, solve
from funds.allocation.words import Sentence


@dataclass(frozen=True)
class Side:
    """One set of rules: its outcome, or the conflict that leaves none."""

    rules: tuple[Rule, ...]
    outcome: Outcome | None
    conflict: Conflict | None

    @property
    def allocation(self) -> Allocation:
        return self.outcome.allocation if self.outcome else Allocation()


@dataclass(frozen=True)
class Comparison:
    """Two sides, cents won or lost by each project from the first to the second, and the moves in words."""

    first: Side
    second: Side
    changes: tuple[tuple[str, int], ...]
    sentence: Sentence


def simulate(problem: Problem, rules_a: Iterable[Rule], rules_b: Iterable[Rule]) -> Comparison:
    """Return what two sets of rules make of the same money and demands; the problem's own rules are left aside."""
    first, second = _side(problem, tuple(rules_a)), _side(problem, tuple(rules_b))
    return Comparison(
        first,
        second,
        changes_between(first.allocation, second.allocation),
        describe_moves(problem, first.allocation, second.allocation),
    )


def _side(problem: Problem, rules: tuple[Rule, ...]) -> Side:
    ruled = replace(problem, rules=rules)
    try:
        return Side(rules, solve(ruled), None)
    except NoAllocation:
        return Side(rules, None, find_conflict(ruled))
