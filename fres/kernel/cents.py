"""Whole cents: shared, rounded and written in French, with nothing but integers (style §5).

Apart from `fres.kernel.money` because it needs no library at all: the allocation is recomputed by people who have
neither Django nor a database (`funds/allocation/`).
"""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

CENTS_IN_EURO = 100

NARROW_SPACE = "\u202f"
NO_BREAK_SPACE = "\u00a0"
MINUS = "\u2212"

K = TypeVar("K")


def split_cents(total: int, weights: Mapping[K, int]) -> dict[K, int]:
    """Share whole cents in proportion to whole weights so that nothing is lost: the parts add up to `total`.

    Each part is the exact share rounded down; the cents left go one each to the largest remainders. Equal remainders
    are served in the order of the keys, so two runs agree whatever the order of the mapping.

    Args: total: cents, not negative. weights: whole, none negative; keys of one sortable type.
    Returns: a part for each key, in the order of the mapping; a weight of 0 gets 0.
    Raises: ValueError: the total or a weight is negative, or there is something to share and every weight is 0.
    """
    require_int(total)
    if total < 0:
        raise ValueError("a negative amount is not shared")
    for weight in weights.values():
        require_int(weight)
        if weight < 0:
            raise ValueError("a weight is negative")
    weighed = sum(weights.values())
    if weighed == 0:
        if total:
            raise ValueError(f"{total} cents have nobody to go to")
        return dict.fromkeys(weights, 0)
    parts: dict[K, int] = {}
    remainders: dict[K, int] = {}
    for key, weight in weights.items():
        parts[key], remainders[key] = divmod(total * weight, weighed)
    left = total - sum(parts.values())
    if left:
        ranked = sorted(sorted(weights), key=lambda key: -remainders[key])  # type: ignore[type-var]
        for key in ranked[:left]:
            parts[key] += 1
    return parts


def share_cents(amount_cents: int, rate: Fraction | Decimal) -> int:
    """Return `amount_cents` × `rate` as whole cents, rounded once, half a cent away from zero.

    Raises: TypeError: the amount is not an int, or the rate neither Fraction nor Decimal (a float is no rate).
    """
    require_int(amount_cents)
    if not isinstance(rate, Fraction | Decimal):
        raise TypeError("a rate is a Fraction or a Decimal")
    exact = amount_cents * Fraction(rate)
    quotient, remainder = divmod(abs(exact.numerator), exact.denominator)
    rounded = quotient + (2 * remainder >= exact.denominator)
    return -rounded if exact < 0 else rounded


def format_cents(cents: int, whole: bool = False) -> str:
    """Return an amount in French typography: "1 234,56 €", with no-break spaces and a true minus sign.

    Args: whole: leave the cents out, for targets and capacities ("1 234 €").
    Raises: ValueError: whole euros were asked of an amount that has cents.
    """
    require_int(cents)
    euros, rest = divmod(abs(cents), CENTS_IN_EURO)
    if whole and rest:
        raise ValueError(f"{cents} cents are not whole euros")
    text = f"{euros:,}".replace(",", NARROW_SPACE)
    if not whole:
        text += f",{rest:02}"
    return f"{MINUS if cents < 0 else ''}{text}{NO_BREAK_SPACE}€"


def require_int(value: int) -> None:
    """Raises: TypeError: not an int (a bool or a float is no amount)."""
    if type(value) is not int:
        raise TypeError(f"{value!r} is not a whole number of cents")
