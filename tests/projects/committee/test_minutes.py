"""Minutes: signed by two on the same content, then sealed; nothing changes afterwards."""

import pytest
from django.db import transaction

from fres.kernel.documents import open_document
from projects.committee.deciding import decide
from projects.committee.declaring import declare_interest
from projects.committee.errors import MinutesRefused
from projects.committee.minutes import seal_minutes, sign_minutes
from projects.committee.minutes_content import gather_minutes
from projects.committee.minutes_pdf import blocks_of
from projects.committee.sessions import end_session, write_deliberation, write_notes
from projects.committee.states import SessionState
from projects.models import Minutes, Session
from tests.projects.committee import scenes

pytestmark = pytest.mark.django_db


def an_ended_session(clock):
    item = scenes.item_of(scenes.an_open_session(files=2))
    session = item.session
    scenes.declare_all(item)
    recused = scenes.members(session)[5]
    declare_interest(item=item, by=recused, kind="conflict", reason="Salarié du porteur", at=clock.now)
    scenes.score(item, scenes.members(session)[0], 4, 2, 3)
    write_deliberation(item=item, text="Le comité demande un bail.", by=session.secretary)
    scenes.a_vote(item, "approve", "yyyyn")
    chair = session.chair.user
    given = {"axis": scenes.axis(), "motive": "Utile au quartier.", "conditions": ["Bail signé"]}
    decide(item=item, outcome="approve", by=chair, at=clock.now, **given)
    return end_session(session=session, by=session.secretary, at=clock.now)


def signed(session, clock, *people):
    for user in people:
        read = gather_minutes(Session.objects.get(pk=session.pk))
        sign_minutes(session=session, content_sha256=read.sha256, by=user, at=clock.now)


def test_minutes_say_who_was_there_withdrew_and_what_each_college_voted_and_no_one_s_vote(clock):
    session = an_ended_session(clock)
    content = gather_minutes(session)
    text = "\n".join(str(block) for block in blocks_of(content, ()))
    assert "Salarié du porteur" in text
    assert "un seul votant" in text
    assert "Bail signé" in text
    assert "Utile au quartier." in text
    assert "Aucune décision" in text  # the second file
    assert content.sha256 == gather_minutes(Session.objects.get(pk=session.pk)).sha256


def test_minutes_are_sealed_once_with_two_signatures_of_the_same_content(clock):
    session = an_ended_session(clock)
    chair, secretary = session.chair.user, session.secretary
    with pytest.raises(MinutesRefused, match="signé par la présidence"):
        seal_minutes(session=session, by=secretary, at=clock.now)
    signed(session, clock, chair)
    with pytest.raises(MinutesRefused, match="déjà signé"):
        signed(session, clock, chair)
    write_notes(session=session, text="Rectifié.", by=secretary)  # the chair signed another text
    signed(session, clock, secretary)
    with pytest.raises(MinutesRefused):
        seal_minutes(session=session, by=secretary, at=clock.now)
    signed(session, clock, chair)
    minutes = seal_minutes(session=session, by=secretary, at=clock.now)
    session.refresh_from_db()
    assert session.state == SessionState.SEALED
    content = open_document(minutes.document)
    assert content.startswith(b"%PDF")
    assert minutes.document.number == "PV/2026/000001"


def test_sealed_minutes_do_not_change(clock):
    session = an_ended_session(clock)
    signed(session, clock, session.chair.user, session.secretary)
    seal_minutes(session=session, by=session.secretary, at=clock.now)
    item = scenes.item_of(session)
    for act in (
        lambda: write_notes(session=session, text="Après coup", by=session.secretary),
        lambda: write_deliberation(item=item, text="Après coup", by=session.secretary),
        lambda: signed(session, clock, session.chair.user),
        lambda: seal_minutes(session=session, by=session.secretary, at=clock.now),
    ):
        with pytest.raises(MinutesRefused):
            act()
    with pytest.raises(Exception, match="append_only"), transaction.atomic():
        Minutes.objects.update(content_sha256="0" * 64)
    with pytest.raises(Exception, match="sealed_session"), transaction.atomic():
        Session.objects.filter(pk=session.pk).update(notes="Après coup")


def test_who_is_neither_chair_nor_secretary_and_a_text_already_changed_are_refused(clock):
    session = an_ended_session(clock)
    with pytest.raises(MinutesRefused, match="présidence et le secrétariat"):
        signed(session, clock, scenes.members(session)[3])
    with pytest.raises(MinutesRefused, match="a changé"):
        sign_minutes(session=session, content_sha256="0" * 64, by=session.chair.user, at=clock.now)


def test_minutes_are_not_signed_before_the_end(clock):
    session = scenes.an_open_session()
    with pytest.raises(MinutesRefused, match="entre la levée"):
        signed(session, clock, session.secretary)
