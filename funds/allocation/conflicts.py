"""When nothing is possible: the smallest set of blocking rules that cannot hold together, in plain French."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import combinations
from math import comb

from funds.allocation.problem import Problem
from funds.allocation.rules import Rule
from funds.allocation.solver import has_allocation
from funds.allocation.words import Sentence, gettext_noop, listed, say

# Sets are tried by growing size while there are at most this many of a size; then rules are taken out one by one.
MOST_SETS = 500


@dataclass(frozen=True)
class Conflict:
    """Rules that cannot hold together; taking out any one of them makes the others possible."""

    rules: tuple[Rule, ...]

    def sentence(self) -> Sentence:
        if len(self.rules) == 1:
            template = gettext_noop(
                "Avec l’argent et les demandes de ce tour, cette règle est impossible à tenir : %(rules)s"
            )
        else:
            template = gettext_noop(
                "Avec l’argent et les demandes de ce tour, ces règles ne peuvent tenir ensemble ; en lever une seule"
                " suffit : %(rules)s"
            )
        return say(template, rules=listed(rule.sentence() for rule in self.rules))


def find_conflict(problem: Problem) -> Conflict | None:
    """Return a conflict, None when an allocation is possible.

    It is infeasible, and each of its subsets with one rule fewer is feasible (ruling B17). Among few rules it is a
    smallest one; ties go by the rules' codes.
    """
    in_force = problem.rules_in_force()
    others = tuple(rule for rule in in_force if not rule.is_blocking)
    blocking = tuple(rule for rule in in_force if rule.is_blocking)

    def is_possible(rules: Iterable[Rule]) -> bool:
        return has_allocation(replace(problem, rules=(*others, *rules)))

    if is_possible(blocking):
        return None
    for size in range(len(blocking) + 1):
        if comb(len(blocking), size) > MOST_SETS:
            break
        for rules in combinations(blocking, size):
            if not is_possible(rules):
                return Conflict(rules)
    kept = list(blocking)
    for rule in blocking:
        fewer = [one for one in kept if one is not rule]
        if not is_possible(fewer):
            kept = fewer
    return Conflict(tuple(kept))
