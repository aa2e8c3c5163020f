from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funds.chart import ASSOCIATION, EDITIONS, PCG, Purpose, edition_at, fiscal_year_bounds, heading, next_month


@pytest.mark.parametrize("chart", [PCG, ASSOCIATION])
def test_every_purpose_has_one_number_in_each_edition_and_no_two_share_it(chart):
    for edition in EDITIONS[chart]:
        assert set(edition.headings) == set(Purpose)
        numbers = [one.number for one in edition.headings.values()]
        assert len(set(numbers)) == len(numbers)
        assert all(number[:3].isdigit() for number in numbers)


@pytest.mark.parametrize("chart", [PCG, ASSOCIATION])
def test_a_purpose_keeps_its_number_and_kind_between_editions(chart):
    for edition in EDITIONS[chart]:
        for purpose, one in edition.headings.items():
            assert (one.number, one.kind) == (heading(chart, purpose).number, heading(chart, purpose).kind)


def test_the_edition_is_the_one_of_the_date():
    assert edition_at(PCG, date(2024, 12, 31)).code == "PCG ANC 2014-03"
    assert edition_at(PCG, date(2025, 1, 1)).code == "PCG ANC 2022-06"
    with pytest.raises(LookupError):
        edition_at(ASSOCIATION, date(2019, 12, 31))


@given(month=st.integers(1, 12), on=st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_a_financial_year_is_twelve_months_and_holds_its_date(month, on):
    starts_on, ends_on = fiscal_year_bounds(month, on)
    assert starts_on <= on <= ends_on
    assert starts_on.day == 1 and ends_on.month == month and next_month(ends_on).day == 1
    assert next_month(ends_on) == date(starts_on.year + 1, starts_on.month, 1)
