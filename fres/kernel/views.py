"""Pages of the kernel: health, the reader's colours, dated values, and what is said when something goes wrong."""

import os
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import DatabaseError, connection
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fres.kernel import clock, exports, parameters
from fres.kernel.access import Role, has_any_role, is_staff_member, open_to_all, reads_only, require
from fres.kernel.context import THEME_COOKIE, THEMES
from fres.kernel.errors import RuleViolation
from fres.kernel.exports import Column
from fres.kernel.forms import ParameterChangeForm, ParameterSearchForm
from fres.kernel.models import Parameter
from fres.kernel.models.parameters import NATIONAL

_PER_PAGE = 100
_YEAR_SECONDS = 31_536_000


# ---- Health ----


@open_to_all
@never_cache
@require_GET
@reads_only
def health(request: HttpRequest) -> HttpResponse:
    """Answer 200 when the database answers and documents can be written, else 503; the body says which."""
    checks = {"database": _database_answers(), "documents": _documents_can_be_written()}
    is_well = all(checks.values())
    body = {"status": "ok" if is_well else "broken", "checks": checks}
    return JsonResponse(body, status=200 if is_well else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _documents_can_be_written() -> bool:
    folder = settings.DOCUMENT_ROOT
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return os.access(folder, os.W_OK)


# ---- The reader's colours ----


@open_to_all
@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Keep the reader's colours in a cookie for a year, and go back to the page they came from."""
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        target = "/"
    response = redirect(target)
    theme = request.POST.get("theme", "auto")
    response.set_cookie(
        THEME_COOKIE,
        theme if theme in THEMES else "auto",
        max_age=_YEAR_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


# ---- Dated values ----


def can_change_parameters(user: Any) -> bool:
    return has_any_role(user, Role.ADMINISTRATOR, Role.MANAGER)


@require(is_staff_member, hidden=True)
@require_GET
@reads_only
def parameter_list(request: HttpRequest) -> HttpResponse:
    form = ParameterSearchForm(request.GET)
    found = _found(form)
    context = {
        "form": form,
        "page": Paginator(found, _PER_PAGE).get_page(request.GET.get("page")),
        "to_confirm": found.filter(status=Parameter.Status.TO_CONFIRM).count(),
        "scope_names": dict(parameters.fund_scopes()),
        "query": request.GET.urlencode(),
    }
    return render(request, "kernel/parameters.html", context)


@require(is_staff_member, hidden=True)
@require_GET
@reads_only
def parameter_export(request: HttpRequest) -> HttpResponseBase:
    found = _found(ParameterSearchForm(request.GET))
    return exports.csv_response(
        found.iterator(chunk_size=500), _PARAMETER_COLUMNS, name=f"taux-et-limites-{clock.today()}.csv"
    )


@require(is_staff_member, hidden=True)
@require_http_methods(["GET", "POST"])
def parameter(request: HttpRequest, key: str) -> HttpResponse:
    """One key: every row of it, who changed it, and for those who may, the form that adds the row that follows."""
    rows = list(Parameter.objects.filter(key=key))
    if not rows:
        raise Http404
    last = [row for row in rows if row.scope == NATIONAL][-1:] or rows[-1:]
    can_change = can_change_parameters(request.user)
    form = ParameterChangeForm(initial={"scope": NATIONAL, "status": last[0].status}) if can_change else None
    refusal = None
    if request.method == "POST":
        if not can_change:
            raise PermissionDenied
        form = ParameterChangeForm(request.POST)
        if form.is_valid():
            try:
                added = parameters.change_value(
                    parameter=last[0],
                    scope=form.cleaned_data["scope"],
                    value=form.cleaned_data["value"],
                    valid_from=form.cleaned_data["valid_from"],
                    source=form.cleaned_data["source"],
                    status=form.cleaned_data["status"],
                    today=clock.today(),
                )
            except RuleViolation as violation:
                refusal = violation
            else:
                messages.success(
                    request,
                    _("La nouvelle valeur de « %(key)s » s’appliquera dès le %(day)s.")
                    % {"key": key, "day": added.valid_from.strftime("%d/%m/%Y")},
                )
                return redirect("kernel:parameter", key=key)
    context = {
        "key": key,
        "label": last[0].label or key,
        "rows": rows,
        "changes": parameters.changes_of(key),
        "scope_names": dict(parameters.fund_scopes()),
        "today": clock.today(),
        "form": form,
        "refusal": refusal,
    }
    return render(request, "kernel/parameter.html", context, status=422 if (form and form.errors) or refusal else 200)


def _found(form: ParameterSearchForm) -> QuerySet[Parameter]:
    """The rows that the form asks for; a form that says nothing valid asks for none."""
    if not form.is_valid():
        return Parameter.objects.none()
    asked = form.cleaned_data
    return parameters.listed(search=asked["q"], scope=asked["scope"], status=asked["status"], on=asked["on"])


_PARAMETER_COLUMNS = (
    Column(gettext_lazy("Clé"), lambda row: row.key),
    Column(gettext_lazy("Intitulé"), lambda row: row.label),
    Column(gettext_lazy("Portée"), lambda row: row.scope),
    Column(gettext_lazy("Valeur"), lambda row: row.value.normalize() + 0),
    Column(gettext_lazy("Unité"), lambda row: row.unit),
    Column(gettext_lazy("Se lit à la"), lambda row: row.get_keyed_on_display()),
    Column(gettext_lazy("Du"), lambda row: row.valid_from),
    Column(gettext_lazy("Au"), lambda row: row.valid_to),
    Column(gettext_lazy("Statut"), lambda row: row.get_status_display()),
    Column(gettext_lazy("Source"), lambda row: row.source),
)


# ---- When something goes wrong. The page of a 500 stands alone and keeps Django's own handler. ----


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "400.html", status=400)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403_csrf.html", status=403)
