"""The holder's pages of a file: where it stands, what is asked and decided, what was sent."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from fres.kernel import clock
from fres.kernel.access import reads_only
from fres.kernel.errors import RuleViolation
from projects.applications import drafts, selectors
from projects.applications.appeals import file_appeal, last_refusal
from projects.applications.calls import latest_form, open_calls
from projects.applications.completeness import draft_state
from projects.applications.instruction import answer_questions, post_message
from projects.applications.permissions import is_member
from projects.applications.views.common import (
    acted,
    own_file,
    person,
    send_piece,
    send_receipt,
    visible_file,
    writable_file,
)
from projects.models import Application, ApplicationPiece, ApplicationVersion
from projects.states import BEFORE_LABEL, ApplicationState


@require_safe
@reads_only
def file(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A file from the holder's side: what remains to write, where it stands, what is asked, what was decided."""
    application = visible_file(request, uuid)
    return render(request, "projects/applications/file.html", _file_context(request, application))


@require_POST
def answer(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Send the answers to the open list of questions."""
    application = writable_file(request, uuid)
    given = {}
    for one_round in application.question_rounds.filter(answered_at=None, closed_at=None):
        for question in one_round.questions.all():
            given[question.uuid] = request.POST.get(f"answer-{question.uuid}", "")
    try:
        answer_questions(application=application, answers=given, by=person(request), at=clock.now())
    except RuleViolation as refusal:
        context = _file_context(request, application) | {"refusal": refusal, "given": given}
        return render(request, "projects/applications/file.html", context, status=422)
    messages.success(request, _("Vos réponses sont envoyées. Le délai d’instruction court de nouveau."))
    return redirect("applications:file", uuid=uuid)


@require_POST
def message(request: HttpRequest, uuid: UUID) -> HttpResponse:
    application = own_file(request, uuid)
    if application.state == ApplicationState.DRAFT:
        raise PermissionDenied
    return acted(
        request, uuid, _("Votre message est envoyé."),
        lambda: post_message(
            application=application, text=request.POST.get("text", ""), is_from_fund=False, by=person(request),
            at=clock.now(),
        ),
    )  # fmt: skip


@require_POST
def appeal(request: HttpRequest, uuid: UUID) -> HttpResponse:
    application = own_file(request, uuid)
    return acted(
        request, uuid, _("Votre recours est déposé. Une personne qui n’a pas touché au dossier l’examine."),
        lambda: file_appeal(
            application=application, grounds=request.POST.get("grounds", ""), by=person(request), at=clock.now()
        ),
    )  # fmt: skip


@require_POST
def withdraw(request: HttpRequest, uuid: UUID) -> HttpResponse:
    application = own_file(request, uuid)
    return acted(
        request, uuid, _("Le dossier est retiré. Vous pouvez le copier à tout moment."),
        lambda: drafts.withdraw(
            application=application, reason=request.POST.get("reason", ""), by=person(request), at=clock.now()
        ),
    )  # fmt: skip


@require_safe
@reads_only
def version(request: HttpRequest, uuid: UUID, rank: int) -> HttpResponse:
    """A version as it was frozen."""
    application = visible_file(request, uuid)
    found = get_object_or_404(
        ApplicationVersion.objects.select_related("receipt", "signed_by"), application=application, rank=rank
    )
    return render(request, "projects/applications/version.html", {"application": application, "version": found})


@require_GET
@reads_only
def receipt(request: HttpRequest, uuid: UUID, rank: int) -> HttpResponse:
    """The receipt of a version, as it was issued."""
    application = visible_file(request, uuid)
    return send_receipt(get_object_or_404(ApplicationVersion, application=application, rank=rank))


@require_safe
@reads_only
def piece(request: HttpRequest, uuid: UUID, piece: UUID) -> HttpResponse:
    """A piece as it was sent, always downloaded, never opened in the page."""
    application = visible_file(request, uuid)
    return send_piece(get_object_or_404(ApplicationPiece, application=application, uuid=piece))


def _file_context(request: HttpRequest, application: Application) -> dict[str, Any]:
    today, user = clock.today(), person(request)
    is_open = application.state in drafts.OPEN_TO_ANSWERS
    is_ours = is_member(user, application)
    refusal = last_refusal(application)
    rounds = list(application.question_rounds.prefetch_related("questions__answer").order_by("asked_at"))
    return {
        "application": application,
        "state": draft_state(application, on=today) if is_open and application.form else None,
        "deadline": selectors.deadline_of_file(application, today=today),
        "history": selectors.history_of(application),
        "versions": application.versions.select_related("receipt", "signed_by").order_by("-rank"),
        "decisions": selectors.decisions_on(application),
        "rounds": [one for one in rounds if one.answered_at],
        "open_round": next((one for one in rounds if one.answered_at is None and one.closed_at is None), None),
        "given": {},
        "thread": application.messages.select_related("by").order_by("at"),
        "last_refusal": refusal,
        "appeal": getattr(refusal, "appeal", None) if refusal else None,
        "may_appeal": bool(
            is_ours
            and refusal
            and refusal.appeal_until
            and today <= refusal.appeal_until
            and application.state in (ApplicationState.INELIGIBLE, ApplicationState.REFUSED)
        ),
        "is_member": is_ours,
        "can_write": is_open and is_ours,
        "can_withdraw": is_ours and application.state in BEFORE_LABEL,
        "calls": open_calls(clock.now()) if is_ours else [],
        "has_newer_form": bool(
            is_open and application.call and application.form and latest_form(application.call) != application.form
        ),
        "refusal": None,
    }
