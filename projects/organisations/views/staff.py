"""The staff's list of organisations: what the register says of each, who signed, what they ask and hold."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from fres.kernel.access import is_staff_member, reads_only, require
from projects.organisations import selectors
from projects.organisations.forms import StaffFilterForm

PER_PAGE = 50


@require(is_staff_member, hidden=True)
@require_safe
@reads_only
def organisations(request: HttpRequest) -> HttpResponse:
    """Every organisation that registered here, by name."""
    form = StaffFilterForm(request.GET)
    filters = form.cleaned_data if form.is_valid() else {}
    page = Paginator(selectors.organisations_at_desk(filters), PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "lines": selectors.desk_lines(page.object_list)}
    return render(request, "organisations/desk.html", context)
