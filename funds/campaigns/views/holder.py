"""The holder prepares an offer, answers, gives news, and publishes the evidence of a milestone."""

from io import BytesIO
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from fres.kernel import clock
from fres.kernel.access import reads_only
from fres.kernel.errors import RuleViolation
from fres.kernel.inspection import ACCEPT_ATTRIBUTE
from fres.kernel.money import from_cents, to_cents
from fres.kernel.uploads import limit_for
from funds.calendars import loan_example
from funds.campaigns import preparing, selectors
from funds.campaigns.carrying import prepare_from_application, proposed_terms
from funds.campaigns.forms import (
    AnswersForm,
    FundingFormSet,
    TeamFormSet,
    TermsForm,
    TrancheFormSet,
    TrancheRulesForm,
    UpdateForm,
    funding_of,
    people_of,
    tranches_of,
    written,
)
from funds.campaigns.telling import answer_question, publish_update
from funds.campaigns.threshold import compute_threshold
from funds.campaigns.tranches import publish_evidence
from funds.fici.publishing import missing_for_fici, preview_fici
from funds.models import FundingSource, Offer
from funds.states import OfferFileState
from investors.requests import SignedInRequest


@require_GET
@reads_only
def mine(request: SignedInRequest) -> HttpResponse:
    """The offers of the visitor's organisations, and the projects that may have one."""
    context = {
        "offers": selectors.offers_held_by(request.user),
        "projects": selectors.projects_to_finance(request.user),
    }
    return render(request, "campaigns/mine.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def prepare(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Start the offer of a project."""
    project = get_object_or_404(selectors.projects_to_finance(request.user), uuid=uuid)
    fund = selectors.fund_of_project(project)
    if fund is None:
        raise Http404
    form = TermsForm(request.POST or None, initial=proposed_terms(project))
    refusal: RuleViolation | None = None
    if request.method == "POST" and form.is_valid():
        try:
            offer = prepare_from_application(
                project=project, fund=fund, terms=form.terms(), by=request.user, at=clock.now()
            )
        except RuleViolation as refused:
            refusal = refused
        else:
            messages.success(
                request, _("L’offre est en préparation, avec ce que votre dossier disait déjà. Complétez-la.")
            )
            return redirect("campaigns:file", slug=offer.slug)
    context = {"form": form, "project": project, "refusal": refusal}
    return render(request, "campaigns/terms.html", context, status=422 if form.errors or refusal else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def file(request: SignedInRequest, slug: str) -> HttpResponse:
    """The file of an offer: what is done, what is missing; POST sends it."""
    offer = _own_offer(request, slug)
    refusal: RuleViolation | None = None
    if request.method == "POST":
        try:
            preparing.send_file(offer=offer, by=request.user, at=clock.now())
        except RuleViolation as refused:
            refusal = refused
        else:
            messages.success(request, _("Le dossier est transmis. La gestion le relit."))
            return redirect("campaigns:file", slug=slug)
    planned = loan_example(offer, at=clock.now())
    context = {
        "offer": offer,
        "file": offer.file,
        "missing": preparing.missing_in_file(offer),
        "missing_sheet": [] if offer.is_gift else missing_for_fici(offer),
        "threshold": None if offer.is_gift else told_threshold(offer),
        "plan_total": selectors.plan_total(offer),
        "tranches": list(offer.tranches.all()),
        "schedule": planned[1] if planned else None,
        "example": planned[0] if planned else None,
        "is_draft": offer.file.state == OfferFileState.DRAFT,
        "refusal": refusal,
    }
    return render(request, "campaigns/file.html", context, status=422 if refusal else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def terms(request: SignedInRequest, slug: str) -> HttpResponse:
    """The terms of an offer in preparation."""
    offer = _own_offer(request, slug)
    form = TermsForm(request.POST or None, offer=offer)
    refusal: RuleViolation | None = None
    if request.method == "POST" and form.is_valid():
        try:
            preparing.change_terms(offer=offer, terms=form.terms(), by=request.user, at=clock.now())
        except RuleViolation as refused:
            refusal = refused
        else:
            return _saved(request, offer)
    context = {"form": form, "offer": offer, "project": offer.project, "refusal": refusal}
    return render(request, "campaigns/terms.html", context, status=422 if form.errors or refusal else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def answers(request: SignedInRequest, slug: str) -> HttpResponse:
    """What the holder writes for the information sheet."""
    offer = _own_offer(request, slug)
    form = AnswersForm(request.POST or None, offer=offer)
    refusal: RuleViolation | None = None
    if request.method == "POST" and form.is_valid():
        try:
            preparing.save_answers(offer=offer, answers=form.answers(), by=request.user, at=clock.now())
        except RuleViolation as refused:
            refusal = refused
        else:
            return _saved(request, offer)
    context = {"form": form, "offer": offer, "refusal": refusal}
    return render(request, "campaigns/answers.html", context, status=422 if form.errors or refusal else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def team(request: SignedInRequest, slug: str) -> HttpResponse:
    """Who carries the project."""
    offer = _own_offer(request, slug)
    known = [
        {"name": one.name, "role": one.role, "presentation": one.presentation, "is_responsible": one.is_responsible}
        for one in offer.team.all()
    ]
    formset = TeamFormSet(request.POST or None, initial=known)
    context = {"offer": offer, "formset": formset, "title": _("L’équipe"), "rules_form": None}
    return _rows(
        request, offer, context, formset,
        lambda: preparing.set_team(offer=offer, people=people_of(formset), by=request.user, at=clock.now()),
    )  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
def plan(request: SignedInRequest, slug: str) -> HttpResponse:
    """Who brings what beside the savers."""
    offer = _own_offer(request, slug)
    known = [
        {"kind": one.kind, "label": one.label, "amount": written(one.amount), "is_obtained": one.is_obtained}
        for one in offer.funding.exclude(kind=FundingSource.Kind.SAVERS)
    ]
    formset = FundingFormSet(request.POST or None, initial=known)
    context = {"offer": offer, "formset": formset, "title": _("Le plan de financement"), "rules_form": None}
    return _rows(
        request, offer, context, formset,
        lambda: preparing.set_funding(offer=offer, lines=funding_of(formset), by=request.user, at=clock.now()),
    )  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
def tranches(request: SignedInRequest, slug: str) -> HttpResponse:
    """In how many parts the money is paid, and who releases them."""
    offer = _own_offer(request, slug)
    known = [
        {"planned": written(one.planned), "milestone": one.milestone, "proof": one.proof}
        for one in offer.tranches.all()
    ]
    formset = TrancheFormSet(request.POST or None, initial=known)
    file = offer.file
    rules = TrancheRulesForm(
        request.POST or None, initial={"silence_rule": file.silence_rule, "delegates": file.delegates}
    )
    context = {"offer": offer, "formset": formset, "title": _("Le versement par tranches"), "rules_form": rules}
    if request.method == "POST" and not rules.is_valid():
        return render(request, "campaigns/rows.html", context | {"refusal": None}, status=422)
    return _rows(
        request, offer, context, formset,
        lambda: preparing.set_tranches(
            offer=offer, lines=tranches_of(formset), by=request.user, at=clock.now(),
            silence_rule=rules.cleaned_data["silence_rule"], delegates=rules.cleaned_data["delegates"],
        ),
    )  # fmt: skip


@never_cache
@require_GET
@reads_only
def preview(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """The information sheet as it would be published now."""
    offer = _own_offer(request, slug)
    try:
        _content, rendered = preview_fici(offer=offer, at=clock.now())
    except RuleViolation as refusal:
        return render(request, "campaigns/no_preview.html", {"offer": offer, "refusal": refusal}, status=422)
    return FileResponse(BytesIO(rendered.content), filename="fici-apercu.pdf", content_type="application/pdf")


@never_cache
@require_http_methods(["GET", "POST"])
def questions(request: SignedInRequest, slug: str) -> HttpResponse:
    """What is asked, the news, and the evidence of milestones; POST answers, publishes, or proves."""
    offer = _own_offer(request, slug)
    refusal: RuleViolation | None = None
    if request.method == "POST":
        try:
            _say(request, offer)
        except RuleViolation as refused:
            refusal = refused
        else:
            return redirect("campaigns:questions", slug=slug)
    context = {
        "offer": offer,
        "waiting": [one for one in offer.questions.order_by("asked_at") if not one.answered_at and not one.hidden_at],
        "answered": [one for one in offer.questions.all() if one.answered_at],
        "updates": list(offer.updates.all()),
        "tranches": selectors.evidenced_tranches(offer),
        "update_form": UpdateForm(),
        "accepted": ACCEPT_ATTRIBUTE,
        "limit": limit_for(request.path),
        "refusal": refusal,
    }
    return render(request, "campaigns/questions.html", context, status=422 if refusal else 200)


def _say(request: SignedInRequest, offer: Offer) -> None:
    at, by = clock.now(), request.user
    if "question" in request.POST:
        question = get_object_or_404(offer.questions, uuid=uuid_of(request.POST["question"]))
        answer_question(question=question, text=request.POST.get("text", ""), by=by, at=at)
        messages.success(request, _("Votre réponse est publiée."))
    elif "tranche" in request.POST:
        tranche = get_object_or_404(offer.tranches, uuid=uuid_of(request.POST["tranche"]))
        publish_evidence(
            tranche=tranche, text=request.POST.get("text", ""), by=by, at=at, file=request.FILES.get("file")
        )
        messages.success(request, _("La preuve est publiée, le vote est ouvert."))
    else:
        title, body = request.POST.get("title", ""), request.POST.get("body", "")
        publish_update(offer=offer, title=title, body=body, by=by, at=at)
        messages.success(request, _("La nouvelle est publiée."))


def _own_offer(request: SignedInRequest, slug: str) -> Offer:
    return get_object_or_404(selectors.offers_held_by(request.user).filter(file__isnull=False), slug=slug)


def _rows(request: SignedInRequest, offer: Offer, context: dict[str, Any], formset: Any, save: Any) -> HttpResponse:
    refusal: RuleViolation | None = None
    if request.method == "POST" and formset.is_valid():
        try:
            save()
        except RuleViolation as refused:
            refusal = refused
        else:
            return _saved(request, offer)
    is_wrong = refusal is not None or (formset.is_bound and not formset.is_valid())
    return render(request, "campaigns/rows.html", context | {"refusal": refusal}, status=422 if is_wrong else 200)


def _saved(request: SignedInRequest, offer: Offer) -> HttpResponse:
    messages.success(request, _("C’est enregistré."))
    return redirect("campaigns:file", slug=offer.slug)


def told_threshold(offer: Offer) -> dict[str, Any]:
    computed = compute_threshold(offer, at=clock.now())
    return {
        "since": computed.looks_back_to,
        "raised": from_cents(computed.raised_cents),
        "elsewhere": from_cents(computed.elsewhere_cents),
        "maximum": from_cents(to_cents(offer.maximum)),
        "total": from_cents(computed.total_cents),
        "cap": from_cents(computed.cap_cents),
        "is_within": computed.is_within,
    }


def uuid_of(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as mistake:
        raise Http404 from mistake
