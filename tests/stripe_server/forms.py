"""Form encoding with brackets, and the rules that parameters obey.

A rule is a function `(value, name) -> value`, a dict of rules (a hash: a name that ends in `!` is required), or a list
of one rule (an array).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from tests.stripe_server.errors import StripeError, missing_parameter, unknown_parameter

Rule = Any
_KEY_PART = re.compile(r"\[([^\]]*)\]")


def decode(encoded: str) -> dict[str, Any]:
    """Read `a[b][0][c]=d` into nested hashes and arrays; a repeated or numbered bracket is an array."""
    tree: dict[str, Any] = {}
    for key, value in parse_qsl(encoded, keep_blank_values=True):
        head = key.split("[", 1)[0]
        path = [head, *_KEY_PART.findall(key)]
        node = tree
        for part in path[:-1]:
            step = node.setdefault(part if part else str(len(node)), {})
            if not isinstance(step, dict):
                raise StripeError(f"Invalid {key}: mixes a value and a hash", param=head)
            node = step
        node[path[-1] if path[-1] else str(len(node))] = value
    return {key: _arrays(value) for key, value in tree.items()}


def _arrays(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(key.isdigit() for key in value):
        return [_arrays(value[key]) for key in sorted(value, key=int)]
    return {key: _arrays(inner) for key, inner in value.items()}


def check(rules: Mapping[str, Rule], given: Any, *, prefix: str = "") -> dict[str, Any]:
    """Return the parameters converted by their rules.

    Raises: StripeError: for the first one unknown, missing or wrong.
    """
    if given == "":
        given = {}
    if not isinstance(given, dict):
        raise StripeError("Invalid hash", code="parameter_invalid_empty", param=prefix or None)
    by_name = {name.rstrip("!"): rule for name, rule in rules.items()}
    for name in given:
        if name not in by_name:
            raise unknown_parameter(_within(prefix, name))
    for name in rules:
        if name.endswith("!") and given.get(name[:-1], "") == "":
            raise missing_parameter(_within(prefix, name[:-1]))
    return {name: _apply(by_name[name], value, _within(prefix, name)) for name, value in given.items()}


def _within(prefix: str, name: str) -> str:
    return f"{prefix}[{name}]" if prefix else name


def _apply(rule: Rule, value: Any, name: str) -> Any:
    if isinstance(rule, dict):
        return check(rule, value, prefix=name)
    if isinstance(rule, list):
        if value == "":
            return []
        if not isinstance(value, list):
            raise StripeError("Invalid array", param=name)
        return [_apply(rule[0], item, f"{name}[{rank}]") for rank, item in enumerate(value)]
    return rule(value, name)


def text(value: Any, name: str) -> str | None:
    if not isinstance(value, str):
        raise StripeError(f"Invalid string: {value}", param=name)
    if len(value) > 5000:
        raise StripeError(f"Invalid string: {name} must be at most 5000 characters", param=name)
    return value or None


def integer(value: Any, name: str) -> int:
    if not isinstance(value, str) or not re.fullmatch(r"-?[0-9]{1,12}", value):
        raise StripeError(f"Invalid integer: {value}", code="parameter_invalid_integer", param=name)
    return int(value)


def amount(value: Any, name: str) -> int:
    """Whole cents, at least one."""
    cents = integer(value, name)
    if cents < 1:
        raise StripeError(
            "This value must be greater than or equal to 1.", code="parameter_invalid_integer", param=name
        )
    return cents


def boolean(value: Any, name: str) -> bool:
    if value not in ("true", "false", "True", "False"):
        raise StripeError(f"Invalid boolean: {value}", param=name)
    return value in ("true", "True")


def one_of(*values: str) -> Callable[[Any, str], str]:
    def rule(value: Any, name: str) -> str:
        if value not in values:
            raise StripeError(f"Invalid {name}: must be one of {', '.join(values)}", param=name)
        return str(value)

    return rule


def url(value: Any, name: str) -> str:
    if not isinstance(value, str) or not re.match(r"https?://[^\s/]+", value):
        raise StripeError("Not a valid URL", code="url_invalid", param=name)
    return value


def email(value: Any, name: str) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
        raise StripeError(f"Invalid email address: {value}", code="email_invalid", param=name)
    return value


def currency(value: Any, name: str) -> str:
    """The server holds one currency: the one of the platform."""
    if not isinstance(value, str) or value.lower() != "eur":
        raise StripeError(f"Invalid currency: {value}. This test server only knows: eur", param=name)
    return "eur"


def metadata(value: Any, name: str) -> dict[str, str]:
    """At most 50 keys of 40 characters, values of 500; an empty value removes its key."""
    if value == "":
        return {}
    if not isinstance(value, dict) or not all(isinstance(inner, str) for inner in value.values()):
        raise StripeError(f"Invalid {name}: must be a hash of strings", param=name)
    if len(value) > 50:
        raise StripeError("Metadata can have at most 50 keys.", param=name)
    for key, inner in value.items():
        if len(key) > 40 or len(inner) > 500:
            raise StripeError(
                "Metadata keys have at most 40 characters and values at most 500.", param=f"{name}[{key}]"
            )
    return value


def no_longer(value: Any, name: str) -> Any:
    """What older versions of the API took. Source: Stripe's changelog of 2026-09-30.endive."""
    raise StripeError(
        f"{name} is no longer supported in this version. Use allowed_payment_method_types instead.",
        code="payment_method_types_no_longer_supported",
        param=name,
    )


def anything(value: Any, name: str) -> Any:
    """What the API accepts and this server has no use for."""
    return value


def time_range(value: Any, name: str) -> Any:
    """An exact second, or a hash of `gt`, `gte`, `lt`, `lte`."""
    if isinstance(value, dict):
        return check(dict.fromkeys(("gt", "gte", "lt", "lte"), integer), value, prefix=name)
    return integer(value, name)


LIST = {"limit": integer, "starting_after": text, "ending_before": text, "expand": [text]}
ONE = {"expand": [text]}
