"""The numbers of a rule as a manager types them (euros, per cent) and as the engine reads them (cents, exact parts)."""

from fractions import Fraction
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from djmoney.money import Money

from fres.kernel.form_fields import AmountField
from fres.kernel.money import from_cents, to_cents
from funds.allocation.rule_params import read_share
from funds.allocation.words import percent


class CentsField(AmountField):
    """A sum typed in euros, given in whole cents; part of a cent is refused."""

    def clean(self, value: Any) -> int | None:
        amount: Money | None = super().clean(value)
        try:
            return None if amount is None else to_cents(amount)
        except ValueError as refusal:
            raise forms.ValidationError(_("Un centime ne se partage pas : deux décimales au plus.")) from refusal


PARTS = frozenset({"share", "minimum", "maximum", "ratio", "quota", "floor"})


def field_for(name: str, hint: Any, label: Any) -> forms.Field:
    """Return the field in which the parameter `name` of a kind is typed."""
    if hint is bool:
        return forms.BooleanField(label=label, required=False)
    if _is_cents(name):
        return CentsField(label=label, required=False)
    return forms.CharField(label=label, required=False, max_length=400)


def shown(name: str, value: Any) -> Any:
    """Return a parameter as stored (plain data) in the words in which it is typed."""
    if value is None or isinstance(value, bool):
        return value
    if _is_cents(name):
        return format(from_cents(value).amount, "f").replace(".", ",").removesuffix(",00")
    if name in PARTS:
        return percent(read_share(value)) if _is_exact_percent(read_share(value)) else str(value)
    if isinstance(value, dict):
        return "; ".join(f"{key}: {percent(read_share(rate))}" for key, rate in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def stored(name: str, value: Any) -> Any:
    """Return what was typed as the plain data the engine reads; what it cannot read stays text and is refused there."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if name == "by_class" and text:
        pairs = [pair.partition(":") for pair in text.split(";") if pair.strip()]
        return {key.strip(): rate.strip() for key, _colon, rate in pairs}
    return text


def is_whole(value: Any) -> bool:
    """Say whether a stored value is a whole number, such as cents or days."""
    return isinstance(value, int) and not isinstance(value, bool)


def _is_cents(name: str) -> bool:
    return name == "cents" or name.endswith("_cents")


def _is_exact_percent(share: Fraction) -> bool:
    return (share * 1_000_000).denominator == 1
