from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.utils import translation
from djmoney.money import Money

from fres.kernel.templatetags import fres as filters


@pytest.mark.parametrize(
    ("filter_", "value", "text"),
    [
        (filters.money, Money("1234.56", "EUR"), "1\u202f234,56\u00a0€"),
        (filters.money, -5, "\u22120,05\u00a0€"),
        (filters.euros, 8_000_000, "80\u202f000\u00a0€"),
        (filters.euros, 8_000_050, "80\u202f000,50\u00a0€"),
        (filters.number, 34_969, "34\u202f969"),
        (filters.number, Decimal("1234.500"), "1\u202f234,5"),
        (filters.number, Decimal("-0.5"), "\u22120,5"),
        (filters.number, Decimal("2E+3"), "2\u202f000"),
        (filters.rate, 350, "3,50\u00a0%"),
        (filters.rate, Decimal("12.8"), "12,80\u00a0%"),
        (filters.date_long, date(2026, 11, 27), "27\u00a0novembre 2026"),
        (filters.date_long, date(2026, 12, 1), "1er\u00a0décembre 2026"),
        (filters.date_long, datetime(2026, 11, 30, 23, 30, tzinfo=UTC), "1er\u00a0décembre 2026"),
        (filters.date_long, date(2026, 12, 11), "11\u00a0décembre 2026"),
        (filters.date_short, date(2026, 11, 27), "27/11/2026"),
        (filters.time_short, datetime(2026, 11, 27, 8, 5, tzinfo=UTC), "9\u00a0h\u00a005"),
        (filters.datetime_long, datetime(2026, 11, 27, 22, 59, tzinfo=UTC), "27\u00a0novembre 2026, 23\u00a0h\u00a059"),
    ],
)
def test_figures_and_dates_are_written_in_french(filter_, value, text):
    with translation.override("fr"):
        assert filter_(value) == text


@pytest.mark.parametrize("value", [1.5, "100", None, Decimal(1)])
def test_what_is_no_amount_is_not_printed_as_one(value):
    with pytest.raises(TypeError):
        filters.money(value)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (Decimal("18.600000"), "%", "18,6\u00a0%"),
        (Decimal("2000000.000000"), "EUR", "2\u202f000\u202f000\u00a0€"),
        (Decimal("0.000000"), "EUR", "0\u00a0€"),
        (Decimal("7.000000"), "jours", "7\u00a0jours"),
    ],
)
def test_a_dated_value_is_written_with_its_unit(value, unit, text):
    row = SimpleNamespace(value=value, get_unit_display=lambda: {"EUR": "€"}.get(unit, unit))
    assert filters.parameter_value(row) == text


def test_a_state_is_a_sign_and_a_word():
    obj = SimpleNamespace(state="CLEARED", get_state_display=lambda: "Encaissé <b>")
    assert filters.state_badge(obj) == '<span class="state state-cleared">Encaissé &lt;b&gt;</span>'
