"""Ballots by points, colleges with weights, paper ballots of a college: what is cast, refused, kept secret, counted."""

from fractions import Fraction

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from funds.allocation.elections import CountingRules, Satisfaction
from funds.allocation.pabulib import election_of, read_pb
from funds.models import Ballot, Offer, Round
from funds.rounds.colleges import counted_colleges, person_and_organisation_colleges
from funds.rounds.counting import count_round
from funds.rounds.errors import ChoiceRefused, RoundRefused
from funds.rounds.voting import cast_vote, key_paper_ballot, open_or_close, paper_gaps, receipt_code, sign_paper_voter
from tests.funds.factories import CommitmentFactory
from tests.funds.rounds.scenes import AFTER, BEFORE, DURING, a_round, closed, frozen, opened, staff
from tests.investors.factories import PartyFactory

pytestmark = pytest.mark.django_db
COLLEGES = person_and_organisation_colleges(75)


@pytest.fixture(autouse=True)
def later(clock):
    clock.move_to(DURING)


def by_points(**fields):
    of, parties = a_round(ballot_kind="POINTS", points=10, **fields)
    return opened(of), parties


def with_colleges(organisations=11, persons=11):
    of, parties = a_round(members=persons, colleges=COLLEGES)
    offer = Offer.objects.get()
    for _rank in range(organisations):
        party = PartyFactory(legal=True)
        CommitmentFactory(offer=offer, saver=party, by=parties[0].user, settled=True, cleared_at=BEFORE)
        parties.append(party)
    return of, parties


def test_a_ballot_by_points_is_kept_with_its_points_and_its_receipt_computes_again():
    of, parties = by_points()
    receipt = cast_vote(of=of, party=parties[0], choices={"P03": 4, "P01": 6, "P02": 0}, by=parties[0].user, at=DURING)
    assert receipt.choices == ("P01=6", "P03=4")
    assert Ballot.objects.get().choices == {"P01": 6, "P03": 4}
    assert receipt.code == receipt_code(of.uuid, receipt.key, ["P03=4", "P01=6"])


@pytest.mark.parametrize(
    ("choices", "reason"),
    [
        ({"P01": 11}, "11 points"),
        ({"P01": 6, "P02": 5}, "11 points"),
        ({"P01": -1}, "nombres entiers"),
        ({"P09": 1}, "n’est pas sur la liste"),
        (["P01"], "du genre de ce vote"),
    ],
)
def test_points_that_a_member_does_not_have_are_refused(choices, reason):
    of, parties = by_points()
    with pytest.raises(ChoiceRefused, match=reason):
        cast_vote(of=of, party=parties[0], choices=choices, by=parties[0].user, at=DURING)
    assert not Ballot.objects.exists()


def test_the_page_takes_points_and_refuses_too_many():
    of, parties = by_points()
    client = Client()
    client.force_login(parties[0].user)
    url = reverse("rounds:vote", kwargs={"slug": of.slug})
    assert "Répartissez 10 points" in client.get(url).content.decode()
    for typed in ("11", "1,5", "-1"):
        refused = client.post(url, {"points-P01": typed})
        assert refused.status_code == 422 and f'value="{typed}"' in refused.content.decode()
    shown = client.post(url, {"points-P01": "6", "points-P02": "4", "points-P03": ""})
    assert shown.status_code == 200 and shown.context["receipt"].choices == ("P01=6", "P02=4")


def test_points_are_counted_by_satisfaction():
    of, parties = a_round(ballot_kind="POINTS", points=10)
    of = frozen(of, CountingRules(satisfaction=Satisfaction.POINTS))
    of = open_or_close(of=of, at=DURING)
    for party in parties:
        cast_vote(of=of, party=party, choices={"P02": 9, "P03": 1}, by=party.user, at=DURING)
    result = count_round(of=closed(of), at=AFTER)
    assert [win["code"] for win in result.outcome["winners"]] == ["P02", "P03"]
    assert "scoring" in result.election and "9,1" in result.election


def test_the_database_refuses_points_without_a_vote_by_points():
    of, _parties = a_round()
    with pytest.raises(IntegrityError, match="round_points_iff_by_points"), transaction.atomic():
        Round.objects.filter(pk=of.pk).update(points=5)
    with pytest.raises(RoundRefused, match="combien de points"):
        a_round(points=5)


def test_colleges_share_the_sum_by_their_weights():
    of, parties = with_colleges()
    of = opened(of)
    assert sorted(set(of.roll.values_list("college", flat=True))) == ["ORG", "PERS"]
    for party in parties:
        choices = ["P01"] if party.kind == "PERSON" else ["P02"]
        cast_vote(of=of, party=party, choices=choices, by=parties[0].user, at=DURING)
    election = election_of(read_pb(count_round(of=closed(of), at=AFTER).election))
    assert {one.code: one.weight for one in election.colleges} == {"PERS": Fraction(3, 4), "ORG": Fraction(1, 4)}
    assert sum(ballot.college == "ORG" for ballot in election.ballots) == 11


def test_a_college_with_few_voters_is_counted_with_the_others_so_that_ballots_stay_secret():
    of, parties = with_colleges()
    of = opened(of)
    for party in parties[:-1]:
        cast_vote(of=of, party=party, choices=["P01"], by=parties[0].user, at=DURING)
    text = count_round(of=closed(of), at=AFTER).election
    assert "college" not in text and "ORG" not in text


def test_a_college_too_small_for_a_secret_is_refused_when_the_list_is_frozen():
    of, _parties = with_colleges(organisations=3)
    with pytest.raises(RoundRefused, match=r"3 inscrits.; il en faut 11"):
        frozen(of)


@pytest.mark.parametrize("persons", [0, 100])
def test_a_college_that_shares_nothing_is_refused(persons):
    with pytest.raises(RoundRefused, match="plus de 0"):
        person_and_organisation_colleges(persons)


@pytest.mark.parametrize(
    "colleges",
    [
        COLLEGES[:1],
        [COLLEGES[0], {**COLLEGES[1], "weight": "1/2"}],
        [COLLEGES[0], {**COLLEGES[1], "code": "PERS"}],
        [COLLEGES[0], {**COLLEGES[1], "members": "PERSON"}],
    ],
)
def test_colleges_that_do_not_share_the_sum_once_are_refused(colleges):
    with pytest.raises(RoundRefused, match="toute la somme"):
        a_round(colleges=colleges)


def test_a_paper_ballot_bears_its_college_and_agrees_with_the_signatures():
    of, _parties = with_colleges()
    of = opened(of)
    organisation = of.roll.filter(college="ORG").first()
    sign_paper_voter(entry=organisation, by=of.created_by, at=DURING)
    with pytest.raises(RoundRefused, match="collèges de ce vote"):
        key_paper_ballot(of=of, number=1, choices=["P01"], by=of.created_by, at=DURING)
    for by in (of.created_by, staff("instructor")):
        key_paper_ballot(of=of, number=1, choices=["P01"], college="PERS", by=by, at=DURING)
    assert any("entre les collèges" in gap for gap in paper_gaps(of))


def test_no_college_is_counted_when_there_is_none():
    assert counted_colleges([], ["", ""]) == ()
