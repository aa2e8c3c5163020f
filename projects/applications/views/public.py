"""Calls for projects, and why projects were refused: open to all."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from fres.kernel import clock
from fres.kernel.access import open_to_all, reads_only
from projects.applications.calls import latest_form, open_calls, schema_of
from projects.applications.publishing import refusals_of, years_of_refusals
from projects.models import Call


@open_to_all
@require_safe
@reads_only
def calls(request: HttpRequest) -> HttpResponse:
    """The calls that take files now, then those to come."""
    at = clock.now()
    coming = Call.objects.filter(opens_at__gt=at).order_by("opens_at")
    return render(request, "projects/applications/calls.html", {"calls": open_calls(at), "coming": coming})


@open_to_all
@require_safe
@reads_only
def call(request: HttpRequest, slug: str) -> HttpResponse:
    """One call: what is looked for, what will be asked, how long it takes."""
    found = get_object_or_404(Call, slug=slug)
    sections = schema_of(latest_form(found)).sections
    context = {
        "call": found,
        "is_open": found.is_open(clock.now()),
        "is_coming": clock.now() < found.opens_at,
        "sections": sections,
        "minutes": sum(section.minutes for section in sections),
    }
    return render(request, "projects/applications/call.html", context)


@open_to_all
@require_safe
@reads_only
def refusals(request: HttpRequest, year: int | None = None) -> HttpResponse:
    """Why projects were refused in a year; the last one when none is asked."""
    years = years_of_refusals()
    this_year = clock.today().year
    shown = year or (years[0] if years else this_year)
    if not 2000 <= shown <= this_year:
        raise Http404
    context = {"told": refusals_of(shown, on=clock.today()), "years": years, "is_running": shown == this_year}
    return render(request, "projects/applications/refusals.html", context)
