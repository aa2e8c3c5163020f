"""A member's ballot: for whom, choose, vote, keep the receipt that is shown once."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from fres.kernel import clock
from fres.kernel.errors import RuleViolation
from funds.models import Demand, RollEntry, Round
from funds.rounds import selectors
from funds.rounds.errors import NotOnTheRoll
from funds.rounds.forms import read_points
from funds.rounds.states import BallotMode, RoundState
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
        "demands": _demands(request, of),
        "colleges": {one["code"]: one["name"] for one in of.colleges},
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
    choices: list[str] | dict[str, int] = request.POST.getlist("choice")
    if of.ballot_kind == BallotMode.POINTS:
        typed = ((key, request.POST.get(f"points-{key}", "")) for key in selectors.listed_codes(of))
        choices = read_points(typed)
    return cast_vote(of=of, party=entry.party, choices=choices, by=request.user, at=clock.now())


def _demands(request: SignedInRequest, of: Round) -> list[tuple[Demand, bool, str]]:
    """The projects, with what was just typed when it was refused: ticked or not, points."""
    ticked = set(request.POST.getlist("choice"))
    return [
        (demand, demand.code in ticked, request.POST.get(f"points-{demand.code}", ""))
        for demand in selectors.listed(of)
    ]
