"""What the public reads: decisions with their reasons, and who withdrew from what. Nobody's own vote."""

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from fres.kernel.access import open_to_all, reads_only
from projects.committee import selectors
from projects.models import Outcome

PER_PAGE = 50


@open_to_all
@require_safe
@reads_only
def decisions(request: HttpRequest) -> HttpResponse:
    """Every decision, the latest first; `?annee=2026` and `?decision=refuse` keep some."""
    years = selectors.years_of_decisions()
    year, outcome = request.GET.get("annee", ""), request.GET.get("decision", "")
    rows = selectors.decisions_published()
    if year in {str(one) for one in years}:
        rows = rows.filter(decided_at__year=int(year))
    if outcome in Outcome.values:
        rows = rows.filter(outcome=outcome)
    context = {
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "years": years,
        "outcomes": Outcome.choices,
        "year": year,
        "outcome": outcome,
    }
    return render(request, "projects/committee/decisions.html", context)


@open_to_all
@require_safe
@reads_only
def decision(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One decision: motive, axis, votes by college, recusals, conditions."""
    found = get_object_or_404(selectors.decisions_published(), uuid=uuid)
    context = {
        "decision": found,
        "counts": selectors.published_counts(found.ballot),
        "support": selectors.support_percent(found.ballot),
        "recusals": found.item.recusals.select_related("seat__user", "seat__college").order_by("at"),
        "conditions": found.conditions.order_by("rank"),
    }
    return render(request, "projects/committee/decision.html", context)


@open_to_all
@require_safe
@reads_only
def recusals(request: HttpRequest) -> HttpResponse:
    """The log of recusals, the latest first; `?q=` looks for a member, a project or a holder."""
    asked = request.GET.get("q", "")[:80]
    page = Paginator(selectors.recusal_log(asked), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "projects/committee/recusals.html", {"page": page, "asked": asked})
