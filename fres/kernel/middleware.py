"""Two doors before the views: nothing too heavy comes in, and no staff page opens without a second factor."""

from collections.abc import Callable
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from fres.kernel import access, problems, uploads

Answer = Callable[[HttpRequest], HttpResponse]


class UploadLimitMiddleware:
    """Answer 413 from the announced length, before anything reads the body (it stands above the CSRF check)."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            announced = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            announced = 0
        # Small bodies are never weighed: no question to the database for an ordinary form.
        if announced > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            limit = uploads.limit_for(request.path)
            if announced > limit.request_bytes:
                if problems.is_for_programs(request):
                    return problems.too_heavy(limit.megabytes)
                return render(request, "413.html", {"limit_mb": limit.megabytes}, status=413)
        return self.get_response(request)


class AccessMiddleware:
    """Keep the back office for staff whose session has proven a second factor.

    Others may not know of it (404); staff without one are sent to set it up or to use it. What each role gets inside is
    for the views to say, and for the access table to test.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(access.BACK_OFFICE) and request.user.is_authenticated:
            if not access.is_staff_member(request.user):
                raise Http404
            if not request.user.has_second_factor(request):  # type: ignore[union-attr]
                messages.info(
                    request, _("La gestion demande un second facteur : installez-le, puis revenez à cette page.")
                )
                return redirect(f"{reverse('mfa_index')}?{urlencode({'next': request.get_full_path()})}")
        return self.get_response(request)
