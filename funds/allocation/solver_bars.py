"""Before any amount is sought: which project may not receive which money, and why; which intents steer the rest."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from funds.allocation.problem import Base, Compartment, Demand, Problem, Target
from funds.allocation.rules import Rule
from funds.allocation.words import Sentence, gettext_noop, say


@dataclass(frozen=True)
class Bar:
    """A blocking rule (or `shape`) that keeps a compartment's money from a project, whatever the amounts."""

    compartment: str
    project: str
    rule: str
    sentence: Sentence


@dataclass(frozen=True)
class Intent:
    """Pooled money that its savers would like to see go to a target."""

    compartment: str
    target: Target
    amount_cents: int


def bars_of(problem: Problem) -> Iterator[Bar]:
    """Yield each bar, by project, compartment and rule."""
    rules = [rule for rule in problem.rules_in_force() if rule.is_blocking and rule.kind in _READERS]
    strict = {rule.compartment for rule in rules if rule.kind == "EARMARK" and _is_strict(rule)}
    for demand in problem.demands:
        for purse in problem.compartments:
            if purse.is_strict and purse.code not in strict:
                yield Bar(
                    purse.code,
                    demand.project,
                    "shape",
                    say(gettext_noop("Le compartiment est fléché, mais aucune règle ne dit vers quoi.")),
                )
            for rule in rules:
                if rule.compartment not in (None, purse.code) or rule.project not in (None, demand.project):
                    continue
                sentence = _READERS[rule.kind](problem, demand, purse, rule, rule.params)
                if sentence is not None:
                    yield Bar(purse.code, demand.project, rule.code, sentence)


def intents_of(problem: Problem) -> Iterator[Intent]:
    """Yield the intents of pooled money, one for each compartment and target."""
    wanted: dict[tuple[str, Target], int] = {}
    for preference in problem.preferences:
        key = (preference.compartment, preference.target)
        wanted[key] = wanted.get(key, 0) + preference.amount_cents
    available = {purse.code: purse.available_cents for purse in problem.compartments}
    for rule in problem.rules_in_force():
        params: Any = rule.params
        if rule.kind == "EARMARK" and not _is_strict(rule) and not params.is_expired(problem.at):
            key = (rule.compartment or "", params.target)
            cents = available.get(rule.compartment or "", 0) if params.cents is None else params.cents
            wanted[key] = wanted.get(key, 0) + cents
    for (compartment, target), cents in sorted(wanted.items(), key=repr):
        if cents:
            yield Intent(compartment, target, cents)


def _is_strict(rule: Rule) -> bool:
    params: Any = rule.params
    return params.strictness == "STRICT"


def _earmark(problem: Problem, demand: Demand, purse: Compartment, rule: Rule, params: Any) -> Sentence | None:
    is_over = params.is_expired(problem.at)
    if _is_strict(rule):
        if is_over:
            return say(gettext_noop("Le fléchage de ce compartiment est échu."))
        if not params.target.accepts(demand):
            return say(gettext_noop("L’argent de ce compartiment est fléché ailleurs."))
    elif is_over and params.fallback != "POOL" and params.cents is None:
        return say(gettext_noop("Le fléchage de ce compartiment est échu."))
    return None


def _co_invest(problem: Problem, demand: Demand, purse: Compartment, rule: Rule, params: Any) -> Sentence | None:
    brought = sum(one.amount_cents for one in demand.co_investors if one.kind == params.actor)
    whole = demand.capital_cents if rule.base is Base.CAPITAL else demand.budget_cents
    if brought > 0 and (params.share is None or (whole is not None and brought >= params.share * whole)):
        return None
    return say(gettext_noop("Il manque un co-investisseur « %(actor)s »."), actor=params.actor)


def _label(problem: Problem, demand: Demand, purse: Compartment, rule: Rule, params: Any) -> Sentence | None:
    held = {award.code for award in demand.labels if award.is_in_force(problem.at)}
    if held & set(params.labels):
        return None
    return say(gettext_noop("Il manque un label en vigueur : %(labels)s."), labels=", ".join(params.labels))


def _exclusion(problem: Problem, demand: Demand, purse: Compartment, rule: Rule, params: Any) -> Sentence | None:
    if any(demand.sector.startswith(sector) for sector in params.sectors):
        return say(gettext_noop("Le secteur « %(sector)s » est exclu."), sector=demand.sector)
    if demand.instrument in params.instruments:
        return say(gettext_noop("L’instrument « %(instrument)s » est exclu."), instrument=demand.instrument)
    return None


def _pay_ratio(problem: Problem, demand: Demand, purse: Compartment, rule: Rule, params: Any) -> Sentence | None:
    if demand.pay_ratio_mean is None or demand.pay_ratio_highest is None:
        return say(gettext_noop("L’écart de salaires n’est pas prouvé."))
    if demand.pay_ratio_mean > params.mean or demand.pay_ratio_highest > params.highest:
        return say(gettext_noop("L’écart de salaires dépasse la limite."))
    return None


def _two_stage(problem: Problem, demand: Demand, purse: Compartment, rule: Rule, params: Any) -> Sentence | None:
    if set(params.statuses) & set(demand.statuses):
        return None
    return say(gettext_noop("Le comité ne l’a pas retenu."))


def _guarantee(problem: Problem, demand: Demand, purse: Compartment, rule: Rule, params: Any) -> Sentence | None:
    guarantee = demand.guarantee
    if guarantee is None or guarantee.envelope != params.envelope or guarantee.share <= params.quota:
        return None
    return say(gettext_noop("La part garantie demandée dépasse la quotité."))


_READERS: dict[str, Any] = {
    "EARMARK": _earmark,
    "CO_INVEST_REQUIRED": _co_invest,
    "ELIGIBLE_LABEL": _label,
    "EXCLUSION": _exclusion,
    "PAY_RATIO_MAX": _pay_ratio,
    "TWO_STAGE": _two_stage,
    "GUARANTEE": _guarantee,
}
