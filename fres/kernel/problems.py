"""Refusals told to programs: `application/problem+json` (RFC 9457)."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

PROBLEM = "application/problem+json"
# Under this path programs ask; elsewhere people do.
FOR_PROGRAMS = "/api/"


def problem(status: int, title: str, **more: Any) -> HttpResponse:
    """Return a refusal: its status and title, then what else is known of it."""
    content = {"type": "about:blank", "title": title, "status": status, **more}
    return HttpResponse(json.dumps(content, ensure_ascii=False), content_type=PROBLEM, status=status)


def is_for_programs(request: HttpRequest) -> bool:
    return request.path.startswith(FOR_PROGRAMS)


def too_heavy(megabytes: int) -> HttpResponse:
    """Return the refusal of a body that weighs too much, before it is read."""
    title = _("Cet envoi est trop lourd : %(limit)d Mo au plus.") % {"limit": megabytes}
    return problem(413, title, rule="upload-size", next_step=_("Envoyez une période à la fois."))
