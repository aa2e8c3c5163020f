"""Rounds: what is frozen before the vote, who votes and how often, what is counted, published and signed."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError

from fres.kernel.access import Role
from fres.kernel.models import Message
from fres.kernel.money import to_cents
from funds.allocation.elections import CountingRules
from funds.allocation.equal_shares import count
from funds.allocation.pabulib import election_of, read_pb
from funds.chart import Purpose
from funds.ledger import balance_cents
from funds.models import AllocationOrder, Ballot, BallotLink, BallotReceipt, Entry, Placement, RollEntry
from funds.pool.accounts import cash_cents
from funds.rounds.counting import count_round
from funds.rounds.duties import open_close_and_count_votes
from funds.rounds.errors import (
    ChoiceRefused,
    NotOnTheRoll,
    OrderRefused,
    RemovedFromTheRoll,
    RoundRefused,
    VoteClosed,
    VotedOnPaper,
)
from funds.rounds.ordering import prepare_order, refuse_order, sign_order
from funds.rounds.preparing import freeze_round, leave_out
from funds.rounds.selectors import pot_news
from funds.rounds.states import DemandState, OrderState, RoundState
from funds.rounds.voting import (
    key_paper_ballot,
    last_ballots,
    open_or_close,
    paper_gaps,
    receipt_code,
    remove_from_roll,
    sign_paper_voter,
)
from funds.rules.errors import RulesBroken
from projects.models import Application
from projects.states import ApplicationState
from tests.funds.factories import CommitmentFactory
from tests.funds.pool.scenes import a_rule, hold
from tests.funds.rounds.scenes import (
    AFTER,
    BEFORE,
    CHOICES,
    CLOSES,
    DURING,
    RULES,
    a_round,
    ask,
    closed,
    frozen,
    opened,
    problems_of_votes,
    staff,
    vote,
)
from tests.investors.factories import PartyFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def later(clock):
    clock.move_to(AFTER)


def voted(members=5, choices=CHOICES):
    of, parties = a_round(members=members)
    of = opened(of)
    for party, chosen in zip(parties, choices, strict=False):
        vote(of, party, chosen)
    return of, parties


def counted():
    of, _parties = voted()
    count_round(of=closed(of), at=AFTER)
    of.refresh_from_db()
    return of


# Before the vote.


def test_a_file_that_the_committee_has_not_approved_is_not_put_to_the_vote():
    of, _parties = a_round()
    with pytest.raises(RoundRefused, match="ni approuvé ni labellisé"):
        ask(of, 100, state=ApplicationState.IN_COMMITTEE)
    Application.objects.filter(pk=of.demands.first().application_id).update(state=ApplicationState.WITHDRAWN)
    with pytest.raises(RoundRefused, match="ni approuvé"):
        frozen(of)


def test_a_demand_above_the_sum_to_share_is_refused():
    of, _parties = a_round()
    with pytest.raises(RoundRefused, match="ne dépasse pas"):
        ask(of, 10_001)


def test_leaving_a_project_out_needs_a_public_reason():
    of, _parties = a_round()
    with pytest.raises(RoundRefused, match="motif public"):
        leave_out(demand=of.demands.first(), reason=" ", by=of.created_by, at=BEFORE)


def test_what_is_frozen_changes_no_more_and_has_a_digest():
    of, _parties = a_round()
    of = frozen(of)
    assert len(of.rules_digest) == 64
    assert CountingRules.from_dict(of.rules).drawn_order == ("P01", "P02", "P03")
    with pytest.raises(RoundRefused, match="figée"):
        ask(of, 100)
    with pytest.raises(RoundRefused, match="déjà figé"):
        frozen(of)


def test_rules_are_frozen_before_the_vote_opens_with_a_draw_of_the_very_list():
    of, _parties = a_round()
    with pytest.raises(RoundRefused, match="avant l’ouverture"):
        freeze_round(of=of, rules=RULES, by=of.created_by, at=DURING)
    with pytest.raises(RoundRefused, match="tiré au sort"):
        freeze_round(of=of, rules=RULES, by=of.created_by, at=BEFORE, drawn=["P01", "P02"])


def test_the_roll_holds_each_member_once_whose_money_had_cleared_by_the_snapshot():
    of, parties = a_round()
    offer = of.fund.offers.get()
    CommitmentFactory(offer=offer, saver=parties[0], settled=True, cleared_at=BEFORE)  # a second commitment
    CommitmentFactory(offer=offer, settled=True, cleared_at=BEFORE + timedelta(days=3))  # cleared after the snapshot
    CommitmentFactory(offer=offer, confirmed=True)  # not cleared
    CommitmentFactory(settled=True, cleared_at=BEFORE)  # another fund
    of = frozen(of)
    assert set(of.roll.values_list("party", flat=True)) == {party.pk for party in parties}


# Voting.


def test_a_ballot_holds_no_moment_and_no_voter_and_its_link_is_for_nobody():
    of, _parties = voted()
    assert {field.name for field in Ballot._meta.fields} == {
        "id", "round", "pseudonym", "rank", "choices", "college", "department"
    }  # fmt: skip
    assert {field.name for field in BallotReceipt._meta.fields} == {"id", "round", "code"}
    assert of.ballots.count() == of.receipts.count() == 5
    assert BallotLink.is_unreadable


def test_a_receipt_is_computed_again_from_its_key_and_mailed_without_it():
    of, parties = a_round()
    of = opened(of)
    receipt = vote(of, parties[0], ["P02", "P01"])
    assert receipt.code == receipt_code(of.uuid, receipt.key, ["P01", "P02"])
    assert BallotReceipt.objects.get().code == receipt.code
    message = Message.objects.get(template="rounds/receipt")
    assert receipt.code in str(message.context) and receipt.key not in str(message.context)
    assert "P01" not in str(message.context)


def test_a_changed_ballot_is_a_new_row_and_the_last_one_counts():
    of, parties = a_round()
    of = opened(of)
    vote(of, parties[0], ["P01"])
    vote(of, parties[0], ["P03"])
    assert of.ballots.count() == 2
    assert [ballot.choices for ballot in last_ballots(of)] == [["P03"]]
    assert of.roll.exclude(channel="").count() == 1


def test_a_ballot_and_a_receipt_never_change():
    of, _parties = voted()
    for rows in (of.ballots, of.receipts):
        with pytest.raises(ProgrammingError), transaction.atomic():
            rows.update(round=of)
        with pytest.raises(ProgrammingError), transaction.atomic():
            rows.all().delete()


@pytest.mark.parametrize("moment", [BEFORE, CLOSES, AFTER])
def test_a_vote_before_the_opening_or_after_the_close_is_refused_and_nothing_is_written(moment):
    of, parties = a_round()
    of = opened(of)
    with pytest.raises(VoteClosed):
        vote(of, parties[0], ["P01"], at=moment)
    assert not of.ballots.exists() and not of.receipts.exists() and not of.roll.exclude(channel="").exists()


def test_a_vote_by_somebody_who_is_not_on_the_roll_is_refused():
    of, _parties = a_round()
    with pytest.raises(NotOnTheRoll):
        vote(opened(of), PartyFactory(), ["P01"])


def test_a_removed_member_votes_no_more_and_their_ballot_counts_for_nothing():
    of, parties = voted()
    entry = of.roll.get(party=parties[0])
    with pytest.raises(RoundRefused, match="motif"):
        remove_from_roll(entry=entry, reason="", by=of.created_by, at=DURING)
    remove_from_roll(entry=entry, reason="Compte en double", by=of.created_by, at=DURING)
    with pytest.raises(RemovedFromTheRoll, match="Compte en double"):
        vote(of, parties[0], ["P01"])
    result = count_round(of=closed(of), at=AFTER)
    assert (result.voters, result.on_roll) == (4, 4)
    assert len(election_of(read_pb(result.election)).ballots) == 4


@pytest.mark.parametrize(
    ("choices", "reason"), [(["P09"], "n’est pas sur la liste"), (["P01", "P02", "P03"], "2 au plus")]
)
def test_a_choice_off_the_list_or_too_long_is_refused(choices, reason):
    of, parties = a_round(max_choices=2)
    of = opened(of)
    with pytest.raises(ChoiceRefused, match=reason):
        vote(of, parties[0], choices)
    assert not of.ballots.exists()


def test_one_votes_online_or_on_paper_never_both():
    of, parties = a_round()
    of = opened(of)
    vote(of, parties[0], ["P01"])
    with pytest.raises(VotedOnPaper):
        sign_paper_voter(entry=of.roll.get(party=parties[0]), by=of.created_by, at=DURING)
    sign_paper_voter(entry=of.roll.get(party=parties[1]), by=of.created_by, at=DURING)
    with pytest.raises(VotedOnPaper):
        vote(of, parties[1], ["P01"])


def test_paper_ballots_are_keyed_alike_by_two_people_and_as_many_as_signed():
    of, parties = a_round()
    of = opened(of)
    one, other, third = staff(Role.MANAGER), staff(Role.INSTRUCTOR), staff(Role.COMPLIANCE)
    sign_paper_voter(entry=of.roll.get(party=parties[0]), by=one, at=DURING)
    key_paper_ballot(of=of, number=1, choices=["P01"], by=one, at=DURING)
    assert "n’est saisi que par une personne" in paper_gaps(of)[0]
    key_paper_ballot(of=of, number=1, choices=["P02"], by=other, at=DURING)
    assert "diffèrent" in paper_gaps(of)[0]
    with pytest.raises(RoundRefused, match="Deux personnes"):
        key_paper_ballot(of=of, number=1, choices=["P01"], by=third, at=DURING)
    of = closed(of)
    with pytest.raises(RoundRefused, match="diffèrent"):
        count_round(of=of, at=AFTER)
    key_paper_ballot(of=of, number=1, choices=["P01"], by=other, at=AFTER)
    assert paper_gaps(of) == []
    key_paper_ballot(of=of, number=2, choices=[], by=one, at=AFTER)
    key_paper_ballot(of=of, number=2, choices=[], by=other, at=AFTER)
    assert "1 votes sur papier ; 2 bulletins" in paper_gaps(of)[0]


def test_a_paper_ballot_counts_like_any_other():
    of, parties = voted(choices=CHOICES[:4])
    one, other = staff(Role.MANAGER), staff(Role.INSTRUCTOR)
    sign_paper_voter(entry=of.roll.get(party=parties[4]), by=one, at=DURING)
    for person in (one, other):
        key_paper_ballot(of=of, number=1, choices=CHOICES[4], by=person, at=DURING)
    result = count_round(of=closed(of), at=AFTER)
    assert [win["code"] for win in result.outcome["winners"]] == ["P02", "P03"]
    assert result.voters == 5


# The count.


def test_the_worked_example_is_counted_published_and_told_to_each_demand():
    of = counted()
    assert of.state == RoundState.COUNTED
    assert [win["code"] for win in of.result.outcome["winners"]] == ["P02", "P03"]
    states = dict(of.demands.values_list("code", "state"))
    assert states == {"P01": DemandState.NOT_CHOSEN, "P02": DemandState.CHOSEN, "P03": DemandState.CHOSEN}


def test_the_published_file_and_rules_give_the_result_again():
    of = counted()
    outcome = count(election_of(read_pb(of.result.election)), CountingRules.from_dict(of.rules))
    assert list(outcome.winners) == [win["code"] for win in of.result.outcome["winners"]]


def test_the_links_are_destroyed_with_the_count():
    of = counted()
    assert not BallotLink.objects.exists()
    assert of.ballots.count() == 5


def test_published_ballots_bear_numbers_and_departments_of_eleven_voters_only():
    of, parties = a_round(members=12)
    PartyFactory._meta.model.objects.filter(pk=parties[11].pk).update(commune_code="80021")
    of = opened(of)
    for party in of.roll.select_related("party"):
        vote(of, party.party, ["P01"])
    file = read_pb(count_round(of=closed(of), at=AFTER).election)
    assert [file.votes.cell(row, "voter_id") for row in range(12)] == [str(n) for n in range(1, 13)]
    assert sorted(file.votes.cell(row, "department") for row in range(12)) == ["", *["62"] * 11]


def test_a_vote_is_counted_once():
    of = counted()
    with pytest.raises(RoundRefused, match="une fois"):
        count_round(of=of, at=AFTER)


def test_the_scheduler_opens_closes_and_counts_and_does_it_once():
    of, parties = a_round()
    frozen(of)
    open_close_and_count_votes(DURING)
    vote(of, parties[0], ["P01"])
    assert open_close_and_count_votes(AFTER) == (
        "votes: 1 opened or closed, 1 counted, 0 waiting for their paper ballots"
    )
    assert open_close_and_count_votes(AFTER).startswith("votes: 0 opened or closed, 0 counted")


# The order.


def test_two_people_sign_the_order_the_money_moves_and_members_are_told():
    of = counted()
    treasurer, manager = staff(Role.TREASURER), staff(Role.MANAGER)
    order = prepare_order(of=of, by=treasurer, at=AFTER)
    with pytest.raises(OrderRefused, match="une autre personne"):
        sign_order(order=order, by=treasurer, at=AFTER)
    assert not Entry.objects.filter(key__startswith="allocation:").exists()
    sign_order(order=order, by=manager, at=AFTER)
    of.refresh_from_db()
    assert of.state == RoundState.SETTLED
    assert balance_cents(entity=of.fund.entity, purpose=Purpose.COMMON_POT) == 1_250_000
    assert balance_cents(entity=of.fund.entity, purpose=Purpose.ALLOCATED) == 750_000
    assert of.demands.filter(state=DemandState.CONTRACTING).count() == 2
    assert Message.objects.filter(template="rounds/financed").count() == 5
    with pytest.raises(OrderRefused, match="déjà signé"):
        sign_order(order=order, by=manager, at=AFTER)
    assert problems_of_votes() == []


def test_the_order_of_a_compartment_places_its_cash_in_all_its_projects():
    of, parties = a_round(units=1_000)
    of = opened(of)
    assert of.roll.count() == 5, "the holder of units is also a lender, and is there once"
    for party, chosen in zip(parties, CHOICES, strict=True):
        vote(of, party, chosen)
    count_round(of=closed(of), at=AFTER)
    order = prepare_order(of=of, by=staff(Role.TREASURER), at=AFTER)
    sign_order(order=order, by=staff(Role.MANAGER), at=AFTER)
    placements = Placement.objects.filter(order_uuid=order.uuid)
    assert sorted(to_cents(one.amount) for one in placements) == [350_000, 400_000]
    assert cash_cents(of.compartment) == 1_250_000
    told = Message.objects.get(template="rounds/my_share")
    assert told.to == parties[0].user.email and told.context["held_cents"] == 2_000_000
    assert sum(one["amount_cents"] for one in told.context["parts"]) == 750_000
    assert Message.objects.filter(template="rounds/financed").count() == 4
    assert problems_of_votes() == []


def test_each_holder_is_told_what_their_own_euros_finance_to_the_cent():
    of, parties = a_round(units=700)
    others = [hold(of.compartment, units) for units in (7, 3)]
    of = opened(of)
    for party, chosen in zip(parties, CHOICES, strict=True):
        vote(of, party, chosen)
    count_round(of=closed(of), at=AFTER)
    sign_order(order=prepare_order(of=of, by=staff(Role.TREASURER), at=AFTER), by=staff(Role.MANAGER), at=AFTER)
    held = {one.context["held_cents"]: one for one in Message.objects.filter(template="rounds/my_share")}
    assert sorted(held) == [6_000, 14_000, 1_400_000]
    small = held[6_000]
    assert small.to == others[1].user.email
    assert [one["amount_cents"] for one in small.context["parts"]] == [1_690, 1_479], "largest remainder"
    (news,) = pot_news(others[1])
    assert [to_cents(one.amount) for one in news.lines] == [one["amount_cents"] for one in small.context["parts"]]
    assert sum(to_cents(one.amount) for one in news.lines) + to_cents(news.elsewhere) == 6_000
    assert pot_news(parties[1]) == []


def test_a_rule_in_force_stops_the_whole_order_of_a_compartment():
    of, parties = a_round(units=1_000)
    of = opened(of)
    for party, chosen in zip(parties, CHOICES, strict=True):
        vote(of, party, chosen)
    count_round(of=closed(of), at=AFTER)
    order = prepare_order(of=of, by=staff(Role.TREASURER), at=AFTER)
    a_rule(of.fund, kind="MAX_PER_PROJECT", params={"cents": 380_000})
    with pytest.raises(RulesBroken):
        sign_order(order=order, by=staff(Role.MANAGER), at=AFTER)
    assert not Placement.objects.exists()


def test_holders_of_units_are_on_the_roll_as_of_the_snapshot():
    of, _parties = a_round(units=1_000)
    holder = hold(of.compartment, 5)
    hold(of.compartment, 5, at=BEFORE + timedelta(days=4))
    of = frozen(of)
    assert of.roll.count() == 6 and of.roll.filter(party=holder).exists()


def test_a_departure_from_the_vote_needs_a_public_motive_and_keeps_both():
    of = counted()
    changed = {"P03": 350_000, "P01": 600_000}
    with pytest.raises(OrderRefused, match="motif"):
        prepare_order(of=of, by=staff(Role.TREASURER), at=AFTER, changed=changed)
    order = prepare_order(
        of=of, by=staff(Role.TREASURER), at=AFTER, changed=changed, motive="Plancher légal pour les zones rurales."
    )
    assert [line["code"] for line in order.counted] == ["P02", "P03"]
    assert [line["code"] for line in order.lines] == ["P01", "P03"]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"P01": 600_000, "P02": 400_000, "P03": 350_000}, "la somme à répartir"),
        ({"P02": 399_999}, "ou rien"),
        ({"P09": 100}, "n’était pas au vote"),
        ({}, "ne donne rien"),
    ],
)
def test_an_order_that_no_rule_allows_is_refused(changed, reason):
    of = counted()
    with pytest.raises(OrderRefused, match=reason):
        prepare_order(of=of, by=staff(Role.TREASURER), at=AFTER, changed=changed, motive="Parce que.")
    assert not AllocationOrder.objects.exists()


def test_limits_are_checked_again_at_the_signature():
    of = counted()
    order = prepare_order(of=of, by=staff(Role.TREASURER), at=AFTER)
    Application.objects.filter(pk=of.demands.get(code="P02").application_id).update(state=ApplicationState.WITHDRAWN)
    with pytest.raises(OrderRefused, match="n’est plus approuvé"):
        sign_order(order=order, by=staff(Role.MANAGER), at=AFTER)
    assert balance_cents(entity=of.fund.entity, purpose=Purpose.ALLOCATED) == 0


def test_an_order_without_quorum_is_not_signed():
    of, parties = a_round(members=12)
    of = opened(of)
    vote(of, parties[0], ["P02"])
    count_round(of=closed(of), at=AFTER)
    order = prepare_order(of=of, by=staff(Role.TREASURER), at=AFTER)
    with pytest.raises(OrderRefused, match="1 votants pour 12 inscrits"):
        sign_order(order=order, by=staff(Role.MANAGER), at=AFTER)


def test_an_order_is_not_edited_before_or_after_its_signature():
    of = counted()
    order = prepare_order(of=of, by=staff(Role.TREASURER), at=AFTER)
    for _time in range(2):
        with pytest.raises(ProgrammingError), transaction.atomic():
            AllocationOrder.objects.filter(pk=order.pk).update(lines=[])
        with pytest.raises(ProgrammingError), transaction.atomic():
            order.delete()
        if order.state != OrderState.SIGNED:
            order = sign_order(order=order, by=staff(Role.MANAGER), at=AFTER)


def test_a_refused_order_gives_way_to_another_and_two_alive_cannot_be():
    of = counted()
    treasurer = staff(Role.TREASURER)
    order = prepare_order(of=of, by=treasurer, at=AFTER)
    with pytest.raises(OrderRefused, match="existe déjà"):
        prepare_order(of=of, by=treasurer, at=AFTER)
    with pytest.raises(OrderRefused, match="motif"):
        refuse_order(order=order, reason="", by=treasurer, at=AFTER)
    refuse_order(order=order, reason="Erreur de compte", by=treasurer, at=AFTER)
    assert prepare_order(of=of, by=treasurer, at=AFTER).state == OrderState.PREPARED


def test_the_database_refuses_a_second_entry_of_a_member_and_a_departure_without_motive():
    of = counted()
    with pytest.raises(IntegrityError, match="roll_one_entry_per_member"), transaction.atomic():
        RollEntry.objects.create(round=of, party=of.roll.first().party)
    with pytest.raises(IntegrityError, match="allocation_order_differs_with_a_motive"), transaction.atomic():
        AllocationOrder.objects.create(
            round=of, lines=[{"a": 1}], counted=[], digest="0" * 64, prepared_by=of.created_by, prepared_at=AFTER
        )


def test_only_two_functions_reach_the_links():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_proc WHERE prosecdef AND prosrc LIKE '%funds_ballotlink%' ORDER BY proname"
        )
        assert [name for (name,) in cursor.fetchall()] == ["funds_cast_ballot", "funds_destroy_ballot_links"]


def test_a_round_opens_and_closes_only_at_its_hours():
    of, _parties = a_round()
    of = frozen(of)
    assert open_or_close(of=of, at=BEFORE).state == RoundState.FROZEN
    assert open_or_close(of=of, at=DURING).state == RoundState.OPEN
    assert open_or_close(of=of, at=AFTER).state == RoundState.CLOSED
