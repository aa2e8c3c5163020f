"""Plan a session, build its agenda, convene, open, note who is there, end."""

from datetime import datetime

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from fres.kernel import clock
from fres.kernel.states import advance
from investors.models import User
from projects.committee.access import require_runner, runs
from projects.committee.errors import AgendaRefused, CommitteeRefused, MinutesRefused, NotSeated
from projects.committee.founding import seats_on
from projects.committee.notices import tell_convened
from projects.committee.states import (
    BEFORE_OPENING,
    CANCEL_SESSION,
    CONVENE,
    END_SESSION,
    OPEN_SESSION,
    SessionState,
)
from projects.models import (
    AgendaItem,
    Application,
    Attendance,
    Ballot,
    Committee,
    ConflictDeclaration,
    Grid,
    Seat,
    Session,
)
from projects.states import ApplicationState

LIVING = (SessionState.PLANNED, SessionState.CONVENED, SessionState.OPEN)


@transaction.atomic
def plan_session(
    *, committee: Committee, starts_at: datetime, place: str, chair: Seat, secretary: User, at: datetime
) -> Session:
    """Plan a session to come; it takes over the committee's rules and its last grid, and keeps them.

    Args: starts_at: aware. chair: a seat of that committee that holds on the day.
    Raises: CommitteeRefused: the moment is past, no grid is published, chair and secretary are one person.
        NotSeated: the chair does not sit on the day.
    """
    if starts_at <= at:
        raise CommitteeRefused(_("Une séance se prévoit pour un moment à venir."))
    grid = Grid.objects.filter(committee=committee).order_by("-version").first()
    if grid is None:
        raise CommitteeRefused(
            _("Ce comité n’a pas encore de grille."), next_step=_("Publiez une grille, puis prévoyez la séance.")
        )
    if not seats_on(committee, clock.local(starts_at).date()).filter(pk=chair.pk).exists():
        raise NotSeated(_("La présidence siège au comité le jour de la séance."))
    if chair.user_id == secretary.pk:
        raise CommitteeRefused(_("La présidence et le secrétariat sont deux personnes : toutes deux signent."))
    return Session.objects.create(
        committee=committee,
        grid=grid,
        starts_at=starts_at,
        place=place.strip(),
        quorum_bp=committee.quorum_bp,
        majority=committee.majority,
        tie_rule=committee.tie_rule,
        chair=chair,
        secretary=secretary,
    )


def waiting_files(committee: Committee) -> QuerySet[Application]:
    """Return the files sent to committee that stand on no living agenda, those sent first before the others."""
    taken = AgendaItem.objects.filter(session__state__in=LIVING, decision=None).values("application")
    files = Application.objects.filter(state=ApplicationState.IN_COMMITTEE).exclude(pk__in=taken)
    files = files.filter(call=None) | files.filter(call__fund_uuid=committee.fund_uuid)
    return files.select_related("project", "organisation").order_by("sent_to_committee_at", "pk")


@transaction.atomic
def put_on_agenda(*, session: Session, application: Application) -> AgendaItem:
    """Add a file at the end of an agenda.

    Raises: AgendaRefused: the session has begun; the file is not in committee, or stands on another agenda.
    """
    session = _lock_before_opening(session)
    application = Application.objects.select_for_update(of=("self",)).get(pk=application.pk)
    if not waiting_files(session.committee).filter(pk=application.pk).exists():
        raise AgendaRefused(
            _("Ce dossier n’attend pas de séance : il n’est pas au comité, ou il est déjà à un ordre du jour."),
            next_step=_("Un dossier ajourné revient d’abord au comité par l’instruction."),
        )
    last = session.items.aggregate(last=Max("rank"))["last"] or 0
    return AgendaItem.objects.create(session=session, application=application, rank=last + 1)


@transaction.atomic
def take_off_agenda(*, item: AgendaItem) -> None:
    """Take a file off an agenda before anything was said of it.

    Raises: AgendaRefused: the session has begun, or a member has declared.
    """
    session = _lock_before_opening(item.session)
    if ConflictDeclaration.objects.filter(item=item).exists():
        raise AgendaRefused(
            _("Un membre a déjà déclaré ses intérêts sur ce dossier : le point reste à l’ordre du jour."),
            next_step=_("Le comité peut l’ajourner en séance."),
        )
    AgendaItem.objects.filter(pk=item.pk).delete()
    for rank, left in enumerate(session.items.order_by("rank"), 1):
        AgendaItem.objects.filter(pk=left.pk).update(rank=rank)


@transaction.atomic
def move_up(*, item: AgendaItem) -> None:
    """Swap a file with the one before it; the first one stays. Raises: AgendaRefused: the session has begun."""
    session = _lock_before_opening(item.session)
    items = list(session.items.order_by("rank"))
    place = next(index for index, one in enumerate(items) if one.pk == item.pk)
    if place:
        before = items[place - 1]
        AgendaItem.objects.filter(pk=item.pk).update(rank=before.rank)
        AgendaItem.objects.filter(pk=before.pk).update(rank=items[place].rank)


