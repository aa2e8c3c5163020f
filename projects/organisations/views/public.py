"""What anybody reads: the directory of organisations, and the page of each."""

from collections.abc import Mapping

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from fres.kernel import territories
from fres.kernel.access import open_to_all, reads_only
from fres.kernel.models import Territory
from projects.organisations import selectors
from projects.organisations.communes import commune_names
from projects.organisations.forms import DirectoryForm
from projects.organisations.legal_forms import all_legal_forms
from projects.organisations.maps import directory_map
from projects.organisations.places import reporting_weights

A_PAGE = 20


@open_to_all
@require_safe
@reads_only
def directory(request: HttpRequest) -> HttpResponse:
    """Every organisation with a public page, narrowed down, on a map and in a list."""
    everyone = selectors.public_organisations()
    communes = list(everyone.order_by().values_list("commune_code", flat=True))
    form = DirectoryForm(request.GET, departments=departments_of(communes))
    filters: Mapping[str, str] = form.cleaned_data if form.is_valid() else {}
    found = selectors.filter_organisations(everyone, filters)
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    shown = communes if not any(filters.values()) else list(found.order_by().values_list("commune_code", flat=True))
    context = {
        "form": form,
        "page": page,
        "cards": selectors.organisation_cards(page.object_list),
        "is_filtered": any(filters.values()),
        "map": directory_map(shown, title=_("Organisations par département."), header=_("Organisations")),
    }
    return render(request, "organisations/directory.html", context)


@open_to_all
@require_safe
@reads_only
def organisation(request: HttpRequest, slug: str) -> HttpResponse:
    """One organisation: what it does, its labels, projects, territories and people who agreed to be named."""
    shown = get_object_or_404(selectors.public_organisations(), slug=slug)
    weights = reporting_weights(shown)
    roles = list(shown.territory_roles.all())
    names = commune_names({*weights, shown.commune_code, *(row.commune_code for row in roles)})
    form = all_legal_forms().get(shown.legal_category)
    context = {
        "organisation": shown,
        "place": names[shown.commune_code],
        "legal_form": form.label if form else shown.party.legal_form,
        "awards": selectors.awards_of(shown),
        "projects": selectors.project_lines(shown),
        "roles": [(row, names[row.commune_code]) for row in roles],
        "people": selectors.public_people(shown),
        "groupings": selectors.groupings_of(shown),
    }
    return render(request, "organisations/organisation.html", context)


def departments_of(commune_codes: list[str]) -> list[tuple[str, str]]:
    """Return the départements in which some communes lie, by name, for a list to choose from."""
    inside = territories.current(Territory.Level.COMMUNE).filter(code__in=set(commune_codes))
    codes = set(inside.order_by().values_list("departement_code", flat=True))
    rows = territories.current(Territory.Level.DEPARTEMENT).filter(code__in=codes)
    return list(rows.values_list("code", "name"))
