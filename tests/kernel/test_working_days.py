from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fres.kernel.working_days import easter, is_working_day, public_holidays, working_days_after


@pytest.mark.parametrize(
    ("year", "month", "day"), [(2000, 4, 23), (2008, 3, 23), (2024, 3, 31), (2025, 4, 20), (2026, 4, 5), (2038, 4, 25)]
)
def test_easter_falls_on_the_sunday_of_the_calendar(year, month, day):
    assert easter(year) == date(year, month, day)


def test_a_year_has_eleven_public_holidays_or_ten_when_two_fall_together():
    assert len(public_holidays(2026)) == 11
    assert date(2026, 5, 14) in public_holidays(2026)  # Ascension Day
    assert len(public_holidays(2008)) == 10  # Ascension Day on 1 May


def test_five_working_days_jump_over_a_week_end_and_a_holiday():
    assert working_days_after(date(2026, 11, 9), 5) == date(2026, 11, 17)  # Armistice on Wednesday the 11th
    assert working_days_after(date(2026, 11, 14), 1) == date(2026, 11, 16)


@given(on=st.dates(date(2020, 1, 1), date(2040, 1, 1)), count=st.integers(1, 30))
def test_the_end_is_a_working_day_with_exactly_so_many_in_the_period(on, count):
    end = working_days_after(on, count)
    days = [on + timedelta(days=step) for step in range(1, (end - on).days + 1)]
    assert is_working_day(end) and sum(map(is_working_day, days)) == count


def test_a_period_without_days_is_refused():
    with pytest.raises(ValueError):
        working_days_after(date(2026, 1, 1), 0)
