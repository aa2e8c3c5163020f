"""The committee's desk: sessions, files to read, committees with their seats, draws and grids, conditions to meet."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from fres.kernel import clock
from fres.kernel.access import reads_only, require
from fres.kernel.errors import RuleViolation
from fres.kernel.parameters import fund_scopes
from investors.permissions import is_staff
from investors.requests import SignedInRequest
from projects.committee import founding, selectors
from projects.committee.deciding import meet_condition
from projects.committee.errors import CommitteeRefused
from projects.committee.forms import AxisForm, CommitteeForm, DrawForm, GridForm, SeatForm, SessionForm
from projects.committee.permissions import (
    can_meet_conditions,
    can_organise,
    can_see_conditions,
    can_see_session,
)
from projects.committee.sessions import plan_session
from projects.models import Committee, Condition, Draw, Seat

PER_PAGE = 30

enter = require(is_staff, hidden=True)


@enter
@require_GET
@reads_only
def desk(request: SignedInRequest) -> HttpResponse:
    """Sessions, and for a member the files on their table."""
    sessions = Paginator(selectors.sessions_listed(), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "sessions": sessions,
        "seen": [one for one in sessions if can_see_session(request.user, one)],
        "to_read": selectors.files_to_read(request.user, clock.today()),
        "committees": Committee.objects.order_by("name"),
        "can_organise": can_organise(request.user),
        "can_see_conditions": can_see_conditions(request.user),
    }
    return render(request, "projects/committee/desk.html", context)


@enter
@require(can_organise)
@require_http_methods(["GET", "POST"])
def new_committee(request: SignedInRequest) -> HttpResponseBase:
    """Found a committee."""
    form = CommitteeForm(request.POST or None, funds=fund_scopes())
    refusal = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = founding.found_committee(
                fund_uuid=UUID(data["fund"]),
                name=data["name"],
                colleges=form.colleges(),
                quorum_bp=form.quorum_bp,
                majority=data["majority"],
                tie_rule=data["tie_rule"],
                at=clock.now(),
            )
        except RuleViolation as refused:
            refusal = refused
        else:
            messages.success(request, _("Le comité est créé. Publiez sa grille, puis pourvoyez ses sièges."))
            return redirect("committee:committee", uuid=made.uuid)
    context = {"form": form, "refusal": refusal}
    return render(
        request, "projects/committee/new_committee.html", context, status=422 if form.errors or refusal else 200
    )


@enter
@require_http_methods(["GET", "POST"])
def committee(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
    """One committee: colleges, seats, draws, grids, axes; POST with `act` seats, unseats, draws or adds an axis."""
    shown = get_object_or_404(Committee, uuid=uuid)
    forms: dict[str, Any] = {
        "seat": SeatForm(committee=shown, initial={"on": clock.today()}),
        "draw": DrawForm(committee=shown),
        "axis": AxisForm(initial={"valid_from": clock.today()}),
    }
    if request.method == "GET":
        return _show_committee(request, shown, forms)
    if not can_organise(request.user):
        raise PermissionDenied
    act = request.POST.get("act", "")
    if act == "end":
        return _answer(request, shown, forms, lambda: _end_seat(request, shown), _("Le siège prend fin aujourd’hui."))
    if act not in forms:
        raise Http404
    kind = {"seat": SeatForm, "draw": DrawForm, "axis": AxisForm}[act]
    extra = {} if act == "axis" else {"committee": shown}
    form = forms[act] = kind(request.POST, **extra)
    if not form.is_valid():
        return _show_committee(request, shown, forms, status=422)
    data = form.cleaned_data
    if act == "seat":
        return _answer(request, shown, forms, lambda: _seat(request, data), _("La personne siège."))
    if act == "draw":
        return _answer(request, shown, forms, lambda: _draw(request, data), _("Le tirage est enregistré."))
    return _answer(request, shown, forms, lambda: _axis(shown, data), _("L’axe est ajouté."))


def _answer(
    request: SignedInRequest, shown: Committee, forms: dict[str, Any], act: Callable[[], object], done: str
) -> HttpResponseBase:
    try:
        act()
    except RuleViolation as refusal:
        return _show_committee(request, shown, forms, refusal=refusal, status=422)
    messages.success(request, done)
    return redirect("committee:committee", uuid=shown.uuid)


def _seat(request: SignedInRequest, data: dict[str, Any]) -> None:
    founding.fill_seat(
        college=data["college"],
        user=data["email"],
        how=data["how"],
        stands_for=data["stands_for"],
        by=request.user,
        on=data["on"],
    )


def _end_seat(request: SignedInRequest, shown: Committee) -> None:
    try:
        wanted = UUID(request.POST.get("seat", ""))
    except ValueError as mistake:
        raise Http404 from mistake
    founding.end_seat(seat=get_object_or_404(Seat, committee=shown, uuid=wanted), on=clock.today())


def _draw(request: SignedInRequest, data: dict[str, Any]) -> None:
    founding.draw_seats(
        college=data["draw_college"],
        pool=data["pool"],
        places=data["places"],
        seed=data["seed"],
        seed_source=data["seed_source"],
        by=request.user,
        at=clock.now(),
    )


def _axis(shown: Committee, data: dict[str, Any]) -> None:
    try:
        with transaction.atomic():
            founding.add_axis(fund_uuid=shown.fund_uuid, **data)
    except IntegrityError as twice:
        raise CommitteeRefused(_("Cet axe existe déjà dans ce schéma."), next_step=_("Changez son code.")) from twice


@reads_only
def _show_committee(
    request: SignedInRequest,
    shown: Committee,
    forms: dict[str, Any],
    *,
    refusal: RuleViolation | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "committee": shown,
        "colleges": shown.colleges.order_by("rank"),
        "seats": shown.seats.select_related("user", "college", "draw").order_by("college__rank", "valid_to", "pk"),
        "draws": Draw.objects.filter(college__committee=shown).select_related("college", "by"),
        "grids": shown.grids.prefetch_related("criteria"),
        "axes": selectors.axes_on(shown, clock.today()),
        "forms": forms,
        "refusal": refusal,
        "can_organise": can_organise(request.user),
    }
    return render(request, "projects/committee/committee.html", context, status=status)


@enter
@require_GET
@reads_only
def draw(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """One draw, drawn again as the page is made: pool, seed, order, and whether it is the one recorded."""
    found = get_object_or_404(Draw.objects.select_related("college__committee", "by"), uuid=uuid)
    seated = {str(seat.user.uuid): seat for seat in found.seats.select_related("user")}
    rows = [{"rank": rank, "uuid": one, "seat": seated.get(one)} for rank, one in enumerate(found.ranking, 1)]
    context = {"draw": found, "rows": rows, "is_right": founding.is_draw_right(found)}
    return render(request, "projects/committee/draw.html", context)


@enter
@require(can_organise)
@require_http_methods(["GET", "POST"])
def new_grid(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
    """Publish the next version of a committee's grid."""
    shown = get_object_or_404(Committee, uuid=uuid)
    form = GridForm(request.POST or None)
    refusal = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            founding.publish_grid(
                committee=shown,
                name=data["name"],
                scale_max=data["scale_max"],
                veto_quota=data["veto_quota"],
                lines=form.lines(),
                by=request.user,
                at=clock.now(),
            )
        except RuleViolation as refused:
            refusal = refused
        else:
            messages.success(request, _("La grille est publiée. Les séances déjà prévues gardent la leur."))
            return redirect("committee:committee", uuid=shown.uuid)
    context = {"committee": shown, "form": form, "refusal": refusal}
    status = 422 if form.errors or refusal else 200
    return render(request, "projects/committee/new_grid.html", context, status=status)


