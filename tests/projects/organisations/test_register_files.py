"""Register files are streamed, read by the names of their columns, and written once whatever happens twice."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from projects.models import RegisterEntry
from projects.models.organisations import RegisterState
from projects.organisations.duties import verify_waiting_organisations
from projects.organisations.register import ImportedRegister, RegisterUnavailable
from projects.organisations.register_files import import_register
from tests.investors.factories import UserFactory
from tests.projects.organisations.scenes import AT, SIREN, an_organisation, some_communes

pytestmark = pytest.mark.django_db
INSEE = (
    "siren,denominationUniteLegale,categorieJuridiqueUniteLegale,etatAdministratifUniteLegale,"
    "economieSocialeSolidaireUniteLegale\n"
    f"{SIREN},LES HALLES DE LENS,5460,A,O\n"
    "000001040,ANCIENNE FOURNEE,5458,C,O\n"
    "000001041,MAUVAIS SIREN,5458,A,N\n"
)


@pytest.fixture
def insee(tmp_path):
    path = tmp_path / "StockUniteLegale.csv"
    path.write_text(INSEE, encoding="utf-8")
    return path


def test_a_file_of_the_insee_is_read_and_a_wrong_number_left_out(insee):
    done = import_register(insee, source="Sirene", as_of=date(2026, 3, 1))
    assert (done.read, done.written, done.refused) == (3, 2, 1)
    entry = RegisterEntry.objects.get(siren=SIREN)
    assert (entry.name, entry.legal_category, entry.is_active, entry.is_ess) == (
        "LES HALLES DE LENS", "5460", True, True,
    )  # fmt: skip
    assert not RegisterEntry.objects.get(siren="000001040").is_active


def test_a_file_read_twice_makes_the_same_rows_and_an_older_one_changes_nothing(insee):
    import_register(insee, source="Sirene", as_of=date(2026, 3, 1))
    import_register(insee, source="Sirene de mars", as_of=date(2026, 3, 1))
    import_register(insee, source="Sirene de janvier", as_of=date(2026, 1, 1))
    assert set(RegisterEntry.objects.values_list("source", flat=True)) == {"Sirene de mars"}


def test_no_file_is_no_answer_and_a_file_without_the_number_is_an_answer(insee):
    with pytest.raises(RegisterUnavailable):
        ImportedRegister().find(siren=SIREN, rna="")
    import_register(insee, source="Sirene", as_of=date(2026, 3, 1))
    assert ImportedRegister().find(siren="000001057", rna="").outcome == RegisterState.NOT_FOUND
    with pytest.raises(RegisterUnavailable):
        ImportedRegister().find(siren="", rna="W621000123")


def test_who_applied_while_the_register_was_down_is_verified_later(insee):
    some_communes()
    made = an_organisation(by=UserFactory())
    assert verify_waiting_organisations(AT) == "0 of 1 organisations verified"
    import_register(insee, source="Sirene", as_of=date(2026, 3, 1))
    assert verify_waiting_organisations(AT) == "1 of 1 organisations verified"
    made.refresh_from_db()
    assert made.register_state == RegisterState.VERIFIED


def test_the_command_says_what_it_did_and_refuses_another_file(insee, tmp_path):
    out = StringIO()
    call_command("import_register", str(insee), "--as-of", "2026-03-01", stdout=out)
    assert "3 lines read, 2 written, 1 refused" in out.getvalue()
    other = tmp_path / "autre.csv"
    other.write_text("a;b\n1;2\n", encoding="utf-8")
    with pytest.raises(CommandError, match="no column"):
        call_command("import_register", str(other), "--as-of", "2026-03-01")
