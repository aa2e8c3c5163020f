"""The checker's own reading of the rules that say who may be financed. Nothing here is shared with the solver."""

from collections.abc import Iterator
from fractions import Fraction

from funds.allocation.checker_amounts import Breach
from funds.allocation.eligibility_kinds import (
    CoInvestRequired,
    EarmarkRule,
    EligibleLabel,
    Exclusion,
    Fallback,
    PayRatioMax,
    Strictness,
    TwoStage,
)
from funds.allocation.problem import Allocation, Base, Demand, Problem
from funds.allocation.rules import Rule
from funds.allocation.words import Sentence, euros, gettext_noop, say


def eligibility_breaches(problem: Problem, allocation: Allocation, rule: Rule) -> Iterator[Breach]:
    """Yield each project that a rule does not let receive this money, and what it received."""
    demands = {one.project: one for one in problem.demands}
    if isinstance(rule.params, EarmarkRule):
        yield from _earmark(problem, allocation, rule, rule.params)
        return
    for share in allocation.shares:
        if rule.compartment not in (None, share.compartment) or rule.project not in (None, share.project):
            continue
        reason = _reason(problem, demands[share.project], rule)
        if reason is not None:
            yield Breach(f"{share.compartment}/{share.project}", Fraction(share.amount_cents), reason)


def _earmark(problem: Problem, allocation: Allocation, rule: Rule, params: EarmarkRule) -> Iterator[Breach]:
    demands = {one.project: one for one in problem.demands}
    is_over = params.expires_on is not None and params.expires_on < problem.at
    given = [share for share in allocation.shares if share.compartment == rule.compartment]
    if params.strictness is Strictness.STRICT:
        for share in given:
            if is_over or not params.target.accepts(demands[share.project]):
                yield Breach(
                    share.project,
                    Fraction(share.amount_cents),
                    say(
                        gettext_noop("« %(project)s » reçoit %(amount)s d’un argent fléché ailleurs."),
                        project=demands[share.project].name,
                        amount=euros(share.amount_cents),
                    ),
                )
    elif is_over and params.fallback is not Fallback.POOL:
        available = sum(one.available_cents for one in problem.compartments if one.code == rule.compartment)
        kept = available if params.cents is None else min(params.cents, available)
        spent = sum(share.amount_cents for share in given)
        if spent > available - kept:
            yield Breach(
                "expired",
                Fraction(spent - available + kept),
                say(
                    gettext_noop("%(amount)s d’un fléchage échu sont dépensés au lieu d’être gardés ou rendus."),
                    amount=euros(spent - available + kept),
                ),
            )


def _reason(problem: Problem, demand: Demand, rule: Rule) -> Sentence | None:
    params = rule.params
    if isinstance(params, EligibleLabel):
        if not any(award.code in params.labels and award.is_in_force(problem.at) for award in demand.labels):
            return say(gettext_noop("« %(project)s » n’a aucun des labels exigés."), project=demand.name)
    elif isinstance(params, Exclusion):
        if demand.instrument in params.instruments or any(demand.sector.startswith(one) for one in params.sectors):
            return say(gettext_noop("« %(project)s » relève d’une exclusion."), project=demand.name)
    elif isinstance(params, PayRatioMax):
        mean, highest = demand.pay_ratio_mean, demand.pay_ratio_highest
        if mean is None or highest is None or mean > params.mean or highest > params.highest:
            return say(gettext_noop("« %(project)s » ne prouve pas l’écart de salaires exigé."), project=demand.name)
    elif isinstance(params, TwoStage):
        if not set(params.statuses) & set(demand.statuses):
            return say(gettext_noop("« %(project)s » n’a pas été retenu par le comité."), project=demand.name)
    elif isinstance(params, CoInvestRequired):
        brought = [one.amount_cents for one in demand.co_investors if one.kind == params.actor and one.amount_cents > 0]
        total = demand.capital_cents if rule.base is Base.CAPITAL else demand.budget_cents
        is_short = params.share is not None and (total is None or sum(brought) < params.share * total)
        if not brought or is_short:
            return say(
                gettext_noop("« %(project)s » n’a pas le co-investisseur exigé (« %(actor)s »)."),
                project=demand.name,
                actor=params.actor,
            )
    return None
