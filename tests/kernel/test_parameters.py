from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pghistory
import pytest
from django.db import DataError, IntegrityError, ProgrammingError, transaction

from fres.kernel import parameters
from fres.kernel.models import Parameter
from fres.kernel.parameters import ParameterChangeRefused, ParameterMissing, change_value, value_at
from tests.investors.factories import UserFactory

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 23)
FUND = str(uuid4())


def make(**values):
    defaults = {
        "key": "test.rate",
        "value": Decimal("12.8"),
        "unit": "%",
        "valid_from": date(2024, 1, 1),
        "source": "essai",
        "status": "confirmed",
        "label": "Essai",
    }
    return Parameter.objects.create(**defaults | values)


def change(row, **values):
    defaults = {
        "scope": "national",
        "value": Decimal(14),
        "valid_from": date(2027, 1, 1),
        "source": "loi",
        "status": "confirmed",
        "today": TODAY,
    }
    return change_value(parameter=row, **defaults | values)


@pytest.mark.parametrize(
    ("on", "total"),
    [(date(2025, 12, 31), "0.172"), (date(2026, 1, 1), "0.186"), (TODAY, "0.186"), (date(2018, 1, 1), "0.172")],
)
def test_the_levies_of_a_payment_are_those_of_its_day(on, total):
    assert value_at("ps.total.products", on).rate == Decimal(total)


@pytest.mark.parametrize(("on", "ceiling"), [(date(2025, 10, 13), 100_000), (date(2025, 10, 14), 200_000)])
def test_both_ends_of_a_period_are_in_it(on, ceiling):
    assert value_at("gift.coluche.ceiling", on).cents == ceiling


@pytest.mark.parametrize(("key", "on"), [("ps.total.products", date(2017, 12, 31)), ("no.such.key", TODAY)])
def test_a_day_without_a_value_is_an_error_and_not_a_zero(key, on):
    with pytest.raises(ParameterMissing, match=key):
        value_at(key, on)


def test_a_value_names_the_row_and_the_source_it_comes_from():
    found = value_at("offer.reflection_days", TODAY)
    row = Parameter.objects.get(pk=found.pk)
    assert (found.days, found.source, found.status) == (timedelta(days=4), row.source, "confirmed")


def test_a_fund_reads_its_own_value_before_the_national_one():
    make()
    make(scope=FUND, value=Decimal(10))
    assert value_at("test.rate", TODAY, FUND).value == 10
    assert value_at("test.rate", TODAY, str(uuid4())).value == Decimal("12.8")
    assert value_at("test.rate", TODAY).value == Decimal("12.8")


@pytest.mark.parametrize("reading", ["days", "hours", "cents"])
def test_a_percentage_is_not_read_as_days_or_euros(reading):
    make()
    with pytest.raises(ValueError, match=r"test\.rate"):
        getattr(value_at("test.rate", TODAY), reading)


def test_a_value_with_decimals_is_not_whole():
    make()
    with pytest.raises(ValueError, match="whole"):
        _ = value_at("test.rate", TODAY).whole


def test_a_fraction_of_a_cent_is_no_amount():
    make(unit="EUR", value=Decimal("0.005"))
    with pytest.raises(ValueError, match="cents"):
        _ = value_at("test.rate", TODAY).cents


@pytest.mark.parametrize(
    ("valid_from", "valid_to"),
    [
        (date(2023, 1, 1), None),
        (date(2023, 1, 1), date(2024, 1, 1)),
        (date(2024, 6, 1), date(2024, 6, 1)),
        (date(2026, 1, 1), None),
    ],
)
def test_two_values_of_one_key_never_cover_one_day(valid_from, valid_to):
    make()
    with pytest.raises(IntegrityError, match="two values on one day"), transaction.atomic():
        make(valid_from=valid_from, valid_to=valid_to)


def test_another_scope_and_the_day_before_are_free():
    make()
    make(scope=FUND)
    make(valid_from=date(2023, 1, 1), valid_to=date(2023, 12, 31))
    assert Parameter.objects.filter(key="test.rate").count() == 3


@pytest.mark.parametrize(
    ("values", "constraint"),
    [({"valid_to": date(2023, 12, 31)}, "parameter_period_forward"), ({"status": "sure"}, "parameter_status_known")],
)
def test_a_row_that_makes_no_sense_is_refused_by_the_database(values, constraint):
    # A period upside down is no range: the trigger says so before the constraint can.
    with pytest.raises((IntegrityError, DataError), match=f"{constraint}|range lower bound"), transaction.atomic():
        make(**values)


def test_a_change_closes_the_row_in_force_and_adds_the_next_one():
    row = make()
    added = change(row)
    row.refresh_from_db()
    assert (row.valid_to, row.value) == (date(2026, 12, 31), Decimal("12.8"))
    assert (added.valid_from, added.valid_to, added.unit, added.label) == (date(2027, 1, 1), None, "%", "Essai")
    assert value_at("test.rate", date(2026, 12, 31)).pk == row.pk
    assert value_at("test.rate", date(2027, 1, 1)).pk == added.pk


def test_a_fund_gets_its_first_own_value_and_the_national_one_stays():
    row = make()
    change(row, scope=FUND)
    row.refresh_from_db()
    assert row.valid_to is None
    assert value_at("test.rate", date(2027, 1, 1), FUND).value == 14


def test_a_change_may_follow_a_closed_row_after_a_gap():
    row = make(valid_to=date(2025, 12, 31))
    change(row)
    row.refresh_from_db()
    assert row.valid_to == date(2025, 12, 31)


@pytest.mark.parametrize("valid_from", [TODAY, TODAY - timedelta(days=1), date(2023, 1, 1)])
def test_a_change_never_reaches_back(valid_from):
    with pytest.raises(ParameterChangeRefused, match="demain"):
        change(make(), valid_from=valid_from)


def test_a_second_change_starts_after_the_first():
    row = make()
    change(row, valid_from=date(2027, 6, 1))
    with pytest.raises(ParameterChangeRefused):
        change(row, valid_from=date(2027, 3, 1))


def test_a_value_is_not_negative_and_days_are_whole():
    with pytest.raises(ParameterChangeRefused, match="négative"):
        change(make(), value=Decimal(-1))
    with pytest.raises(ParameterChangeRefused, match="entiers"):
        change(make(key="test.days", unit="days", value=Decimal(4)), value=Decimal("4.5"))


def test_the_database_keeps_who_changed_what():
    user = UserFactory()
    row = make()
    with pghistory.context(user=user.pk):
        change(row)
    newest, closing, first = parameters.changes_of("test.rate")
    assert [one.act for one in (newest, closing, first)] == ["Ajout", "Clôture", "Ajout"]
    assert (newest.actor, closing.actor, first.actor) == (str(user), str(user), "système")
    assert closing.row.valid_to == date(2026, 12, 31)


def test_the_trail_itself_cannot_be_rewritten():
    make()
    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        parameters._events().update(value=1)


def test_rows_are_found_by_words_scope_status_and_day():
    make(label="Taux d’essai")
    assert [row.key for row in parameters.listed(search="d’essai")] == ["test.rate"]
    assert not parameters.listed(search="d’essai", scope=FUND).exists()
    assert not parameters.listed(search="d’essai", status="chosen").exists()
    assert not parameters.listed(search="d’essai", on=date(2023, 1, 1)).exists()
