"""Agenda, summons, presences, the end of a session."""

import pytest

from fres.kernel.models import Message
from fres.kernel.states import TransitionRefused
from projects.committee.errors import AgendaRefused, CommitteeRefused, NotSeated
from projects.committee.founding import CollegePlan, found_committee
from projects.committee.sessions import (
    cancel_session,
    convene_session,
    end_session,
    mark_left,
    mark_present,
    move_up,
    open_session,
    plan_session,
    put_on_agenda,
    take_off_agenda,
    waiting_files,
    write_notes,
)
from projects.committee.states import SessionState
from projects.committee.voting import open_ballot
from projects.models import Application, Attendance
from projects.states import ApplicationState
from tests.investors.factories import PartyFactory
from tests.projects.committee import scenes
from tests.projects.committee.scenes import a_committee, a_file, a_planned_session, item_of, seats

pytestmark = pytest.mark.django_db


def test_a_session_freezes_the_rules_and_the_grid_of_its_committee(clock):
    session = a_planned_session(a_committee(majority="TWO_THIRDS", tie_rule="CHAIR"))
    session.committee.majority = "SIMPLE"
    session.committee.save()
    session.refresh_from_db()
    assert (session.majority, session.tie_rule, session.grid.version) == ("TWO_THIRDS", "CHAIR", 1)


def test_a_session_in_the_past_or_signed_by_one_person_or_without_grid_is_refused(clock):
    committee = a_committee()
    chair, other = seats(committee)[0], PartyFactory().user
    soon = clock.now.replace(hour=20)
    with pytest.raises(CommitteeRefused, match="à venir"):
        plan_session(
            committee=committee, starts_at=clock.now, place="Lille", chair=chair, secretary=other, at=clock.now
        )
    with pytest.raises(CommitteeRefused, match="deux personnes"):
        plan_session(
            committee=committee, starts_at=soon, place="Lille", chair=chair, secretary=chair.user, at=clock.now
        )
    bare = found_committee(
        fund_uuid=scenes.FUND, name="Sans grille", at=clock.now,
        colleges=[CollegePlan("A", 5_000), CollegePlan("B", 5_000)],
    )  # fmt: skip
    with pytest.raises(CommitteeRefused, match="grille"):
        plan_session(committee=bare, starts_at=soon, place="Lille", chair=chair, secretary=other, at=clock.now)


def test_the_agenda_takes_files_in_committee_once(clock):
    session = a_planned_session(files=2)
    draft = a_file()
    Application.objects.filter(pk=draft.pk).update(state=ApplicationState.DRAFT)
    for refused in (draft, item_of(session).application):
        with pytest.raises(AgendaRefused):
            put_on_agenda(session=session, application=refused)
    assert session.items.count() == 2
    assert not waiting_files(session.committee).exists()


def test_files_move_and_leave_the_agenda_until_somebody_declares(clock):
    session = a_planned_session(files=3)
    third = item_of(session, 3)
    move_up(item=third)
    assert item_of(session, 2) == third
    take_off_agenda(item=item_of(session, 1))
    assert [item.rank for item in session.items.order_by("rank")] == [1, 2]
    session = convene_session(session=session, by=session.secretary, at=clock.now)
    scenes.declare_all(item_of(session, 1))
    with pytest.raises(AgendaRefused, match="déjà déclaré"):
        take_off_agenda(item=item_of(session, 1))


def test_a_summons_goes_to_every_member_with_the_agenda_once(clock):
    session = a_planned_session()
    with pytest.raises(AgendaRefused, match="vide"):
        convene_session(session=a_planned_session(session.committee, files=0), by=session.secretary, at=clock.now)
    session = convene_session(session=session, by=session.secretary, at=clock.now)
    sent = Message.objects.filter(template="committee/convened")
    assert sent.count() == 6
    assert sent.first().context["agenda"][0]["title"] == item_of(session).application.project.title
    with pytest.raises(TransitionRefused):
        convene_session(session=session, by=session.secretary, at=clock.now)
    assert sent.count() == 6


def test_only_chair_and_secretary_open_and_end_a_session(clock):
    session = scenes.a_convened_session()
    member = seats(session.committee)[2]
    with pytest.raises(CommitteeRefused, match="présidence"):
        open_session(session=session, by=member.user, at=clock.now)
    with pytest.raises(CommitteeRefused, match="pas ouverte"):
        mark_present(session=session, seat=member, by=member.user, at=clock.now)
    session = open_session(session=session, by=session.chair.user, at=clock.now)
    mark_present(session=session, seat=member, by=member.user, at=clock.now)
    mark_present(session=session, seat=member, by=session.secretary, at=clock.now)
    assert Attendance.objects.count() == 1
    with pytest.raises(CommitteeRefused, match="Chacun note"):
        mark_present(session=session, seat=session.chair, by=member.user, at=clock.now)
    mark_left(session=session, seat=member, by=member.user, at=clock.now)
    assert not Attendance.objects.filter(left_at=None).exists()
    other = seats(a_committee_named("Autre"))[0]
    with pytest.raises(NotSeated):
        mark_present(session=session, seat=other, by=session.secretary, at=clock.now)
    with pytest.raises(CommitteeRefused, match="présidence"):
        write_notes(session=session, text="Note", by=member.user)


def a_committee_named(name):
    by = PartyFactory().user
    committee = found_committee(
        fund_uuid=scenes.FUND, name=name, at=scenes.clock.now(),
        colleges=[CollegePlan("A", 5_000), CollegePlan("B", 5_000)],
    )  # fmt: skip
    scenes.fill_seat(
        college=committee.colleges.first(), user=PartyFactory().user, how="elected", by=by, on=scenes.SINCE
    )
    return committee


def test_a_session_does_not_end_during_a_ballot_and_leaves_undecided_files_in_committee(clock):
    item = scenes.a_ready_item()
    session = item.session
    ballot = open_ballot(item=item, proposal="approve", by=session.secretary, at=clock.now)
    with pytest.raises(CommitteeRefused, match="scrutin est ouvert"):
        end_session(session=session, by=session.secretary, at=clock.now)
    for user in scenes.members(session):
        scenes.cast_vote(ballot=ballot, by=user, choice="abstain", at=clock.now)
    scenes.close_ballot(ballot=ballot, by=session.secretary, at=clock.now)
    session = end_session(session=session, by=session.secretary, at=clock.now)
    assert session.state == SessionState.ENDED
    assert list(waiting_files(session.committee)) == [item.application]


def test_a_session_that_has_not_begun_is_cancelled_with_a_reason_and_frees_its_files(clock):
    session = a_planned_session()
    with pytest.raises(CommitteeRefused, match="motif"):
        cancel_session(session=session, by=session.secretary, at=clock.now, reason=" ")
    session = cancel_session(session=session, by=session.secretary, at=clock.now, reason="Grève des trains")
    assert session.state == SessionState.CANCELLED
    assert waiting_files(session.committee).count() == 1
    with pytest.raises(AgendaRefused):
        put_on_agenda(session=session, application=a_file())
