"""How long a label lasts: months of the calendar, and the shorter term of a young company."""

from datetime import date, timedelta

from fres.kernel import parameters
from projects.models import Label

MONTHS_IN_YEAR = 12


def months_after(day: date, months: int) -> date:
    """Return the same day some months later, or the last of its month: 31 August and six months is 28 February."""
    years, month = divmod(day.month - 1 + months, MONTHS_IN_YEAR)
    year, month = day.year + years, month + 1
    following = date(year + month // MONTHS_IN_YEAR, month % MONTHS_IN_YEAR + 1, 1)
    return min(date(year, month, 1) + timedelta(days=day.day - 1), following - timedelta(days=1))


def longest_term(label: Label, *, start: date, created_on: date | None, asked_on: date) -> date | None:
    """Return the last day a label may last when it starts on a day; None when it has no term.

    ESUS: two years instead of five when the company is less than three years old on the day it asks (dated values).
    """
    months = label.validity_months
    if months is None:
        return None
    if label.code == "ESUS" and created_on is not None:
        young = parameters.value_at("label.esus.young_months", asked_on).whole
        if asked_on < months_after(created_on, young):
            months = parameters.value_at("label.esus.young_term_months", asked_on).whole
    return months_after(start, months) - timedelta(days=1)
