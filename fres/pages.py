"""Pages of text anyone may read: how it works, risks, rights, notices (E03)."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from fres.kernel.access import open_to_all, reads_only
from fres.kernel.publishers import publishers


def _page(request: HttpRequest, name: str) -> HttpResponse:
    context = {"publishers": publishers(), "notices": settings.LEGAL_NOTICES}
    return render(request, f"pages/{name}.html", context)


@open_to_all
@require_safe
@reads_only
def how(request: HttpRequest) -> HttpResponse:
    return _page(request, "how")


@open_to_all
@require_safe
@reads_only
def risks(request: HttpRequest) -> HttpResponse:
    """No deposit guarantee, no investor compensation (Regulation (EU) 2020/1503, art. 19(2))."""
    return _page(request, "risks")


@open_to_all
@require_safe
@reads_only
def fees(request: HttpRequest) -> HttpResponse:
    return _page(request, "fees")


@open_to_all
@require_safe
@reads_only
def selection(request: HttpRequest) -> HttpResponse:
    """Selection criteria (Regulation (EU) 2020/1503, art. 19(2); CMF L548-6)."""
    return _page(request, "selection")


@open_to_all
@require_safe
@reads_only
def complaints(request: HttpRequest) -> HttpResponse:
    """How to complain (Regulation (EU) 2020/1503, art. 7)."""
    return _page(request, "complaints")


@open_to_all
@require_safe
@reads_only
def conflicts(request: HttpRequest) -> HttpResponse:
    """Conflicts of interest (Regulation (EU) 2020/1503, art. 8)."""
    return _page(request, "conflicts")


@open_to_all
@require_safe
@reads_only
def legal(request: HttpRequest) -> HttpResponse:
    """Legal notices (CMF R548-4 I)."""
    return _page(request, "legal")


@open_to_all
@require_safe
@reads_only
def accessibility(request: HttpRequest) -> HttpResponse:
    """What was done for access, and what was not: it claims no audit."""
    return _page(request, "accessibility")


@open_to_all
@require_safe
@reads_only
def privacy(request: HttpRequest) -> HttpResponse:
    return _page(request, "privacy")
