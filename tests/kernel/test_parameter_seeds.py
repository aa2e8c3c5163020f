import csv
import re
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from django.core.management import call_command

from fres.kernel.models import Parameter
from fres.kernel.parameter_seeds import DEMONSTRATION_SEEDS, SEEDS, load_seeds, read_seeds
from fres.kernel.parameters import value_at

PROMISED = {
    "offer.payment_days": 7,
    "offer.clearing_days": 14,
    "offer.reflection_hours": 96,
    "offer.reflection_days": 4,
    "waiting.proposal_hours": 72,
    "dispute.final_weeks": 8,
    "default.project_days": 90,
    "default.gift_months": 2,
    "default.pool_days": 90,
    "upload.max_mb": 20,
    "upload.partner_max_mb": 100,
    "ecspr.offer_cap": 5_000_000,
    "ifp.project_cap": 1_000_000,
    "kyc.gift.threshold": 0,
}


@pytest.mark.parametrize("path", [SEEDS, DEMONSTRATION_SEEDS], ids=lambda path: path.name)
def test_every_line_of_the_file_has_every_column_and_no_more(path):
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter=";"):
            assert None not in row
            assert all(row[column] for column in row if column != "valid_to"), row["key"]


@pytest.mark.parametrize("path", [SEEDS, DEMONSTRATION_SEEDS], ids=lambda path: path.name)
def test_labels_and_sources_are_in_french_typography(path):
    assert not re.search(r" [;:!?%]|'", path.read_text(encoding="utf-8"))


def test_periods_of_a_key_do_not_overlap():
    by_key = defaultdict(list)
    for row in read_seeds(demonstration=True):
        by_key[row.key, row.scope].append(row)
    for rows in by_key.values():
        for earlier, later in pairwise(rows):
            assert earlier.valid_to is not None and earlier.valid_to < later.valid_from


def test_every_open_key_keeps_one_unit():
    units = defaultdict(set)
    for row in read_seeds(demonstration=False):
        units[row.key].add(row.unit)
    assert all(len(one) == 1 for one in units.values())


@pytest.mark.parametrize(("key", "value"), PROMISED.items())
def test_the_values_that_rulings_name_are_shipped(key, value):
    rows = [row for row in read_seeds(demonstration=False) if row.key == key and row.valid_to is None]
    assert [row.value for row in rows] == [value]


def test_what_was_only_remembered_says_so():
    for row in read_seeds(demonstration=False):
        if re.search(r"^De mémoire|, de mémoire|à confirmer|non établi|douteuse", row.source):
            assert row.status == Parameter.Status.TO_CONFIRM, row.key
        if "Choix du fonds" in row.source:
            assert row.status == Parameter.Status.CHOSEN, row.key


def test_the_parts_of_the_social_levies_add_up_to_their_total():
    seeds = read_seeds(demonstration=False)

    def at(key, day):
        return next(
            row.value
            for row in seeds
            if row.key == key and row.valid_from <= day and (row.valid_to is None or day <= row.valid_to)
        )

    for day in (date(2025, 12, 31), date(2026, 1, 1)):
        parts = sum(at(f"ps.{part}.products", day) for part in ("csg", "crds", "solidarity"))
        assert parts == at("ps.total.products", day)


@pytest.mark.django_db
def test_loading_twice_changes_nothing():
    again = load_seeds(demonstration=True)
    assert (again.added, again.closed, again.differing) == (0, 0, ())
    assert again.kept == Parameter.objects.count()


@pytest.mark.django_db
def test_the_demonstration_asks_for_a_piece_from_250_euros():
    assert value_at("kyc.gift.threshold", date(2026, 11, 23)).cents == 25_000


@pytest.mark.django_db
def test_what_the_operator_changed_stays():
    row = Parameter.objects.get(key="offer.payment_days")
    row.valid_to = date(2026, 12, 31)
    row.save()
    Parameter.objects.create(
        key=row.key, value=Decimal(10), unit=row.unit, valid_from=date(2027, 1, 1), source="comité", status="chosen"
    )
    load_seeds(demonstration=True)
    row.refresh_from_db()
    assert row.valid_to == date(2026, 12, 31)
    assert value_at("offer.payment_days", date(2027, 1, 1)).days == timedelta(days=10)


@pytest.mark.django_db
def test_a_shipped_end_closes_the_row_that_was_open():
    first, second = Parameter.objects.filter(key="ps.total.products").order_by("valid_from")
    second.delete()
    first.valid_to = None
    first.save()
    loaded = load_seeds(demonstration=True)
    assert (loaded.added, loaded.closed, loaded.differing) == (1, 1, ())
    assert value_at("ps.total.products", date(2026, 1, 1)).rate == Decimal("0.186")


@pytest.mark.django_db
def test_the_command_says_what_it_did(capsys):
    Parameter.objects.filter(key="vat.standard").delete()
    call_command("load_parameters")
    assert re.search(r"parameters loaded: 1 added, 0 closed, \d+ unchanged, 0 differing\n$", capsys.readouterr().out)
