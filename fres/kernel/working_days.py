"""Working days in France: Monday to Friday, public holidays left out (Code du travail, art. L3133-1). Pure.

The two holidays that only Alsace and Moselle have are working days here.
"""

from datetime import date, timedelta
from functools import cache

_FIXED = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))  # month, day
_AFTER_EASTER = (1, 39, 50)  # Easter Monday, Ascension Day, Whit Monday
SATURDAY = 5


def easter(year: int) -> date:
    """Return Easter Sunday of a Gregorian year (the tables of the Gregorian computus, in whole numbers)."""
    century, of_century = divmod(year, 100)
    golden = year % 19
    leap_centuries, rest = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    moon = (19 * golden + century - leap_centuries - correction + 15) % 30
    leaps, of_leap = divmod(of_century, 4)
    weekday = (32 + 2 * rest + 2 * leaps - moon - of_leap) % 7
    shift = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1)


@cache
def public_holidays(year: int) -> frozenset[date]:
    """Return the eleven public holidays of a year in France."""
    moving = {easter(year) + timedelta(days=days) for days in _AFTER_EASTER}
    return frozenset({date(year, month, day) for month, day in _FIXED} | moving)


def is_working_day(on: date) -> bool:
    """Return whether a date is a working day."""
    return on.weekday() < SATURDAY and on not in public_holidays(on.year)


def working_days_after(on: date, count: int) -> date:
    """Return the `count`-th working day after a date: the day itself is not counted.

    Raises: ValueError: count is not positive.
    """
    if count < 1:
        raise ValueError("a period has at least one working day")
    day = on
    while count:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day
