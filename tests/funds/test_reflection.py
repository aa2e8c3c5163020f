"""The reflection period against the vectors of the fact sheet on crowdfunding, §14, and its properties."""

from datetime import UTC, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fres.kernel.clock import PARIS
from funds.reflection import end_of_day, is_over, reflection_deadline


def paris(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=PARIS)


@pytest.mark.parametrize(
    ("committed_at", "expected"),
    [
        (paris(2026, 11, 23, 10, 0), paris(2026, 11, 27, 23, 59, 59)),
        (paris(2027, 3, 25, 23, 30), paris(2027, 3, 30, 0, 30)),  # the clock goes forward: 96 hours are longer
        (paris(2027, 10, 28, 0, 15), paris(2027, 11, 1, 23, 59, 59)),  # it goes back: the day rule; a public holiday
        (paris(2028, 2, 26, 9, 0), paris(2028, 3, 1, 23, 59, 59)),  # a leap day within
    ],
)
def test_the_deadline_agrees_with_the_vectors_of_the_fact_sheet(committed_at, expected):
    assert reflection_deadline(committed_at) == expected
    assert reflection_deadline(committed_at).tzinfo is PARIS


def test_a_naive_moment_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        reflection_deadline(datetime(2026, 11, 23, 10, 0))


moments = st.datetimes(min_value=datetime(2024, 1, 1), max_value=datetime(2036, 12, 31)).map(
    lambda moment: moment.replace(tzinfo=UTC)
)
zones = st.integers(-12, 14).map(lambda hours: timezone(timedelta(hours=hours)))


@given(moments)
def test_the_deadline_is_never_shorter_than_ninety_six_hours_nor_than_the_end_of_the_fourth_day(moment):
    deadline = reflection_deadline(moment)
    assert deadline.astimezone(UTC) - moment >= timedelta(hours=96)
    fourth = moment.astimezone(PARIS).date() + timedelta(days=4)
    assert deadline.astimezone(UTC) >= datetime.combine(fourth, time(23, 59, 59), tzinfo=PARIS).astimezone(UTC)


@given(moments)
def test_the_deadline_is_one_of_the_two_readings(moment):
    deadline = reflection_deadline(moment).astimezone(UTC)
    fourth = moment.astimezone(PARIS).date() + timedelta(days=4)
    end = datetime.combine(fourth, time(23, 59, 59), tzinfo=PARIS).astimezone(UTC)
    assert deadline in (end, moment + timedelta(hours=96))


@given(moments, zones)
def test_the_time_zone_of_the_commitment_changes_nothing(moment, zone):
    assert reflection_deadline(moment.astimezone(zone)) == reflection_deadline(moment)


@given(moments, st.integers(0, 10_000_000))
def test_a_later_commitment_never_ends_its_reflection_earlier(moment, seconds):
    later = moment + timedelta(seconds=seconds)
    assert reflection_deadline(later).astimezone(UTC) >= reflection_deadline(moment).astimezone(UTC)


def test_the_exact_deadline_and_all_of_its_last_second_belong_to_the_saver():
    deadline = reflection_deadline(paris(2026, 11, 23, 10, 0))
    assert not is_over(deadline, deadline)
    assert not is_over(deadline, deadline + timedelta(microseconds=999_999))
    assert is_over(deadline, deadline + timedelta(seconds=1))


def test_an_hour_told_twice_in_autumn_is_not_confused():
    first = datetime(2027, 10, 31, 2, 30, tzinfo=PARIS, fold=0)
    second = datetime(2027, 10, 31, 2, 30, tzinfo=PARIS, fold=1)
    assert is_over(first, second)
    assert not is_over(second, first)


def test_the_end_of_a_day_is_told_in_paris():
    assert end_of_day(datetime(2026, 11, 23, 23, 30, tzinfo=UTC), days=7) == paris(2026, 12, 1, 23, 59, 59)
