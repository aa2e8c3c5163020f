"""Amortisation schedules: constant monthly instalments, exact fractions, each cent rounded once.

The monthly rate is the yearly rate divided by twelve (proportional rate, as French loan contracts state it).
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

MONTHS_A_YEAR = 12
BASIS_POINTS = 10_000


@dataclass(frozen=True)
class ScheduleLine:
    """One instalment: rank from 1, its date, and whole cents."""

    rank: int
    due_on: date
    principal_cents: int
    interest_cents: int
    balance_after_cents: int

    @property
    def total_cents(self) -> int:
        return self.principal_cents + self.interest_cents


def schedule(*, principal_cents: int, rate_bp: int, months: int, first_due_on: date) -> tuple[ScheduleLine, ...]:
    """Return the instalments of a loan repaid in constant monthly amounts.

    Each month's interest is the balance × yearly rate / 12, rounded to the cent, half up; the constant instalment is
    rounded the same way; the last one repays what is left, so that principal comes back to the cent.
    Due dates keep the day of the first one, or the month's last day when the month is shorter.

    Raises: ValueError: an amount, rate or length that is not a loan's.
    """
    if principal_cents <= 0 or rate_bp < 0 or months <= 0:
        raise ValueError("a loan has a positive principal and length, and a rate that is not negative")
    monthly_rate = Fraction(rate_bp, BASIS_POINTS * MONTHS_A_YEAR)
    constant_cents = _constant_instalment(principal_cents, monthly_rate, months)
    lines = []
    balance_cents = principal_cents
    for rank in range(1, months + 1):
        interest_cents = _half_up(balance_cents * monthly_rate)
        repaid_cents = balance_cents if rank == months else min(balance_cents, max(0, constant_cents - interest_cents))
        balance_cents -= repaid_cents
        lines.append(
            ScheduleLine(rank, months_later(first_due_on, rank - 1), repaid_cents, interest_cents, balance_cents)
        )
    return tuple(lines)


def months_later(day: date, months: int) -> date:
    """Return the same day some months later, or that month's last day when it is shorter."""
    year, month_index = divmod(day.year * MONTHS_A_YEAR + day.month - 1 + months, MONTHS_A_YEAR)
    month = month_index + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _constant_instalment(principal_cents: int, monthly_rate: Fraction, months: int) -> int:
    if monthly_rate == 0:
        return _half_up(Fraction(principal_cents, months))
    growth = (1 + monthly_rate) ** months
    return _half_up(principal_cents * monthly_rate * growth / (growth - 1))


def _half_up(amount: Fraction | int) -> int:
    """Round a non-negative exact amount to a whole cent, half a cent upwards."""
    doubled = Fraction(amount) * 2 + 1
    return doubled.numerator // (doubled.denominator * 2)
