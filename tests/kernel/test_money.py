from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from djmoney.money import Money
from hypothesis import given
from hypothesis import strategies as st

from fres.kernel.money import format_cents, from_cents, share_cents, split_cents, to_cents

AMOUNTS = st.integers(0, 10**13)
WEIGHTS = st.dictionaries(st.integers(0, 10**6), st.integers(0, 10**9), min_size=1, max_size=40).filter(
    lambda weights: any(weights.values())
)


@given(cents=st.integers(-(10**13), 10**13))
def test_cents_become_money_and_the_same_cents_again(cents):
    assert to_cents(from_cents(cents)) == cents


@pytest.mark.parametrize("amount", ["0.001", "12.345", "-0.005", "1E-3"])
def test_a_fraction_of_a_cent_is_refused(amount):
    with pytest.raises(ValueError, match="whole number of cents"):
        to_cents(Money(Decimal(amount), "EUR"))


@pytest.mark.parametrize("amount", ["NaN", "Infinity"])
def test_what_is_no_number_is_no_amount(amount):
    with pytest.raises(ValueError, match="not an amount"):
        to_cents(Money(Decimal(amount), "EUR"))


def test_another_currency_is_never_taken_for_euros():
    with pytest.raises(ValueError, match="not in EUR"):
        to_cents(Money(1, "USD"))


@pytest.mark.parametrize("value", [1.0, True, "1", Decimal(1)])
def test_only_whole_numbers_are_cents(value):
    with pytest.raises(TypeError):
        from_cents(value)


@given(total=AMOUNTS, weights=WEIGHTS)
def test_split_cents_loses_nothing(total, weights):
    assert sum(split_cents(total, weights).values()) == total


@given(total=AMOUNTS, weights=WEIGHTS)
def test_each_part_is_less_than_a_cent_from_its_exact_share(total, weights):
    whole = sum(weights.values())
    for key, part in split_cents(total, weights).items():
        assert abs(part - Fraction(total * weights[key], whole)) < 1


@given(total=AMOUNTS, weights=WEIGHTS)
def test_the_order_of_the_mapping_changes_nothing(total, weights):
    turned = dict(reversed(weights.items()))
    assert split_cents(total, turned) == split_cents(total, weights)


@given(total=AMOUNTS, weights=WEIGHTS)
def test_who_weighs_nothing_gets_nothing(total, weights):
    parts = split_cents(total, weights)
    assert all(parts[key] == 0 for key, weight in weights.items() if weight == 0)


@given(total=AMOUNTS, weights=WEIGHTS)
def test_who_weighs_more_never_gets_less(total, weights):
    parts = split_cents(total, weights)
    ranked = sorted(weights, key=lambda key: weights[key])
    assert all(parts[light] <= parts[heavy] for light, heavy in pairwise(ranked) if weights[light] < weights[heavy])


def test_equal_remainders_are_served_in_the_order_of_the_keys():
    assert split_cents(2, {"c": 1, "a": 1, "b": 1}) == {"c": 0, "a": 1, "b": 1}


def test_the_largest_remainder_comes_first():
    assert split_cents(100, {"a": 2, "b": 1}) == {"a": 67, "b": 33}


def test_nothing_to_share_among_nobody_is_nothing():
    assert split_cents(0, {"a": 0, "b": 0}) == {"a": 0, "b": 0}
    assert split_cents(0, {}) == {}


@pytest.mark.parametrize(("total", "weights"), [(1, {}), (1, {"a": 0}), (-1, {"a": 1}), (1, {"a": -1, "b": 3})])
def test_a_share_that_makes_no_sense_is_refused(total, weights):
    with pytest.raises(ValueError):
        split_cents(total, weights)


@pytest.mark.parametrize("weight", [0.5, True, Decimal(1)])
def test_weights_are_whole_numbers(weight):
    with pytest.raises(TypeError):
        split_cents(1, {"a": weight})


@pytest.mark.parametrize(
    ("cents", "rate", "share"),
    [
        (100, Fraction(1, 3), 33),
        (1, Fraction(1, 2), 1),
        (-1, Fraction(1, 2), -1),
        (24_000, Decimal("0.186"), 4_464),
        (24_000, Decimal("0.128"), 3_072),
        (5, Decimal("0.1"), 1),
        (4, Decimal("0.1"), 0),
        (0, Decimal("0.3"), 0),
    ],
)
def test_a_share_is_rounded_once_half_a_cent_away_from_zero(cents, rate, share):
    assert share_cents(cents, rate) == share


@given(cents=st.integers(-(10**12), 10**12), rate=st.fractions(0, 3))
def test_a_share_is_at_most_half_a_cent_from_the_exact_one(cents, rate):
    assert abs(share_cents(cents, rate) - cents * rate) <= Fraction(1, 2)


def test_a_float_is_no_rate():
    with pytest.raises(TypeError):
        share_cents(100, 0.1)


@pytest.mark.parametrize(
    ("cents", "text"),
    [
        (0, "0,00\u00a0€"),
        (5, "0,05\u00a0€"),
        (123_456, "1\u202f234,56\u00a0€"),
        (-6_150_000, "\u221261\u202f500,00\u00a0€"),
        (123_456_789_000, "1\u202f234\u202f567\u202f890,00\u00a0€"),
    ],
)
def test_an_amount_is_written_as_french_readers_do(cents, text):
    assert format_cents(cents) == text


def test_whole_euros_drop_their_cents_and_never_hide_any():
    assert format_cents(8_000_000, whole=True) == "80\u202f000\u00a0€"
    with pytest.raises(ValueError, match="not whole euros"):
        format_cents(8_000_001, whole=True)
