"""A guardian, a club’s or an organisation’s representative engages the money of whom they act for, and no other."""

from datetime import date
from uuid import uuid4

import pytest
from django.urls import reverse

from funds.models import Commitment
from investors.models import Party, Representation, User
from tests.conftest import HeldClock
from tests.funds.factories import OfferFactory
from tests.investors.factories import EntryAssessmentFactory, LossSimulationFactory, PartyFactory, TaxResidenceFactory
from tests.investors.sessions import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(client, clock: HeldClock) -> User:
    own = PartyFactory(birth_date=date(1980, 5, 17))
    TaxResidenceFactory(party=own)
    sign_in(client, own.user)
    return own.user


def acted_for(person: User, role: str, **fields) -> Party:
    party = PartyFactory(**fields)
    TaxResidenceFactory(party=party)
    Representation.objects.create(party=party, user=person, role=role, valid_from="2020-01-01")
    EntryAssessmentFactory(party=party, by=person)
    LossSimulationFactory(party=party, by=person)
    return party


def a_child(person: User) -> Party:
    return acted_for(person, "guardian", birth_date=date(2015, 3, 1), user=None)


def sign(client, offer, **posted):
    page = client.post(reverse("funds:commit", args=[offer.slug]), {"amount": "100"} | posted)
    if page.status_code != 200:
        return page
    texts = page.context["form"].initial["texts"]
    consents = {"amount": "100", "texts": texts, "risk_understood": "on", "amount_wanted": "on"}
    return client.post(reverse("funds:sign", args=[offer.slug]), consents | posted)


def test_there_is_no_choice_where_there_is_nobody_to_act_for(client, person):
    page = client.get(reverse("funds:commit", args=[OfferFactory(open=True).slug])).content.decode()
    assert "Pour qui agissez-vous" not in page


def test_an_organisations_representative_lends_in_its_name_and_follows_it_everywhere(client, person):
    club, offer = acted_for(person, "legal_representative", legal=True), OfferFactory(open=True)
    chosen = {"pour": str(club.uuid)}
    page = client.get(reverse("funds:commit", args=[offer.slug]), chosen).content.decode()
    assert club.legal_name in page
    response = sign(client, offer, **chosen)
    commitment = Commitment.objects.get()
    assert (commitment.saver, commitment.by) == (club, person)
    assert response["Location"] == reverse("funds:commitment", args=[commitment.uuid])
    assert client.get(response["Location"]).status_code == 200
    space = client.get(reverse("funds:space"), chosen)
    assert space.context["party"] == club
    assert [one.commitment for one in space.context["pending"]] == [commitment]


def test_without_a_choice_one_acts_for_oneself(client, person):
    acted_for(person, "delegate", legal=True)
    sign(client, OfferFactory(open=True))
    assert Commitment.objects.get().saver == person.party


def test_nobody_engages_a_stranger_nor_whom_they_no_longer_represent(client, person):
    stranger, former, offer = PartyFactory(), acted_for(person, "delegate", legal=True), OfferFactory(open=True)
    Representation.objects.filter(party=former).update(valid_to="2026-01-01")
    for wanted in (stranger.uuid, former.uuid, uuid4(), "x"):
        for answer in (
            client.get(reverse("funds:commit", args=[offer.slug]), {"pour": str(wanted)}),
            client.post(reverse("funds:commit", args=[offer.slug]), {"pour": str(wanted), "amount": "100"}),
            client.post(reverse("funds:sign", args=[offer.slug]), {"pour": str(wanted), "amount": "100"}),
            client.get(reverse("funds:space"), {"pour": str(wanted)}),
        ):
            assert answer.status_code == 404
    assert not Commitment.objects.exists()


def test_a_guardian_lends_for_a_minor_whom_nobody_else_engages(client, person):
    child, offer = a_child(person), OfferFactory(open=True)
    sign(client, offer, pour=str(child.uuid))
    assert Commitment.objects.get().saver == child
    other = acted_for(person, "delegate", birth_date=date(2015, 3, 1), user=None)
    refused = sign(client, offer, pour=str(other.uuid))
    assert refused.status_code == 422
    assert "moins de 18 ans" in refused.content.decode()


def test_what_a_minor_owns_is_given_away_by_nobody(client, person):
    child, offer = a_child(person), OfferFactory(open=True, gift=True)
    refused = client.post(reverse("funds:commit", args=[offer.slug]), {"pour": str(child.uuid), "amount": "100"})
    assert refused.status_code == 422
    assert "ne se donne pas" in refused.content.decode()
    assert not Commitment.objects.exists()


def test_an_incomplete_file_of_somebody_else_is_told_and_not_asked_of_oneself(client, person):
    club = acted_for(person, "delegate", legal=True, city="")
    offer = OfferFactory(open=True)
    answer = client.get(reverse("funds:commit", args=[offer.slug]), {"pour": str(club.uuid)}, follow=True)
    assert answer.redirect_chain[-1][0] == reverse("funds:offer", args=[offer.slug])
    assert "il manque" in answer.content.decode()
