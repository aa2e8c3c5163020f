"""Judge an allocation with integers and fractions alone: accepted, or refused with what is wrong.

It shares no code with the solver, only the data they are given (ruling B18): each rule is written here a second time,
as the fact sheet says it, so that a mistake in one is seen by the other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from funds.allocation.checker_amounts import Breach, amount_breaches
from funds.allocation.checker_eligibility import eligibility_breaches
from funds.allocation.eligibility_kinds import EarmarkRule, Strictness
from funds.allocation.problem import Allocation, Problem
from funds.allocation.rules import Rule
from funds.allocation.words import Sentence, euros, gettext_noop, say


@dataclass(frozen=True)
class Finding:
    """Something an allocation does that it should not.

    `rule` is the code of the rule, or `shape` for what no rule may allow. A finding that is not blocking is a warning,
    or a breach that was there before (`is_passive`) and is not made worse. `missing` is in cents (or projects).
    """

    rule: str
    kind: str
    where: str
    missing: Fraction
    sentence: Sentence
    is_blocking: bool
    is_passive: bool = False

    def __str__(self) -> str:
        return f"[{self.rule}] {self.sentence}"


def check_allocation(problem: Problem, allocation: Allocation) -> tuple[Finding, ...]:
    """Return everything that is wrong with an allocation; nothing blocking means it may be decided."""
    findings = list(_shape(problem, allocation))
    if findings:
        return tuple(findings)
    for rule in problem.rules_in_force():
        before = {breach.where: breach for breach in breaches_of(problem, Allocation(), rule)}
        for breach in breaches_of(problem, allocation, rule):
            was = before.get(breach.where)
            is_passive = rule.cure_days > 0 and was is not None and breach.missing <= was.missing
            findings.append(
                Finding(
                    rule=rule.code,
                    kind=rule.kind,
                    where=breach.where,
                    missing=breach.missing,
                    sentence=breach.sentence,
                    is_blocking=rule.is_blocking and not is_passive,
                    is_passive=is_passive,
                )
            )
    return tuple(sorted(findings, key=lambda one: (one.rule, one.where)))


def blocking_findings(problem: Problem, allocation: Allocation) -> tuple[Finding, ...]:
    """Return only what forbids the allocation."""
    return tuple(finding for finding in check_allocation(problem, allocation) if finding.is_blocking)


def breaches_of(problem: Problem, allocation: Allocation, rule: Rule) -> Iterator[Breach]:
    """Yield each place where an allocation goes against a rule, whatever the rule's severity."""
    if rule.params.IS_ELIGIBILITY:
        yield from eligibility_breaches(problem, allocation, rule)
    else:
        yield from amount_breaches(problem, allocation, rule)


def displaced_winners(problem: Problem, allocation: Allocation) -> tuple[str, ...]:
    """Return the winners of the ballot that the allocation does not fund: legal duties beat votes, and say whose."""
    funded = allocation.by_project()
    return tuple(sorted(code for code in problem.winners or () if code not in funded))


def _shape(problem: Problem, allocation: Allocation) -> Iterator[Finding]:
    purses = {one.code: one for one in problem.compartments}
    demands = {one.project: one for one in problem.demands}
    seen: set[tuple[str, str]] = set()
    for share in allocation.shares:
        where = f"{share.compartment}/{share.project}"
        if share.compartment not in purses or share.project not in demands:
            yield _misshapen(where, say(gettext_noop("%(where)s n’existe pas."), where=where))
        if type(share.amount_cents) is not int or share.amount_cents <= 0:
            yield _misshapen(where, say(gettext_noop("%(where)s : ce n’est pas un montant."), where=where))
        if (share.compartment, share.project) in seen:
            yield _misshapen(where, say(gettext_noop("%(where)s figure deux fois."), where=where))
        seen.add((share.compartment, share.project))
    spent: dict[str, int] = {}
    for share in allocation.shares:
        spent[share.compartment] = spent.get(share.compartment, 0) + share.amount_cents
    for code, cents in sorted(spent.items()):
        purse = purses.get(code)
        if purse is not None and cents > purse.giveable_cents:
            yield _misshapen(
                code,
                say(
                    gettext_noop("Le compartiment « %(code)s » donne %(given)s et n’a que %(available)s."),
                    code=code,
                    given=euros(cents),
                    available=euros(purse.giveable_cents),
                ),
            )
    earmarked = {
        rule.compartment
        for rule in problem.rules_in_force()
        if isinstance(rule.params, EarmarkRule) and rule.params.strictness is Strictness.STRICT
    }
    for code in sorted(spent):
        if code in purses and purses[code].is_strict and code not in earmarked:
            yield _misshapen(
                code,
                say(
                    gettext_noop("Le compartiment « %(code)s » est fléché, mais aucune règle ne dit vers quoi."),
                    code=code,
                ),
            )
    for project, cents in sorted(allocation.by_project().items()):
        demand = demands.get(project)
        if demand is not None and not demand.minimum_cents <= cents <= demand.maximum_cents:
            yield _misshapen(
                project,
                say(
                    gettext_noop("« %(project)s » reçoit %(given)s et demande de %(minimum)s à %(maximum)s."),
                    project=demand.name,
                    given=euros(cents),
                    minimum=euros(demand.minimum_cents),
                    maximum=euros(demand.maximum_cents),
                ),
            )


def _misshapen(where: str, sentence: Sentence) -> Finding:
    return Finding("shape", "SHAPE", where, Fraction(1), sentence, is_blocking=True)
