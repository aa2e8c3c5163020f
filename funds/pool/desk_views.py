"""The pot at the desk: compartments and their reserves, the queue of withdrawals, matching funds."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from fres.kernel import clock
from fres.kernel.access import Role, reads_only, require
from fres.kernel.errors import RuleViolation
from funds.models import Fund, MatchingFund, RedemptionRequest
from funds.permissions import can_approve_payout, can_prepare_payout, can_see_payouts
from funds.pool.forms import ActForm
from funds.pool.matching_funds import close_matching, last_year, left_cents, open_matching, simulate_matching
from funds.pool.record_forms import FORMS
from funds.pool.redeeming import (
    approve_redemption,
    prepare_redemption,
    put_off_redemption,
    refuse_redemption,
    window_money,
)
from funds.pool.selectors import pot_views, tills
from funds.pool.states import RedemptionState
from investors.permissions import has_role, is_staff, roles_of
from investors.requests import SignedInRequest

MOST_SHOWN = 200
_staff_only = require(is_staff, hidden=True)
_money_only = require(can_see_payouts)


@never_cache
@require_GET
@_staff_only
@_money_only
@reads_only
def desk(request: HttpRequest) -> HttpResponse:
    """Reserves of each compartment, who waits in the queue, matching funds."""
    waiting = RedemptionRequest.objects.select_related("compartment", "holder").order_by("window_on", "asked_at", "pk")
    is_all = "tous" in request.GET
    if not is_all:
        waiting = waiting.filter(state__in=(RedemptionState.WAITING, RedemptionState.PREPARED))
    roles = roles_of(request.user)  # type: ignore[arg-type]
    may_record = [(code, kind.heading) for code, kind in FORMS.items() if roles.intersection(kind.roles)]
    funds = MatchingFund.objects.select_related("entity").order_by("-starts_on", "pk")
    context = {
        "pots": pot_views(clock.today()),
        "redemptions": waiting[:MOST_SHOWN],
        "is_all": is_all,
        "matching": [{"fund": one, "left_cents": left_cents(one)} for one in funds],
        "funds": Fund.objects.order_by("pk"),
        "may_record": may_record,
        "tills": tills(),
    }
    return render(request, "pool/desk.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@_staff_only
@_money_only
def redemption(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """One withdrawal: what its window may pay, and the two signatures."""
    rows = RedemptionRequest.objects.select_related("compartment__issuer", "compartment__fund", "holder")
    found = get_object_or_404(rows, uuid=uuid)
    form = ActForm(request.POST or None)
    refusal: RuleViolation | None = None
    if request.method == "POST" and form.is_valid():
        try:
            _act(request, found, form.cleaned_data["act"], form.cleaned_data["reason"])
        except RuleViolation as violation:
            refusal = violation
        else:
            return redirect("pool:redemption", uuid=uuid)
    context = {
        "redemption": found,
        "money": window_money(found.compartment, found.window_on, clock.today()),
        "form": form,
        "refusal": refusal,
        "can_act": can_prepare_payout(request.user) or can_approve_payout(request.user),
        "is_live": found.state in (RedemptionState.WAITING, RedemptionState.PREPARED),
    }
    return render(request, "pool/redemption.html", context)


def _act(request: SignedInRequest, found: RedemptionRequest, act: str, reason: str) -> None:
    by, at = request.user, clock.now()
    allowed = can_approve_payout(by) if act == "approve" else can_prepare_payout(by)
    if not allowed:
        raise PermissionDenied
    if act == "prepare":
        prepare_redemption(request=found, by=by, at=at)
    elif act == "approve":
        approve_redemption(request=found, by=by, at=at)
    elif act == "put_off":
        put_off_redemption(request=found, by=by, at=at, reason=reason)
    else:
        refuse_redemption(request=found, by=by, at=at, reason=reason)


@never_cache
@require_http_methods(["GET", "POST"])
@_staff_only
@_money_only
def matching(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """One matching fund: its terms, what they would have given last year, opening and closing."""
    found: MatchingFund = get_object_or_404(MatchingFund.objects.select_related("entity"), uuid=uuid)
    if request.method == "POST":
        if not has_role(request.user, Role.MANAGER):
            raise PermissionDenied
        try:
            _move(request, found, request.POST.get("act", ""))
        except RuleViolation as refusal:
            messages.error(request, str(refusal))
        return redirect("pool:matching", uuid=uuid)
    matches = found.matches.select_related("offer__project", "release").order_by("-matched_at")
    context = {
        "fund": found,
        "left_cents": left_cents(found),
        "matches": matches[:MOST_SHOWN],
        "can_act": has_role(request.user, Role.MANAGER),
        "year": last_year(clock.now()),
    }
    return render(request, "pool/matching.html", context)


def _move(request: SignedInRequest, found: MatchingFund, act: str) -> None:
    at = clock.now()
    if act == "simulate":
        simulate_matching(matching=found, year=last_year(at), at=at)
    elif act == "open":
        open_matching(matching=found, by=request.user, at=at)
    elif act == "close":
        close_matching(matching=found, by=request.user, at=at, reason=request.POST.get("reason", ""))
