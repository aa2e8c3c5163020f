"""Frozen dataclasses to plain data and back, exactly: the one spelling of a problem and of its result in files.

Whole numbers stay whole, fractions and dates are texts, and what a file should not say is refused with its path.
"""

import dataclasses
import json
import types
import typing
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any, TypeVar

from funds.allocation.problem import Problem
from funds.allocation.rules import Rule, RuleRefused, read_rule
from funds.allocation.words import Listed, Sentence, share_text

T = TypeVar("T")


class FileRefused(ValueError):
    """A file does not say what it should; the message gives the path of the value."""


def to_plain(value: Any) -> Any:
    """Return plain data: sentences as their French, fractions as exact texts, dataclasses as objects."""
    if isinstance(value, (Sentence, Listed)):
        return str(value)
    if isinstance(value, Rule):
        return value.to_data()
    if dataclasses.is_dataclass(value):
        return {one.name: to_plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Fraction):
        return share_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [to_plain(part) for part in value]
    if isinstance(value, Mapping):
        return {str(key): to_plain(part) for key, part in value.items()}
    if value is None or isinstance(value, str | int | bool):
        return value
    raise TypeError(f"{type(value).__name__} has no exact spelling")


def to_bytes(value: Any) -> bytes:
    """Return equal bytes for equal values: sorted keys, one spelling, UTF-8."""
    return (json.dumps(to_plain(value), ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


def read_problem(data: bytes) -> Problem:
    """Return the problem of a file, its rules read with all their refusals. Raises: FileRefused."""
    try:
        plain = json.loads(data, parse_float=Decimal)
    except ValueError as broken:
        raise FileRefused(f"not JSON: {broken}") from None
    return from_plain(plain, Problem)


def from_plain(plain: Any, kind: type[T], path: str = "$") -> T:
    """Return a frozen dataclass from plain data. Raises: FileRefused, with the path of what is wrong."""
    return typing.cast(T, _read(plain, kind, path))


def _read(plain: Any, hint: Any, path: str) -> Any:
    origin = typing.get_origin(hint)
    if origin in (types.UnionType, typing.Union):
        if plain is None:
            return None
        (hint,) = [one for one in typing.get_args(hint) if one is not type(None)]
        origin = typing.get_origin(hint)
    if origin is tuple:
        if not isinstance(plain, list):
            raise FileRefused(f"{path}: a list is expected")
        inner = typing.get_args(hint)[0]
        return tuple(_read(part, inner, f"{path}[{number}]") for number, part in enumerate(plain))
    if hint is Rule:
        return _read_rule(plain, path)
    if dataclasses.is_dataclass(hint):
        return _read_object(plain, hint, path)
    if hint is Fraction or hint is date or (isinstance(hint, type) and issubclass(hint, Enum)):
        return _read_text(plain, hint, path)
    if type(plain) is not hint:
        raise FileRefused(f"{path}: {hint.__name__} is expected")
    return plain


def _read_rule(plain: Any, path: str) -> Rule:
    if not isinstance(plain, dict):
        raise FileRefused(f"{path}: an object is expected")
    try:
        return read_rule(plain)
    except RuleRefused as refusal:
        raise FileRefused(f"{path}: {refusal}") from None


def _read_object(plain: Any, kind: Any, path: str) -> Any:
    if not isinstance(plain, dict):
        raise FileRefused(f"{path}: an object is expected")
    # Problem names its rules' class in a string, to keep the two modules apart.
    hints = typing.get_type_hints(kind, localns={"Rule": Rule})
    unknown = sorted(set(plain) - set(hints))
    if unknown:
        raise FileRefused(f"{path}.{unknown[0]}: unknown")
    values = {name: _read(part, hints[name], f"{path}.{name}") for name, part in plain.items()}
    try:
        return kind(**values)
    except TypeError:
        missing = [
            one.name
            for one in dataclasses.fields(kind)
            if one.default is dataclasses.MISSING and one.name not in values
        ]
        raise FileRefused(f"{path}: missing {', '.join(missing)}") from None


def _read_text(plain: Any, hint: Any, path: str) -> Any:
    if not isinstance(plain, str):
        raise FileRefused(f"{path}: a text is expected")
    try:
        return date.fromisoformat(plain) if hint is date else hint(plain)
    except (ValueError, ZeroDivisionError):
        raise FileRefused(f"{path}: {plain!r} is not a {hint.__name__}") from None
