"""The desk of calls: what is open, the versions of their forms, a new one."""

import json
from datetime import datetime, time, timedelta
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from fres.kernel import clock, parameters
from fres.kernel.access import is_staff_member, reads_only, require
from fres.kernel.errors import RuleViolation
from projects.applications import forms
from projects.applications.calls import latest_form, open_call, publish_form
from projects.applications.permissions import (
    can_manage_calls,
    can_read_files,
)
from projects.applications.views.common import person
from projects.models import Call

_hidden = require(is_staff_member, hidden=True)
_readers = require(can_read_files)


@_hidden
@_readers
@require_http_methods(["GET", "POST"])
def calls_desk(request: HttpRequest) -> HttpResponse:
    """The calls and the versions of their forms; the manager opens one, or publishes a version."""
    is_manager = can_manage_calls(request.user)
    form, refusal = forms.CallForm(), None
    if request.method == "POST":
        if not is_manager:
            raise PermissionDenied
        if request.POST.get("act") == "form":
            try:
                return _publish(request)
            except RuleViolation as problem:
                refusal = problem
        else:
            form = forms.CallForm(request.POST)
            if form.is_valid():
                return _open(request, form)
    context = {
        "calls": Call.objects.prefetch_related("forms").order_by("-opens_at"),
        "form": form,
        "refusal": refusal,
        "can_manage": is_manager,
        "now": clock.now(),
    }
    return render(
        request, "projects/applications/calls_desk.html", context, status=422 if form.errors or refusal else 200
    )


def _open(request: HttpRequest, form: forms.CallForm) -> HttpResponse:
    data = form.cleaned_data
    names = dict(parameters.fund_scopes())
    opens_at = datetime.combine(data["opens_on"], time(), clock.PARIS)
    closes_on = data["closes_on"]
    open_call(
        title=data["title"],
        summary=data["summary"],
        description=data["description"],
        fund_uuid=UUID(data["fund"]),
        fund_name=names[data["fund"]],
        region_code=data["region"],
        opens_at=opens_at,
        closes_at=datetime.combine(closes_on + timedelta(days=1), time(), clock.PARIS) if closes_on else None,
        contact_email=data["contact_email"],
        by=person(request),
        at=clock.now(),
    )
    messages.success(request, _("L’appel est publié avec la première version du formulaire."))
    return redirect("applications:calls_desk")


def _publish(request: HttpRequest) -> HttpResponse:
    """Publish the version sent as a JSON file; the ordinary form's text is the model to start from."""
    call = get_object_or_404(Call, slug=request.POST.get("call", ""))
    sent = request.FILES.get("definition")
    text = sent.read().decode("utf-8", "replace") if sent else ""  # type: ignore[union-attr]
    try:
        definition = json.loads(text)
    except ValueError:
        definition = {}
    form = publish_form(call=call, definition=definition, by=person(request), at=clock.now())
    messages.success(request, _("La version %(n)d du formulaire est publiée.") % {"n": form.version})
    return redirect("applications:calls_desk")


@_hidden
@_readers
@require_safe
@reads_only
def form_definition(request: HttpRequest, slug: str) -> HttpResponse:
    """The last version of a call's form as JSON: what the next version is written from."""
    form = latest_form(get_object_or_404(Call, slug=slug))
    text = json.dumps(form.definition, ensure_ascii=False, indent=1)
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slug}-v{form.version}.json"'
    return response
