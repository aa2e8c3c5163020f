"""When a rule will be broken if things go on as they do: exact, linear, on the last days, and said so.

Every figure the rules look at (cash, what is held, totals, provisions) is taken on two days, and moved on by the same
daily step. The rules are then read day after day by the checker itself: no rule has a second reading here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from fres.kernel import parameters
from fres.kernel.templatetags.fres import date_long
from funds.allocation.checker import breaches_of
from funds.allocation.problem import Allocation, Problem
from funds.allocation.rules import Rule
from funds.models import Fund
from funds.pool.problem import gather_problem
from funds.rules.evaluation import is_standing

LOOKED_AHEAD_DAYS = 365


@dataclass(frozen=True)
class Forecast:
    """A rule kept today that would not be on a day, at the pace of the last days."""

    rule: Rule
    day: date
    pace_days: int
    finding: str

    def __str__(self) -> str:
        """Return the sentence that a person reads."""
        template = _(
            "À ce rythme, vous dépassez la règle « %(rule)s » le %(day)s (rythme des %(days)s derniers jours)."
        )
        return template % {
            "rule": self.rule.code, "day": date_long(self.day), "days": self.pace_days,
        }  # fmt: skip


def forecasts(fund: Fund, on: date) -> list[Forecast]:
    """Return the rules in force that would be broken within a year, the nearest day first."""
    days = parameters.value_at("pool.forecast.days", on).whole
    now = gather_problem(fund, on, demands=())
    before = gather_problem(fund, on - timedelta(days=days), demands=(), rules=now.rules)
    return forecasts_between(before, now, days=days)


def forecasts_between(before: Problem, now: Problem, *, days: int) -> list[Forecast]:
    """The same from two states `days` apart. Pure."""
    waiting = [
        rule
        for rule in now.rules_in_force()
        if is_standing(rule) and not any(True for _one in breaches_of(now, Allocation(), rule))
    ]
    found: list[Forecast] = []
    if _figures(before) == _figures(now):
        return found
    for step in range(1, LOOKED_AHEAD_DAYS + 1):
        if not waiting:
            break
        later = moved_on(before, now, Fraction(step, days))
        day = now.at + timedelta(days=step)
        for rule in list(waiting):
            breach = next(iter(breaches_of(later, Allocation(), rule)), None)
            if breach is not None and rule.is_in_force(day):
                found.append(Forecast(rule, day, days, str(breach.sentence)))
                waiting.remove(rule)
    return found


def moved_on(before: Problem, now: Problem, part: Fraction) -> Problem:
    """Return a state after `part` of the same period at the same pace: each figure in whole cents, never below zero."""

    def move(name: str, key: str, *fields: str) -> tuple[Any, ...]:
        past = {getattr(one, key): one for one in getattr(before, name)}
        rows = []
        for one in getattr(now, name):
            old = past.get(getattr(one, key))
            rows.append(replace(one, **{field: _at(old, one, field, part) for field in fields}))
        return tuple(rows)

    bases = {(one.base, one.scope): one.amount_cents for one in before.bases}
    return replace(
        now,
        compartments=move("compartments", "code", "available_cents", "redeemable_cents"),
        holdings=move("holdings", "code", "amount_cents"),
        bases=tuple(
            replace(one, amount_cents=_line(bases.get((one.base, one.scope), 0), one.amount_cents, part))
            for one in now.bases
        ),
        collections=move("collections", "code", "amount_cents"),
        provisions=move("provisions", "scope", "amount_cents"),
        exchanged=move("exchanged", "currency", "amount_cents"),
    )


def _figures(problem: Problem) -> Mapping[str, Any]:
    parts = ("compartments", "holdings", "bases", "collections", "provisions", "exchanged")
    return {name: getattr(problem, name) for name in parts}


def _at(old: Any, new: Any, field: str, part: Fraction) -> int:
    return _line(getattr(old, field) if old is not None else 0, getattr(new, field), part)


def _line(old: int, new: int, part: Fraction) -> int:
    moved = new + (new - old) * part
    return max(0, moved.numerator // moved.denominator)
