"""Co-financing rounds: at the desk, for the holder (to read), for a partner (its own lines)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from fres.kernel import clock
from fres.kernel.access import Role, reads_only, require
from fres.kernel.document_files import path_of
from fres.kernel.errors import RuleViolation
from funds.cofinancing import selectors, tables
from funds.cofinancing.forms import AnswerForm, AskForm, NeedForm, OpenForm
from funds.models import Contribution, RoundTable
from funds.permissions import can_see_desk
from funds.sources.permissions import is_partner
from investors.models import User
from investors.permissions import roles_of
from investors.requests import SignedInRequest

PER_PAGE = 50
_sees = require(can_see_desk, hidden=True)
_partner = require(is_partner, hidden=True)


def can_write_rounds(user: User) -> bool:
    """The management of the fund, and those who instruct files: they look for the other financers."""
    return bool(roles_of(user) & {Role.MANAGER, Role.INSTRUCTOR})


@_sees
@never_cache
@require_http_methods(["GET", "POST"])
def desk(request: SignedInRequest) -> HttpResponse:
    """Every round; POST opens one."""
    form = OpenForm(request.POST if request.method == "POST" else None)
    refusal: RuleViolation | None = None
    if request.method == "POST":
        if not can_write_rounds(request.user):
            raise PermissionDenied
        if form.is_valid():
            try:
                made = tables.open_round_table(by=request.user, at=clock.now(), **form.cleaned_data)
            except RuleViolation as found:
                refusal = found
            else:
                return redirect("cofinancing:table", uuid=made.uuid)
    context = {
        "page": Paginator(selectors.tables(), PER_PAGE).get_page(request.GET.get("page")),
        "form": form if can_write_rounds(request.user) else None,
        "refusal": refusal,
    }
    return render(request, "cofinancing/desk.html", context, status=422 if refusal or form.errors else 200)


@_sees
@never_cache
@require_http_methods(["GET", "POST"])
def table(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
    """One round; POST asks somebody, writes an answer, or revises the need."""
    found = get_object_or_404(selectors.tables(), uuid=uuid)
    forms: dict[str, Any] = {
        "ask": AskForm(table=found, initial={"asked_on": clock.today()}),
        "need": NeedForm(),
        "answer": AnswerForm(initial={"on": clock.today()}),
    }
    if request.method == "GET":
        return _show(request, found, forms)
    if not can_write_rounds(request.user):
        raise PermissionDenied
    what = request.POST.get("what", "")
    form: AskForm | NeedForm | AnswerForm
    if what == "ask":
        form = forms["ask"] = AskForm(request.POST, table=found)
    elif what == "need":
        form = forms["need"] = NeedForm(request.POST)
    elif what == "answer":
        form = forms["answer"] = AnswerForm(request.POST, request.FILES)
    else:
        raise Http404
    if not form.is_valid():
        return _show(request, found, forms, status=422)
    data, by, at = form.cleaned_data, request.user, clock.now()
    try:
        if what == "ask":
            tables.ask_contribution(table=found, by=by, at=at, **data)
        elif what == "need":
            tables.revise_need(table=found, by=by, at=at, **data)
        else:
            _answer(request, _line(found.contributions.all(), request), data)
    except RuleViolation as refusal:
        return _show(request, found, forms, refusal=refusal, status=422)
    messages.success(request, _("C’est enregistré."))
    return redirect("cofinancing:table", uuid=uuid)


@_sees
@require_safe
@reads_only
def evidence(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """The document that proves a line, always downloaded."""
    found: Contribution = get_object_or_404(Contribution.objects.exclude(file=None).select_related("file"), uuid=uuid)
    assert found.file is not None
    response = HttpResponse(path_of(found.file.sha256).read_bytes(), content_type=found.file.mime)
    response["Content-Disposition"] = content_disposition_header(True, found.file.name) or "attachment"
    return response


@require_safe
@reads_only
def mine(request: SignedInRequest) -> HttpResponse:
    """The rounds of the projects of the visitor's organisations."""
    views = [selectors.table_view(one) for one in selectors.tables_held_by(request.user)[:PER_PAGE]]
    return render(request, "cofinancing/mine.html", {"views": views})


@_partner
@never_cache
@require_http_methods(["GET", "POST"])
def partner(request: SignedInRequest) -> HttpResponse:
    """What the visitor's partners are asked; POST answers one line. No other financer is shown."""
    lines = selectors.lines_of_partners(request.user)
    form = AnswerForm(is_partner=True, initial={"on": clock.today()})
    refusal: RuleViolation | None = None
    if request.method == "POST":
        line = _line(lines, request)
        form = AnswerForm(request.POST, request.FILES, is_partner=True)
        if form.is_valid():
            try:
                _answer(request, line, form.cleaned_data)
            except RuleViolation as found:
                refusal = found
            else:
                messages.success(request, _("C’est enregistré."))
                return redirect("cofinancing:partner")
    context = {
        "page": Paginator(lines, PER_PAGE).get_page(request.GET.get("page")),
        "waiting": list(lines.filter(state__in=("ASKED", "PROMISED"))[:PER_PAGE]),
        "form": form,
        "refusal": refusal,
    }
    return render(request, "cofinancing/partner.html", context, status=422 if refusal or form.errors else 200)


def _line(rows: QuerySet[Contribution], request: SignedInRequest) -> Contribution:
    """Return the line a form is about; 404 for one that is not among those the visitor may answer."""
    try:
        wanted = UUID(request.POST.get("line", ""))
    except ValueError as unknown:
        raise Http404 from unknown
    return get_object_or_404(rows, uuid=wanted)


def _answer(request: SignedInRequest, line: Contribution, data: dict[str, Any]) -> None:
    act, on, by, at = data["act"], data["on"], request.user, clock.now()
    if act == "promise":
        tables.promise_contribution(
            contribution=line, amount=data["amount"], on=on, by=by, at=at, evidence=data["evidence"]
        )
    elif act == "confirm":
        tables.confirm_contribution(
            contribution=line, amount=data["amount"], on=on, evidence=data["evidence"], file=data["file"], by=by, at=at
        )
    elif act == "refuse":
        tables.refuse_contribution(contribution=line, on=on, reason=data["reason"], by=by, at=at)
    else:
        tables.withdraw_contribution(contribution=line, on=on, reason=data["reason"], by=by, at=at)


@reads_only
def _show(
    request: SignedInRequest, found: RoundTable, forms: dict[str, Any], *, refusal: RuleViolation | None = None,
    status: int = 200,
) -> HttpResponseBase:  # fmt: skip
    view = selectors.table_view(found)
    context = {
        "view": view,
        "forms": forms,
        "live": [one for one in view.lines if one.state not in ("REFUSED", "WITHDRAWN")],
        "refusal": refusal,
        "may_write": can_write_rounds(request.user),
    }
    return render(request, "cofinancing/table.html", context, status=status)
