"""Labels held, on the staff's side, and the labels a fund accepts: what stops one here stops offers (ruling A6)."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from fres.kernel import clock
from fres.kernel.access import Role, reads_only, require
from fres.kernel.errors import RuleViolation
from funds import label_consequences
from funds.models import Fund, Offer
from funds.permissions import can_see_desk
from investors.permissions import has_role
from investors.requests import SignedInRequest
from projects.labels import awarding
from projects.labels.permissions import can_evaluate
from projects.labels.versions import in_force
from projects.models import Assessment, Award, Label
from projects.states import AWARD_MACHINE, AssessmentState, AwardState

PER_PAGE = 50
_sees = require(can_see_desk, hidden=True)


@_sees
@require_safe
@reads_only
def held(request: SignedInRequest) -> HttpResponse:
    """Every award, whatever its state."""
    state = request.GET.get("state", "")
    awards = Award.objects.order_by("-valid_from", "-pk")
    if state in AwardState.values:
        awards = awards.filter(state=state)
    page = Paginator(awards, PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "states": AwardState.choices, "state": state, "funds": Fund.objects.order_by("name")}
    return render(request, "labels/held.html", context)


@_sees
@require_http_methods(["GET", "POST"])
def held_award(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
    """One award and what stands on it; POST does one of the acts its state allows."""
    award = get_object_or_404(Award.objects.select_related("decided_by", "claimed_by", "assessment"), uuid=uuid)
    if request.method != "POST":
        return _show(request, award, refusal=None)
    if not can_evaluate(request.user):
        raise PermissionDenied
    try:
        _act(request, award)
    except RuleViolation as refusal:
        award.refresh_from_db()
        return _show(request, award, refusal=refusal)
    messages.success(request, _("C’est fait ; le porteur en est informé."))
    return redirect("fund_labels:award", uuid=uuid)


def _act(request: SignedInRequest, award: Award) -> None:
    by, at = request.user, clock.now()
    act, reason = request.POST.get("act", ""), request.POST.get("reason", "")
    stops = {
        "suspend": label_consequences.suspend_award,
        "withdraw": label_consequences.withdraw_award,
        "lose": label_consequences.record_loss,
        "reinstate": awarding.reinstate_award,
    }
    if act in stops:
        stops[act](award=award, by=by, at=at, reason=reason)
        return
    assessment = _last_assessment(award)
    if act == "refuse":
        awarding.refuse_status(award=award, by=by, at=at, reason=reason)
    elif act == "verify" and assessment is not None:
        awarding.verify_status(award=award, assessment=assessment, by=by, at=at)
    elif act == "renew" and assessment is not None:
        awarding.renew_award(award=award, assessment=assessment, by=by, at=at)
    elif act in ("verify", "renew"):
        raise awarding.AssessmentMissing(
            _("Aucune évaluation conclue de ce sujet."), next_step=_("Évaluez-le d’abord sur la version en vigueur.")
        )
    else:
        raise Http404


def _last_assessment(award: Award) -> Assessment | None:
    return (
        Assessment.objects.filter(
            label__code=award.label,
            subject_type=award.subject_type,
            subject_uuid=award.subject_uuid,
            state=AssessmentState.CONCLUDED,
        )
        .select_related("label")
        .order_by("-concluded_at")
        .first()
    )


@reads_only
def _show(request: SignedInRequest, award: Award, *, refusal: RuleViolation | None) -> HttpResponseBase:
    context = {
        "award": award,
        "offers": Offer.objects.filter(award=award).select_related("project").order_by("slug"),
        "acts": [one for one in AWARD_MACHINE.from_state(award.state) if one.actor == Role.EVALUATOR],
        "assessment": _last_assessment(award),
        "pieces": award.pieces.all(),
        "can_evaluate": can_evaluate(request.user),
        "refusal": refusal,
    }
    return render(request, "labels/held_award.html", context, status=422 if refusal else 200)


@_sees
@require_http_methods(["GET", "POST"])
def accepted(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
    """The label versions a fund accepts (ruling B24)."""
    fund = get_object_or_404(Fund, uuid=uuid)
    refusal = None
    if request.method == "POST":
        if not has_role(request.user, Role.MANAGER):
            raise PermissionDenied
        try:
            chosen = [_uuid(text) for text in request.POST.getlist("labels")]
            fund = label_consequences.accept_labels(fund=fund, labels=chosen, by=request.user, at=clock.now())
        except RuleViolation as violation:
            refusal = violation
        else:
            messages.success(request, _("Les labels acceptés sont enregistrés."))
            return redirect("fund_labels:accepted", uuid=uuid)
    holdable = in_force(clock.today()).filter(holding__in=(Label.Holding.INTERNAL, Label.Holding.EXTERNAL))
    context = {
        "fund": fund,
        "labels": holdable.order_by("code", "version"),
        "others": [name for name in fund.accepted_labels if name not in {one.full_code for one in holdable}],
        "can_change": has_role(request.user, Role.MANAGER),
        "refusal": refusal,
    }
    return render(request, "labels/accepted.html", context, status=422 if refusal else 200)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as mistake:
        raise Http404 from mistake
