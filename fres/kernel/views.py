"""Pages of the kernel: the health of the service and the reader's choice of colours."""

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from fres.kernel.access import open_to_all, reads_only
from fres.kernel.context import THEME_COOKIE, THEMES


@open_to_all
@require_GET
@reads_only
def health(_request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


@open_to_all
@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Keep the reader's colours in a cookie for a year."""
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = "/"
    response = redirect(target)
    theme = request.POST.get("theme", "auto")
    response.set_cookie(THEME_COOKIE, theme if theme in THEMES else "auto", max_age=31_536_000, samesite="Lax")
    return response
