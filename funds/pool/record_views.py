"""One page for each thing that the desk records about the pot."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from fres.kernel import clock
from fres.kernel.access import require
from fres.kernel.errors import RuleViolation
from funds.models import Fund
from funds.permissions import can_see_desk
from funds.pool.record_forms import FORMS
from investors.permissions import roles_of
from investors.requests import SignedInRequest


@require(can_see_desk, hidden=True)
@never_cache
@require_http_methods(["GET", "POST"])
def record(request: SignedInRequest, uuid: UUID, what: str) -> HttpResponse:
    """The form of one kind of record; POST writes it, or shows the refusal and writes nothing."""
    fund = get_object_or_404(Fund.objects.select_related("entity"), uuid=uuid)
    if what not in FORMS:
        raise Http404
    if not roles_of(request.user).intersection(FORMS[what].roles):
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
            return redirect("pool:desk")
    context = {"form": form, "fund": fund, "refusal": refusal, "back": reverse("pool:desk"), "back_label": _("Pot")}
    return render(request, "funds/record.html", context, status=422 if refusal or form.errors else 200)
