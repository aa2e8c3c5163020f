"""A member's ballot: for whom, choose, vote, keep the receipt that is shown once."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from fres.kernel import clock
from fres.kernel.errors import RuleViolation
from funds.models import RollEntry, Round
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
    entries = selectors.entries_of(of, request.user, clock.now())
    entry = _chosen(request, entries)
    refusal: RuleViolation | None = None
    receipt: Receipt | None = None
    chosen = set(request.POST.getlist("choice"))
    if request.method == "POST":
        try:
            receipt = _cast(request, of, entry)
        except RuleViolation as refused:
            refusal = refused
    context = {
        "round": of,
        "entry": entry,
        "others": [one for one in entries if one != entry],
        "is_open": of.state == RoundState.OPEN and of.opens_at <= clock.now() < of.closes_at,
        "demands": [(demand, demand.code in chosen) for demand in selectors.listed(of)],
        "receipt": receipt,
        "refusal": refusal,
    }
    return render(request, "funds/rounds/vote.html", context, status=422 if refusal else 200)


def _chosen(request: SignedInRequest, entries: list[RollEntry]) -> RollEntry | None:
    """Return for whom this ballot is: `pour` in the form or the address, the first entry otherwise."""
    wanted = request.POST.get("pour") or request.GET.get("pour") or ""
    if not wanted:
        return entries[0] if entries else None
    found = next((one for one in entries if str(one.party.uuid) == wanted), None)
    if found is None:
        raise Http404
    return found


def _cast(request: SignedInRequest, of: Round, entry: RollEntry | None) -> Receipt:
    if entry is None:
        raise NotOnTheRoll
    return cast_vote(of=of, party=entry.party, choices=request.POST.getlist("choice"), by=request.user, at=clock.now())
