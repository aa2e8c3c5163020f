"""Which files a person sees, and what each page of them shows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Max, Prefetch, Q, QuerySet

from fres.kernel import clock, parameters
from fres.kernel.access import Role
from fres.kernel.models import TransitionLog
from investors.models import RoleGrant, User
from investors.permissions import has_role
from projects.applications.deadlines import Deadline, Pause, deadline_of, months_after
from projects.models import Appeal, Application, Assignment, Decision, Membership, Organisation, QuestionRound
from projects.states import APPLICATION_MACHINE, APPROVE, ApplicationState

_RELATED = ("organisation__party", "project", "call", "form", "accompanying_body")
WAITING = (
    ApplicationState.SUBMITTED,
    ApplicationState.UNDER_REVIEW,
    ApplicationState.QUESTIONED,
    ApplicationState.APPEALED,
    ApplicationState.APPROVED,
)


def organisations_of(user: User, on: date) -> QuerySet[Organisation]:
    """Return the organisations a person belongs to on a day."""
    members = Membership.objects.filter(user=user, joined_on__lte=on).exclude(left_on__lte=on)
    return Organisation.objects.filter(pk__in=members.values("organisation")).select_related("party").order_by("name")


def files_of(user: User, on: date) -> QuerySet[Application]:
    """Return the files of a person's organisations, the newest first."""
    own = organisations_of(user, on).values("pk")
    return Application.objects.filter(organisation__in=own).select_related(*_RELATED).order_by("-created_at", "-pk")


def accompanied_by(user: User, on: date) -> QuerySet[Application]:
    """Return the files that name a body whose accompanying member a person is (R-011)."""
    if not has_role(user, Role.ACCOMPANYING):
        return Application.objects.none()
    bodies = organisations_of(user, on).values("pk")
    return (
        Application.objects.filter(accompanying_body__in=bodies)
        .select_related(*_RELATED)
        .order_by("-created_at", "-pk")
    )


def visible_files(user: User, on: date) -> QuerySet[Application]:
    """Return the files a person may open from the holder's side: their team's, and those they accompany."""
    keys = Q(pk__in=files_of(user, on).order_by().values("pk"))
    keys |= Q(pk__in=accompanied_by(user, on).order_by().values("pk"))
    return Application.objects.filter(keys).select_related(*_RELATED)


def sent_files() -> QuerySet[Application]:
    """Return the files that were sent, for the staff: a draft is its team's own."""
    return Application.objects.exclude(reference="").select_related(*_RELATED)


def accompanying_bodies(on: date) -> dict[str, str]:
    """Return the organisations that may be named as accompanying: one of their members holds that role."""
    people = RoleGrant.objects.current(on).filter(role=Role.ACCOMPANYING).values("user")
    members = Membership.objects.filter(user__in=people, joined_on__lte=on).exclude(left_on__lte=on)
    rows = Organisation.objects.filter(pk__in=members.values("organisation")).order_by("name")
    return {str(uuid): name for uuid, name in rows.values_list("uuid", "name")}


@dataclass(frozen=True)
class FileLine:
    """One file of the instruction's list."""

    application: Application
    instructor: User | None
    deadline: Deadline | None


@dataclass(frozen=True)
class FileFilter:
    """What the list shows. Empty means everything; `late` keeps what passed its deadline."""

    text: str = ""
    state: str = ""
    call: str = ""
    instructor: str = ""  # key of a user, "none" for nobody
    late: bool = False


def listed_files(chosen: FileFilter, *, today: date) -> list[FileLine]:
    """Return the files asked for, those that fall due first at the top, then the newest. A fixed number of queries."""
    files = sent_files()
    if chosen.state in ApplicationState.values:
        files = files.filter(state=chosen.state)
    if chosen.call:
        files = files.filter(call__slug=chosen.call)
    for word in chosen.text.split():
        files = files.filter(
            Q(project__title__icontains=word) | Q(organisation__name__icontains=word) | Q(reference__icontains=word)
        )
    if chosen.instructor == "none":
        files = files.exclude(pk__in=Assignment.objects.filter(ended_at=None).values("application"))
    elif chosen.instructor.isdecimal():
        files = files.filter(assignments__ended_at=None, assignments__instructor=int(chosen.instructor))
    lines = lines_of(files, today=today)
    if chosen.late:
        lines = [line for line in lines if line.deadline is not None and line.deadline.is_late]
    waits = [line for line in lines if line.deadline is not None]
    others = [line for line in lines if line.deadline is None]
    waits.sort(key=lambda line: (line.deadline.due_on if line.deadline else date.max, line.application.pk))
    others.sort(key=lambda line: line.application.pk, reverse=True)
    return waits + others


def lines_of(files: QuerySet[Application], *, today: date) -> list[FileLine]:
    """Return files with who has them and where their deadline stands."""
    current = Assignment.objects.filter(ended_at=None).select_related("instructor")
    rows = list(
        files.prefetch_related(
            Prefetch("assignments", queryset=current, to_attr="current_assignments"),
            Prefetch("question_rounds", queryset=QuestionRound.objects.order_by("asked_at"), to_attr="all_rounds"),
        )
    )
    days = _periods(rows, today)
    moments = _moments(rows)
    return [
        FileLine(
            application=row,
            instructor=row.current_assignments[0].instructor if row.current_assignments else None,  # type: ignore[attr-defined]
            deadline=_deadline(row, row.all_rounds, days, moments, today),  # type: ignore[attr-defined]
        )
        for row in rows
    ]


