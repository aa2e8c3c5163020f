"""The information sheet of a compartment: everybody reads it, the manager publishes it."""

from io import BytesIO

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from fres.kernel import clock
from fres.kernel.access import reads_only, require
from fres.kernel.documents import open_document
from fres.kernel.errors import RuleViolation
from funds.models import Compartment
from funds.pool.sheets import can_publish_sheet, current_sheet, publish_pool_sheet
from investors.permissions import is_staff
from investors.requests import SignedInRequest


@login_not_required
@never_cache
@require_safe
@reads_only
def sheet(request: HttpRequest, slug: str) -> FileResponse:
    """The sheet in force, as issued."""
    document = current_sheet(get_object_or_404(Compartment, slug=slug))
    if document is None:
        raise Http404
    name = document.number.replace("/", "-")
    return FileResponse(BytesIO(open_document(document)), filename=f"{name}.pdf", content_type=document.mime)


@require(is_staff, hidden=True)
@require(can_publish_sheet)
@require_POST
def publish(request: SignedInRequest, slug: str) -> HttpResponse:
    """Issue the sheet anew, as the books stand."""
    compartment = get_object_or_404(Compartment, slug=slug)
    try:
        document = publish_pool_sheet(compartment=compartment, by=request.user, at=clock.now())
    except RuleViolation as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("La fiche est publiée sous le numéro %(number)s.") % {"number": document.number})
    return redirect("pool:pot", slug=slug)
