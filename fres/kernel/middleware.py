"""The back office asks for a second factor before any of its pages; bodies too large are refused unread."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from fres.kernel import clock, parameters

BACK_OFFICE = "/gestion/"
MEGABYTE = 1024 * 1024


class AccessMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if request.method == "POST" and length.isdigit() and int(length) > MEGABYTE:
            limit = parameters.value_at("upload.max_mb", clock.today()).whole
            if int(length) > limit * MEGABYTE:
                return render(request, "413.html", {"limit_mb": limit}, status=413)
        if (
            request.path.startswith(BACK_OFFICE)
            and request.user.is_authenticated
            and getattr(request.user, "is_staff_member", False)
            and not request.user.has_second_factor(request)  # type: ignore[union-attr]
        ):
            return redirect(f"{reverse('mfa_index')}?next={request.path}")
        return self.get_response(request)
