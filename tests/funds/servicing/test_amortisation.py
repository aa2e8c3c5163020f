"""Schedules: principal comes back to the cent, interest follows the balance, months keep their day."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funds.servicing.amortisation import months_later, schedule

principals = st.integers(min_value=1, max_value=10**9)
rates = st.integers(min_value=0, max_value=1_500)
lengths = st.integers(min_value=1, max_value=240)
FIRST = date(2026, 1, 31)


@given(principals, rates, lengths)
def test_principal_comes_back_to_the_cent(principal, rate, months):
    lines = schedule(principal_cents=principal, rate_bp=rate, months=months, first_due_on=FIRST)
    assert sum(line.principal_cents for line in lines) == principal
    assert lines[-1].balance_after_cents == 0
    assert [line.rank for line in lines] == list(range(1, months + 1))
    assert all(line.principal_cents >= 0 and line.interest_cents >= 0 for line in lines)


@given(principals, rates, lengths)
def test_each_interest_is_the_month_of_the_balance_rounded_once(principal, rate, months):
    balance = principal
    for line in schedule(principal_cents=principal, rate_bp=rate, months=months, first_due_on=FIRST):
        assert abs(line.interest_cents - Fraction(balance * rate, 120_000)) <= Fraction(1, 2)
        balance -= line.principal_cents
        assert line.balance_after_cents == balance


@given(st.integers(10_000, 10**8), st.integers(1, 1_200), st.integers(2, 120))
def test_every_instalment_but_the_last_is_the_same(principal, rate, months):
    lines = schedule(principal_cents=principal, rate_bp=rate, months=months, first_due_on=FIRST)
    assert len({line.total_cents for line in lines[:-1]}) == 1
    assert abs(lines[-1].total_cents - lines[0].total_cents) <= 2 * months


def test_a_known_loan():
    lines = schedule(principal_cents=1_000_000, rate_bp=300, months=24, first_due_on=FIRST)
    # 10 000 × 0,0025 / (1 − 1,0025⁻²⁴) = 429,8121…
    assert (lines[0].total_cents, lines[0].interest_cents) == (42_981, 2_500)
    assert sum(line.interest_cents for line in lines) == 31_549


def test_without_interest_the_parts_are_equal_and_the_last_absorbs():
    lines = schedule(principal_cents=10_000, rate_bp=0, months=3, first_due_on=FIRST)
    assert [line.total_cents for line in lines] == [3_333, 3_333, 3_334]


def test_due_dates_keep_their_day_or_take_the_month_s_last():
    lines = schedule(principal_cents=10_000, rate_bp=100, months=4, first_due_on=FIRST)
    assert [line.due_on for line in lines] == [
        date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)
    ]  # fmt: skip
    assert months_later(date(2027, 12, 15), 1) == date(2028, 1, 15)
    assert months_later(date(2028, 1, 30), 1) == date(2028, 2, 29)


@pytest.mark.parametrize(("principal", "rate", "months"), [(0, 100, 12), (-1, 100, 12), (100, -1, 12), (100, 100, 0)])
def test_what_is_no_loan_is_refused(principal, rate, months):
    with pytest.raises(ValueError, match="positive"):
        schedule(principal_cents=principal, rate_bp=rate, months=months, first_due_on=FIRST)
