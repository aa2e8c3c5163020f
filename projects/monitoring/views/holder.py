"""The holder's pages of reports: what is due, the report to write, its proofs, its signature."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fres.kernel import clock
from fres.kernel.access import reads_only
from fres.kernel.errors import RuleViolation
from investors.requests import SignedInRequest
from projects.models import Report
from projects.monitoring import reports, selectors
from projects.monitoring.forms import ReportForm, ReportPieceForm
from projects.organisations.permissions import can_sign


@require_safe
@reads_only
def mine(request: SignedInRequest) -> HttpResponse:
    """The reports of the visitor's organisations, awaited ones first to be seen."""
    found = list(selectors.reports_of(request.user, clock.today()))
    context = {
        "awaited": [one for one in found if one.state in selectors.AWAITED],
        "others": [one for one in found if one.state not in selectors.AWAITED],
        "today": clock.today(),
    }
    return render(request, "projects/monitoring/mine.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def report(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """A report to write; POST saves what is given."""
    found = _own(request, uuid)
    form = _form(request, found)
    refusal: RuleViolation | None = None
    if request.method == "POST" and form.is_valid():
        try:
            reports.save_report(
                report=found, given=form.given(), values=form.values_given(), by=request.user, at=clock.now()
            )
        except RuleViolation as refused:
            refusal = refused
        else:
            messages.success(request, _("Enregistré. Vous pouvez revenir plus tard."))
            return redirect("monitoring:report", uuid=uuid)
    return _page(request, found, form, refusal)


@require_POST
def join(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Join a proof."""
    found = _own(request, uuid)
    form = ReportPieceForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, _("Choisissez un fichier et sa nature."))
        return redirect("monitoring:report", uuid=uuid)
    try:
        reports.join_report_piece(
            report=found, kind=form.cleaned_data["kind"], file=form.cleaned_data["file"], by=request.user,
            at=clock.now(),
        )  # fmt: skip
    except RuleViolation as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("La pièce est jointe."))
    return redirect("monitoring:report", uuid=uuid)


@require_POST
def submit(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Sign and send."""
    found = _own(request, uuid)
    try:
        reports.submit_report(report=found, by=request.user, at=clock.now())
    except RuleViolation as refusal:
        return _page(request, found, _form(request, found, is_read=False), refusal)
    messages.success(request, _("Votre rapport est signé et transmis. Une personne du fonds le relit."))
    return redirect("monitoring:report", uuid=uuid)


def _own(request: SignedInRequest, uuid: UUID) -> Report:
    return get_object_or_404(selectors.reports_of(request.user, clock.today()), uuid=uuid)


def _form(request: SignedInRequest, found: Report, *, is_read: bool = True) -> ReportForm:
    before = selectors.report_before(found)
    rows = before.values.select_related("indicator") if before is not None else ()
    told = {row.indicator.code: selectors.told_value(row) for row in rows}
    data = request.POST if request.method == "POST" and is_read else None
    return ReportForm(data, report=found, before=told, forecast=selectors.forecast_of(found.project))


def _page(request: SignedInRequest, found: Report, form: ReportForm, refusal: RuleViolation | None) -> HttpResponse:
    is_open = found.state in reports.OPEN_TO_ANSWERS
    context: dict[str, Any] = {
        "report": found,
        "form": form,
        "piece_form": ReportPieceForm(),
        "pieces": list(found.pieces.all()),
        "before": selectors.report_before(found),
        "awards": selectors.awards_of(found.project),
        "missing": reports.missing_in_report(found) if is_open else [],
        "is_open": is_open,
        "can_sign": can_sign(request.user, found.project.organisation),
        "refusal": refusal,
    }
    status = 422 if refusal or form.errors else 200
    return render(request, "projects/monitoring/report.html", context, status=status)
