"""The back office of money: today's work, and the orders that pay project holders."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from fres.kernel import clock
from fres.kernel.access import reads_only, require
from fres.kernel.errors import RuleViolation
from fres.kernel.money import from_cents, to_cents
from funds.models import Offer, PayoutOrder
from funds.permissions import can_approve_payout, can_prepare_payout, can_see_desk, can_see_payouts
from funds.servicing import desk as desk_selectors
from funds.servicing import selectors
from funds.servicing.payouts import approve_payout, prepare_payout, refuse_payout, why_not_decide
from funds.states import PayoutState
from investors.requests import SignedInRequest

PER_PAGE = 50
_can_see_desk = require(can_see_desk, hidden=True)


@_can_see_desk
@require_GET
@reads_only
def desk(request: SignedInRequest) -> HttpResponse:
    """Today's work."""
    at = clock.now()
    tasks, payments = desk_selectors.tasks_of(at=at), desk_selectors.watched_payments(at=at)
    check = desk_selectors.last_check()
    context = {
        "tasks": tasks,
        "figures": desk_selectors.desk_figures(at=at),
        "check": check,
        "checks": desk_selectors.controls(check),
        "payments": payments,
        "payments_total": from_cents(sum(to_cents(line.payment.amount) for line in payments)),
        "offers": desk_selectors.open_offers(),
        "desk_counts": {"tasks": len(tasks)},
    }
    return render(request, "funds/desk.html", context)


@_can_see_desk
@require(can_see_payouts)
@require_http_methods(["GET", "POST"])
def payouts(request: SignedInRequest) -> HttpResponseBase:
    """The orders, and the successful offers that wait for one; POST prepares the order of `offer`."""
    return _prepare(request) if request.method == "POST" else _list(request)


@_can_see_desk
@require(can_see_payouts)
@require_http_methods(["GET", "POST"])
def payout(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
    """One order; POST approves it, or refuses it with its reason."""
    order = get_object_or_404(selectors.orders(), uuid=uuid)
    if request.method == "POST":
        return _decide(request, order)
    return _show(request, order, refusal=None)


@reads_only
def _list(request: SignedInRequest) -> HttpResponseBase:
    context = {
        "due": selectors.due_payouts(),
        "orders": Paginator(selectors.orders(), PER_PAGE).get_page(request.GET.get("page")),
        "can_prepare": can_prepare_payout(request.user),
    }
    return render(request, "funds/payouts.html", context)


def _prepare(request: SignedInRequest) -> HttpResponseBase:
    if not can_prepare_payout(request.user):
        raise PermissionDenied
    try:
        wanted = UUID(request.POST.get("offer", ""))
    except ValueError as mistake:
        raise Http404 from mistake
    offer = get_object_or_404(Offer, uuid=wanted)
    try:
        order = prepare_payout(offer=offer, by=request.user, at=clock.now())
    except RuleViolation as refusal:
        messages.error(request, str(refusal))
        return redirect("funds:payouts")
    messages.success(request, _("L’ordre est préparé. Une autre personne l’approuve."))
    return redirect("funds:payout", uuid=order.uuid)


def _decide(request: SignedInRequest, order: PayoutOrder) -> HttpResponseBase:
    if not can_approve_payout(request.user):
        raise PermissionDenied
    try:
        if request.POST.get("decision") == "approve":
            approve_payout(order=order, by=request.user, at=clock.now())
            messages.success(request, _("L’ordre est approuvé. Il part dans les minutes qui viennent."))
        elif request.POST.get("decision") == "refuse":
            refuse_payout(order=order, by=request.user, reason=request.POST.get("reason", ""), at=clock.now())
            messages.success(request, _("L’ordre est refusé."))
        else:
            raise Http404
    except RuleViolation as refusal:
        return _show(request, get_object_or_404(selectors.orders(), pk=order.pk), refusal=refusal)
    return redirect("funds:payout", uuid=order.uuid)


@reads_only
def _show(request: SignedInRequest, order: PayoutOrder, *, refusal: RuleViolation | None) -> HttpResponseBase:
    waits = order.state in (PayoutState.PREPARED, PayoutState.APPROVED)
    why_not = ""
    if waits and not can_approve_payout(request.user):
        why_not = _("Votre rôle ne décide pas des versements.")
    elif waits:
        why_not = why_not_decide(order, request.user)
    context = {
        "order": order,
        "computation": selectors.computation_of(order),
        "steps": selectors.payout_steps(order, at=clock.now()),
        "can_decide": order.state == PayoutState.PREPARED and not why_not,
        "can_refuse": waits and can_approve_payout(request.user),
        "why_not": why_not,
        "refusal": refusal,
    }
    return render(request, "funds/payout.html", context, status=200 if refusal is None else 422)
