"""Votes: with quorum, after declaring, not recused, once; counted by college, exactly; decided as the ballot says."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from fres.kernel.models import Message
from fres.kernel.states import TransitionRefused
from projects.applications.refusing import RefusalWithoutReason
from projects.committee.deciding import decide, meet_condition
from projects.committee.declaring import declare_interest
from projects.committee.errors import (
    CommitteeRefused,
    ConditionRefused,
    DecisionRefused,
    NoQuorum,
    NotDeclared,
    NotSeated,
    Recused,
    ReviewRefused,
    Vetoed,
    VoteRefused,
)
from projects.committee.selectors import published_counts, unmet_conditions
from projects.committee.sessions import mark_left
from projects.committee.voting import cast_vote, open_ballot
from projects.four_eyes import Act, SamePersonTwice, acts_on, check_four_eyes
from projects.models import Ballot, Decision, InstructionNote, Refusal, SchemeAxis, Vote
from projects.states import ApplicationState
from tests.investors.factories import PartyFactory
from tests.projects.committee import scenes
from tests.projects.committee.scenes import a_ready_item, a_vote, axis, declare_all, item_of, members, score, seats

pytestmark = pytest.mark.django_db


def put_to_vote(item, clock, proposal="approve"):
    return open_ballot(item=item, proposal=proposal, by=item.session.secretary, at=clock.now)


def pronounce(item, clock, outcome="approve", **given):
    given = {"axis": axis(), "motive": "Le projet sert le territoire.", **given}
    return decide(item=item, outcome=outcome, by=item.session.chair.user, at=clock.now, **given)


def test_a_vote_without_quorum_is_refused_at_opening_at_voting_and_at_closing(clock):
    item = item_of(scenes.an_open_session(present=2))
    declare_all(item)
    score(item, members(item.session)[0], 3, 3, 3)
    with pytest.raises(NoQuorum, match="2 sur 6, il en faut 3"):
        put_to_vote(item, clock)
    third = seats(item.session.committee)[2]
    scenes.mark_present(session=item.session, seat=third, by=third.user, at=clock.now)
    ballot = put_to_vote(item, clock)
    cast_vote(ballot=ballot, by=members(item.session)[0], choice="yes", at=clock.now)
    with pytest.raises(NoQuorum, match="1 sur 6"):
        scenes.close_ballot(ballot=ballot, by=item.session.secretary, at=clock.now)
    mark_left(session=item.session, seat=third, by=third.user, at=clock.now)
    with pytest.raises(NoQuorum):
        cast_vote(ballot=ballot, by=members(item.session)[1], choice="yes", at=clock.now)
    assert Vote.objects.count() == 1


def test_a_vote_before_everyone_present_has_declared_is_refused(clock):
    item = item_of(scenes.an_open_session())
    for user in members(item.session)[:5]:
        declare_interest(item=item, by=user, kind="none", at=clock.now)
    score(item, members(item.session)[0], 3, 3, 3)
    with pytest.raises(NotDeclared, match="1 personne présente"):
        put_to_vote(item, clock)
    late = seats(item.session.committee)[5]
    mark_left(session=item.session, seat=late, by=late.user, at=clock.now)
    ballot = put_to_vote(item, clock)
    scenes.mark_present(session=item.session, seat=late, by=late.user, at=clock.now)
    with pytest.raises(NotDeclared):
        cast_vote(ballot=ballot, by=late.user, choice="yes", at=clock.now)


def test_a_recused_person_a_stranger_and_a_second_vote_are_refused(clock):
    item = item_of(scenes.an_open_session())
    declare_all(item)
    users = members(item.session)
    declare_interest(item=item, by=users[1], kind="conflict", reason="Fournisseur", at=clock.now)
    score(item, users[0], 3, 3, 3)
    ballot = put_to_vote(item, clock)
    with pytest.raises(Recused):
        cast_vote(ballot=ballot, by=users[1], choice="yes", at=clock.now)
    with pytest.raises(NotSeated):
        cast_vote(ballot=ballot, by=PartyFactory().user, choice="yes", at=clock.now)
    with pytest.raises(VoteRefused, match="pour, contre"):
        cast_vote(ballot=ballot, by=users[0], choice="peut-être", at=clock.now)
    cast_vote(ballot=ballot, by=users[0], choice="yes", at=clock.now)
    with pytest.raises(VoteRefused, match="déjà voté"):
        cast_vote(ballot=ballot, by=users[0], choice="no", at=clock.now)
    with pytest.raises(IntegrityError, match="vote_once"), transaction.atomic():
        Vote.objects.create(ballot=ballot, seat=seats(item.session.committee)[0], choice="no", at=clock.now)
    with pytest.raises(Exception, match="append_only"), transaction.atomic():
        Vote.objects.update(choice="no")


def test_who_instructed_a_file_does_not_vote_on_it_and_who_voted_prepares_no_payment(clock):
    item = a_ready_item()
    users = members(item.session)
    InstructionNote.objects.create(application=item.application, written_by=users[2], saved_at=clock.now)
    ballot = put_to_vote(item, clock)
    with pytest.raises(SamePersonTwice):
        cast_vote(ballot=ballot, by=users[2], choice="yes", at=clock.now)
    cast_vote(ballot=ballot, by=users[3], choice="yes", at=clock.now)
    assert acts_on(item.application)[Act.VOTED] == {users[3].pk}
    with pytest.raises(SamePersonTwice):
        check_four_eyes(application=item.application, user=users[3], act=Act.PREPARED)


def test_a_ballot_is_counted_by_college_exactly_and_keeps_its_weights(clock):
    item = a_ready_item()
    ballot = a_vote(item, "approve", "yyynna")
    # savers 2/2 × 1/2, region 1/2 × 1/4, experts 0/1 × 1/4
    assert (ballot.support, ballot.result) == ("5/8", Ballot.Result.CARRIED)
    assert ballot.tally[2] == {"name": "Experts", "weight_bp": 2_500, "yes": 0, "no": 1, "abstain": 1}
    assert (ballot.entitled, ballot.present) == (6, 6)


def test_a_college_in_which_one_person_votes_is_not_broken_down(clock):
    item = a_ready_item(present=5)
    ballot = a_vote(item, "approve", "yyyyn")
    assert [one.count is None for one in published_counts(ballot)] == [False, False, True]


def test_an_approval_needs_a_grid_filled_in_and_no_veto(clock):
    item = item_of(scenes.an_open_session())
    declare_all(item)
    with pytest.raises(ReviewRefused, match="Personne n’a encore noté"):
        put_to_vote(item, clock)
    for rank, values in enumerate([(0, 4, 4), (0, 4, 4), (3, 4, 4)]):
        score(item, members(item.session)[rank], *values)
    with pytest.raises(Vetoed, match="C1"):
        put_to_vote(item, clock)
    assert not Ballot.objects.exists()
    a_vote(item, "refuse", "yyyyyy")
    decision = pronounce(
        item, clock, "refuse", refusal_code="CRITERION_ABSENT", next_step="Décrire à qui le projet sert."
    )
    item.application.refresh_from_db()
    assert item.application.state == ApplicationState.REFUSED
    assert decision.refusal.stage == Refusal.Stage.COMMITTEE
    assert decision.refusal.appeal_until == date(2026, 12, 23)


def test_only_chair_and_secretary_put_to_the_vote_one_question_at_a_time(clock):
    item = a_ready_item()
    with pytest.raises(CommitteeRefused, match="présidence"):
        open_ballot(item=item, proposal="approve", by=members(item.session)[3], at=clock.now)
    with pytest.raises(VoteRefused, match="approuver, ajourner"):
        put_to_vote(item, clock, "perhaps")
    ballot = put_to_vote(item, clock)
    with pytest.raises(VoteRefused, match="déjà ouvert"):
        put_to_vote(item, clock)
    with pytest.raises(DecisionRefused, match="Aucun vote"):
        pronounce(item, clock)
    assert ballot.closed_at is None


def test_a_decision_without_axis_motive_or_ballot_is_refused_and_nothing_moves(clock):
    item = a_ready_item()
    with pytest.raises(DecisionRefused, match="Aucun vote"):
        pronounce(item, clock)
    a_vote(item, "approve", "yyyyyy")
    old = SchemeAxis.objects.create(
        fund_uuid=scenes.FUND, scheme="Ancien", code="Z9", label="Fini", valid_from=date(2020, 1, 1),
        valid_to=date(2022, 1, 1),
    )  # fmt: skip
    for given, said in (
        ({"axis": None}, "axe du schéma"),
        ({"axis": old}, "axe du schéma"),
        ({"motive": " "}, "motif"),
        ({"outcome": "refuse"}, "Le vote décide « Approuver »"),
    ):
        with pytest.raises(DecisionRefused, match=said.replace("« ", "«.").replace(" »", ".»")):
            pronounce(item, clock, **given)
    item.application.refresh_from_db()
    assert item.application.state == ApplicationState.IN_COMMITTEE
    assert not Decision.objects.exists()


def test_an_approval_is_valid_twelve_months_tells_the_holder_and_keeps_its_conditions(clock):
    item = a_ready_item()
    a_vote(item, "approve", "yyyyyn")
    decision = pronounce(item, clock, conditions=["Bail signé", " ", "Permis obtenu"])
    item.application.refresh_from_db()
    assert item.application.state == ApplicationState.APPROVED
    assert decision.valid_until == date(2027, 11, 23)
    assert decision.score == "3"
    assert [one.text for one in decision.conditions.all()] == ["Bail signé", "Permis obtenu"]
    told = Message.objects.get(template="committee/decided")
    assert told.context["conditions"] == ["Bail signé", "Permis obtenu"]
    assert told.is_legal
    with pytest.raises(DecisionRefused, match="décidé"):
        pronounce(item, clock)
    with pytest.raises(VoteRefused, match="décidé"):
        put_to_vote(item, clock, "adjourn")
    with pytest.raises(Exception, match="append_only"), transaction.atomic():
        Decision.objects.update(motive="autre")


def test_an_approval_rejected_refuses_a_tie_adjourns_another_rejection_decides_nothing(clock):
    item = a_ready_item()
    a_vote(item, "adjourn", "nnnnnn")
    with pytest.raises(DecisionRefused, match="Mettez-en une autre"):
        pronounce(item, clock, "adjourn")
    a_vote(item, "approve", "ynynyn")
    with pytest.raises(DecisionRefused, match="Ajourner"):
        pronounce(item, clock)
    with pytest.raises(DecisionRefused, match="conditions"):
        pronounce(item, clock, "adjourn", conditions=["Un bail"])
    pronounce(item, clock, "adjourn", motive="Le bail manque.")
    item.application.refresh_from_db()
    assert item.application.state == ApplicationState.ADJOURNED

    other = a_ready_item(committee=item.session.committee)
    a_vote(other, "approve", "nnnnny")
    with pytest.raises(RefusalWithoutReason):
        pronounce(other, clock, "refuse")
    other.application.refresh_from_db()
    assert other.application.state == ApplicationState.IN_COMMITTEE
    assert not Refusal.objects.exists()
    pronounce(other, clock, "refuse", refusal_code="NOT_VIABLE", next_step="Revoir le plan de financement.")


def test_a_file_withdrawn_during_the_session_is_not_decided(clock):
    item = a_ready_item()
    a_vote(item, "approve", "yyyyyy")
    item.application.state = ApplicationState.WITHDRAWN
    item.application.save()
    with pytest.raises(TransitionRefused):
        pronounce(item, clock)
    assert not Decision.objects.exists()


def test_a_condition_is_met_once_on_evidence_by_nobody_of_the_organisation(clock):
    item = a_ready_item()
    a_vote(item, "approve", "yyyyyy")
    condition = pronounce(item, clock, conditions=["Bail signé"]).conditions.get()
    staff, holder = PartyFactory().user, item.application.created_by
    with pytest.raises(ConditionRefused, match="preuve"):
        meet_condition(condition=condition, evidence=" ", by=staff, at=clock.now)
    with pytest.raises(ConditionRefused, match="propre projet"):
        meet_condition(condition=condition, evidence="Bail du 1er mars", by=holder, at=clock.now)
    assert unmet_conditions(item.application).count() == 1
    meet_condition(condition=condition, evidence="Bail du 1er mars", by=staff, at=clock.now)
    assert not unmet_conditions(item.application).exists()
    with pytest.raises(ConditionRefused, match="déjà levée"):
        meet_condition(condition=condition, evidence="Encore", by=staff, at=clock.now)
