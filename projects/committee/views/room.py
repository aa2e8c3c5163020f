"""One session: its agenda and its members, prepared, convened, opened, ended."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from fres.kernel import clock
from fres.kernel.access import reads_only
from fres.kernel.errors import RuleViolation
from investors.requests import SignedInRequest
from projects.committee import selectors, sessions
from projects.committee.access import runs, seat_of
from projects.committee.forms import AgendaForm
from projects.committee.permissions import can_prepare, can_see_session
from projects.committee.states import BEFORE_OPENING
from projects.committee.views.desk import enter
from projects.models import AgendaItem, Minutes, Seat, Session

_SESSIONS = Session.objects.select_related("committee", "grid", "chair__user", "secretary")


def session_for(request: SignedInRequest, uuid: UUID) -> Session:
    session = get_object_or_404(_SESSIONS, uuid=uuid)
    if not can_see_session(request.user, session):
        raise PermissionDenied
    return session


def posted_uuid(request: SignedInRequest, name: str) -> UUID:
    try:
        return UUID(request.POST.get(name, ""))
    except ValueError as mistake:
        raise Http404 from mistake


@enter
@require_http_methods(["GET", "POST"])
def session(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
    """One session; POST with `act` prepares, convenes, opens, notes presences, ends or cancels it."""
    shown = session_for(request, uuid)
    if request.method == "GET":
        return _show_session(request, shown)
    act = _SESSION_ACTS.get(request.POST.get("act", ""))
    if act is None:
        raise Http404
    try:
        done = act(request, shown)
    except RuleViolation as refusal:
        return _show_session(request, session_for(request, uuid), refusal=refusal)
    if done:
        messages.success(request, done)
    return redirect("committee:session", uuid=uuid)


def _prepares(request: SignedInRequest, shown: Session) -> None:
    if not can_prepare(request.user, shown):
        raise PermissionDenied


def _add(request: SignedInRequest, shown: Session) -> str:
    _prepares(request, shown)
    form = AgendaForm(request.POST, files=sessions.waiting_files(shown.committee))
    if not form.is_valid():
        raise Http404
    sessions.put_on_agenda(session=shown, application=form.cleaned_data["application"])
    return _("Le dossier est à l’ordre du jour.")


def _item_of(request: SignedInRequest, shown: Session) -> AgendaItem:
    return get_object_or_404(
        AgendaItem.objects.select_related("session"), session=shown, uuid=posted_uuid(request, "item")
    )


def _remove(request: SignedInRequest, shown: Session) -> str:
    _prepares(request, shown)
    sessions.take_off_agenda(item=_item_of(request, shown))
    return _("Le dossier n’est plus à l’ordre du jour.")


def _raise(request: SignedInRequest, shown: Session) -> str:
    _prepares(request, shown)
    sessions.move_up(item=_item_of(request, shown))
    return ""


def _convene(request: SignedInRequest, shown: Session) -> str:
    _prepares(request, shown)
    sessions.convene_session(session=shown, by=request.user, at=clock.now())
    return _("La convocation part à chaque membre, avec l’ordre du jour.")


def _cancel(request: SignedInRequest, shown: Session) -> str:
    _prepares(request, shown)
    sessions.cancel_session(session=shown, by=request.user, at=clock.now(), reason=request.POST.get("reason", ""))
    return _("La séance est annulée. Ses dossiers attendent une autre séance.")


def _open(request: SignedInRequest, shown: Session) -> str:
    sessions.open_session(session=shown, by=request.user, at=clock.now())
    return _("La séance est ouverte.")


def _end(request: SignedInRequest, shown: Session) -> str:
    sessions.end_session(session=shown, by=request.user, at=clock.now())
    return _("La séance est levée. Le procès-verbal attend ses deux signatures.")


def _seat_posted(request: SignedInRequest, shown: Session) -> Seat:
    return get_object_or_404(Seat, committee=shown.committee, uuid=posted_uuid(request, "seat"))


def _arrive(request: SignedInRequest, shown: Session) -> str:
    sessions.mark_present(session=shown, seat=_seat_posted(request, shown), by=request.user, at=clock.now())
    return ""


def _leave(request: SignedInRequest, shown: Session) -> str:
    sessions.mark_left(session=shown, seat=_seat_posted(request, shown), by=request.user, at=clock.now())
    return ""


def _note_session(request: SignedInRequest, shown: Session) -> str:
    sessions.write_notes(session=shown, text=request.POST.get("notes", ""), by=request.user)
    return _("Les notes sont enregistrées.")


_SESSION_ACTS: dict[str, Callable[[SignedInRequest, Session], str]] = {
    "add": _add,
    "remove": _remove,
    "raise": _raise,
    "convene": _convene,
    "cancel": _cancel,
    "open": _open,
    "end": _end,
    "arrive": _arrive,
    "leave": _leave,
    "notes": _note_session,
}


@reads_only
def _show_session(request: SignedInRequest, shown: Session, *, refusal: RuleViolation | None = None) -> HttpResponse:
    user = request.user
    present = {one.seat_id: one for one in shown.attendances.filter(left_at=None)}
    prepares = can_prepare(user, shown) and shown.state in BEFORE_OPENING
    seat = seat_of(shown, user, selectors.day_of(shown))
    context = {
        "session": shown,
        "items": selectors.items_of(shown),
        "members": [{"seat": one, "here": present.get(one.pk)} for one in selectors.seats_of(shown)],
        "quorum": selectors.session_quorum(shown),
        "own_seat": seat,
        "is_here": seat is not None and seat.pk in present,
        "runs": runs(shown, user),
        "prepares": prepares,
        "agenda_form": AgendaForm(files=sessions.waiting_files(shown.committee)) if prepares else None,
        "minutes": Minutes.objects.filter(session=shown).select_related("document").first(),
        "refusal": refusal,
    }
    return render(request, "projects/committee/session.html", context, status=422 if refusal else 200)
