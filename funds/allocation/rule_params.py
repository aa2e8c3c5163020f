"""What every kind of rule has in common: its parameters are read from plain data, refused field by field, and said.

A kind is a frozen dataclass whose fields are its parameters. `read_params` turns JSON or form data into one and names
each field that is wrong; nothing is guessed, and a float is refused (ruling B18).
"""

import re
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, ClassVar, TypeVar

from fres.kernel.errors import RuleViolation
from funds.allocation.problem import FUND, Base, is_of_sector
from funds.allocation.words import Sentence, euros, gettext_noop, listed, percent, say, share_text

NUMBER = re.compile(r"-?\d+(\.\d+)?(/\d+)?")
TOTALS = frozenset({Base.NAV, Base.COMMITTED, Base.COLLECTED, Base.CAPITAL})
P = TypeVar("P", bound="Params")


class RuleRefused(RuleViolation):
    """A rule that cannot be: `errors` gives, for each field that is wrong, the sentence that says why."""

    rule = "allocation-rule"

    def __init__(self, errors: Mapping[str, Sentence]) -> None:
        self.errors = dict(errors)
        super().__init__(" ".join(f"{name} : {text}" for name, text in self.errors.items()))


class ReadingRefused(Exception):
    """One value cannot be read; `sentence` says why."""

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        super().__init__(str(sentence))


@dataclass(frozen=True)
class Params:
    """The parameters of one kind.

    KIND: its code. TITLE: its French name. BASES: totals its percentage may be of; empty: it takes none. SCOPES: what
    it may bear on, `fund`, `compartment` or `campaign`. IS_ELIGIBILITY: it says who may be financed, not how much.
    KEYS: names that files give to parameters whose own name is another.
    """

    KIND: ClassVar[str] = ""
    TITLE: ClassVar[str] = ""
    BASES: ClassVar[frozenset[Base]] = frozenset()
    SCOPES: ClassVar[frozenset[str]] = frozenset({"fund", "compartment"})
    IS_ELIGIBILITY: ClassVar[bool] = False
    KEYS: ClassVar[dict[str, str]] = {}

    @property
    def needs_base(self) -> bool:
        """Whether these parameters mean nothing without a base."""
        return False

    @property
    def base_is_of_the_fund(self) -> bool:
        """Whether the base is a total of the fund or a compartment, rather than of each project."""
        return True

    def problems(self, scope: str) -> Iterator[tuple[str, Sentence]]:
        """Yield each field that cannot be, with the reason."""
        yield from ()

    def sentence(self, scope: str, base: Base | None) -> Sentence:
        """Return the rule as one French sentence."""
        raise NotImplementedError

    def to_data(self) -> dict[str, Any]:
        """Return plain data that `read_params` reads back to an equal value; defaults are left out."""
        data: dict[str, Any] = {}
        for one in fields(self):
            value = getattr(self, one.name)
            if one.default is MISSING or value != one.default:
                data[_key(type(self), one)] = _plain(value)
        return data


def read_params(kind: type[P], data: Mapping[str, Any], scope: str) -> P:
    """Return the parameters of a kind from plain data. Raises: RuleRefused, naming each field that is wrong."""
    errors: dict[str, Sentence] = {}
    hints = typing.get_type_hints(kind)
    known = {_key(kind, one): one for one in fields(kind)}
    for key in sorted(set(data) - set(known), key=str):
        errors[str(key)] = say(gettext_noop("Ce paramètre n’existe pas pour cette règle."))
    values: dict[str, Any] = {}
    for key, one in known.items():
        raw = data.get(key)
        if raw is None or raw == "" or raw == []:
            if one.default is MISSING and one.default_factory is MISSING:
                errors[key] = say(gettext_noop("Ce paramètre est obligatoire."))
            continue
        try:
            values[one.name] = read_value(raw, hints[one.name])
        except ReadingRefused as refusal:
            errors[key] = refusal.sentence
    if errors:
        raise RuleRefused(errors)
    params = kind(**values)
    for key, text in params.problems(scope):
        errors.setdefault(key, text)
    if errors:
        raise RuleRefused(errors)
    return params


def read_value(raw: Any, hint: Any) -> Any:
    """Return a plain value as the type a field wants. Raises: ReadingRefused."""
    origin = typing.get_origin(hint)
    if origin in (types.UnionType, typing.Union):
        (hint,) = [one for one in typing.get_args(hint) if one is not type(None)]
        origin = typing.get_origin(hint)
    if isinstance(raw, float):
        raise ReadingRefused(say(gettext_noop("Un nombre à virgule flottante n’est pas exact : écrivez-le en texte.")))
    if origin is tuple:
        return _read_many(raw, typing.get_args(hint)[0])
    if hint is bool:
        return _read_bool(raw)
    if hint is int:
        return _read_whole(raw)
    if hint is Fraction:
        return read_share(raw)
    if hint is date:
        return _read_date(raw)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        try:
            return hint(raw)
        except ValueError:
            raise ReadingRefused(say(gettext_noop("Choix possibles : %(choices)s."), choices=", ".join(hint))) from None
    if not isinstance(raw, str):
        raise ReadingRefused(say(gettext_noop("Un texte est attendu.")))
    return raw.strip()