@transaction.atomic
def convene_session(*, session: Session, by: User, at: datetime) -> Session:
    """Send the agenda to everyone who sits on the day. Raises: AgendaRefused: the agenda is empty."""
    session = _lock(session)
    if not session.items.exists():
        raise AgendaRefused(_("L’ordre du jour est vide."), next_step=_("Ajoutez au moins un dossier."))
    session = advance(session, CONVENE, by=by, at=at)
    tell_convened(session=session, at=at)
    return session


@transaction.atomic
def open_session(*, session: Session, by: User, at: datetime) -> Session:
    """Open a convened session. Raises: CommitteeRefused: neither chair nor secretary. TransitionRefused."""
    session = _lock(session)
    require_runner(session, by)
    return advance(session, OPEN_SESSION, by=by, at=at, opened_at=at)


@transaction.atomic
def mark_present(*, session: Session, seat: Seat, by: User, at: datetime) -> Attendance:
    """Note that a member is in the room; a second call changes nothing. Members may note themselves.

    Raises: CommitteeRefused: the session is not open, or this person may not note another.
        NotSeated: the seat does not hold on the day.
    """
    session = _lock_open(session)
    _check_notes(session, seat, by)
    if not seats_on(session.committee, clock.local(at).date()).filter(pk=seat.pk).exists():
        raise NotSeated(_("Ce siège n’est pas en cours ce jour."))
    row, _created = Attendance.objects.get_or_create(
        session=session, seat=seat, left_at=None, defaults={"arrived_at": at}
    )
    return row


@transaction.atomic
def mark_left(*, session: Session, seat: Seat, by: User, at: datetime) -> None:
    """Note that a member left the room; a second call changes nothing. Raises: CommitteeRefused."""
    session = _lock_open(session)
    _check_notes(session, seat, by)
    Attendance.objects.filter(session=session, seat=seat, left_at=None).update(left_at=at)


@transaction.atomic
def end_session(*, session: Session, by: User, at: datetime) -> Session:
    """End a session; files it did not decide stay in committee for another one.

    Raises: CommitteeRefused: neither chair nor secretary; or a ballot is open.
    """
    session = _lock(session)
    require_runner(session, by)
    if Ballot.objects.filter(item__session=session, closed_at=None).exists():
        raise CommitteeRefused(_("Un scrutin est ouvert."), next_step=_("Fermez-le, puis levez la séance."))
    Attendance.objects.filter(session=session, left_at=None).update(left_at=at)
    return advance(session, END_SESSION, by=by, at=at, ended_at=at)


@transaction.atomic
def cancel_session(*, session: Session, by: User, at: datetime, reason: str) -> Session:
    """Cancel a session that has not begun; its files wait for another one. Raises: CommitteeRefused: no reason."""
    if not reason.strip():
        raise CommitteeRefused(_("Une séance s’annule avec un motif."))
    return advance(session, CANCEL_SESSION, by=by, at=at, reason=reason.strip())


@transaction.atomic
def write_notes(*, session: Session, text: str, by: User) -> Session:
    """Write the session's own notes, printed in the minutes.

    Raises: CommitteeRefused: neither chair nor secretary. MinutesRefused: the minutes are sealed.
    """
    session = _lock(session)
    _check_writable(session, by)
    session.notes = text.strip()
    session.save(update_fields=["notes"])
    return session


@transaction.atomic
def write_deliberation(*, item: AgendaItem, text: str, by: User) -> AgendaItem:
    """Write what was said on a file, without names. Raises: as `write_notes`."""
    _check_writable(_lock(item.session), by)
    item.notes = text.strip()
    item.save(update_fields=["notes"])
    return item


def _check_writable(session: Session, by: User) -> None:
    require_runner(session, by)
    if session.state == SessionState.SEALED:
        raise MinutesRefused(
            _("Le procès-verbal est scellé : il ne change plus."),
            next_step=_("Une erreur se corrige au procès-verbal de la séance suivante."),
        )


def _check_notes(session: Session, seat: Seat, by: User) -> None:
    if seat.user_id != by.pk and not runs(session, by):
        raise CommitteeRefused(_("Chacun note sa présence ; le secrétariat peut noter celle des autres."))


def _lock(session: Session) -> Session:
    return Session.objects.select_for_update(of=("self",)).select_related("committee", "chair").get(pk=session.pk)


def _lock_open(session: Session) -> Session:
    session = _lock(session)
    if session.state != SessionState.OPEN:
        raise CommitteeRefused(
            _("La séance n’est pas ouverte."), next_step=_("La présidence ou le secrétariat l’ouvre le moment venu.")
        )
    return session


def _lock_before_opening(session: Session) -> Session:
    session = _lock(session)
    if session.state not in BEFORE_OPENING:
        raise AgendaRefused(_("L’ordre du jour ne change plus : la séance a commencé, ou n’aura pas lieu."))
    return session
