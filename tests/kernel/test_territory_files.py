import csv
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from fres.kernel import territories
from fres.kernel.models import Territory
from fres.kernel.territory_files import DATA, VINTAGE, MovementsRefused, centre, import_movements, load_territories

MOVEMENTS = Path(__file__).parent / "data" / "mvt_commune_2027.csv"
# What the tests name, so that they need not write 35 000 rows each; and Lille's metropole, whole.
METROPOLE = "200093201"
KEPT = {
    "01001", "01138", "13055", "13201", "2A004", "59350", "59512", "62291",
    "62498", "62510", "69123", "69381", "75056", "75101", "80621", "97105",
}  # fmt: skip
Level = Territory.Level


@pytest.fixture
def some_communes(tmp_path):
    """The shipped files with few communes, their groupings and their predecessors."""
    for path in DATA.glob("*.csv"):
        shutil.copy(path, tmp_path / path.name)

    def keep(name, is_kept):
        header, *rows = (DATA / name).read_text(encoding="utf-8").splitlines()
        kept = [row for row in rows if is_kept(row.split(";"))]
        (tmp_path / name).write_text("\n".join([header, *kept]) + "\n", encoding="utf-8")

    keep("communes.csv", lambda cells: cells[0] in KEPT or cells[6] == METROPOLE)
    keep("communes_deleguees.csv", lambda cells: cells[3] in KEPT)
    keep("epci.csv", lambda cells: cells[0] == METROPOLE)
    return tmp_path


@pytest.fixture
def loaded(some_communes, db):
    return load_territories(some_communes)


@pytest.fixture
def moved(loaded):
    return import_movements(MOVEMENTS)


@pytest.mark.django_db
def test_the_whole_vintage_loads_and_loads_again_without_a_new_row(capsys):
    call_command("load_territories")
    rows = Territory.objects.count()
    call_command("load_territories")
    call_command("load_territories", missing=True)
    assert Territory.objects.count() == rows
    counts = {level: territories.current(level).count() for level in Level.values}
    assert counts == {
        "REGION": 26,
        "DEPARTEMENT": 109,
        "EPCI": 1255,
        "EPT": 11,
        "COMMUNE": 34_969,
        "ARRONDISSEMENT": 45,
    }
    assert capsys.readouterr().out.endswith(f"territories of {VINTAGE} already loaded\n")
    populations = territories.current(Level.EPCI).filter(code=METROPOLE).values_list("population", flat=True)
    assert sum(territories.members(METROPOLE).values_list("population", flat=True)) == populations[0]


def test_codes_keep_their_leading_zeros_and_letters(loaded):
    assert territories.commune("01001").name == "L'Abergement-Clémenciat"
    assert territories.commune("2A004").name == "Ajaccio"


@pytest.mark.parametrize(
    ("code", "tier"), [("59350", "NONE"), ("59512", "NONE"), ("75056", "NONE"), ("75101", "NONE"), ("97105", "NONE")]
)
def test_a_commune_carries_its_tier_and_an_arrondissement_that_of_its_commune(loaded, code, tier):
    assert Territory.objects.get(code=code, is_current=True).frr == tier


def test_a_commune_classed_in_part_is_unknown(some_communes, db):
    path = some_communes / "communes.csv"
    text = path.read_text(encoding="utf-8")
    line = next(row for row in text.splitlines() if row.startswith("62498;"))
    path.write_text(text.replace(line, line.rsplit(";", 1)[0] + ";FRR_PARTIEL"), encoding="utf-8")
    load_territories(some_communes)
    assert territories.commune("62498").frr == Territory.Frr.UNKNOWN


def test_every_tier_of_the_files_is_known():
    with (DATA / "communes.csv").open(encoding="utf-8") as file:
        tiers = {row["frr_2025"] for row in csv.DictReader(file, delimiter=";")}
    assert tiers <= {"", "FRR", "FRR+", "FRR_BENEFICIAIRE", "FRR_PARTIEL", "FRR_BENEFICIAIRE_PARTIEL", "?"}


def test_an_arrondissement_leads_to_its_commune(loaded):
    assert territories.commune("75101").code == "75056"
    assert territories.commune("13201").code == "13055"


def test_an_old_code_leads_to_the_commune_of_today(loaded):
    assert [row.code for row in territories.successors("01039")] == ["01138"]
    assert [row.code for row in territories.successors("59350")] == ["59350"]
    assert territories.successors("99999") == []
    assert territories.commune("01039") is None


def test_a_postal_code_serves_every_commune_it_names(loaded):
    assert {row.code for row in territories.communes_of_postal_code("62300")} == {"62498", "62291"}
    assert not territories.communes_of_postal_code("6230").exists()


