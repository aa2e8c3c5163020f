"""The rules in force, looked at before a decision, after it, and every night; and the register of their breaches.

A breach found after a decision is active: the decision caused it. One found at night is passive (withdrawals, values,
inflows) and has the rule's cure period. It closes by the fact that the rule is kept again, never by a signature.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from fres.kernel import clock
from fres.kernel.errors import RuleViolation
from fres.kernel.states import advance
from funds.allocation.checker import Finding, breaches_of, check_allocation
from funds.allocation.checker_amounts import Breach
from funds.allocation.problem import Allocation, Problem
from funds.allocation.rules import Rule
from funds.locks import lock_fund
from funds.models import AllocationRule, Fund, RuleBreach, RuleEvaluation
from funds.pool.problem import gather_problem
from funds.pool.states import CURE_BREACH, OVERDUE_BREACH, BreachState
from funds.rules.errors import RulesBroken
from funds.rules.register import rows_in_force, rule_of
from investors.models import User


class ExplanationRefused(RuleViolation):
    """A breach is explained while it lasts, in words."""

    rule = "BREACH"


def is_standing(rule: Rule) -> bool:
    """Say whether a rule means something outside an allocation: a number of winners is counted in one only."""
    return getattr(rule.params, "winners", None) is None


def standing_breaches(problem: Problem) -> list[tuple[Rule, Breach]]:
    """Return what the rules in force say of what is held, nothing being allocated. Pure."""
    return [
        (rule, breach)
        for rule in problem.rules_in_force()
        if is_standing(rule)
        for breach in breaches_of(problem, Allocation(), rule)
    ]


@transaction.atomic
def evaluate_before(
    *, fund: Fund, problem: Problem, allocation: Allocation, subject: str, at: datetime
) -> tuple[Finding, ...]:
    """Check a decision that is about to be taken and keep what was found.

    Returns: the warnings and the passive breaches it does not make worse.
    Raises: RulesBroken: a blocking rule would be broken; the caller writes nothing.
    """
    findings = check_allocation(problem, allocation)
    blocking = [one for one in findings if one.is_blocking]
    if blocking:
        raise RulesBroken(
            [one.sentence.said(_) for one in blocking],
            next_step=_("Changez les montants, ou la règle par une nouvelle version motivée."),
        )
    _keep(fund, RuleEvaluation.Moment.BEFORE, subject, problem, [_told(one.rule, one) for one in findings], at=at)
    return findings


def evaluate_after(*, fund: Fund, subject: str, at: datetime) -> list[RuleBreach]:
    """Look at the rules once a decision is written; breaches that appear are active. Returns: those that are open."""
    return _look(fund, RuleEvaluation.Moment.AFTER, subject, RuleBreach.Cause.ACTIVE, at=at)


def evaluate_night(*, fund: Fund, at: datetime) -> list[RuleBreach]:
    """Look at the rules as time passes; breaches that appear are passive. Returns: those that are open."""
    return _look(fund, RuleEvaluation.Moment.NIGHT, "", RuleBreach.Cause.PASSIVE, at=at)


def was_evaluated(*, fund: Fund, at: datetime) -> bool:
    """Say whether the rules were looked at during the night of this day already."""
    last = RuleEvaluation.objects.filter(fund=fund, moment=RuleEvaluation.Moment.NIGHT, evaluated_at__lte=at).first()
    return last is not None and clock.local(last.evaluated_at).date() == clock.local(at).date()


@transaction.atomic
def explain_breach(*, breach: RuleBreach, reason: str, by: User, at: datetime) -> RuleBreach:
    """Publish why a rule is not kept and what is being done. Raises: ExplanationRefused: cured, or no words."""
    breach = RuleBreach.objects.select_for_update().get(pk=breach.pk)
    if breach.state == BreachState.CURED or not reason.strip():
        raise ExplanationRefused(
            _("Un dépassement s’explique en mots, tant qu’il dure."), next_step=_("Écrivez ce qui est fait.")
        )
    breach.reason, breach.explained_by, breach.explained_at = reason.strip(), by, at
    breach.save(update_fields=["reason", "explained_by", "explained_at"])
    return breach


@transaction.atomic
def _look(fund: Fund, moment: str, subject: str, cause: str, *, at: datetime) -> list[RuleBreach]:
    lock_fund(fund)
    on = clock.local(at).date()
    rows = {row.code: row for row in rows_in_force(fund, on)}
    problem = gather_problem(fund, on, demands=(), rules=[rule_of(row) for row in rows.values()])
    found = standing_breaches(problem)
    _keep(fund, moment, subject, problem, [_told(rule.code, breach) for rule, breach in found], at=at)
    _write_breaches(rows, found, cause, on=on, at=at)
    _close_cured(fund, {(rule.code, breach.where) for rule, breach in found}, on=on, at=at)
    return list(RuleBreach.objects.filter(rule__fund=fund).exclude(state=BreachState.CURED).select_related("rule"))


def _write_breaches(
    rows: dict[str, AllocationRule], found: Iterable[tuple[Rule, Breach]], cause: str, *, on: date, at: datetime
) -> None:
    for rule, breach in found:
        row, where = rows[rule.code], breach.where[:160]
        open_one = (
            RuleBreach.objects.filter(rule__fund=row.fund, rule__code=rule.code, where=where)
            .exclude(state=BreachState.CURED)
            .first()
        )
        seen: dict[str, Any] = {
            "missing": str(breach.missing)[:80], "sentence": str(breach.sentence), "last_seen_at": at,
        }  # fmt: skip
        if open_one is None:
            RuleBreach.objects.create(
                rule=row, where=where, cause=cause, opened_at=at, cure_before=on + timedelta(days=rule.cure_days),
                **seen,
            )  # fmt: skip
        else:
            RuleBreach.objects.filter(pk=open_one.pk).update(**seen)


def _close_cured(fund: Fund, still: set[tuple[str, str]], *, on: date, at: datetime) -> None:
    for breach in RuleBreach.objects.filter(rule__fund=fund).exclude(state=BreachState.CURED).select_related("rule"):
        if (breach.rule.code, breach.where) not in still:
            advance(breach, CURE_BREACH, by=None, at=at, closed_at=at)
        elif breach.state == BreachState.OPEN and on > breach.cure_before:
            advance(breach, OVERDUE_BREACH, by=None, at=at)


def _keep(
    fund: Fund, moment: str, subject: str, problem: Problem, findings: list[dict[str, Any]], *, at: datetime
) -> None:
    RuleEvaluation.objects.create(
        fund=fund, moment=moment, subject=subject[:120], evaluated_at=at, findings=findings,
        rules=[f"{rule.code}@{rule.version}" for rule in problem.rules_in_force()],
    )  # fmt: skip


def _told(code: str, one: Finding | Breach) -> dict[str, Any]:
    return {"rule": code, "where": one.where, "missing": str(one.missing), "sentence": str(one.sentence)}