def read_share(raw: Any) -> Fraction:
    """Return an exact number: "0.05", "1/3", "20 %", a whole number or a Decimal. Raises: ReadingRefused."""
    if isinstance(raw, Fraction):
        return raw
    if isinstance(raw, Decimal) and raw.is_finite():
        return Fraction(raw)
    if isinstance(raw, int) and not isinstance(raw, bool):
        return Fraction(raw)
    if isinstance(raw, str):
        text = raw.replace("\u00a0", "").replace("\u202f", "").replace(" ", "").replace(",", ".")
        of_hundred = text.endswith("%")
        text = text.removesuffix("%")
        if NUMBER.fullmatch(text) and not text.endswith("/0"):
            number, _, divisor = text.partition("/")
            return Fraction(number) / int(divisor or 1) / (100 if of_hundred else 1)
    raise ReadingRefused(say(gettext_noop("Un nombre exact est attendu, comme 0.05 ou 5 %%.")))


def is_share(share: Fraction | None) -> bool:
    """Say whether an optional part is a part: from 0 to 1."""
    return share is None or 0 <= share <= 1


NOT_A_SHARE = say(gettext_noop("Une part va de 0 à 1 (0 %% à 100 %%)."))


def scope_words(scope: str) -> Sentence:
    """Return "du fonds", "du compartiment « X »" or "de la campagne « X »"."""
    kind, _, code = scope.partition(":")
    if kind == "compartment":
        return say(gettext_noop("du compartiment « %(code)s »"), code=code)
    if kind == "campaign":
        return say(gettext_noop("de la campagne « %(code)s »"), code=code)
    return say(gettext_noop("du fonds"))


BASE_WORDS = {
    Base.NAV: gettext_noop("de l’actif net %(scope)s"),
    Base.COMMITTED: gettext_noop("des sommes engagées %(scope)s"),
    Base.COLLECTED: gettext_noop("de la collecte %(scope)s"),
    Base.CAPITAL: gettext_noop("du capital %(scope)s"),
    Base.PROJECT_TOTAL: gettext_noop("du budget de chaque projet"),
}


def base_words(base: Base | None, scope: str) -> Sentence:
    """Return "de l’actif net du fonds" and the like."""
    if base is None:
        return scope_words(scope)
    if base is Base.PROJECT_TOTAL:
        return say(BASE_WORDS[base])
    return say(BASE_WORDS[base], scope=scope_words(scope))


def quantity_words(share: Fraction | None, cents: int | None, base: Base | None, scope: str) -> Sentence:
    """Return "20 % de l’actif net du fonds", "34 000 €", or the lower of both."""
    if share is None:
        return say(gettext_noop("%(amount)s"), amount=euros(cents or 0))
    of_base = say(gettext_noop("%(share)s %(base)s"), share=percent(share), base=base_words(base, scope))
    if cents is None:
        return of_base
    return say(gettext_noop("%(amount)s et %(share)s"), amount=euros(cents), share=of_base)


def _key(kind: type[Params], one: Field[Any]) -> str:
    return kind.KEYS.get(one.name, one.name)


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return share_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        if value and isinstance(value[0], tuple):
            return {name: _plain(part) for name, part in value}
        return [_plain(part) for part in value]
    return str(value) if isinstance(value, StrEnum) else value


def _read_many(raw: Any, hint: Any) -> Any:
    if typing.get_origin(hint) is tuple:
        if not isinstance(raw, Mapping):
            raise ReadingRefused(say(gettext_noop("Une valeur par nom est attendue.")))
        return tuple(sorted((str(name), read_value(part, typing.get_args(hint)[1])) for name, part in raw.items()))
    if isinstance(raw, str):
        raw = [part for part in re.split(r"[\s,;]+", raw) if part]
    if not isinstance(raw, list | tuple):
        raise ReadingRefused(say(gettext_noop("Une liste est attendue.")))
    return tuple(sorted({read_value(part, hint) for part in raw}))


def _read_bool(raw: Any) -> bool:
    if not isinstance(raw, bool):
        raise ReadingRefused(say(gettext_noop("Vrai ou faux est attendu.")))
    return raw


def _read_whole(raw: Any) -> int:
    if isinstance(raw, str) and re.fullmatch(r"\d{1,16}", raw):
        return int(raw)
    if isinstance(raw, Decimal) and raw == raw.to_integral_value():
        return int(raw)
    if not isinstance(raw, int) or isinstance(raw, bool):
        raise ReadingRefused(say(gettext_noop("Un nombre entier est attendu (des centimes, pour un montant).")))
    return raw


def _read_date(raw: Any) -> date:
    if isinstance(raw, date):
        return raw
    try:
        return date.fromisoformat(raw)
    except (TypeError, ValueError):
        raise ReadingRefused(say(gettext_noop("Une date est attendue, comme 2026-01-31."))) from None


__all__ = [
    "FUND", "NOT_A_SHARE", "TOTALS", "Params", "ReadingRefused", "RuleRefused", "base_words", "is_of_sector",
    "is_share", "listed", "quantity_words", "read_params", "read_share", "read_value", "scope_words",
]  # fmt: skip
