"""The page of a fund, for everybody; and what founds it, written by its management."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from fres.kernel import clock
from fres.kernel.access import open_to_all, reads_only, require
from fres.kernel.document_files import path_of
from fres.kernel.errors import RuleViolation
from funds.founding.forms import FORMS
from funds.founding.selectors import fund_view
from funds.models import Fund, FundFile
from funds.permissions import can_see_desk
from funds.sources.permissions import can_manage_sources
from investors.requests import SignedInRequest

_sees = require(can_see_desk, hidden=True)


@open_to_all
@require_safe
@reads_only
def funds(request: HttpRequest) -> HttpResponse:
    """Each fund: what it is, who is engaged, who governs, who owns."""
    on = clock.today()
    context = {"views": [fund_view(fund, on) for fund in Fund.objects.order_by("pk")], "today": on}
    return render(request, "founding/funds.html", context)


@open_to_all
@require_safe
@reads_only
def public_file(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A signed document of a fund, as it was filed, always downloaded."""
    return _download(get_object_or_404(FundFile, uuid=uuid, is_public=True))


@_sees
@require_safe
@reads_only
def desk(request: SignedInRequest) -> HttpResponse:
    """What founds each fund, and what may be recorded."""
    on = clock.today()
    context = {
        "views": [fund_view(fund, on) for fund in Fund.objects.order_by("pk")],
        "kinds": [(code, kind.heading) for code, kind in FORMS.items()],
        "may_write": can_manage_sources(request.user),
    }
    return render(request, "founding/desk.html", context)


@_sees
@never_cache
@require_http_methods(["GET", "POST"])
def record(request: SignedInRequest, uuid: UUID, what: str) -> HttpResponse:
    """The form of one kind of record; POST writes it."""
    fund = get_object_or_404(Fund.objects.select_related("entity"), uuid=uuid)
    if what not in FORMS:
        raise Http404
    if not can_manage_sources(request.user):
        raise PermissionDenied
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = FORMS[what](*sent, fund=fund)
    refusal: RuleViolation | None = None
    if form.is_valid():
        try:
            form.record(by=request.user, at=clock.now())
        except RuleViolation as found:
            refusal = found
        else:
            messages.success(request, _("C’est enregistré."))
            return redirect("founding:desk")
    context = {
        "form": form,
        "fund": fund,
        "refusal": refusal,
        "back": reverse("founding:desk"),
        "back_label": _("Fonds"),
    }
    return render(request, "funds/record.html", context, status=422 if refusal or form.errors else 200)


def _download(found: FundFile) -> HttpResponse:
    response = HttpResponse(path_of(found.sha256).read_bytes(), content_type=found.mime)
    response["Content-Disposition"] = content_disposition_header(True, found.name) or "attachment"
    return response
