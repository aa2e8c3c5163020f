"""Votes as everybody sees them: the list, one vote with its rules and its result, the board, the files to recount."""

import json

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from fres.kernel import clock
from fres.kernel.access import open_to_all, reads_only
from fres.kernel.documents import open_document
from fres.kernel.money import to_cents
from funds.models import Round
from funds.rounds import selectors
from funds.rounds.states import OrderState, RoundState
from funds.rounds.words import rules_in_words
from investors.models import User

PER_PAGE = 20
CODES_PER_PAGE = 200


@open_to_all
@require_GET
@reads_only
def rounds(request: HttpRequest) -> HttpResponseBase:
    """Every vote whose list is frozen, newest first."""
    page = Paginator(selectors.public_rounds(), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "funds/rounds/rounds.html", {"page": page})


@open_to_all
@require_GET
@reads_only
def one(request: HttpRequest, slug: str) -> HttpResponseBase:
    """One vote: what is proposed and by which rules; once counted, the result, its reasons and the signed order."""
    of = _public(slug)
    is_counted = of.state in (RoundState.COUNTED, RoundState.SETTLED)
    voted, on_roll = selectors.turnout(of)
    entries = selectors.entries_of(of, request.user, clock.now()) if isinstance(request.user, User) else []
    entry = entries[0] if entries else None
    lines = selectors.result_lines(of) if is_counted else []
    context = {
        "round": of,
        "is_open": of.state == RoundState.OPEN and clock.now() < of.closes_at,
        "is_counted": is_counted,
        "demands": selectors.listed(of),
        "lines": lines,
        "left_cents": to_cents(of.budget) - sum(line.given_cents for line in lines),
        "told": of.result.told.get("", []) if is_counted else [],
        "rules": rules_in_words(of),
        "voted": voted,
        "on_roll": on_roll,
        "entry": entry,
        "receipt_count": of.receipts.count(),
        "order": of.orders.filter(state=OrderState.SIGNED).first(),
    }
    return render(request, "funds/rounds/round.html", context)


@open_to_all
@require_GET
@reads_only
def receipts(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The board: every receipt, in the order of its signs, which says nothing of who or when."""
    of = _public(slug)
    found = of.receipts.order_by("code").values_list("code", flat=True)
    page = Paginator(found, CODES_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "funds/rounds/receipts.html", {"round": of, "page": page})


@open_to_all
@require_GET
@reads_only
def election_file(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The counted election as a public .pb file."""
    of = _public(slug)
    if not hasattr(of, "result"):
        raise Http404
    return _file(of.result.election, "text/plain; charset=utf-8", f"{of.slug}.pb")


@open_to_all
@require_GET
@reads_only
def rules_file(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The frozen rules, as `count_votes --rules` reads them."""
    of = _public(slug)
    text = json.dumps(of.rules, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    return _file(text, "application/json", f"{of.slug}.json")


@open_to_all
@require_GET
@reads_only
def bundle(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The archive that recomputes what the rules made of the vote, as it was issued."""
    of = _public(slug)
    document = of.result.bundle if hasattr(of, "result") else None
    if document is None:
        raise Http404
    return _file(open_document(document), "application/zip", f"{of.slug}.zip")


def _public(slug: str) -> Round:
    return get_object_or_404(selectors.public_rounds(), slug=slug)


def _file(content: str | bytes, kind: str, name: str) -> HttpResponse:
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
