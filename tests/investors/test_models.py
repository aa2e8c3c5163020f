from datetime import date

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from investors.consents import TERMS, record_consent
from investors.models import Consent, Party, Representation, RoleGrant, TaxResidence, User
from tests.investors.factories import PartyFactory, RoleGrantFactory, TaxResidenceFactory, UserFactory

pytestmark = pytest.mark.django_db


def _refused(constraint: str, write) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        write()


def test_an_address_is_kept_in_small_letters() -> None:
    assert User.objects.create_user(" Camille@Exemple.invalid ").email == "camille@exemple.invalid"
    _refused("user_email_is_lower_case", lambda: User.objects.create(email="A@exemple.invalid"))


def test_one_address_is_one_account() -> None:
    User.objects.create_user("a@exemple.invalid")
    _refused("investors_user_email", lambda: User.objects.create_user("A@exemple.invalid"))


def test_a_person_has_no_legal_name_and_a_legal_person_no_birth() -> None:
    _refused("party_kind_matches_its_fields", lambda: PartyFactory(legal_name="SCIC"))
    _refused("party_kind_matches_its_fields", lambda: PartyFactory(legal=True, birth_date=date(1980, 1, 1)))
    _refused("party_kind_matches_its_fields", lambda: PartyFactory(legal=True, user=UserFactory()))


def test_every_party_is_named() -> None:
    _refused("party_is_named", lambda: PartyFactory(family_name=""))
    _refused("party_is_named", lambda: PartyFactory(legal=True, legal_name=""))


def test_a_siren_is_nine_figures_and_known_once() -> None:
    _refused("party_siren_is_nine_figures", lambda: PartyFactory(legal=True, siren="12345678A"))
    PartyFactory(legal=True, siren="552100554")
    _refused("party_siren_once", lambda: PartyFactory(legal=True, siren="552100554"))


def test_an_account_number_goes_with_its_hash() -> None:
    _refused("party_iban_goes_with_its_hash", lambda: PartyFactory(iban="FR7630006000011234567890189"))
    _refused("party_iban_goes_with_its_hash", lambda: PartyFactory(iban_hash="a" * 64))


def test_a_party_is_taxed_in_one_country_at_a_time() -> None:
    residence = TaxResidenceFactory()
    _refused("tax_residence_one_at_a_time", lambda: TaxResidenceFactory(party=residence.party, country="BE"))
    wrong = {"valid_from": date(2026, 2, 1), "valid_to": date(2026, 2, 1)}
    _refused("tax_residence_ends_after_it_starts", lambda: TaxResidenceFactory(party=residence.party, **wrong))


def test_a_role_has_a_whole_scope_ends_after_it_starts_and_is_held_once() -> None:
    grant = RoleGrantFactory(role="treasurer")
    _refused("role_grant_once_everywhere", lambda: RoleGrantFactory(user=grant.user, role="treasurer"))
    _refused("role_grant_scope_is_whole", lambda: RoleGrantFactory(scope_kind="fund"))
    _refused("role_grant_scope_is_whole", lambda: RoleGrantFactory(scope_uuid=grant.uuid))
    _refused("role_grant_ends_after_it_starts", lambda: RoleGrantFactory(valid_to=date(2019, 12, 31)))
    scoped = RoleGrantFactory(role="partner", scope_kind="partner", scope_uuid=grant.uuid)
    again = {"scope_kind": "partner", "scope_uuid": grant.uuid}
    _refused("role_grant_once_per_scope", lambda: RoleGrantFactory(user=scoped.user, role="partner", **again))


def test_a_representation_stands_once_and_ends_after_it_starts() -> None:
    values = {"party": PartyFactory(legal=True), "user": UserFactory(), "role": "delegate"}
    Representation.objects.create(**values, valid_from=date(2026, 1, 1))
    _refused(
        "representation_once_at_a_time",
        lambda: Representation.objects.create(**values, valid_from=date(2026, 2, 1)),
    )
    wrong = {"valid_from": date(2026, 2, 1), "valid_to": date(2026, 1, 1)}
    _refused("representation_ends_after_it_starts", lambda: Representation.objects.create(**values, **wrong))


def test_a_consent_is_never_rewritten(clock) -> None:
    consent = record_consent(user=UserFactory(), text=TERMS, at=clock.now)
    with pytest.raises(DatabaseError, match="append_only"), transaction.atomic():
        Consent.objects.filter(pk=consent.pk).update(text_version="1999")
    with pytest.raises(DatabaseError, match="append_only"), transaction.atomic():
        Consent.objects.filter(pk=consent.pk).delete()


@pytest.mark.parametrize("model", [User, Party, TaxResidence, Representation, RoleGrant])
def test_the_audit_trail_refuses_to_be_rewritten(model) -> None:
    RoleGrantFactory(user=TaxResidenceFactory().party.user)
    party = PartyFactory(legal=True)
    Representation.objects.create(party=party, user=UserFactory(), role="delegate", valid_from=date(2026, 1, 1))
    events = model._meta.get_field("events").related_model.objects.all()
    assert events.exists()
    with pytest.raises(DatabaseError, match="append_only"), transaction.atomic():
        events.update(pgh_label="none")
    with pytest.raises(DatabaseError, match="append_only"), transaction.atomic():
        events.delete()


def test_a_password_never_enters_the_audit_trail() -> None:
    user = UserFactory()
    fields = {field.name for field in User._meta.get_field("events").related_model._meta.get_fields()}
    assert "email" in fields
    assert "password" not in fields
    assert user.password


def test_a_party_prints_its_name_its_address_and_only_the_ends_of_its_account() -> None:
    person = PartyFactory(given_names="Zoé", family_name="Lefebvre", with_iban=True)
    assert person.name == "Zoé Lefebvre"
    assert person.address_lines == ("12 rue de la Gare", "62300 Lens")
    assert person.iban_masked == "FR76 •••• 0189"
    assert PartyFactory(legal=True, legal_name="SCIC du Pain").name == "SCIC du Pain"
    assert PartyFactory(country="BE").address_lines[-1] == "BE"
    assert PartyFactory().iban_masked == ""
