"""The register of rules: a change is a new version, refused when it goes against law or against another rule."""

from collections.abc import Mapping
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from fres.kernel import clock, parameters
from funds.allocation.rules import LegalLimit, Rule, RuleRefused, read_rule
from funds.locks import lock_fund
from funds.models import AllocationRule, Fund
from funds.rules.contradictions import contradictions
from funds.rules.errors import RuleNotAdopted
from investors.models import User

# What law sets on a parameter: kind, field, dated value, and the case it is about.
_LIMITS = (
    ("SHARE_RANGE", "min", "rule.solidarity_share.min", "least", (("class", "ESUS"),)),
    ("SHARE_RANGE", "max", "rule.solidarity_share.max", "most", (("class", "ESUS"),)),
    ("PAY_RATIO_MAX", "mean", "rule.pay_ratio.mean", "most", ()),
    ("PAY_RATIO_MAX", "highest", "rule.pay_ratio.highest", "most", ()),
)


def legal_limits(on: date) -> tuple[LegalLimit, ...]:
    """Return what law sets on rules on a day, from the dated values."""
    found = []
    for kind, field, key, side, when in _LIMITS:
        value = parameters.value_at(key, on)
        exact = Fraction(value.rate) if value.unit == "%" else Fraction(value.value)
        found.append(
            LegalLimit(
                kind=kind, field=field, source=value.source, when=when,
                at_least=exact if side == "least" else None, at_most=exact if side == "most" else None,
            )
        )  # fmt: skip
    return tuple(found)


def rule_of(row: AllocationRule) -> Rule:
    """Return a version as the engine reads it."""
    return read_rule(
        {
            "code": row.code, "version": row.version, "kind": row.kind, "scope": row.scope, "base": row.base or None,
            "params": row.params, "timing": row.timing, "severity": row.severity, "cure_days": row.cure_days,
            "valid_from": row.valid_from, "valid_to": row.valid_to,
        }
    )  # fmt: skip


def rows_in_force(fund: Fund, on: date) -> list[AllocationRule]:
    """Return the version of each rule in force on a day, by code; one query."""
    latest: dict[str, AllocationRule] = {}
    for row in AllocationRule.objects.filter(fund=fund, valid_from__lte=on).order_by("code", "version"):
        latest[row.code] = row
    return [row for row in latest.values() if row.valid_to is None or on <= row.valid_to]


def rules_in_force(fund: Fund, on: date) -> tuple[Rule, ...]:
    """Return the rules in force on a day, by code."""
    return tuple(rule_of(row) for row in rows_in_force(fund, on))


def rules_to_come(fund: Fund, on: date) -> list[AllocationRule]:
    """Return the last version of each rule, in force on a day or later."""
    latest: dict[str, AllocationRule] = {}
    for row in AllocationRule.objects.filter(fund=fund).order_by("code", "version"):
        latest[row.code] = row
    return [row for row in latest.values() if row.valid_to is None or row.valid_to >= on]


def check_rule(*, fund: Fund, data: Mapping[str, Any], on: date) -> Rule:
    """Return the rule that data describe if it may be adopted on a day.

    Raises: RuleNotAdopted: `errors` by field: a value that cannot be, law, another rule, a date already past.
    """
    try:
        rule = read_rule(data, legal_limits(_date(data.get("valid_from"), on)))
    except RuleRefused as refusal:
        raise RuleNotAdopted(refusal.errors, next_step=_("Corrigez les champs indiqués.")) from refusal
    errors: dict[str, Any] = {}
    compartments = {f"compartment:{slug}" for slug in fund.compartments.values_list("slug", flat=True)}
    if rule.scope.startswith("compartment:") and rule.scope not in compartments:
        errors["scope"] = _("Ce compartiment n’existe pas.")
    if rule.valid_from < on:
        errors["valid_from"] = _("Une règle ne s’applique pas à un jour passé.")
    last = AllocationRule.objects.filter(fund=fund, code=rule.code).order_by("-version").first()
    if last is not None and rule.valid_from < last.valid_from:
        errors["valid_from"] = _("La version %(version)s commence le %(day)s : la suivante ne commence pas avant.") % {
            "version": last.version, "day": f"{last.valid_from:%d/%m/%Y}",
        }  # fmt: skip
    if last is not None and last.kind != rule.kind:
        errors["kind"] = _("Une règle garde son genre : finissez celle-ci et créez-en une autre.")
    others = [rule_of(row) for row in rules_to_come(fund, rule.valid_from)]
    clashes = contradictions(rule, others)
    if clashes:
        errors["params"] = " ".join(sentence.said(_) for sentence in clashes)
    if errors:
        raise RuleNotAdopted(errors, next_step=_("Corrigez les champs indiqués, ou changez d’abord l’autre règle."))
    return rule


@transaction.atomic
def adopt_rule(*, fund: Fund, data: Mapping[str, Any], reason: str, by: User, at: datetime) -> AllocationRule:
    """Write a rule, or the next version of the one that has this code. Raises: RuleNotAdopted: nothing is written."""
    lock_fund(fund)
    if not reason.strip():
        raise RuleNotAdopted({"reason": _("Dites pourquoi cette version est prise.")})
    rule = check_rule(fund=fund, data=data, on=clock.local(at).date())
    last = AllocationRule.objects.filter(fund=fund, code=rule.code).order_by("-version").first()
    return AllocationRule.objects.create(
        fund=fund, code=rule.code, version=last.version + 1 if last else 1, kind=rule.kind, scope=rule.scope,
        base=str(rule.base or ""), params=rule.params.to_data(), timing=str(rule.timing), severity=str(rule.severity),
        cure_days=rule.cure_days, valid_from=rule.valid_from, valid_to=rule.valid_to, reason=reason.strip(),
        decided_by=by, decided_at=at,
    )  # fmt: skip


@transaction.atomic
def end_rule(*, fund: Fund, code: str, last_day: date, reason: str, by: User, at: datetime) -> AllocationRule:
    """End a rule on a day, by a version that says so. Raises: RuleNotAdopted: unknown, or a day already past."""
    lock_fund(fund)
    on = clock.local(at).date()
    last = AllocationRule.objects.filter(fund=fund, code=code).order_by("-version").first()
    if last is None or (last.valid_to is not None and last.valid_to < on):
        raise RuleNotAdopted({"code": _("Cette règle n’est pas en vigueur.")})
    if last_day < on or last_day < last.valid_from or not reason.strip():
        raise RuleNotAdopted({"valid_to": _("Donnez un dernier jour à venir, et dites pourquoi.")})
    return AllocationRule.objects.create(
        fund=fund, code=code, version=last.version + 1, kind=last.kind, scope=last.scope, base=last.base,
        params=last.params, timing=last.timing, severity=last.severity, cure_days=last.cure_days,
        valid_from=last.valid_from, valid_to=last_day, reason=reason.strip(), decided_by=by, decided_at=at,
    )  # fmt: skip


def _date(raw: Any, otherwise: date) -> date:
    if isinstance(raw, date):
        return raw
    try:
        return date.fromisoformat(str(raw))
    except ValueError:
        return otherwise
