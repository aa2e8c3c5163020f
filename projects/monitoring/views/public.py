"""A published report, as anybody reads it."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from fres.kernel.access import open_to_all, reads_only
from projects.monitoring import selectors


@open_to_all
@require_safe
@reads_only
def report(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One published report: figures with their parts, quality and proof, accounts, governance, label."""
    found = get_object_or_404(selectors.published_reports(), uuid=uuid)
    context = {"told": selectors.public_report(found), "report": found}
    return render(request, "projects/monitoring/public_report.html", context)
