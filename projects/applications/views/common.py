"""What the pages of a file share: whose it is, what it answers with."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import content_disposition_header

from fres.kernel import clock
from fres.kernel.document_files import path_of
from fres.kernel.documents import open_document
from fres.kernel.errors import RuleViolation
from investors.models import User
from projects.applications import selectors
from projects.applications.permissions import can_write, is_member
from projects.models import Application, ApplicationPiece, ApplicationVersion


def send_receipt(found: ApplicationVersion) -> HttpResponse:
    """Answer with the receipt of a version, to download."""
    response = HttpResponse(open_document(found.receipt), content_type=found.receipt.mime)
    response["Content-Disposition"] = f'attachment; filename="{found.receipt.number}.pdf"'
    return response


def send_piece(found: ApplicationPiece) -> HttpResponse:
    """Answer with a piece as it was sent, to download: nothing that came from outside opens in our pages."""
    response = HttpResponse(path_of(found.sha256).read_bytes(), content_type=found.mime)
    response["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename=found.name) or "attachment"
    )
    return response


def visible_file(request: HttpRequest, uuid: UUID) -> Application:
    return get_object_or_404(selectors.visible_files(person(request), clock.today()), uuid=uuid)


def own_file(request: HttpRequest, uuid: UUID) -> Application:
    application = visible_file(request, uuid)
    if not is_member(request.user, application):
        raise PermissionDenied
    return application


def writable_file(request: HttpRequest, uuid: UUID) -> Application:
    application = visible_file(request, uuid)
    if not can_write(request.user, application):
        raise PermissionDenied
    return application


def person(request: HttpRequest) -> User:
    return cast(User, request.user)


def acted(request: HttpRequest, uuid: UUID, done: str, act: Any) -> HttpResponse:
    """Do one act on a file and go back to it; a refusal is told on its page."""
    try:
        act()
    except RuleViolation as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect("applications:file", uuid=uuid)
