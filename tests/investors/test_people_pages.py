"""Staff pages about people."""

import pytest
from django.urls import reverse

from investors.models import RoleGrant
from tests.investors.factories import PartyFactory, RoleGrantFactory, TaxResidenceFactory, UserFactory
from tests.investors.sessions import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(client):
    user = RoleGrantFactory(role="administrator", user__display_name="Ada Ministre").user
    sign_in(client, user)
    return user


def test_people_are_found_by_name_and_a_search_without_answer_says_what_to_do(client, administrator) -> None:
    party = PartyFactory(family_name="Lefebvre")
    PartyFactory(family_name="Durand")
    page = client.get(reverse("investors:parties"), {"q": "lefebvre"}).content.decode()
    assert party.number in page
    assert "Durand" not in page
    assert "Retirez un mot" in client.get(reverse("investors:parties"), {"q": "personne de ce nom"}).content.decode()


def test_a_long_list_goes_by_pages(client, administrator) -> None:
    for _number in range(51):
        PartyFactory()
    assert "1 sur 2" in client.get(reverse("investors:parties")).content.decode()
    assert client.get(reverse("investors:parties"), {"page": "2"}).context["page"].number == 2


def test_the_page_of_a_person_masks_the_account_and_hides_the_tax_number(client, administrator) -> None:
    party = PartyFactory(with_iban=True)
    TaxResidenceFactory(party=party, tax_identifier="1234567890123", tax_identifier_hash="a" * 64)
    page = client.get(reverse("investors:party", args=[party.uuid])).content.decode()
    assert party.iban_masked in page
    assert party.iban not in page
    assert "1234567890123" not in page


def test_a_role_given_and_taken_back_stands_in_the_journal_with_who_did_it(client, clock, administrator) -> None:
    user = UserFactory()
    client.post(reverse("investors:grant_role", args=[user.uuid]), {"role": "treasurer", "scope_kind": ""})
    grant = RoleGrant.objects.get(user=user)
    assert grant.granted_by == administrator
    client.post(reverse("investors:revoke_role", args=[grant.uuid]))
    grant.refresh_from_db()
    assert grant.valid_to == clock.now.date()
    journal = client.get(reverse("investors:journal"), {"kind": "roles"})
    acts = [(change.actor, change.act) for change in journal.context["changes"][:2]]
    assert acts == [("Ada Ministre", "modifié"), ("Ada Ministre", "créé")]


@pytest.mark.parametrize(
    "data",
    [
        {"role": "king"},
        {"role": "saver"},
        {"role": "partner", "scope_kind": "partner"},
        {"role": "", "scope_uuid": "x"},
    ],
)
def test_a_role_that_does_not_exist_or_has_half_a_scope_is_refused(client, administrator, data) -> None:
    user = UserFactory()
    assert client.post(reverse("investors:grant_role", args=[user.uuid]), data).status_code == 422
    assert not RoleGrant.objects.filter(user=user).exists()


def test_a_role_held_already_is_refused_with_its_reason(client, administrator) -> None:
    held = RoleGrantFactory(role="treasurer")
    answer = client.post(
        reverse("investors:grant_role", args=[held.user.uuid]), {"role": "treasurer", "scope_kind": ""}, follow=True
    )
    assert "a déjà ce rôle" in answer.content.decode()


def test_an_unknown_kind_in_the_journal_shows_the_first(client, administrator) -> None:
    assert client.get(reverse("investors:journal"), {"kind": "secrets"}).status_code == 200


def test_the_navigation_leads_each_role_where_it_may_go(client) -> None:
    sign_in(client, RoleGrantFactory(role="auditor").user)
    page = client.get(reverse("investors:journal")).content.decode()
    assert reverse("investors:parties") not in page
