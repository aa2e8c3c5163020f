"""The public page of the books."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from fres.kernel import clock
from fres.kernel.access import open_to_all, reads_only
from funds.solvency import solvency as solvency_on


@open_to_all
@reads_only
def solvency(request: HttpRequest) -> HttpResponse:
    """Show what each entity holds and owes, the last check of the books and every failed one."""
    return render(request, "funds/solvency.html", vars(solvency_on(on=clock.today())))
