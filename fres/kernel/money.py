"""Money outside, whole cents inside (design D4). Only this module converts between them."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeVar

from djmoney.money import Money

CURRENCY = "EUR"
Key = TypeVar("Key")

_THIN = "\u202f"
_NO_BREAK = "\u00a0"
_MINUS = "\u2212"


def to_cents(money: Money) -> int:
    """Return whole cents. Raises ValueError for a fraction of a cent or another currency."""
    if str(money.currency) != CURRENCY:
        raise ValueError(f"{money} is not in {CURRENCY}")
    cents = money.amount.scaleb(2)
    if cents != cents.to_integral_value():
        raise ValueError(f"{money} is not a whole number of cents")
    return int(cents)


def from_cents(cents: int) -> Money:
    return Money(Decimal(cents).scaleb(-2), CURRENCY)


def split_cents(total: int, weights: Mapping[Key, int]) -> dict[Key, int]:
    """Share `total` cents in proportion to whole weights, by the largest remainder; nothing is lost.

    Ties go to the smaller key, so that two runs agree. A zero weight receives nothing.
    Raises: ValueError: total or a weight is negative, or there is money and no weight.
    """
    if total < 0 or any(weight < 0 for weight in weights.values()):
        raise ValueError("amounts and weights are not negative")
    whole = sum(weights.values())
    if whole == 0:
        if total:
            raise ValueError("there is money to share and nobody to share it with")
        return dict.fromkeys(weights, 0)
    shares: dict[Key, int] = {}
    remainders: list[tuple[int, Any]] = []
    for key, weight in weights.items():
        share, remainder = divmod(total * weight, whole)
        shares[key] = share
        remainders.append((-remainder, key))
    left = total - sum(shares.values())
    for _remainder, key in sorted(remainders)[:left]:
        shares[key] += 1
    return shares


def share_cents(amount_cents: int, rate: Fraction | Decimal) -> int:
    """Return `amount × rate` in whole cents, half a cent rounded up (away from zero), once."""
    exact = amount_cents * Fraction(rate)
    sign = -1 if exact < 0 else 1
    doubled = abs(exact) * 2 + 1
    return sign * (doubled.numerator // (doubled.denominator * 2))


def format_cents(cents: int, *, whole: bool = False) -> str:
    """Write an amount as French readers do: `1 234,56 €`, U+2212 for a minus; `whole` drops `,00`.

    Raises: ValueError: `whole` was asked for an amount that has cents.
    """
    euros, rest = divmod(abs(cents), 100)
    if whole and rest:
        raise ValueError("an amount with cents is never shown as whole euros")
    figure = f"{euros:,}".replace(",", _THIN)
    if not whole:
        figure += f",{rest:02d}"
    return f"{_MINUS if cents < 0 else ''}{figure}{_NO_BREAK}€"