@enter
@require(can_organise)
@require_http_methods(["GET", "POST"])
def new_session(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
    """Plan a session of a committee."""
    shown = get_object_or_404(Committee, uuid=uuid)
    form = SessionForm(request.POST or None, committee=shown)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            made = plan_session(committee=shown, at=clock.now(), **form.cleaned_data)
        except RuleViolation as refused:
            refusal = refused
        else:
            messages.success(request, _("La séance est prévue. Composez son ordre du jour."))
            return redirect("committee:session", uuid=made.uuid)
    context = {"committee": shown, "form": form, "refusal": refusal}
    return render(
        request, "projects/committee/new_session.html", context, status=422 if form.errors or refusal else 200
    )


@enter
@require(can_see_conditions)
@require_http_methods(["GET", "POST"])
def conditions(request: SignedInRequest) -> HttpResponseBase:
    """The conditions precedent that nobody has met; POST with `condition` and `evidence` meets one."""
    if request.method == "POST":
        if not can_meet_conditions(request.user):
            raise PermissionDenied
        try:
            wanted = UUID(request.POST.get("condition", ""))
        except ValueError as mistake:
            raise Http404 from mistake
        condition = get_object_or_404(Condition, uuid=wanted)
        try:
            evidence = request.POST.get("evidence", "")
            meet_condition(condition=condition, evidence=evidence, by=request.user, at=clock.now())
        except RuleViolation as refusal:
            return _show_conditions(request, refusal=refusal)
        messages.success(request, _("La condition est levée, avec sa preuve."))
        return redirect("committee:conditions")
    return _show_conditions(request, refusal=None)


@reads_only
def _show_conditions(request: SignedInRequest, *, refusal: RuleViolation | None) -> HttpResponse:
    context = {
        "page": Paginator(selectors.conditions_to_meet(), PER_PAGE).get_page(request.GET.get("page")),
        "can_meet": can_meet_conditions(request.user),
        "refusal": refusal,
    }
    return render(request, "projects/committee/conditions.html", context, status=422 if refusal else 200)
