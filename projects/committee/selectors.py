"""Questions about sessions: a file's quorum, what reviewers say of it, what a member has to read, public decisions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.db.models import Count, Prefetch, Q, QuerySet

from fres.kernel import clock, parameters
from investors.models import User
from projects.committee.founding import seats_on
from projects.committee.rules import CollegeCount, CriterionLine, GridResult, grid_result, percentage, quorum_of
from projects.committee.states import SessionState
from projects.models import (
    AgendaItem,
    Application,
    Attendance,
    Ballot,
    Committee,
    Condition,
    ConflictDeclaration,
    Decision,
    Outcome,
    Recusal,
    Review,
    SchemeAxis,
    Score,
    Seat,
    Session,
)

Kind = ConflictDeclaration.Kind
CONVENED_ON = (SessionState.CONVENED, SessionState.OPEN)


@dataclass(frozen=True, slots=True)
class Quorum:
    """Seats counted for an item, how many of their holders are present, how many are needed."""

    entitled: int
    present: int
    needed: int

    @property
    def is_reached(self) -> bool:
        return self.present >= self.needed


def day_of(session: Session) -> date:
    """Return the day that says who sits: the one the session opened, or is to begin."""
    return clock.local(session.opened_at or session.starts_at).date()


def seats_of(session: Session) -> QuerySet[Seat]:
    """Return the seats that hold on the day of a session, college by college."""
    return seats_on(session.committee, day_of(session)).select_related("user", "college")


def session_quorum(session: Session) -> Quorum:
    """Return the quorum of a session as a whole, before any recusal."""
    seats = seats_of(session)
    present = Attendance.objects.filter(session=session, left_at=None, seat__in=seats).count()
    entitled = seats.count()
    return Quorum(entitled, present, quorum_of(entitled=entitled, quorum_bp=session.quorum_bp))


def item_quorum(item: AgendaItem) -> Quorum:
    """Return the quorum of one file: who withdrew from it counts neither in the base nor among those present."""
    session = item.session
    seats = seats_of(session).exclude(recusals__item=item)
    present = Attendance.objects.filter(session=session, left_at=None, seat__in=seats).count()
    entitled = seats.count()
    return Quorum(entitled, present, quorum_of(entitled=entitled, quorum_bp=session.quorum_bp))


def undeclared_present(item: AgendaItem) -> int:
    """Return how many members in the room have declared nothing on a file."""
    in_room = Seat.objects.filter(attendances__session=item.session, attendances__left_at=None)
    return in_room.exclude(declarations__item=item).distinct().count()


@dataclass(frozen=True, slots=True)
class MemberLine:
    """One member before one file: last declaration, recusal, presence, whether they scored and voted."""

    seat: Seat
    declaration: ConflictDeclaration | None
    recusal: Recusal | None
    is_present: bool
    has_reviewed: bool
    has_voted: bool


def members_before(item: AgendaItem) -> tuple[MemberLine, ...]:
    """Return every member of the session before one file, college by college; six queries whatever their number."""
    declared = {one.seat_id: one for one in item.declarations.order_by("at", "pk")}
    recused = {one.seat_id: one for one in item.recusals.all()}
    present = set(Attendance.objects.filter(session=item.session, left_at=None).values_list("seat", flat=True))
    reviewed = set(item.reviews.values_list("seat", flat=True))
    ballot = open_ballot_of(item)
    voted = set(ballot.votes.values_list("seat", flat=True)) if ballot else set()
    return tuple(
        MemberLine(
            seat=seat,
            declaration=declared.get(seat.pk),
            recusal=recused.get(seat.pk),
            is_present=seat.pk in present,
            has_reviewed=seat.pk in reviewed,
            has_voted=seat.pk in voted,
        )
        for seat in seats_of(item.session)
    )


def open_ballot_of(item: AgendaItem) -> Ballot | None:
    return item.ballots.filter(closed_at=None).first()


def reviews_of(item: AgendaItem) -> list[Review]:
    """Return the reviews that count: those of members who have not withdrawn since."""
    scores = Prefetch("scores", Score.objects.select_related("criterion"))
    return list(
        item.reviews.exclude(seat__recusals__item=item)
        .select_related("seat__user", "seat__college")
        .prefetch_related(scores)
        .order_by("seat__college__rank", "pk")
    )


def reading_of(item: AgendaItem, reviews: Sequence[Review] | None = None) -> GridResult:
    """Return what the reviewers' scores say of a file, exactly."""
    reviews = reviews_of(item) if reviews is None else reviews
    grid = item.session.grid
    lines = [CriterionLine(one.code, one.weight_bp, one.is_veto) for one in grid.criteria.all()]
    scored = [{score.criterion.code: score.value for score in review.scores.all()} for review in reviews]
    return grid_result(lines=lines, reviews=scored, veto_quota=grid.veto_quota)


# What a member has to do


