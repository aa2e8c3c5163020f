"""A rule of the fund as dated, versioned data: read, refused field by field, said in one sentence, compared with law.

The kinds and their parameters are those of the fact sheet on labels and territories, §5.3; each is a class in
`amount_kinds` or `eligibility_kinds`.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from funds.allocation.amount_kinds import AMOUNT_KINDS
from funds.allocation.eligibility_kinds import ELIGIBILITY_KINDS, Strictness
from funds.allocation.problem import Base
from funds.allocation.rule_params import Params, ReadingRefused, RuleRefused, read_params, read_value
from funds.allocation.words import Sentence, gettext_noop, percent, say, share_text

KINDS: dict[str, type[Params]] = {kind.KIND: kind for kind in (*AMOUNT_KINDS, *ELIGIBILITY_KINDS)}


class Timing(StrEnum):
    """When a rule is looked at outside an allocation; an allocation looks at every rule in force."""

    PRE_TRADE = "PRE_TRADE"
    POST_TRADE = "POST_TRADE"
    PERIODIC = "PERIODIC"


class Severity(StrEnum):
    """BLOCK: never broken by an allocation. WARN: served first, as far as what blocks allows, and reported."""

    BLOCK = "BLOCK"
    WARN = "WARN"


@dataclass(frozen=True)
class Rule:
    """A rule in one of its versions.

    `scope` is `fund`, `compartment:CODE` or `campaign:PROJECT`; `base` what its percentages are of. A blocking rule
    with `cure_days` that is already broken before a decision (markets, withdrawals) is a passive breach: it has that
    many days to be cured, and may not be worsened meanwhile. `valid_to` is its last day.
    """

    code: str
    params: Params
    scope: str = "fund"
    base: Base | None = None
    timing: Timing = Timing.PRE_TRADE
    severity: Severity = Severity.BLOCK
    cure_days: int = 0
    valid_from: date = date(2000, 1, 1)
    valid_to: date | None = None
    version: int = 1

    @property
    def kind(self) -> str:
        return self.params.KIND

    @property
    def is_blocking(self) -> bool:
        return self.severity is Severity.BLOCK

    @property
    def compartment(self) -> str | None:
        """The one compartment it bears on, None when it bears on more."""
        return self.scope.partition(":")[2] if self.scope.startswith("compartment:") else None

    @property
    def project(self) -> str | None:
        """The one project it bears on, None when it bears on more."""
        return self.scope.partition(":")[2] if self.scope.startswith("campaign:") else None

    @property
    def needs_base_amount(self) -> bool:
        """Whether the data must give a total for it (what is committed is counted, not given)."""
        return (
            self.params.needs_base
            and self.params.base_is_of_the_fund
            and self.base in (Base.NAV, Base.COLLECTED, Base.CAPITAL)
        )

    def is_in_force(self, at: date) -> bool:
        return self.valid_from <= at and (self.valid_to is None or at <= self.valid_to)

    def sentence(self) -> Sentence:
        """Return the rule as one French sentence."""
        return self.params.sentence(self.scope, self.base)

    def to_data(self) -> dict[str, Any]:
        """Return plain data that `read_rule` reads back to an equal rule."""
        return {
            "code": self.code,
            "version": self.version,
            "kind": self.kind,
            "scope": self.scope,
            "base": self.base and str(self.base),
            "params": self.params.to_data(),
            "timing": str(self.timing),
            "severity": str(self.severity),
            "cure_days": self.cure_days,
            "valid_from": self.valid_from.isoformat(),
            "valid_to": self.valid_to and self.valid_to.isoformat(),
        }


@dataclass(frozen=True)
class LegalLimit:
    """A limit that law sets on a parameter of a kind, on a day: the caller reads it from dated parameters.

    `when` narrows it to rules whose parameters have these values, such as (("class", "ESUS"),).
    """

    kind: str
    field: str
    source: str
    at_least: Fraction | None = None
    at_most: Fraction | None = None
    when: tuple[tuple[str, str], ...] = ()


_FIELDS: dict[str, Any] = {
    "code": str,
    "version": int,
    "kind": str,
    "scope": str,
    "base": Base,
    "timing": Timing,
    "severity": Severity,
    "cure_days": int,
    "valid_from": date,
    "valid_to": date,
}
_NEEDED = ("code", "kind", "scope", "valid_from")


def read_rule(data: Mapping[str, Any], limits: Iterable[LegalLimit] = ()) -> Rule:
    """Return a rule from plain data, such as a form's or a file's.

    Raises: RuleRefused: `errors` names each field that is wrong, `params.` before those of its parameters; also when
    the rule goes against one of the legal `limits`.
    """
    errors: dict[str, Sentence] = {}
    values: dict[str, Any] = {}
    for name in sorted(set(data) - set(_FIELDS) - {"params"}, key=str):
        errors[str(name)] = say(gettext_noop("Ce champ n’existe pas."))
    for name, hint in _FIELDS.items():
        raw = data.get(name)
        if raw is None or raw == "":
            if name in _NEEDED:
                errors[name] = say(gettext_noop("Ce champ est obligatoire."))
            continue
        try:
            values[name] = read_value(raw, hint)
        except ReadingRefused as refusal:
            errors[name] = refusal.sentence
    kind = KINDS.get(values.pop("kind", ""))
    if kind is None:
        errors.setdefault("kind", say(gettext_noop("Ce genre de règle n’existe pas.")))
    given = data.get("params", {})
    if not isinstance(given, Mapping):
        errors["params"] = say(gettext_noop("Une valeur par nom est attendue."))
    elif kind is not None:
        try:
            values["params"] = read_params(kind, given, values.get("scope", ""))
        except RuleRefused as refusal:
            errors |= {f"params.{name}": text for name, text in refusal.errors.items()}
    if errors:
        raise RuleRefused(errors)
    rule = Rule(**values)
    errors = dict(_contradictions(rule)) | contradictions_with_law(rule, limits)
    if errors:
        raise RuleRefused(errors)
    return rule


def contradictions_with_law(rule: Rule, limits: Iterable[LegalLimit]) -> dict[str, Sentence]:
    """Return, for each parameter that law does not allow, the sentence that says so with its source."""
    data = rule.params.to_data()
    found: dict[str, Sentence] = {}
    for limit in limits:
        if limit.kind != rule.kind or any(data.get(name) != value for name, value in limit.when):
            continue
        raw = data.get(limit.field)
        value = None if raw is None else Fraction(str(raw))
        if limit.at_most is not None and (value is None or value > limit.at_most):
            found[f"params.{limit.field}"] = say(
                gettext_noop("La loi ne permet pas plus de %(limit)s (%(source)s)."),
                limit=_number(limit.at_most),
                source=limit.source,
            )
        if limit.at_least is not None and (value is None or value < limit.at_least):
            found[f"params.{limit.field}"] = say(
                gettext_noop("La loi demande au moins %(limit)s (%(source)s)."),
                limit=_number(limit.at_least),
                source=limit.source,
            )
    return found


def rules_to_json(rules: Iterable[Rule]) -> str:
    """Return rules as text, in one order and one spelling: equal rules give equal bytes."""
    ordered = sorted((rule.to_data() for rule in rules), key=lambda one: (one["code"], one["version"]))
    return json.dumps(ordered, ensure_ascii=False, sort_keys=True, indent=1) + "\n"


def rules_from_json(text: str, limits: Iterable[LegalLimit] = ()) -> tuple[Rule, ...]:
    """Return the rules of a text. Decimals are read exactly. Raises: RuleRefused, ValueError (not JSON)."""
    limits = tuple(limits)
    return tuple(read_rule(one, limits) for one in json.loads(text, parse_float=Decimal))


def _contradictions(rule: Rule) -> Iterable[tuple[str, Sentence]]:
    kind, _, code = rule.scope.partition(":")
    if kind not in rule.params.SCOPES or (kind == "fund") != (not code):
        yield (
            "scope",
            say(
                gettext_noop("Cette règle porte sur : %(scopes)s."),
                scopes=", ".join("fund" if one == "fund" else f"{one}:CODE" for one in sorted(rule.params.SCOPES)),
            ),
        )
    if rule.base is not None and rule.base not in rule.params.BASES:
        yield (
            "base",
            say(
                gettext_noop("Cette base ne convient pas à cette règle ; possibles : %(bases)s."),
                bases=", ".join(sorted(rule.params.BASES)) or "—",
            ),
        )
    if rule.base is None and rule.params.needs_base:
        yield "base", say(gettext_noop("Une part se calcule sur une base : choisissez-la."))
    if not rule.is_blocking and getattr(rule.params, "strictness", None) is Strictness.STRICT:
        yield "severity", say(gettext_noop("Un fléchage strict est toujours bloquant."))
    if rule.cure_days < 0:
        yield "cure_days", say(gettext_noop("Un nombre de jours est attendu."))
    if rule.version < 1:
        yield "version", say(gettext_noop("Les versions commencent à 1."))
    if rule.valid_to is not None and rule.valid_to < rule.valid_from:
        yield "valid_to", say(gettext_noop("La règle finirait avant de commencer."))


def _number(value: Fraction) -> str:
    return percent(value) if value < 1 else share_text(value).replace(".", ",")


__all__ = [
    "KINDS", "LegalLimit", "Rule", "RuleRefused", "Severity", "Timing", "contradictions_with_law", "read_rule",
    "rules_from_json", "rules_to_json",
]  # fmt: skip
