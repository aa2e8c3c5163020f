"""What the committee's addresses are asked with."""

from fres.kernel import clock
from fres.kernel.document_files import store_bytes
from projects.committee.deciding import decide
from projects.committee.founding import draw_seats
from projects.committee.minutes import seal_minutes, sign_minutes
from projects.committee.minutes_content import gather_minutes
from projects.committee.sessions import end_session
from projects.models import ApplicationPiece, Decision, Minutes, Session
from tests.access_objects import Visit, visit
from tests.investors.factories import PartyFactory
from tests.projects.committee import scenes


def _decided() -> Decision:
    found = Decision.objects.first()
    if found is not None:
        return found
    item = scenes.a_ready_item()
    scenes.a_vote(item, "approve", "yyyyyy")
    return decide(
        item=item, outcome="approve", axis=scenes.axis(), motive="Utile.", by=item.session.chair.user, at=clock.now()
    )


def _sealed() -> Session:
    found = Minutes.objects.first()
    if found is not None:
        return found.session
    session, at = _decided().item.session, clock.now()
    session = end_session(session=session, by=session.secretary, at=at)
    for by in (session.chair.user, session.secretary):
        sign_minutes(session=session, content_sha256=gather_minutes(session).sha256, by=by, at=at)
    return seal_minutes(session=session, by=session.secretary, at=at).session


@visit("committee:decision")
def _decision() -> Visit:
    return Visit({"uuid": _decided().uuid})


@visit("committee:committee")
@visit("committee:new_grid")
@visit("committee:new_session")
def _committee() -> Visit:
    return Visit({"uuid": _decided().item.session.committee.uuid})


@visit("committee:draw")
def _draw() -> Visit:
    college = _decided().item.session.committee.colleges.get(rank=1)
    draw = college.draws.first()
    if draw is None:
        draw, _seats = draw_seats(
            college=college,
            pool=[PartyFactory().user for _place in range(3)],
            places=1,
            seed="3 14 15",
            seed_source="Journal officiel",
            by=PartyFactory().user,
            at=clock.now(),
        )
    return Visit({"uuid": draw.uuid})


@visit("committee:session")
@visit("committee:minutes")
def _session() -> Visit:
    return Visit({"uuid": _decided().item.session.uuid})


@visit("committee:minutes_pdf")
def _minutes() -> Visit:
    return Visit({"uuid": _sealed().uuid})


@visit("committee:piece")
def _piece() -> Visit:
    item = _decided().item
    piece = item.application.pieces.first()
    if piece is None:
        piece = ApplicationPiece.objects.create(
            application=item.application,
            field="statutes",
            name="statuts.pdf",
            mime="application/pdf",
            size=8,
            sha256=store_bytes(b"%PDF-1.4"),
            uploaded_by=item.application.created_by,
            uploaded_at=clock.now(),
        )
    return Visit({"uuid": item.uuid, "piece": piece.uuid}, owner=item.session.chair.user)


@visit("committee:item")
def _item() -> Visit:
    item = _decided().item
    return Visit({"uuid": item.uuid}, owner=item.session.chair.user)
