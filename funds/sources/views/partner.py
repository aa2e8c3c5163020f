"""A partner's own space: what it sends, what was found in it, its territories."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from fres.kernel import clock
from fres.kernel.access import reads_only, require
from fres.kernel.errors import RuleViolation
from fres.kernel.uploads import limit_for
from funds.models import Partner
from funds.sources.forms import UploadForm
from funds.sources.partners import engagement_of, needs_engagement
from funds.sources.permissions import is_partner, partners_of, uploads_of
from funds.sources.states import UploadState
from funds.sources.totals import LEVELS, places_of
from funds.sources.uploading import receive_upload
from investors.requests import SignedInRequest

PER_PAGE = 50
_partner = require(is_partner, hidden=True)


@_partner
@require_safe
@reads_only
def space(request: SignedInRequest) -> HttpResponse:
    """The partners a person acts for."""
    return render(request, "sources/space.html", {"partners": partners_of(request.user)})


@_partner
@require_http_methods(["GET", "POST"])
def partner(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
    """One partner: send a file, and every file sent."""
    one = get_object_or_404(partners_of(request.user), uuid=uuid)
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            upload, is_new = receive_upload(
                partner=one, file=form.cleaned_data["file"], by=request.user, at=clock.now()
            )
        except RuleViolation as refusal:
            return _show(request, one, form, refusal)
        if not is_new:
            messages.info(request, _("Ce fichier avait déjà été déposé : rien n’est compté deux fois."))
        return redirect("sources:upload", uuid=upload.uuid)
    return _show(request, one, form, None)


@reads_only
def _show(request: SignedInRequest, one: Partner, form: UploadForm, refusal: RuleViolation | None) -> HttpResponseBase:
    context = {
        "partner": one,
        "form": form,
        "refusal": refusal,
        "page": Paginator(one.uploads.select_related("by"), PER_PAGE).get_page(request.GET.get("page")),
        "channels": one.channels.exclude(stage="CLOSED"),
        "engagement": engagement_of(one),
        "needs_engagement": needs_engagement(one),
        "limit_mb": limit_for(request.path).megabytes,
        "last": one.uploads.filter(state=UploadState.ACCEPTED).order_by("-period_ends_on").first(),
    }
    return render(request, "sources/partner.html", context)


@_partner
@require_safe
@reads_only
def upload(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """One file: its state, every error, what was done with old codes."""
    return render(request, "sources/upload.html", {"upload": get_object_or_404(uploads_of(request.user), uuid=uuid)})


@_partner
@require_safe
@reads_only
def places(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """What an accepted file says of each territory: collection beside lending, by class of clients (R-034)."""
    one = get_object_or_404(uploads_of(request.user), uuid=uuid, state__in=(UploadState.ACCEPTED, UploadState.REPLACED))
    level = request.GET.get("level", "")
    level = level if level in LEVELS else LEVELS[0]
    page = Paginator(places_of(one, level), PER_PAGE).get_page(request.GET.get("page"))
    context = {"upload": one, "level": level, "levels": [(code, code.label) for code in LEVELS], "page": page}
    return render(request, "sources/places.html", context)
