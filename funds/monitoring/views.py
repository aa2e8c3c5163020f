"""The monitoring desk: early warnings, one financing with its acts; and the lender's answer to a restructuring."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms as django_forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from fres.kernel import clock
from fres.kernel.access import reads_only, require
from fres.kernel.errors import RuleViolation
from funds.models import Concern, FinancingRequest, Offer
from funds.monitoring import concerns, requests, selectors
from funds.monitoring.forms import ConcernForm, EndForm, NoteForm, RestructuringForm
from funds.monitoring.permissions import can_decide, can_follow, can_see_follow_up
from funds.monitoring.schedules import agreed_cents, answer_restructuring
from funds.states import FinancingRequestState
from investors.requests import SignedInRequest

FINANCINGS_A_PAGE = 50
_sees = require(can_see_follow_up, hidden=True)
_FORMS: dict[str, type[django_forms.Form]] = {
    "concern": ConcernForm,
    "note": NoteForm,
    "restructure": RestructuringForm,
    "end": EndForm,
}


@_sees
@require_safe
@reads_only
def warnings(request: SignedInRequest) -> HttpResponse:
    """The financings in trouble, and why."""
    page = Paginator(selectors.early_warnings(), FINANCINGS_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "follow_up/warnings.html", {"page": page})


@_sees
@never_cache
@require_http_methods(["GET", "POST"])
def financing(request: SignedInRequest, slug: str) -> HttpResponse:
    """One financing: reasons, notes, proposals; POST does the act it names."""
    followed = Offer.objects.exclude(financing_state="").select_related("project__organisation", "loan")
    offer: Offer = get_object_or_404(followed, slug=slug)
    shown = {name: form() for name, form in _FORMS.items()}
    refusal: RuleViolation | None = None
    if request.method == "POST":
        act = request.POST.get("act", "")
        form = _FORMS[act](request.POST) if act in _FORMS else None
        if form is None or form.is_valid():
            try:
                _act(request, offer, act, form.cleaned_data if form is not None else {})
            except RuleViolation as refused:
                refusal = refused
            else:
                messages.success(request, _("C’est écrit."))
                return redirect("follow_up:financing", slug=slug)
        if form is not None:
            shown[act] = form
    context: dict[str, Any] = {
        "offer": offer,
        "concerns": list(offer.concerns.all()),
        "notes": list(offer.follow_up_notes.select_related("written_by")),
        "requests": [
            {"one": one, "can_decide": can_decide(request.user, one), "agreed": agreed_cents(one)}
            for one in selectors.requests_of(offer)
        ],
        "forms": shown,
        "can_follow": can_follow(request.user),
        "has_loan": hasattr(offer, "loan"),
        "refusal": refusal,
    }
    is_refused = refusal is not None or any(form.errors for form in shown.values())
    return render(request, "follow_up/financing.html", context, status=422 if is_refused else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def answer(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """A lender reads the terms proposed, and says yes or no for each part they hold."""
    found = get_object_or_404(FinancingRequest.objects.select_related("offer__project", "offer__loan"), uuid=uuid)
    holdings = requests.holdings_of(request.user, found)
    if not holdings or found.kind != FinancingRequest.Kind.RESTRUCTURE:
        raise Http404
    answered = set(found.answers.values_list("holding_id", flat=True))
    refusal: RuleViolation | None = None
    if request.method == "POST":
        try:
            for holding in holdings:
                answer_restructuring(
                    request=found, holding=holding, agrees=request.POST.get("agrees") == "yes", by=request.user,
                    at=clock.now(),
                )  # fmt: skip
        except RuleViolation as refused:
            refusal = refused
        else:
            messages.success(request, _("Votre réponse est écrite."))
            return redirect("follow_up:answer", uuid=uuid)
    context = {
        "request_": found,
        "lent": sum(one.principal_cents for one in holdings),
        "has_answered": {one.pk for one in holdings} <= answered,
        "is_open": found.state == FinancingRequestState.ACCEPTED and found.worsens_terms,
        "refusal": refusal,
    }
    return render(request, "follow_up/answer.html", context, status=422 if refusal else 200)


def _act(request: SignedInRequest, offer: Offer, act: str, data: dict[str, Any]) -> None:
    by, at = request.user, clock.now()
    if act in ("decide", "apply"):
        found = get_object_or_404(FinancingRequest, offer=offer, uuid=request.POST.get("request"))
        if not can_decide(by, found):
            raise PermissionDenied
        if act == "apply":
            requests.apply_restructuring(request=found, by=by, at=at)
            return
        accepts, note = request.POST.get("answer") == "yes", request.POST.get("note", "")
        requests.decide_request(request=found, accepts=accepts, note=note, by=by, at=at)
        return
    if not can_follow(by):
        raise PermissionDenied
    follow: dict[str, Callable[[], object]] = {
        "concern": lambda: concerns.raise_concern(
            offer=offer, kind=data["kind"], detail=data["detail"], by=by, at=at
        ),
        "close": lambda: concerns.close_concern(
            concern=get_object_or_404(Concern, offer=offer, uuid=request.POST.get("concern")),
            note=request.POST.get("note", ""), by=by, at=at,
        ),
        "note": lambda: concerns.write_note(
            offer=offer, kind=data["note_kind"], happens_on=data["happens_on"], text=data["text"], by=by, at=at
        ),
        "restructure": lambda: requests.propose_restructuring(
            offer=offer,
            terms=requests.NewTerms(data["months"], int(data["rate"] * 100), data["first_due_on"]),
            reason=data["terms_reason"], by=by, at=at,
        ),
        "end": lambda: _propose_end(offer, data, request),
    }  # fmt: skip
    if act not in follow:
        raise Http404
    follow[act]()


def _propose_end(offer: Offer, data: dict[str, Any], request: SignedInRequest) -> None:
    by, at, kind, reason = request.user, clock.now(), data["end_kind"], data["end_reason"]
    if kind == FinancingRequest.Kind.LOSS:
        requests.propose_loss(offer=offer, reason=reason, by=by, at=at)
    else:
        requests.propose_default(offer=offer, ground=kind, reason=reason, by=by, at=at)
