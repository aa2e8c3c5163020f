import json
from datetime import date

import pghistory
import pytest
from django.core.serializers.json import DjangoJSONEncoder

from investors import selectors
from investors.models import Party, Representation
from investors.roles import revoke_role
from tests.investors.factories import PartyFactory, RoleGrantFactory, TaxResidenceFactory, UserFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)


def test_what_a_profile_lacks_is_said_in_words() -> None:
    assert len(selectors.profile_gaps(None, TODAY)) == 4
    party = PartyFactory()
    assert selectors.profile_gaps(party, TODAY) == ["la résidence fiscale"]
    TaxResidenceFactory(party=party)
    assert selectors.profile_gaps(party, TODAY) == []
    party.birth_place = party.address_line = ""
    assert selectors.profile_gaps(party, TODAY) == ["la naissance", "l’adresse"]
    legal = PartyFactory(legal=True)
    TaxResidenceFactory(party=legal)
    assert selectors.profile_gaps(legal, TODAY) == []


def test_a_search_takes_all_the_words_in_any_order() -> None:
    party = PartyFactory(given_names="Zoé", family_name="Lefebvre", city="Arras")
    legal = PartyFactory(legal=True, legal_name="Pain d’Artois", siren="552100554")
    assert list(selectors.search_parties("lefebvre ARRAS")) == [party]
    assert list(selectors.search_parties("lefebvre lens")) == []
    assert list(selectors.search_parties("5521")) == [legal]
    assert list(selectors.search_parties(party.number)) == [party]
    assert list(selectors.search_parties("", kind="LEGAL")) == [legal]


def test_accounts_are_found_by_their_role_in_force() -> None:
    grant, ended = RoleGrantFactory(role="auditor"), RoleGrantFactory(role="auditor")
    revoke_role(grant=ended, on=TODAY)
    assert list(selectors.search_users("", role="auditor")) == [grant.user]
    assert list(selectors.search_users(grant.user.email)) == [grant.user]


def test_a_person_acts_for_themself_and_for_those_they_represent_today() -> None:
    own = PartyFactory()
    club, former = PartyFactory(legal=True), PartyFactory(legal=True)
    values = {"user": own.user, "role": "delegate", "valid_from": date(2026, 1, 1)}
    Representation.objects.create(party=club, **values)
    Representation.objects.create(party=former, valid_to=TODAY, **values)
    assert set(selectors.parties_acted_for(own.user, TODAY)) == {own, club}


def test_a_change_says_who_what_before_and_after() -> None:
    party, officer = PartyFactory(city="Lens"), UserFactory(display_name="Agent Conformité")
    with pghistory.context(user=officer.pk):
        Party.objects.filter(pk=party.pk).update(city="Arras")
    change, creation = selectors.changes_of(party)
    assert (change.actor, change.act, change.subject) == ("Agent Conformité", "modifié", party.number)
    assert change.fields == (("ville", "Lens", "Arras"),)
    assert creation.act == "créé"
    assert creation.actor == "le programme"


def test_a_secret_in_the_trail_is_masked_and_its_hash_not_shown() -> None:
    party = PartyFactory(with_iban=True)
    Party.objects.filter(pk=party.pk).update(iban="", iban_hash="", iban_verified_at=None)
    shown = [text for change in selectors.changes_of(party) for field in change.fields for text in field]
    assert "masqué" in shown
    assert not any("FR76" in text or party.iban_hash in text for text in shown)


def test_a_page_of_the_journal_knows_what_stood_before_it() -> None:
    party = PartyFactory(city="Lens")
    for city in ("Arras", "Béthune"):
        Party.objects.filter(pk=party.pk).update(city=city)
    newest = selectors.changes_of_kind("personnes")[:1]
    assert selectors.describe_changes(newest)[0].fields == (("ville", "Arras", "Béthune"),)
    assert selectors.describe_changes([]) == []


def test_a_role_in_the_journal_names_the_person_and_the_role() -> None:
    grant = RoleGrantFactory(role="treasurer", user__display_name="Awa Diop")
    (change,) = selectors.changes_of(grant)
    assert change.subject == "Awa Diop : Trésorerie"


def test_the_copy_of_own_data_is_whole_and_holds_nobody_else() -> None:
    party, other = PartyFactory(with_iban=True), PartyFactory(family_name="Quelqu’un")
    TaxResidenceFactory(party=party, tax_identifier="1234567890123")
    copy = json.dumps(selectors.gather_own_data(party.user), cls=DjangoJSONEncoder, ensure_ascii=False)
    for word in (party.number, party.family_name, party.iban, "1234567890123", party.user.email):
        assert word in copy
    assert other.family_name not in copy
    assert party.iban_hash not in copy
    assert "password" not in copy
