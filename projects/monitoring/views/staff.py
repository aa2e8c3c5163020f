"""The desk of reports: which are late, which wait for a review, and the review of one."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from fres.kernel import clock
from fres.kernel.access import reads_only, require
from fres.kernel.document_files import path_of
from fres.kernel.errors import RuleViolation
from investors.requests import SignedInRequest
from projects.models import Report, ReportPiece
from projects.monitoring import reports as operations
from projects.monitoring import selectors
from projects.monitoring.permissions import can_review_reports, can_see_reports
from projects.states import ReportState

REPORTS_A_PAGE = 50
_sees_reports = require(can_see_reports, hidden=True)


@_sees_reports
@require_safe
@reads_only
def reports(request: SignedInRequest) -> HttpResponse:
    """Every report, those that wait for a review first."""
    page = Paginator(selectors.reports_to_review(), REPORTS_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "projects/monitoring/desk.html", {"page": page, "today": clock.today()})


@_sees_reports
@never_cache
@require_http_methods(["GET", "POST"])
def review(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """One report as it was signed; POST publishes it or gives it back."""
    found = get_object_or_404(Report.objects.select_related("project__organisation", "submitted_by"), uuid=uuid)
    refusal: RuleViolation | None = None
    if request.method == "POST":
        if not can_review_reports(request.user):
            raise PermissionDenied
        try:
            done = _act(request, found)
        except RuleViolation as refused:
            refusal = refused
        else:
            messages.success(request, done)
            return redirect("monitoring:review", uuid=uuid)
    context = {
        "report": found,
        "values": [(row, selectors.told_value(row)) for row in found.values.select_related("indicator")],
        "pieces": list(found.pieces.all()),
        "before": selectors.report_before(found),
        "awards": selectors.awards_of(found.project),
        "can_review": can_review_reports(request.user) and found.state == ReportState.SUBMITTED,
        "refusal": refusal,
    }
    return render(request, "projects/monitoring/review.html", context, status=422 if refusal else 200)


@_sees_reports
@require_GET
@reads_only
def piece(request: SignedInRequest, uuid: UUID, piece: UUID) -> HttpResponse:
    """A proof as it was sent, always downloaded."""
    found = get_object_or_404(ReportPiece, report__uuid=uuid, uuid=piece)
    response = HttpResponse(path_of(found.sha256).read_bytes(), content_type=found.mime)
    response["Content-Disposition"] = content_disposition_header(True, found.name) or "attachment"
    return response


def _act(request: SignedInRequest, found: Report) -> str:
    if request.POST.get("act") == "publish":
        operations.publish_report(report=found, by=request.user, at=clock.now())
        return _("Le rapport est publié sur la page du projet.")
    reason = request.POST.get("reason", "")
    operations.return_report(report=found, reason=reason, by=request.user, at=clock.now())
    return _("Le rapport est rendu au porteur, avec vos mots.")