@dataclass(frozen=True, slots=True)
class ToRead:
    """A file on a member's table: `step` is "declare", "review" or "done"."""

    item: AgendaItem
    step: str


def files_to_read(user: User, on: date) -> tuple[ToRead, ...]:
    """Return the undecided files of convened sessions where a person sits and has not withdrawn; four queries."""
    seats = Seat.objects.filter(user=user, valid_from__lte=on).exclude(valid_to__lte=on)
    by_committee = {seat.committee_id: seat for seat in seats}
    items = (
        AgendaItem.objects.filter(session__committee__in=by_committee, session__state__in=CONVENED_ON, decision=None)
        .exclude(recusals__seat__in=by_committee.values())
        .select_related("session__committee", "application__project__organisation")
        .order_by("session__starts_at", "rank")
    )
    declared = set(ConflictDeclaration.objects.filter(seat__in=by_committee.values()).values_list("item", flat=True))
    reviewed = set(Review.objects.filter(seat__in=by_committee.values()).values_list("item", flat=True))
    return tuple(
        ToRead(item, "done" if item.pk in reviewed else "review" if item.pk in declared else "declare")
        for item in items
    )


def sessions_listed() -> QuerySet[Session]:
    """Return every session, the latest first, with how many files it has and how many it decided."""
    return (
        Session.objects.select_related("committee", "chair__user", "secretary")
        .annotate(files=Count("items"), decided=Count("items__decision"))
        .order_by("-starts_at", "-pk")
    )


def items_of(session: Session) -> QuerySet[AgendaItem]:
    """Return the agenda of a session with what its pages show of each file."""
    return (
        session.items.select_related(
            "application__project__organisation", "application__organisation", "decision__axis", "decision__ballot"
        )
        .annotate(recused=Count("recusals", distinct=True), reviewed=Count("reviews", distinct=True))
        .order_by("rank")
    )


def axes_on(committee: Committee, on: date) -> QuerySet[SchemeAxis]:
    """Return the axes of the regional scheme in force on a day for a committee's fund."""
    return SchemeAxis.objects.filter(fund_uuid=committee.fund_uuid, valid_from__lte=on).exclude(valid_to__lte=on)


def conditions_to_meet() -> QuerySet[Condition]:
    """Return the conditions precedent that nobody has met yet, the oldest approval first."""
    return (
        Condition.objects.filter(met_at=None)
        .select_related("decision__item__application__project__organisation")
        .order_by("decision__decided_at", "rank")
    )


def unmet_conditions(application: Application) -> QuerySet[Condition]:
    """Return what must still be met before the money of an application may leave."""
    return Condition.objects.filter(met_at=None, decision__item__application=application).order_by("rank")


# What the public reads


@dataclass(frozen=True, slots=True)
class PublishedCount:
    """What is published of a college: its share of the result; figures unless a single vote would show a person's."""

    name: str
    weight_bp: int
    count: CollegeCount | None


def decisions_published() -> QuerySet[Decision]:
    """Return the decisions of every committee, the latest first."""
    return Decision.objects.select_related(
        "item__application__project__organisation", "item__session__committee", "axis", "ballot", "refusal"
    ).order_by("-decided_at", "-pk")


def published_counts(ballot: Ballot) -> tuple[PublishedCount, ...]:
    """Return a ballot's count as it is published: fewer votes than the dated floor in a college are not broken down."""
    floor = parameters.value_at("committee.published_votes.min", clock.local(ballot.opened_at).date()).whole
    counts = [CollegeCount(**one) for one in ballot.tally]
    return tuple(
        PublishedCount(
            name=one.name,
            weight_bp=one.weight_bp,
            count=one if one.cast + one.abstain == 0 or one.cast + one.abstain >= floor else None,
        )
        for one in counts
    )


def support_percent(ballot: Ballot) -> Decimal | None:
    """Return the share in favour as a percentage to print, or None when nobody cast a vote."""
    return percentage(Fraction(ballot.support)) if ballot.support else None


def recusal_log(search: str = "") -> QuerySet[Recusal]:
    """Return every recusal, the latest first, with who, of which college, on which file and why."""
    rows = Recusal.objects.select_related(
        "seat__user", "seat__college", "item__session__committee", "item__application__project__organisation"
    )
    for word in search.split():
        rows = rows.filter(
            Q(seat__user__display_name__icontains=word)
            | Q(item__application__project__title__icontains=word)
            | Q(item__application__organisation__name__icontains=word)
        )
    return rows.order_by("-at", "-pk")


def years_of_decisions() -> list[int]:
    """Return the years in which something was decided, the latest first."""
    return [day.year for day in Decision.objects.dates("decided_at", "year", order="DESC")]


def approval_of(application: Application) -> Decision | None:
    """Return the approval that stands for an application: its last decision, when that one approves."""
    last = decisions_published().filter(item__application=application).first()
    return last if last is not None and last.outcome == Outcome.APPROVE else None
