"""Minutes: read, signed by two, sealed, downloaded."""

from io import BytesIO
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from fres.kernel import clock
from fres.kernel.access import reads_only
from fres.kernel.documents import open_document
from fres.kernel.errors import RuleViolation
from investors.requests import SignedInRequest
from projects.committee import minutes as sealing
from projects.committee.minutes_content import gather_minutes
from projects.committee.states import SessionState
from projects.committee.views.desk import enter
from projects.committee.views.room import session_for
from projects.models import Minutes, Session


@enter
@require_http_methods(["GET", "POST"])
def minutes(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
    """The minutes as they stand; POST with `act` signs what was shown, or seals what both signed."""
    shown = session_for(request, uuid)
    refusal = None
    if request.method == "POST":
        try:
            messages.success(request, _minutes_act(request, shown))
            return redirect("committee:minutes", uuid=uuid)
        except RuleViolation as refused:
            refusal = refused
    return _show_minutes(request, session_for(request, uuid), refusal=refusal)


def _minutes_act(request: SignedInRequest, shown: Session) -> str:
    act = request.POST.get("act", "")
    if act == "sign":
        sha256 = request.POST.get("content", "")
        sealing.sign_minutes(session=shown, content_sha256=sha256, by=request.user, at=clock.now())
        return _("Votre signature est enregistrée.")
    if act == "seal":
        sealing.seal_minutes(session=shown, by=request.user, at=clock.now())
        return _("Le procès-verbal est scellé : il ne change plus.")
    raise Http404


@reads_only
def _show_minutes(request: SignedInRequest, shown: Session, *, refusal: RuleViolation | None) -> HttpResponse:
    content = gather_minutes(shown)
    signatures = sealing.signatures_in_force(shown, content.sha256)
    capacity = sealing.capacity_of(shown, request.user)
    context = {
        "session": shown,
        "content": content,
        "signatures": signatures,
        "stale": shown.signatures.exclude(content_sha256=content.sha256).count(),
        "may_sign": shown.state == SessionState.ENDED
        and bool(capacity)
        and capacity not in {one.capacity for one in signatures},
        "may_seal": shown.state == SessionState.ENDED and bool(capacity) and len(signatures) == len(sealing.Capacity),
        "minutes": Minutes.objects.filter(session=shown).select_related("document").first(),
        "refusal": refusal,
    }
    return render(request, "projects/committee/minutes.html", context, status=422 if refusal else 200)


@enter
@require_GET
@reads_only
def minutes_pdf(request: SignedInRequest, uuid: UUID) -> FileResponse:
    """The sealed minutes, as they were issued."""
    shown = session_for(request, uuid)
    sealed = get_object_or_404(Minutes.objects.select_related("document"), session=shown)
    name = sealed.document.number.replace("/", "-")
    return FileResponse(
        BytesIO(open_document(sealed.document)),
        as_attachment=True,
        filename=f"{name}.pdf",
        content_type=sealed.document.mime,
    )
