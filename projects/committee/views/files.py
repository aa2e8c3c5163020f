"""One file before the committee: its door, its grid, its ballots, its decision."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from fres.kernel import clock
from fres.kernel.access import reads_only
from fres.kernel.errors import RuleViolation
from investors.requests import SignedInRequest
from projects.applications.views.common import send_piece
from projects.committee import selectors, sessions
from projects.committee.access import require_open_file, runs, seat_of
from projects.committee.deciding import decide, outcome_of
from projects.committee.declaring import declare_interest, review_file
from projects.committee.errors import NotDeclared, Recused
from projects.committee.forms import DecisionForm, DeclarationForm, ReviewForm
from projects.committee.hints import hints_for
from projects.committee.permissions import can_see_session
from projects.committee.states import SessionState
from projects.committee.views.desk import enter
from projects.committee.views.room import posted_uuid
from projects.committee.voting import cast_vote, close_ballot, open_ballot
from projects.models import AgendaItem, ApplicationPiece, Ballot, Outcome, Seat, Vote


@enter
@require_GET
@reads_only
def piece(request: SignedInRequest, uuid: UUID, piece: UUID) -> HttpResponse:
    """A piece of a file, through the same door: a member has declared and not withdrawn."""
    shown = get_object_or_404(AgendaItem.objects.select_related("session__committee"), uuid=uuid)
    if not can_see_session(request.user, shown.session):
        raise PermissionDenied
    seat = seat_of(shown.session, request.user, selectors.day_of(shown.session))
    if seat is not None:
        try:
            require_open_file(shown, seat)
        except (NotDeclared, Recused) as closed:
            raise PermissionDenied from closed
    return send_piece(
        get_object_or_404(ApplicationPiece, application=shown.application_id, uuid=piece, removed_at=None)
    )


@enter
@require_http_methods(["GET", "POST"])
def item(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
    """One file before the committee. A member meets its door first: nothing of it is shown before they declare."""
    shown = get_object_or_404(
        AgendaItem.objects.select_related(
            "session__committee", "session__grid", "session__chair", "session__secretary",
            "application__project__organisation", "application__organisation__party",
        ),
        uuid=uuid,
    )  # fmt: skip
    if not can_see_session(request.user, shown.session):
        raise PermissionDenied
    if request.method == "GET":
        return _show_item(request, shown)
    act = _ITEM_ACTS.get(request.POST.get("act", ""))
    if act is None:
        raise Http404
    try:
        messages.success(request, act(request, shown))
    except RuleViolation as refusal:
        return _show_item(request, shown, refusal=refusal)
    return redirect("committee:item", uuid=uuid)


def _declare(request: SignedInRequest, shown: AgendaItem) -> str:
    kind, reason = request.POST.get("kind", ""), request.POST.get("reason", "")
    declare_interest(item=shown, by=request.user, kind=kind, reason=reason, at=clock.now())
    return _("Votre déclaration est enregistrée.")


def _review(request: SignedInRequest, shown: AgendaItem) -> str:
    form = ReviewForm(request.POST, session=shown.session)
    form.is_valid()
    comment = form.cleaned_data.get("comment", "")
    review_file(item=shown, by=request.user, scores=form.scores(), comment=comment, at=clock.now())
    return _("Vos notes sont enregistrées. Vous pouvez les changer jusqu’au vote.")


def _open_ballot(request: SignedInRequest, shown: AgendaItem) -> str:
    open_ballot(item=shown, proposal=request.POST.get("proposal", ""), by=request.user, at=clock.now())
    return _("Le scrutin est ouvert.")


def _ballot_posted(request: SignedInRequest, shown: AgendaItem) -> Ballot:
    return get_object_or_404(Ballot.objects.select_related("item"), item=shown, uuid=posted_uuid(request, "ballot"))


def _vote(request: SignedInRequest, shown: AgendaItem) -> str:
    choice = request.POST.get("choice", "")
    cast_vote(ballot=_ballot_posted(request, shown), by=request.user, choice=choice, at=clock.now())
    return _("Votre vote est enregistré.")


def _close_ballot(request: SignedInRequest, shown: AgendaItem) -> str:
    ballot = close_ballot(ballot=_ballot_posted(request, shown), by=request.user, at=clock.now())
    return _("Scrutin clos : %(result)s.") % {"result": ballot.get_result_display().lower()}


def _decide(request: SignedInRequest, shown: AgendaItem) -> str:
    outcome = request.POST.get("outcome", "")
    form = DecisionForm(request.POST, axes=selectors.axes_on(shown.session.committee, clock.today()), outcome=outcome)
    form.is_valid()
    data = form.cleaned_data
    decide(
        item=shown,
        outcome=outcome,
        axis=data.get("axis"),
        motive=data.get("motive", ""),
        conditions=data.get("conditions", "").splitlines(),
        refusal_code=data.get("refusal_code", ""),
        next_step=data.get("next_step", ""),
        by=request.user,
        at=clock.now(),
    )
    return _("La décision est prononcée et le porteur prévenu.")


def _note(request: SignedInRequest, shown: AgendaItem) -> str:
    sessions.write_deliberation(item=shown, text=request.POST.get("notes", ""), by=request.user)
    return _("La délibération est enregistrée.")


_ITEM_ACTS: dict[str, Callable[[SignedInRequest, AgendaItem], str]] = {
    "declare": _declare,
    "review": _review,
    "open_ballot": _open_ballot,
    "vote": _vote,
    "close_ballot": _close_ballot,
    "decide": _decide,
    "note": _note,
}


@reads_only
def _show_item(request: SignedInRequest, shown: AgendaItem, *, refusal: RuleViolation | None = None) -> HttpResponse:
    user, meeting = request.user, shown.session
    seat = seat_of(meeting, user, selectors.day_of(meeting))
    status = 422 if refusal else 200
    context: dict[str, Any] = {
        "item": shown,
        "session": meeting,
        "seat": seat,
        "total": meeting.items.count(),
        "refusal": refusal,
        "runs": runs(meeting, user),
        "recusals": shown.recusals.select_related("seat__user", "seat__college").order_by("at"),
    }
    if seat is not None:
        posted = request.POST if request.POST.get("act") == "declare" else None
        context |= {
            "hints": hints_for(user, shown.application, clock.today()),
            "declaration_form": DeclarationForm(posted),
            "may_declare": meeting.state in (SessionState.CONVENED, SessionState.OPEN),
        }
        try:
            context["declaration"] = require_open_file(shown, seat)
        except (NotDeclared, Recused) as closed:
            door = context | {"closed": closed, "is_recused": isinstance(closed, Recused)}
            return render(request, "projects/committee/door.html", door, status=status)
    context |= _file_of(shown) | _grid_of(request, shown, seat) | _votes_of(request, shown, seat)
    return render(request, "projects/committee/item.html", context, status=status)


def _file_of(shown: AgendaItem) -> dict[str, object]:
    application = shown.application
    return {
        "application": application,
        "project": application.project,
        "note": getattr(application, "note", None),
        "version": application.versions.order_by("-rank").first(),
        "pieces": application.pieces.filter(removed_at=None),
        "opinions": application.opinions.exclude(given_at=None).order_by("given_at"),
        "visits": application.visits.exclude(visited_on=None).order_by("visited_on"),
        "earlier": AgendaItem.objects.filter(application=application, decision__isnull=False)
        .exclude(pk=shown.pk)
        .select_related("decision", "session"),
    }


def _grid_of(request: SignedInRequest, shown: AgendaItem, seat: Seat | None) -> dict[str, object]:
    reviews = selectors.reviews_of(shown)
    reading = selectors.reading_of(shown, reviews)
    scale = shown.session.grid.scale_max
    results = {one.code: one for one in reading.criteria}
    lines = [
        {
            "criterion": one,
            "scores": [
                score.value for review in reviews for score in review.scores.all() if score.criterion_id == one.pk
            ],
            "result": results[one.code],
            "is_dispersed": results[one.code].is_dispersed(scale),
        }
        for one in shown.session.grid.criteria.all()
    ]
    own = next((review for review in reviews if seat is not None and review.seat_id == seat.pk), None)
    begun = shown.ballots.exists()
    form = None
    if seat is not None and not begun and shown.session.state in (SessionState.CONVENED, SessionState.OPEN):
        initial: dict[str, object] = {}
        if own is not None:
            initial = {score.criterion.code: score.value for score in own.scores.all()} | {"comment": own.comment}
        posted = request.POST if request.POST.get("act") == "review" else None
        form = ReviewForm(posted, session=shown.session, initial=initial)
    # Before they score, a member sees nobody's scores: each reads alone, the table compares afterwards.
    return {
        "lines": lines,
        "reviews": reviews,
        "totals": reading.totals,
        "reading": reading,
        "is_dispersed": reading.is_dispersed(scale),
        "review_form": form,
        "own_review": own,
        "shows_scores": bool(reviews) and (seat is None or own is not None or begun),
    }


def _votes_of(request: SignedInRequest, shown: AgendaItem, seat: Seat | None) -> dict[str, object]:
    ballots = list(shown.ballots.order_by("rank"))
    opened = next((one for one in ballots if one.closed_at is None), None)
    closed = [one for one in ballots if one.closed_at is not None]
    decision = shown.decided
    outcome = outcome_of(closed[-1]) if closed and opened is None and decision is None else ""
    form = None
    if outcome and runs(shown.session, request.user):
        posted = request.POST if request.POST.get("act") == "decide" else None
        form = DecisionForm(posted, axes=selectors.axes_on(shown.session.committee, clock.today()), outcome=outcome)
    own_vote = Vote.objects.filter(ballot=opened, seat=seat).first() if opened and seat else None
    return {
        "quorum": selectors.item_quorum(shown),
        "members": selectors.members_before(shown),
        "ballot": opened,
        "votes_in": opened.votes.count() if opened else 0,
        "own_vote": own_vote,
        "choices": Vote.Choice.choices,
        "closed_ballots": [
            {"ballot": one, "counts": selectors.published_counts(one), "support": selectors.support_percent(one)}
            for one in closed
        ],
        "proposals": Outcome.choices if opened is None and not outcome and decision is None else [],
        "is_open": shown.session.state == SessionState.OPEN,
        "outcome": outcome,
        "outcome_label": Outcome(outcome).label if outcome else "",
        "decision": decision,
        "decision_form": form,
    }