def deadline_of_file(application: Application, *, today: date) -> Deadline | None:
    """Return where a file's deadline stands, or None when nobody waits for anything."""
    rounds = list(application.question_rounds.order_by("asked_at"))
    return _deadline(application, rounds, _periods([application], today), _moments([application]), today)


def history_of(application: Application) -> list[dict[str, Any]]:
    """Return each change of state: when, what, by whom, why."""
    labels = {one.name: one.label for one in APPLICATION_MACHINE.transitions}
    log = TransitionLog.objects.filter(subject_type=Application._meta.label_lower, subject_uuid=application.uuid)
    return [
        {
            "at": one.at,
            "label": labels.get(one.transition, one.transition),
            "state": ApplicationState(one.target).label,
            "by": one.by,
            "reason": one.reason,
        }
        for one in log.select_related("by").order_by("at", "pk")
    ]


def instructors() -> list[User]:
    """Return who may be given files today, by name."""
    grants = RoleGrant.objects.current(clock.today()).filter(role=Role.INSTRUCTOR)
    return list(User.objects.filter(pk__in=grants.values("user"), is_active=True).order_by("display_name", "email"))


def state_counts() -> dict[str, int]:
    """Return how many sent files stand in each state."""
    rows = Application.objects.exclude(reference="").order_by().values_list("state").annotate(n=Count("pk"))
    return dict.fromkeys(ApplicationState.values, 0) | dict(rows)


_KEYS = {
    ApplicationState.SUBMITTED: "application.eligibility.days",
    ApplicationState.UNDER_REVIEW: "application.instruction.days",
    ApplicationState.APPEALED: "application.appeal_answer.days",
    ApplicationState.APPROVED: "application.approval.months",
}


def _periods(rows: Sequence[Application], today: date) -> dict[tuple[str, str], int]:
    """Return the period of each state for each fund: a handful of funds, a question to the table each."""
    scopes = {str(row.call.fund_uuid) if row.call else parameters.NATIONAL for row in rows}
    return {
        (scope, state): parameters.value_at(key, today, scope).whole for scope in scopes for state, key in _KEYS.items()
    }


def _moments(rows: Iterable[Application]) -> Mapping[Any, date]:
    """Return when the files that wait for it were approved, or appealed."""
    approved = [row.uuid for row in rows if row.state == ApplicationState.APPROVED]
    appealed = [row.pk for row in rows if row.state == ApplicationState.APPEALED]
    found: dict[Any, date] = {}
    if approved:
        log = TransitionLog.objects.filter(
            subject_type=Application._meta.label_lower, subject_uuid__in=approved, transition=APPROVE.name
        )
        for uuid, at in log.values_list("subject_uuid").annotate(last=Max("at")):
            found[uuid] = clock.local(at).date()
    if appealed:
        for key, at in Appeal.objects.filter(refusal__application__in=appealed, outcome="").values_list(
            "refusal__application", "filed_at"
        ):
            found[key] = clock.local(at).date()
    return found


def _deadline(
    row: Application,
    rounds: Sequence[QuestionRound],
    days: Mapping[tuple[str, str], int],
    moments: Mapping[Any, date],
    today: date,
) -> Deadline | None:
    scope = str(row.call.fund_uuid) if row.call else parameters.NATIONAL
    match row.state:
        case ApplicationState.SUBMITTED if row.submitted_at:
            started, pauses = clock.local(row.submitted_at).date(), []
        case ApplicationState.UNDER_REVIEW if row.review_started_at:
            started = clock.local(row.review_started_at).date()
            pauses = [
                Pause(clock.local(one.asked_at).date(), clock.local(one.answered_at).date())
                for one in rounds
                if one.answered_at is not None and one.asked_at >= row.review_started_at
            ]
        case ApplicationState.QUESTIONED if rounds:
            asked = clock.local(rounds[-1].asked_at).date()
            return deadline_of(started_on=asked, days=(rounds[-1].due_on - asked).days, pauses=[], today=today)
        case ApplicationState.APPEALED if row.pk in moments:
            started, pauses = moments[row.pk], []
        case ApplicationState.APPROVED if row.uuid in moments:
            ends_on = months_after(moments[row.uuid], days[scope, row.state])
            return deadline_of(
                started_on=moments[row.uuid], days=(ends_on - moments[row.uuid]).days, pauses=[], today=today
            )
        case _:
            return None
    return deadline_of(started_on=started, days=days[scope, row.state], pauses=pauses, today=today)


def decisions_on(application: Application) -> QuerySet[Decision]:
    """Return what the committee decided on a file, the last first, with the conditions of its approvals."""
    decisions = Decision.objects.filter(item__application=application)
    return decisions.prefetch_related("conditions").order_by("-decided_at", "-pk")
