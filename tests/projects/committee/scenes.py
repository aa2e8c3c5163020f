"""A committee of three colleges and six members, a file before it, a session in any state: nothing random."""

from datetime import date, datetime, timedelta
from uuid import UUID

from fres.kernel import clock
from investors.models import User
from projects.committee.declaring import declare_interest, review_file
from projects.committee.founding import CollegePlan, GridLine, add_axis, fill_seat, found_committee, publish_grid
from projects.committee.sessions import convene_session, mark_present, open_session, plan_session, put_on_agenda
from projects.committee.voting import cast_vote, close_ballot, open_ballot
from projects.models import AgendaItem, Application, Ballot, Committee, SchemeAxis, Seat, Session
from projects.states import ApplicationState
from tests.investors.factories import PartyFactory
from tests.projects.factories import MembershipFactory, ProjectFactory

FUND = UUID("00000000-0000-4000-8000-000000000001")
SINCE = date(2024, 1, 1)
COLLEGES = (CollegePlan("Épargnants", 5_000), CollegePlan("Région", 2_500), CollegePlan("Experts", 2_500))
LINES = (
    GridLine("C1", "Utilité sociale", 5_000, is_veto=True),
    GridLine("C2", "Ancrage", 2_500),
    GridLine("C3", "Modèle économique", 2_500, is_veto=True),
)


def a_committee(**rules: object) -> Committee:
    """Two savers, two from the region, two experts, seated since 2024; a grid of three lines; one axis."""
    by = PartyFactory().user
    at = clock.now()
    committee = found_committee(fund_uuid=FUND, name="Comité d’engagement", colleges=COLLEGES, at=at, **rules)
    for college in committee.colleges.order_by("rank"):
        for _place in range(2):
            fill_seat(college=college, user=PartyFactory().user, how=Seat.How.ELECTED, by=by, on=SINCE)
    publish_grid(committee=committee, name="Grille", scale_max=4, lines=LINES, by=by, at=at)
    add_axis(fund_uuid=FUND, scheme="SRDEII 2022-2028", code="A1", label="Coopérer", valid_from=SINCE)
    return committee


def axis() -> SchemeAxis:
    return SchemeAxis.objects.get(code="A1")


def seats(committee: Committee) -> list[Seat]:
    """The six seats, two a college, in the order of the colleges."""
    return list(committee.seats.order_by("college__rank", "pk"))


def members(session: Session) -> list[User]:
    return [seat.user for seat in seats(session.committee)]


def a_file() -> Application:
    """A file in committee, whose holder has a legal representative."""
    project = ProjectFactory()
    member = MembershipFactory(organisation=project.organisation, is_legal_representative=True)
    return Application.objects.create(
        organisation=project.organisation,
        project=project,
        state=ApplicationState.IN_COMMITTEE,
        created_by=member.user,
        created_at=clock.now(),
        sent_to_committee_at=clock.now(),
    )


def a_planned_session(committee: Committee | None = None, files: int = 1) -> Session:
    committee = committee or a_committee()
    at = clock.now()
    session = plan_session(
        committee=committee,
        starts_at=at + timedelta(hours=1),
        place="Lille",
        chair=seats(committee)[0],
        secretary=PartyFactory().user,
        at=at,
    )
    for _file in range(files):
        put_on_agenda(session=session, application=a_file())
    return session


def a_convened_session(**scene: object) -> Session:
    session = a_planned_session(**scene)  # type: ignore[arg-type]
    return convene_session(session=session, by=session.secretary, at=clock.now())


def an_open_session(present: int = 6, **scene: object) -> Session:
    """An open session with so many members in the room, the chair first."""
    session = a_convened_session(**scene)
    session = open_session(session=session, by=session.secretary, at=clock.now())
    for seat in seats(session.committee)[:present]:
        mark_present(session=session, seat=seat, by=seat.user, at=clock.now())
    return session


def item_of(session: Session, rank: int = 1) -> AgendaItem:
    return AgendaItem.objects.select_related("session", "application").get(session=session, rank=rank)


def declare_all(item: AgendaItem, at: datetime | None = None) -> None:
    for user in members(item.session):
        declare_interest(item=item, by=user, kind="none", at=at or clock.now())


def score(item: AgendaItem, user: User, *values: int) -> None:
    review_file(item=item, by=user, scores=dict(zip(("C1", "C2", "C3"), values, strict=True)), at=clock.now())


def a_vote(item: AgendaItem, proposal: str, choices: str) -> Ballot:
    """Open a ballot, let the members vote in order ("y", "n", "a", "-" for nobody), close it."""
    secretary = item.session.secretary
    ballot = open_ballot(item=item, proposal=proposal, by=secretary, at=clock.now())
    words = {"y": "yes", "n": "no", "a": "abstain"}
    for user, choice in zip(members(item.session), choices, strict=False):
        if choice != "-":
            cast_vote(ballot=ballot, by=user, choice=words[choice], at=clock.now())
    return close_ballot(ballot=ballot, by=secretary, at=clock.now())


def a_ready_item(**scene: object) -> AgendaItem:
    """A file of an open session, declared by all and scored by one."""
    item = item_of(an_open_session(**scene))  # type: ignore[arg-type]
    declare_all(item)
    score(item, members(item.session)[0], 3, 3, 3)
    return item
