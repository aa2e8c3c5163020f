"""Numbers of the registers: their check digits are checked, whatever spaces were typed."""

import pytest

from projects.organisations.identifiers import (
    LeiNotValid,
    Numbers,
    RnaNotValid,
    SirenNotValid,
    SiretNotValid,
    read_lei,
    read_numbers,
    read_rna,
)
from tests.projects.organisations.scenes import SIREN, SIRET


def test_a_siren_is_read_with_its_spaces():
    assert read_numbers(siren_or_siret=" 000 001 032 ") == Numbers(siren=SIREN)


def test_a_siret_gives_its_siren():
    assert read_numbers(siren_or_siret="000 001 032 00010") == Numbers(siren=SIREN, siret=SIRET)


def test_nothing_typed_is_an_organisation_in_creation():
    assert read_numbers().is_empty


@pytest.mark.parametrize("typed", ["000001033", "00000103", "00000103A", "0000010320"])
def test_a_wrong_siren_is_refused_with_what_to_do(typed):
    with pytest.raises((SirenNotValid, SiretNotValid)) as refusal:
        read_numbers(siren_or_siret=typed)
    assert refusal.value.next_step


def test_two_figures_swapped_in_a_siret_are_seen():
    with pytest.raises(SiretNotValid, match="dernier chiffre"):
        read_numbers(siren_or_siret="00000103200100")


@pytest.mark.parametrize("typed", ["W62100012", "621000123", "W6210001234", "X621000123"])
def test_a_wrong_rna_is_refused(typed):
    with pytest.raises(RnaNotValid):
        read_rna(typed)


def test_an_rna_is_read_in_capitals():
    assert read_rna("w621000123") == "W621000123"
    assert read_rna("W2A1000123") == "W2A1000123"


def test_a_lei_is_read_without_spaces_and_checked_by_its_last_two_figures():
    assert read_lei("969500 frestest 000009") == "969500FRESTEST000009"
    assert read_lei("") == ""
    with pytest.raises(LeiNotValid, match="20 signes"):
        read_lei("969500FRESTEST000008")