def test_a_centre_is_weighted_by_people_and_leaves_out_what_has_no_point():
    def place(population, longitude):
        return Territory(population=population, longitude=longitude, latitude=longitude)

    heavy, light, unknown = place(300, Decimal(3)), place(100, Decimal(7)), place(10_000, None)
    assert centre([heavy, light, unknown]) == (Decimal("4.00000"), Decimal("4.00000"))
    assert centre([place(0, Decimal(1)), place(0, Decimal(3))]) == (Decimal("2.00000"), Decimal("2.00000"))
    assert centre([unknown]) == (None, None)


def test_a_grouping_is_listed_where_most_of_its_people_live(loaded):
    metropole = territories.current(Level.EPCI).get(code=METROPOLE)
    assert (metropole.departement_code, metropole.region_code) == ("59", "32")
    assert 2.9 < metropole.longitude < 3.3 and 50.5 < metropole.latitude < 50.8


def test_a_merger_ends_both_communes_and_begins_one(moved):
    assert (moved.ended, moved.begun, moved.ignored) == (5, 5, 2)
    merged = territories.commune("62498")
    olds = list(Territory.objects.filter(code__in=["62498", "62510"], is_current=False).order_by("code"))
    assert merged.name == "Lens-Liévin"
    assert merged.population == sum(old.population for old in olds)
    assert (merged.valid_from, merged.vintage) == (date(2026, 7, 1), date(2027, 1, 1))
    assert [(old.valid_to, old.successor_codes) for old in olds] == [(date(2026, 6, 30), ["62498"])] * 2
    assert [row.code for row in territories.successors("62510")] == ["62498"]


def test_a_new_name_is_a_new_row_of_the_same_code(moved):
    assert territories.commune("59512").name == "Roubaix-en-Flandre"
    assert territories.commune_on("59512", date(2026, 12, 31)).name == "Roubaix"
    assert territories.commune_on("59512", date(2027, 1, 1)).name == "Roubaix-en-Flandre"


def test_a_split_leads_the_old_commune_to_both_and_leaves_people_to_the_census(moved):
    # The code is in force again: it leads to itself, and the old row names both.
    old = Territory.objects.get(code="01138", is_current=False)
    assert old.successor_codes == ["01039", "01138"]
    assert territories.commune("01138").population == old.population
    assert territories.commune("01039").population == 0


def test_a_change_of_departement_is_followed(moved):
    assert territories.commune("80621") is None
    assert territories.commune("02999").departement_code == "02"
    assert [row.code for row in territories.successors("80621")] == ["02999"]


def test_movements_applied_twice_change_nothing(moved):
    rows = list(Territory.objects.order_by("pk").values())
    again = import_movements(MOVEMENTS)
    assert (again.ended, again.begun) == (0, 0)
    assert list(Territory.objects.order_by("pk").values()) == rows


def test_loading_the_vintage_again_does_not_raise_the_ended(moved, some_communes):
    load_territories(some_communes)
    assert territories.commune("62510") is None
    assert territories.commune("62498").name == "Lens-Liévin"


def test_the_command_says_what_it_did(loaded, capsys):
    call_command("import_movements", MOVEMENTS)
    assert capsys.readouterr().out == "movements imported: 5 communes ended or changed, 5 begun, 2 lines ignored\n"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace("COM_AV", "COMMUNE"), "missing columns: COM_AV"),
        (lambda text: text.replace("2026-07-01", "01/07/2026"), "not a date"),
        (lambda text: text.replace('"62510"', '"62999"'), "not in force here: 62999"),
    ],
)
def test_a_file_that_is_not_understood_changes_nothing(loaded, tmp_path, change, words):
    path = tmp_path / "mvt.csv"
    path.write_text(change(MOVEMENTS.read_text(encoding="utf-8")), encoding="utf-8")
    rows = list(Territory.objects.order_by("pk").values())
    with pytest.raises(MovementsRefused, match=words):
        import_movements(path)
    with pytest.raises(CommandError, match=words):
        call_command("import_movements", path)
    assert list(Territory.objects.order_by("pk").values()) == rows


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"code": "59350"}, "territory_once"),
        ({"code": "59350", "vintage": date(2027, 1, 1)}, "territory_current_once"),
        (
            {"valid_from": date(2026, 2, 1), "valid_to": date(2026, 1, 1), "is_current": False},
            "territory_period_forward",
        ),
        ({"valid_to": date(2026, 1, 1)}, "territory_ended_is_not_current"),
        ({"longitude": Decimal(3)}, "territory_point_is_whole"),
    ],
)
def test_the_database_refuses_a_place_that_makes_no_sense(loaded, values, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Territory.objects.create(
            **{"level": Level.COMMUNE, "code": "99001", "name": "Essai", "vintage": VINTAGE} | values
        )


@pytest.mark.parametrize(
    ("code", "is_one"),
    [
        ("QN05901M", True),
        ("QN02A01N", True),
        ("QN97101I", True),
        ("QP059001", False),
        ("QN05901X", False),
        ("qn05901m", False),
    ],
)
def test_the_form_of_a_priority_district_is_known(code, is_one):
    assert territories.is_qpv_code(code) is is_one
