"""A lender leaves after a material change, or votes on the release of a tranche."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from fres.kernel import clock
from fres.kernel.errors import RuleViolation
from funds import selectors as funds_selectors
from funds.campaigns import selectors
from funds.campaigns.tranches import vote_on_tranche
from funds.fici.gathering import tranche_rules
from funds.fici.rights import revoke_after_change
from funds.models import Tranche
from funds.states import TrancheState
from investors.requests import SignedInRequest


@require_POST
def leave(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Take a commitment back after a material change of the sheet, paid or not (ruling B30)."""
    found = get_object_or_404(funds_selectors.commitments_of(request.user), uuid=uuid)
    try:
        revoke_after_change(commitment=found, by=request.user, at=clock.now())
    except RuleViolation as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Votre engagement est retiré. Ce qui était payé vous est rendu."))
    return redirect("funds:commitment", uuid=uuid)


@never_cache
@require_http_methods(["GET", "POST"])
def vote(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Read the evidence of a milestone and vote on the release of its tranche."""
    tranche: Tranche = get_object_or_404(
        Tranche.objects.select_related("offer__project__organisation", "offer__file", "evidence_document"), uuid=uuid
    )
    parties = selectors.parties_voting(tranche, request.user)
    if not parties:
        raise Http404
    refusal: RuleViolation | None = None
    if request.method == "POST":
        party = next((one for one in parties if str(one.uuid) == request.POST.get("party", str(parties[0].uuid))), None)
        if party is None or request.POST.get("voice") not in ("for", "against"):
            raise Http404
        try:
            vote_on_tranche(
                tranche=tranche, party=party, is_for=request.POST["voice"] == "for", by=request.user, at=clock.now()
            )
        except RuleViolation as refused:
            refusal = refused
        else:
            messages.success(request, _("Votre voix est comptée. Vous pouvez la changer jusqu’à la fin du vote."))
            return redirect("campaigns:vote", uuid=uuid)
    voices = selectors.last_voices(tranche, parties)
    context = {
        "tranche": tranche,
        "offer": tranche.offer,
        "parties": [(party, voices.get(party.pk)) for party in parties],
        "rules": tranche_rules(tranche.offer.file),
        "is_open": tranche.state == TrancheState.VOTING
        and tranche.vote_ends_at is not None
        and clock.now() <= tranche.vote_ends_at,
        "refusal": refusal,
    }
    return render(request, "campaigns/vote.html", context, status=422 if refusal else 200)
