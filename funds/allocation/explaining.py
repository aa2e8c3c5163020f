"""Why each project got what it got: what binds it, what moving a rule would change, what would fund a refusal.

The price of a rule is found by solving again with the rule moved by a stated step (ruling B17), never by a dual value:
what is said is what would happen.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import Any

from funds.allocation.problem import HIGHEST_SCORE, Allocation, Compartment, Demand, Problem, sorted_problem
from funds.allocation.rules import Rule
from funds.allocation.solver import NoAllocation, Outcome, solve
from funds.allocation.solver_rows import model_of
from funds.allocation.words import Listed, Sentence, euros, gettext_noop, listed, percent, say

# A part moves by one point, an amount by 1 000 €, a number of projects by one.
SHARE_STEP = Fraction(1, 100)
CENTS_STEP = 100_000
# Each moved rule or tried change solves again: a caller may ask for fewer.
MOST_REFUSALS = 40


@dataclass(frozen=True)
class ProjectReason:
    """What a project got, and each reason that kept it there."""

    project: str
    amount_cents: int
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True)
class RulePrice:
    """What one rule, one step lower (or without it), would change: amounts by project, and the sentence."""

    rule: str
    step: str
    changes: tuple[tuple[str, int], ...]
    sentence: Sentence


@dataclass(frozen=True)
class NearestChange:
    """The nearest change found that would fund a refused project, tried by solving again; its size when it has one."""

    project: str
    kind: str
    size: int
    sentence: Sentence


@dataclass(frozen=True)
class Explanation:
    """All that is said about an allocation."""

    projects: tuple[ProjectReason, ...]
    prices: tuple[RulePrice, ...]
    refusals: tuple[NearestChange, ...]


def explain(problem: Problem, outcome: Outcome, *, most_refusals: int = MOST_REFUSALS) -> Explanation:
    """Return the whole explanation. `most_refusals` bounds how many refused projects are solved again, best first."""
    problem = sorted_problem(problem)
    given = outcome.allocation.by_project()
    refused = sorted(
        (demand for demand in problem.demands if demand.project not in given),
        key=lambda demand: (-demand.score, demand.project),
    )
    return Explanation(
        projects=tuple(_project_reasons(problem, outcome)),
        prices=tuple(rule_prices(problem, outcome)),
        refusals=tuple(nearest_change(problem, outcome, demand.project) for demand in refused[:most_refusals]),
    )


def rule_prices(problem: Problem, outcome: Outcome) -> Iterator[RulePrice]:
    """Yield, for each rule that binds, what it moves: solved again without the rule, and one step lighter."""
    binding = _binding_rules(problem, outcome)
    for rule in problem.rules_in_force():
        if rule.code not in binding:
            continue
        without = replace(problem, rules=tuple(one for one in problem.rules if one is not rule))
        yield _price(problem, outcome, rule, without, gettext_noop("retirée"), is_whole=True)
        lighter = _lighter(rule)
        if lighter is not None:
            moved, step = lighter
            other = replace(problem, rules=tuple(moved if one is rule else one for one in problem.rules))
            yield _price(problem, outcome, rule, other, step, is_whole=False)


def nearest_change(problem: Problem, outcome: Outcome, project: str) -> NearestChange:
    """Return the nearest change that would fund a refused project.

    A barred project is told its bars. Otherwise changes are tried by solving again: a lower minimum, a better score,
    then more money in the pool, the smallest of each; the first that works is returned, money last.
    """
    problem = sorted_problem(problem)
    demand = next(one for one in problem.demands if one.project == project)
    bars = [bar for bar in outcome.bars if bar.project == project]
    purses = {one.code for one in problem.compartments if one.giveable_cents}
    if bars and purses <= {bar.compartment for bar in bars}:
        reasons = sorted({(bar.rule, str(bar.sentence)) for bar in bars})
        return NearestChange(
            project, "bars", 0,
            say(
                gettext_noop("« %(project)s » serait examiné si ces obstacles étaient levés : %(bars)s"),
                project=demand.name, bars=listed(text for _, text in reasons),
            ),
        )  # fmt: skip
    for found in (_lower_minimum(problem, demand), _better_score(problem, demand), _more_money(problem, demand)):
        if found is not None:
            return found
    return NearestChange(
        project, "none", 0,
        say(
            gettext_noop("Aucun changement essayé (minimum, note, argent) ne finance « %(project)s »."),
            project=demand.name,
        ),
    )  # fmt: skip


def describe_moves(problem: Problem, before: Allocation, after: Allocation) -> Sentence:
    """Return "34 000 € de « A » vers « B »" for what differs between two allocations."""
    names = {demand.project: demand.name for demand in problem.demands}
    changes = changes_between(before, after)
    lost = [(project, -cents) for project, cents in changes if cents < 0]
    won = [(project, cents) for project, cents in changes if cents > 0]
    if not changes:
        return say(gettext_noop("rien"))
    if lost and won:
        return say(
            gettext_noop("%(amount)s de %(lost)s vers %(won)s"),
            amount=euros(min(sum(cents for _, cents in lost), sum(cents for _, cents in won))),
            lost=_named(lost, names),
            won=_named(won, names),
        )
    if won:
        return say(
            gettext_noop("%(amount)s de plus pour %(won)s"),
            amount=euros(sum(c for _, c in won)),
            won=_named(won, names),
        )
    return say(
        gettext_noop("%(amount)s de moins pour %(lost)s"),
        amount=euros(sum(c for _, c in lost)),
        lost=_named(lost, names),
    )


def changes_between(before: Allocation, after: Allocation) -> tuple[tuple[str, int], ...]:
    """Return cents won (or lost, negative) by each project whose amount differs."""
    one, two = before.by_project(), after.by_project()
    changes = ((project, two.get(project, 0) - one.get(project, 0)) for project in sorted(one.keys() | two.keys()))
    return tuple((project, cents) for project, cents in changes if cents)


def _named(changes: list[tuple[str, int]], names: dict[str, str]) -> Listed:
    ranked = sorted(changes, key=lambda one: (-one[1], one[0]))
    shown: list[str | Sentence] = [f"« {names.get(project, project)} »" for project, _ in ranked[:3]]
    if len(ranked) > 3:
        shown.append(say(gettext_noop("%(count)s autre(s)"), count=len(ranked) - 3))
    return listed(shown)


def _price(problem: Problem, outcome: Outcome, rule: Rule, other: Problem, step: str, *, is_whole: bool) -> RulePrice:
    try:
        moved = solve(other).allocation
    except NoAllocation:
        return RulePrice(rule.code, step, (), say(gettext_noop("Sans cette règle, rien n’est plus possible.")))
    if is_whole:
        sentence = say(
            gettext_noop("La règle « %(rule)s » (%(said)s) a déplacé : %(moves)s."),
            rule=rule.code,
            said=rule.sentence(),
            moves=describe_moves(problem, moved, outcome.allocation),
        )
    else:
        sentence = say(
            gettext_noop("Si la règle « %(rule)s » changeait (%(step)s), cela déplacerait : %(moves)s."),
            rule=rule.code,
            step=step,
            moves=describe_moves(problem, outcome.allocation, moved),
        )
    return RulePrice(rule.code, step, changes_between(outcome.allocation, moved), sentence)


_LIGHTER_DOWN = frozenset({"minimum", "floor"})
_CAPS = frozenset({"SHARE_RANGE", "MAX_PER_PROJECT", "MAX_PER_SECTOR", "STAKE_RANGE", "MATCHING", "GUARANTEE"})


def _lighter(rule: Rule) -> tuple[Rule, str] | None:
    """Return a rule with its first quantity one step lighter, and that step in words; None when it has none."""
    params: Any = rule.params
    is_cap = rule.kind in _CAPS
    for one in fields(params):
        value = getattr(params, one.name)
        is_down = one.name in _LIGHTER_DOWN or not is_cap
        if isinstance(value, Fraction) and one.name in {"share", "maximum", "minimum", "floor", "ratio", "quota"}:
            moved = max(Fraction(), value - SHARE_STEP) if is_down else value + SHARE_STEP
            return (
                replace(rule, params=replace(params, **{one.name: moved})),
                f"{percent(value)} → {percent(moved)}",
            )
        if one.name in {"cents", "cap_cents"} and isinstance(value, int) and rule.kind != "EARMARK":
            cents = max(0, value - CENTS_STEP) if is_down else value + CENTS_STEP
            return replace(rule, params=replace(params, **{one.name: cents})), f"{euros(value)} → {euros(cents)}"
        if one.name == "winners" and isinstance(value, int) and value > 1:
            return replace(rule, params=replace(params, winners=value - 1)), f"{value} → {value - 1}"
    return None


def _binding_rules(problem: Problem, outcome: Outcome) -> set[str]:
    """Return the rules that one cent more or less would break, that are missed, or that bar somebody."""
    model = model_of(problem)
    cents = _cents(model, outcome.allocation)
    given = outcome.allocation.by_project()
    funded = frozenset(number for number, demand in enumerate(model.projects) if demand.project in given)
    tight = {
        row.rule
        for row in model.rows
        if row.slack(cents, funded) < max((abs(value) for _, value in row.amounts), default=1)
    }
    return tight | {bar.rule for bar in outcome.bars}


def _cents(model: Any, allocation: Allocation) -> dict[int, int]:
    amounts = {(share.compartment, share.project): share.amount_cents for share in allocation.shares}
    return {number: amounts[pair] for number, pair in enumerate(model.pairs) if pair in amounts}


def _project_reasons(problem: Problem, outcome: Outcome) -> Iterator[ProjectReason]:
    model = model_of(problem)
    cents = _cents(model, outcome.allocation)
    given = outcome.allocation.by_project()
    funded = frozenset(number for number, demand in enumerate(model.projects) if demand.project in given)
    rank = {demand.project: number for number, demand in enumerate(model.projects)}
    rules = {rule.code: rule for rule in problem.rules_in_force()}
    binding: dict[str, set[str]] = {}
    for row in model.rows:
        if row.slack(cents, funded) < max((abs(value) for _, value in row.amounts), default=1):
            for project in {model.pairs[pair][1] for pair, _ in row.amounts} | {
                model.projects[number].project for number, _ in row.funded
            }:
                binding.setdefault(project, set()).add(row.rule)
    bars: dict[str, set[tuple[str, Sentence]]] = {}
    for bar in outcome.bars:
        bars.setdefault(bar.project, set()).add((bar.rule, bar.sentence))
    left = {one.code: one.giveable_cents - outcome.allocation.of_compartment(one.code) for one in problem.compartments}
    for demand in problem.demands:
        amount = given.get(demand.project, 0)
        said: list[Sentence] = []
        if amount == demand.maximum_cents:
            said.append(say(gettext_noop("Reçoit tout ce qui était demandé.")))
        elif amount == demand.minimum_cents and amount:
            said.append(say(gettext_noop("Reçoit son minimum.")))
        if amount == 0 and demand.project in outcome.displaced:
            said.append(say(gettext_noop("Élu par le vote, mais déplacé par une obligation qui passe avant le vote.")))
        elif amount == 0 and problem.winners is not None and demand.project not in problem.winners:
            said.append(say(gettext_noop("N’a pas été élu par le vote.")))
        said += [
            say(gettext_noop("Règle « %(rule)s » : %(why)s"), rule=bar_rule, why=why)
            for bar_rule, why in sorted(
                {(b.rule, b.sentence) for b in outcome.bars if b.project == demand.project}, key=str
            )
        ]
        said += [
            say(gettext_noop("Règle « %(rule)s » au plus juste : %(said)s"), rule=code, said=rules[code].sentence())
            for code in sorted(binding.get(demand.project, ()))
        ]
        mine = [model.pairs[pair][0] for pair in model.pairs_of[rank[demand.project]]] if demand.project in rank else []
        if amount < demand.maximum_cents and mine and all(left[code] == 0 for code in mine):
            said.append(say(gettext_noop("L’argent qui pouvait y aller est tout employé.")))
        yield ProjectReason(demand.project, amount, tuple(said))


def _is_funded(problem: Problem, project: str) -> bool:
    try:
        return project in solve(problem).allocation.by_project()
    except NoAllocation:
        return False


def _with_demand(problem: Problem, demand: Demand) -> Problem:
    return replace(problem, demands=tuple(demand if one.project == demand.project else one for one in problem.demands))


def _lower_minimum(problem: Problem, demand: Demand) -> NearestChange | None:
    """The highest minimum, to the euro, under which the project is funded."""
    low, high = 0, demand.minimum_cents // 100
    if high <= 1 or not _is_funded(_with_demand(problem, replace(demand, minimum_cents=100)), demand.project):
        return None
    low = 1
    while high - low > 1:
        middle = (low + high) // 2
        tried = _with_demand(problem, replace(demand, minimum_cents=middle * 100))
        low, high = (middle, high) if _is_funded(tried, demand.project) else (low, middle)
    return NearestChange(
        demand.project, "minimum", low * 100,
        say(
            gettext_noop("« %(project)s » serait financé si son minimum était de %(minimum)s au lieu de %(now)s."),
            project=demand.name, minimum=euros(low * 100), now=euros(demand.minimum_cents),
        ),
    )  # fmt: skip


def _better_score(problem: Problem, demand: Demand) -> NearestChange | None:
    low, high = demand.score, HIGHEST_SCORE
    if low == high or not _is_funded(_with_demand(problem, replace(demand, score=high)), demand.project):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        tried = _with_demand(problem, replace(demand, score=middle))
        low, high = (low, middle) if _is_funded(tried, demand.project) else (middle, high)
    return NearestChange(
        demand.project, "score", high,
        say(
            gettext_noop("« %(project)s » serait financé avec une note d’au moins %(score)s au lieu de %(now)s."),
            project=demand.name, score=high, now=demand.score,
        ),
    )  # fmt: skip


def _more_money(problem: Problem, demand: Demand) -> NearestChange | None:
    """Try the missing minimum, then enough for everybody, in the largest pooled compartment."""
    pools = [one for one in problem.compartments if not one.is_strict]
    if not pools:
        return None
    pool = max(pools, key=lambda one: (one.giveable_cents, one.code))
    asked = sum(one.maximum_cents for one in problem.demands)
    for more in sorted({demand.minimum_cents, 2 * demand.minimum_cents, asked}):
        richer = replace(
            problem,
            compartments=tuple(_richer(one, more) if one.code == pool.code else one for one in problem.compartments),
        )
        if _is_funded(richer, demand.project):
            return NearestChange(
                demand.project, "money", more,
                say(
                    gettext_noop("« %(project)s » serait financé avec %(amount)s de plus dans « %(pool)s »."),
                    project=demand.name, amount=euros(more), pool=pool.code,
                ),
            )  # fmt: skip
    return None


def _richer(purse: Compartment, more: int) -> Compartment:
    limit = None if purse.limit_cents is None else purse.limit_cents + more
    return replace(purse, available_cents=purse.available_cents + more, limit_cents=limit)
