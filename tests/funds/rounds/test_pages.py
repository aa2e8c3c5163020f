"""Pages of votes: what the public, a member and the staff see and do."""

import pytest
from django.test import Client
from django.urls import reverse

from fres.kernel.access import Role
from funds.models import AllocationOrder, Ballot, Offer
from funds.rounds.counting import count_round
from funds.rounds.ordering import prepare_order, sign_order
from funds.rounds.states import OrderState, RoundState
from funds.rounds.voting import open_or_close
from investors.models import Representation
from tests.funds.factories import CommitmentFactory
from tests.funds.rounds.scenes import AFTER, BEFORE, CHOICES, DURING, a_round, closed, opened, staff, vote
from tests.investors.factories import PartyFactory
from tests.investors.sessions import sign_in

pytestmark = pytest.mark.django_db


def staff_client(role):
    client = Client()
    sign_in(client, staff(role))
    return client


def page(client, name, **kwargs):
    return client.get(reverse(f"rounds:{name}", kwargs=kwargs))


def test_a_round_being_prepared_is_not_public(client):
    of, _parties = a_round()
    assert page(client, "round", slug=of.slug).status_code == 404
    assert of.title not in page(client, "rounds").content.decode()


def test_a_member_votes_sees_the_key_once_and_never_their_choice_again(client, clock):
    of, parties = a_round()
    of = opened(of)
    clock.move_to(DURING)
    client.force_login(parties[0].user)
    url = reverse("rounds:vote", kwargs={"slug": of.slug})
    shown = client.post(url, {"choice": ["P01", "P03"]})
    assert shown.status_code == 200 and "no-store" in shown["Cache-Control"]
    receipt = shown.context["receipt"]
    assert receipt.key in shown.content.decode()
    again = client.get(url).content.decode()
    assert "checked" not in again and receipt.key not in again and receipt.code not in again
    assert receipt.code in page(client, "receipts", slug=of.slug).content.decode()


def test_who_represents_an_organisation_votes_for_it_and_for_themselves(client, clock):
    of, parties = a_round()
    user = parties[0].user
    company = PartyFactory(legal=True)
    Representation.objects.create(party=company, user=user, role="Présidente", valid_from="2020-01-01")
    CommitmentFactory(offer=Offer.objects.get(), saver=company, by=user, settled=True, cleared_at=BEFORE)
    of = opened(of)
    clock.move_to(DURING)
    client.force_login(user)
    url = reverse("rounds:vote", kwargs={"slug": of.slug})
    assert str(company.uuid) in client.get(url).content.decode()
    for pour in ("", str(company.uuid)):
        assert client.post(url, {"choice": ["P01"], "pour": pour}).status_code == 200
    assert of.roll.exclude(channel="").count() == 2
    assert client.get(url, {"pour": str(parties[1].uuid)}).status_code == 404


def test_the_space_says_where_the_pot_went_and_which_vote_is_open(client, clock):
    of, parties = a_round(units=1_000)
    of = opened(of)
    clock.move_to(DURING)
    client.force_login(parties[0].user)
    space = reverse("funds:space")
    assert reverse("rounds:vote", kwargs={"slug": of.slug}) in client.get(space).content.decode()
    for party, choices in zip(parties, CHOICES, strict=True):
        vote(of, party, choices)
    clock.move_to(AFTER)
    count_round(of=closed(of), at=AFTER)
    sign_order(order=prepare_order(of=of, by=staff(Role.TREASURER), at=AFTER), by=staff(Role.MANAGER), at=AFTER)
    text = client.get(space).content.decode().replace("\u202f", " ").replace("\xa0", " ")
    assert "Vos 20 000 € du pot financent désormais" in text.replace(",00", "") and "4 000" in text


def test_a_vote_after_the_close_is_refused_on_the_page(client, clock):
    of, parties = a_round()
    of = opened(of)
    clock.move_to(AFTER)
    client.force_login(parties[0].user)
    answer = client.post(reverse("rounds:vote", kwargs={"slug": of.slug}), {"choice": ["P01"]})
    assert answer.status_code == 422 and not Ballot.objects.exists()


def test_the_result_says_why_and_gives_the_files(client, clock):
    of, parties = a_round()
    of = opened(of)
    for party, choices in zip(parties, CHOICES, strict=True):
        vote(of, party, choices)
    count_round(of=closed(of), at=AFTER)
    clock.move_to(AFTER)
    text = page(client, "round", slug=of.slug).content.decode()
    assert "3 soutiens." in text and "Avec les parts réelles" in text
    assert page(client, "election_file", slug=of.slug).content.decode().startswith("META")
    assert page(client, "rules_file", slug=of.slug).json()["completion"] == "ADD1U"


def test_the_staff_prepares_a_round_freezes_it_and_orders_it(clock):
    of, parties = a_round()
    manager = staff_client(Role.MANAGER)
    url = reverse("rounds:desk_round", kwargs={"uuid": of.uuid})
    rules = {
        "satisfaction": "cost",
        "completion": "ADD1U",
        "delta": "100",
        "cost_tie": "lower_cost",
        "comparison": "none",
    }
    assert manager.post(url, {"act": "freeze", **rules}).status_code == 302
    clock.move_to(DURING)
    of.refresh_from_db()
    assert of.state == RoundState.FROZEN
    of = open_or_close(of=of, at=DURING)
    vote(of, parties[0], ["P02"])
    count_round(of=closed(of), at=AFTER)
    clock.move_to(AFTER)
    treasurer = staff_client(Role.TREASURER)
    assert treasurer.post(url, {"act": "prepare_order", "codes": ["P02"], "motive": ""}).status_code == 302
    assert treasurer.post(url, {"act": "sign_order"}).status_code == 422
    assert manager.post(url, {"act": "sign_order"}).status_code == 302
    assert AllocationOrder.objects.get().state == OrderState.SIGNED


def test_the_list_of_the_staff_holds_with_the_same_number_of_queries(django_assert_max_num_queries):
    for _rank in range(3):
        a_round()
    client = staff_client(Role.AUDITOR)
    with django_assert_max_num_queries(14):
        assert client.get(reverse("rounds:desk")).status_code == 200


def test_only_the_manager_announces_a_round():
    assert staff_client(Role.AUDITOR).post(reverse("rounds:desk"), {}).status_code == 403
