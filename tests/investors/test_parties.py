from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from investors.models import Party, TaxResidence
from investors.parties import (
    IbanInAnotherName,
    IbanNotValid,
    Identity,
    check_iban,
    declare_tax_residence,
    next_party_numbers,
    record_iban,
    save_profile,
)
from investors.selectors import tax_residence_at
from tests.investors.factories import PartyFactory, UserFactory

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
IBAN = "FR7630006000011234567890189"


def _identity(**changes) -> Identity:
    values = {
        "given_names": "Zoé",
        "family_name": "Lefebvre",
        "birth_date": date(1990, 3, 4),
        "birth_place": "Arras",
        "birth_country": "FR",
        "address_line": "3 place des Héros",
        "postal_code": "62000",
        "city": "Arras",
        "commune_code": "62041",
        "country": "FR",
    }
    return Identity(**(values | changes))


@pytest.mark.django_db
def test_numbers_are_given_once_in_order_and_say_the_kind() -> None:
    first, second = next_party_numbers(Party.Kind.PERSON, 2)
    (third,) = next_party_numbers(Party.Kind.LEGAL)
    assert first[0] == second[0] == "S"
    assert third[0] == "P"
    assert int(first[1:]) + 2 == int(second[1:]) + 1 == int(third[1:])


@pytest.mark.django_db
def test_a_profile_written_twice_is_one_party_with_one_number() -> None:
    user = UserFactory()
    first = save_profile(user=user, identity=_identity(), at=AT)
    second = save_profile(user=user, identity=_identity(city="Lens"), at=AT)
    assert (first.pk, first.number) == (second.pk, second.number)
    assert second.city == "Lens"
    user.refresh_from_db()
    assert user.display_name == "Zoé Lefebvre"


@pytest.mark.django_db
def test_a_new_name_asks_for_a_new_check_and_a_new_street_does_not() -> None:
    user = UserFactory()
    party = save_profile(user=user, identity=_identity(), at=AT)
    Party.objects.update(kyc_verified_at=AT, screened_at=AT)
    party = save_profile(user=user, identity=_identity(address_line="1 rue Neuve"), at=AT)
    assert party.kyc_verified_at == party.screened_at == AT
    party = save_profile(user=user, identity=_identity(family_name="Martin"), at=AT)
    assert party.kyc_verified_at is party.screened_at is None


@pytest.mark.django_db
def test_a_move_abroad_ends_one_residence_the_day_the_other_starts() -> None:
    party = PartyFactory()
    declare_tax_residence(party=party, country="FR", tax_identifier="", at=datetime(2026, 1, 5, 9, tzinfo=UTC))
    declare_tax_residence(party=party, country="BE", tax_identifier="85073003328", at=AT)
    assert tax_residence_at(party, date(2026, 11, 22)).country == "FR"
    assert tax_residence_at(party, date(2026, 11, 23)).country == "BE"
    assert tax_residence_at(party, date(2025, 12, 31)) is None


@pytest.mark.django_db
def test_the_same_residence_again_changes_nothing_and_a_slip_of_the_day_is_corrected() -> None:
    party = PartyFactory()
    first = declare_tax_residence(party=party, country="BE", tax_identifier="1", at=AT)
    assert declare_tax_residence(party=party, country="BE", tax_identifier="1", at=AT).pk == first.pk
    corrected = declare_tax_residence(party=party, country="FR", tax_identifier="", at=AT)
    assert (corrected.pk, corrected.country) == (first.pk, "FR")
    assert TaxResidence.objects.filter(party=party).count() == 1


@pytest.mark.django_db
def test_an_evening_in_utc_is_already_tomorrow_in_paris() -> None:
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    residence = declare_tax_residence(party=PartyFactory(), country="FR", tax_identifier="", at=late)
    assert residence.valid_from == date(2026, 11, 24)


@pytest.mark.parametrize("text", ["", "FR00", "FR7630006000011234567890188", "XX7630006000011234567890189", "☃"])
def test_an_account_number_with_a_wrong_sign_is_refused(text: str) -> None:
    with pytest.raises(IbanNotValid):
        check_iban(text)


@given(place=st.integers(2, len(IBAN) - 1), figure=st.sampled_from("0123456789"))
@settings(max_examples=60)
def test_one_wrong_figure_is_always_found(place: int, figure: str) -> None:
    altered = IBAN[:place] + figure + IBAN[place + 1 :]
    if altered == IBAN:
        assert check_iban(altered) == IBAN
    else:
        with pytest.raises(IbanNotValid):
            check_iban(altered)


def test_the_national_key_is_checked_outside_the_demonstration_only(settings) -> None:
    invented = "FR5430006000011234567890100"  # its own check is right, the bank's key inside is not
    settings.DEMONSTRATION = True
    assert check_iban("FR54 3000 6000 0112 3456 7890 100") == invented
    settings.DEMONSTRATION = False
    assert check_iban(IBAN) == IBAN
    with pytest.raises(IbanNotValid):
        check_iban(invented)


@pytest.mark.django_db
@pytest.mark.parametrize("holder", ["Zoe LEFEBVRE", "M. ou Mme Martin-Lefebvre", "LÉFEBVRE Zoé"])
def test_an_account_in_the_own_name_is_kept_sealed_and_to_be_verified(holder: str) -> None:
    party = PartyFactory(family_name="Lefebvre", given_names="Zoé", with_iban=True)
    kept = record_iban(party=party, iban="FR14 2004 1010 0505 0001 3M02 606", holder=holder)
    kept.refresh_from_db()
    assert kept.iban == "FR1420041010050500013M02606"
    assert kept.iban_verified_at is None


@pytest.mark.django_db
def test_the_same_account_written_again_stays_verified() -> None:
    party = PartyFactory(with_iban=True)
    assert record_iban(party=party, iban=party.iban, holder=party.name).iban_verified_at is not None


@pytest.mark.django_db
@pytest.mark.parametrize("holder", ["Jean Dupont", "", "Zoé"])
def test_an_account_of_another_person_is_refused(holder: str) -> None:
    party = PartyFactory(family_name="Lefebvre", given_names="Zoé")
    with pytest.raises(IbanInAnotherName, match="Zoé Lefebvre"):
        record_iban(party=party, iban=IBAN, holder=holder)
    party.refresh_from_db()
    assert party.iban == ""
