"""A person's own pages: profile, account number, data."""

import json
from datetime import date

import pytest
from django.urls import reverse

from fres.kernel.models import Territory
from investors.consents import TERMS, record_consent
from investors.models import Party, TaxResidence
from tests.investors.factories import PartyFactory, TaxResidenceFactory, UserFactory
from tests.investors.sessions import sign_in

pytestmark = pytest.mark.django_db
PROFILE = {
    "given_names": "Zoé",
    "family_name": "Lefebvre",
    "birth_date": "1990-03-04",
    "birth_place": "Arras",
    "birth_country": "FR",
    "address_line": "3 place des Héros",
    "postal_code": "62000",
    "country": "FR",
    "phone": "",
    "tax_country": "FR",
    "tax_identifier": "",
}


@pytest.fixture
def arras() -> Territory:
    return _commune("62041", "Arras", "62000")


def _commune(code: str, name: str, postal_codes: str) -> Territory:
    return Territory.objects.create(
        level="COMMUNE", code=code, name=name, postal_codes=postal_codes, vintage=date(2026, 1, 1)
    )


def _post(client, **changes):
    return client.post(reverse("investors:profile"), PROFILE | changes)


def test_a_new_saver_fills_in_the_profile_and_comes_back_to_what_asked_for_it(client, clock, arras) -> None:
    user = UserFactory()
    sign_in(client, user)
    page = client.get(reverse("investors:profile") + "?next=/offres/soleil/").content.decode()
    assert "Il manque le nom, la naissance" in page
    assert "/offres/soleil/" in page
    response = _post(client, next="/offres/soleil/")
    assert response["Location"] == "/offres/soleil/"
    party = Party.objects.get(user=user)
    assert (party.city, party.commune_code, party.birth_date) == ("Arras", "62041", date(1990, 3, 4))
    assert TaxResidence.objects.get(party=party).valid_from == date(2026, 11, 23)
    assert "Votre profil est complet" in client.get(reverse("investors:profile")).content.decode()


def test_a_page_to_come_back_to_on_another_site_is_ignored(client, clock, arras) -> None:
    sign_in(client, UserFactory())
    assert _post(client, next="https://ailleurs.invalid/")["Location"] == reverse("investors:profile")


def test_a_postal_code_of_several_communes_is_never_guessed(client, clock) -> None:
    _commune("59001", "Prisches", "59550")
    _commune("59002", "Landrecies", "59550 59990")
    sign_in(client, UserFactory())
    asked = _post(client, postal_code="59550")
    assert asked.status_code == 422
    assert "sert 2 communes" in asked.content.decode()
    assert not Party.objects.exists()
    _post(client, postal_code="59550", commune_code="59002")
    assert Party.objects.get().city == "Landrecies"


def test_a_commune_of_another_postal_code_is_refused(client, clock, arras) -> None:
    _commune("59001", "Prisches", "59550")
    _commune("59002", "Landrecies", "59550")
    sign_in(client, UserFactory())
    assert _post(client, postal_code="59550", commune_code="62041").status_code == 422


def test_an_address_abroad_needs_its_city_and_no_commune(client, clock) -> None:
    sign_in(client, UserFactory())
    abroad = {"country": "BE", "postal_code": "7500"}
    assert _post(client, **abroad).status_code == 422
    _post(client, **abroad, city="Tournai")
    assert (Party.objects.get().city, Party.objects.get().commune_code) == ("Tournai", "")


def test_taxes_abroad_need_a_number(client, clock, arras) -> None:
    sign_in(client, UserFactory())
    refused = _post(client, tax_country="BE")
    assert "le numéro fiscal est demandé par la loi" in refused.content.decode()
    assert not Party.objects.exists()


@pytest.mark.parametrize(("born", "status"), [("2008-11-23", 302), ("2008-11-24", 422), ("1899-01-01", 422), ("", 422)])
def test_an_account_is_for_an_adult_born_this_century_or_the_last(client, clock, arras, born: str, status: int) -> None:
    sign_in(client, UserFactory())
    assert _post(client, birth_date=born).status_code == status


def test_a_sign_that_is_not_text_or_too_long_is_refused(client, clock, arras) -> None:
    sign_in(client, UserFactory())
    for changes in ({"family_name": "x" * 81}, {"phone": "appelez-moi"}, {"birth_country": "ZZ"}, {"given_names": " "}):
        assert _post(client, **changes).status_code == 422
    assert not Party.objects.exists()


def test_an_account_number_asks_for_the_password_again(client, clock) -> None:
    party = PartyFactory()
    client.force_login(party.user)
    assert client.get(reverse("investors:iban"))["Location"].startswith(reverse("account_reauthenticate"))
    client.post(reverse("investors:iban"), {"iban": "FR7630006000011234567890189", "holder": party.name})
    party.refresh_from_db()
    assert party.iban == ""


def test_an_account_number_is_kept_or_refused_with_its_rule(client, clock) -> None:
    party = PartyFactory()
    sign_in(client, party.user)
    for iban, holder, status in (
        ("FR7630006000011234567890188", party.name, 422),
        ("FR7630006000011234567890189", "Jean Dupont", 422),
        ("fr76 3000 6000 0112 3456 7890 189", party.name, 302),
    ):
        assert client.post(reverse("investors:iban"), {"iban": iban, "holder": holder}).status_code == status
    page = client.get(reverse("investors:profile")).content.decode()
    assert "FR76 •••• 0189" in page
    assert "30006" not in page


def test_without_a_profile_there_is_nobody_to_own_an_account(client) -> None:
    sign_in(client, UserFactory())
    assert client.get(reverse("investors:iban"))["Location"].startswith(reverse("investors:profile"))


def test_the_copy_of_my_data_is_mine_and_downloads(client, clock) -> None:
    party = PartyFactory(with_iban=True)
    PartyFactory(family_name="Quelqu’un")
    TaxResidenceFactory(party=party)
    sign_in(client, party.user)
    response = client.get(reverse("investors:data_copy"))
    copy = json.loads(response.content)
    assert copy["identity"]["iban"] == party.iban
    assert "attachment" in response["Content-Disposition"]
    assert response["Cache-Control"] == "no-store"
    assert "Quelqu’un" not in response.content.decode()


def test_my_consents_are_shown_with_their_version(client, clock) -> None:
    user = UserFactory()
    record_consent(user=user, text=TERMS, at=clock.now)
    sign_in(client, user)
    page = client.get(reverse("investors:data")).content.decode()
    assert TERMS.version in page
    assert "novembre" in page


def test_a_text_nobody_wrote_is_not_found(client) -> None:
    assert client.get(reverse("investors:text", args=["autre"])).status_code == 404
