"""A tranche at the desk: its votes, and its return to the lenders, prepared by one person and approved by another."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from fres.kernel import clock
from fres.kernel.access import require
from fres.kernel.errors import RuleViolation
from funds.campaigns.tranche_returns import (
    approve_return,
    prepare_return,
    refuse_return,
    why_not_decide_return,
    why_not_returnable,
)
from funds.campaigns.tranches import count_of
from funds.models import Tranche, TrancheReturn
from funds.permissions import can_approve_payout, can_prepare_payout, can_see_payouts
from funds.states import TrancheReturnState
from investors.requests import SignedInRequest


@require(can_see_payouts)
@require_http_methods(["GET", "POST"])
def tranche(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """One tranche; POST prepares, approves or refuses its return."""
    found: Tranche = get_object_or_404(
        Tranche.objects.select_related("offer__project__organisation", "offer__file", "evidence_document"), uuid=uuid
    )
    refusal: RuleViolation | None = None
    if request.method == "POST":
        try:
            messages.success(request, _act(request, found))
        except RuleViolation as refused:
            refusal = refused
        else:
            return redirect("campaigns:desk_tranche", uuid=uuid)
    waiting = found.returns.filter(state=TrancheReturnState.PREPARED).select_related("prepared_by").first()
    context = {
        "tranche": found,
        "offer": found.offer,
        "count": count_of(found) if found.round else None,
        "waiting": waiting,
        "returns": list(found.returns.select_related("prepared_by", "decided_by")),
        "obstacle": why_not_returnable(found, at=clock.now()),
        "can_prepare": can_prepare_payout(request.user),
        "can_decide": can_approve_payout(request.user),
        "own_act": why_not_decide_return(waiting, request.user) if waiting else "",
        "refusal": refusal,
    }
    return render(request, "campaigns/desk_tranche.html", context, status=422 if refusal else 200)


def _act(request: SignedInRequest, found: Tranche) -> str:
    words, by, at = request.POST.get("reason", ""), request.user, clock.now()
    if "prepare" in request.POST:
        if not can_prepare_payout(by):
            raise PermissionDenied
        prepare_return(tranche=found, reason=words, by=by, at=at)
        return _("Le retour est préparé : une autre personne l’approuve.")
    if not can_approve_payout(by):
        raise PermissionDenied
    waiting: TrancheReturn = get_object_or_404(found.returns, state=TrancheReturnState.PREPARED)
    if "approve" in request.POST:
        approve_return(tranche_return=waiting, by=by, at=at)
        return _("La tranche est rendue : chaque prêteur est prévenu.")
    if "refuse" in request.POST:
        refuse_return(tranche_return=waiting, note=words, by=by, at=at)
        return _("Le retour est refusé : la tranche attend une nouvelle preuve.")
    raise Http404
