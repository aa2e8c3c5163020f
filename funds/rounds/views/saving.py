"""A member's ballot: choose, vote, keep the receipt that is shown once."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from fres.kernel import clock
from fres.kernel.errors import RuleViolation
from funds.models import Round
from funds.rounds import selectors
from funds.rounds.errors import NotOnTheRoll
from funds.rounds.states import RoundState
from funds.rounds.voting import Receipt, cast_vote
from investors.requests import SignedInRequest


@never_cache
@require_http_methods(["GET", "POST"])
def vote(request: SignedInRequest, slug: str) -> HttpResponse:
    """The ballot. What was chosen before is not shown again: it is secret, also for the server that answers."""
    of = get_object_or_404(selectors.public_rounds(), slug=slug)
    entry = selectors.entry_of(of, request.user, clock.now())
    refusal: RuleViolation | None = None
    receipt: Receipt | None = None
    chosen = set(request.POST.getlist("choice"))
    if request.method == "POST":
        try:
            receipt = _cast(request, of)
        except RuleViolation as refused:
            refusal = refused
    context = {
        "round": of,
        "entry": entry,
        "is_open": of.state == RoundState.OPEN and of.opens_at <= clock.now() < of.closes_at,
        "demands": [(demand, demand.code in chosen) for demand in selectors.listed(of)],
        "receipt": receipt,
        "refusal": refusal,
    }
    return render(request, "funds/rounds/vote.html", context, status=422 if refusal else 200)


def _cast(request: SignedInRequest, of: Round) -> Receipt:
    entry = selectors.entry_of(of, request.user, clock.now())
    if entry is None:
        raise NotOnTheRoll
    return cast_vote(of=of, party=entry.party, choices=request.POST.getlist("choice"), by=request.user, at=clock.now())
