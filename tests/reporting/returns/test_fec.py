from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from fres.kernel import clock
from funds.chart import Purpose
from funds.ledger import account_for, balance_cents
from funds.models import Account
from funds.sealing import close_months, fiscal_year_of, seal_entries
from reporting.management.commands.export_fec import check_file
from reporting.returns.fec import FecTextRefused, write_fec
from tests.funds.books_scenes import a_year_of_movements, noon, post
from tests.funds.factories import LegalEntityFactory
from tests.investors.factories import PartyFactory

pytestmark = pytest.mark.django_db
CLOSED_AT = noon(date(2026, 1, 8))
TODAY = noon(date(2026, 11, 23))


@pytest.fixture
def entity():
    """An entity with two finished years and a current one, its books sealed up to today."""
    entity, saver = LegalEntityFactory(), PartyFactory()
    a_year_of_movements(entity, saver, 2024)
    close_months(entity=entity, through=date(2024, 12, 31), by=None, at=noon(date(2025, 1, 8)))
    a_year_of_movements(entity, saver, 2025)
    close_months(entity=entity, through=date(2025, 12, 31), by=None, at=CLOSED_AT)
    a_year_of_movements(entity, saver, 2026)
    seal_entries(entity=entity, at=TODAY)
    return entity


def rows(path):
    return [line.split("|") for line in path.read_text().splitlines()]


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_our_own_file_breaks_no_strict_rule(entity, tmp_path, year):
    fiscal_year = fiscal_year_of(entity, date(year, 6, 1))
    file = write_fec(entity=entity, year=fiscal_year, directory=tmp_path)
    assert check_file(file, entity, fiscal_year) == []
    assert file.path.name == f"{entity.siren}FEC{year}1231.txt"
    assert file.rows == len(rows(file.path)) - 1
    assert file.not_sealed == 0


def test_opening_balances_come_first_with_last_years_result(entity, tmp_path):
    file = write_fec(entity=entity, year=fiscal_year_of(entity, date(2026, 1, 1)), directory=tmp_path)
    opening = {row[4]: (row[11], row[12]) for row in rows(file.path)[1:] if row[0] == "AN"}
    assert opening == {"517": ("63,30", "0,00"), "4685": ("0,00", "40,00"), "120": ("0,00", "23,30")}
    assert {row[2] for row in rows(file.path)[1:] if row[0] == "AN"} == {"1"}


def test_opening_a_year_moves_no_balance_but_the_result(entity):
    assert balance_cents(entity=entity, purpose=Purpose.SAVER_MONEY, on=date(2025, 12, 31)) == 4_000
    assert balance_cents(entity=entity, purpose=Purpose.SAVER_MONEY, on=date(2026, 1, 1)) == 4_000
    assert balance_cents(entity=entity, purpose=Purpose.HOLDER_FEE, on=date(2025, 12, 31)) == 1_250
    assert balance_cents(entity=entity, purpose=Purpose.HOLDER_FEE, on=date(2026, 1, 1)) == 0
    assert balance_cents(entity=entity, purpose=Purpose.PROFIT, on=date(2026, 1, 1)) == 2_330


def test_a_file_carries_numbers_of_parties_and_never_their_names(entity, tmp_path):
    file = write_fec(entity=entity, year=fiscal_year_of(entity, date(2024, 1, 1)), directory=tmp_path)
    party = Account.objects.exclude(party=None).first().party
    text = file.path.read_text()
    assert party.number in text
    assert party.family_name not in text and "@" not in text


def test_a_file_is_the_same_twice_byte_for_byte(entity, tmp_path):
    year = fiscal_year_of(entity, date(2025, 1, 1))
    first = write_fec(entity=entity, year=year, directory=tmp_path / "a")
    second = write_fec(entity=entity, year=year, directory=tmp_path / "b")
    assert first.path.read_bytes() == second.path.read_bytes()
    assert first.sha256 in first.description.read_text()


def test_an_entry_not_sealed_is_left_out_and_counted(entity, tmp_path):
    accounts = account_for(entity, Purpose.PROVIDER), account_for(entity, Purpose.BANK)
    post(entity, "late", (*accounts, 100), on=date(2026, 11, 23))
    year = fiscal_year_of(entity, date(2026, 1, 1))
    file = write_fec(entity=entity, year=year, directory=tmp_path)
    assert file.not_sealed == 1
    assert "late" not in file.path.read_text()
    assert check_file(file, entity, year) == []


def test_a_text_with_a_separator_is_refused_and_leaves_no_file(entity, tmp_path):
    Account.objects.filter(entity=entity, number="517").update(name="Prestataire | Stripe")
    with pytest.raises(FecTextRefused):
        write_fec(entity=entity, year=fiscal_year_of(entity, date(2025, 1, 1)), directory=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_command_writes_every_entity_and_says_so_in_its_last_line(entity, tmp_path):
    LegalEntityFactory()
    out = StringIO()
    with clock.freeze(TODAY):
        call_command("export_fec", year=2025, out=tmp_path, stdout=out)
    assert out.getvalue().splitlines()[-1] == "fec: 1 files, 11 rows, 0 problems"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"{entity.siren}FEC20251231.txt",
        f"{entity.siren}FEC20251231_description.txt",
    ]


def test_the_command_fails_when_a_rule_is_broken(entity, tmp_path):
    Account.objects.filter(entity=entity, number="517").update(name="me@exemple.invalid")
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("export_fec", year=2025, out=tmp_path, stdout=out)
    assert "e-mail" in out.getvalue()


def test_an_unknown_entity_is_refused(tmp_path):
    with pytest.raises(CommandError):
        call_command("export_fec", entity="000000000", year=2025, out=tmp_path)
