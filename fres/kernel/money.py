"""Money outside, whole cents inside: the only module that converts (design D4, style §5)."""

from decimal import Decimal

from djmoney.money import Money

from fres.kernel.cents import (
    CENTS_IN_EURO,
    MINUS,
    NARROW_SPACE,
    NO_BREAK_SPACE,
    format_cents,
    require_int,
    share_cents,
    split_cents,
)

__all__ = [
    "CENTS_IN_EURO", "CURRENCY", "MINUS", "NARROW_SPACE", "NO_BREAK_SPACE", "format_cents", "from_cents",
    "share_cents", "split_cents", "to_cents",
]  # fmt: skip

CURRENCY = "EUR"


def to_cents(money: Money) -> int:
    """Return an amount in euros as whole cents.

    Raises: ValueError: it has a fraction of a cent, is not a number, or is in another currency.
    """
    if str(money.currency) != CURRENCY:
        raise ValueError(f"{money} is not in {CURRENCY}")
    amount = Decimal(money.amount)
    if not amount.is_finite():
        raise ValueError(f"{money} is not an amount")
    cents = amount * CENTS_IN_EURO
    if cents != cents.to_integral_value():
        raise ValueError(f"{money} is not a whole number of cents")
    return int(cents)


def from_cents(cents: int) -> Money:
    """Return whole cents as an amount in euros with two decimals.

    Raises: TypeError: not an int.
    """
    require_int(cents)
    return Money(Decimal(cents).scaleb(-2), CURRENCY)
