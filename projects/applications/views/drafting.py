"""The holder's pages to write a file together and send it."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fres.kernel import clock
from fres.kernel.access import reads_only
from fres.kernel.errors import RuleViolation
from fres.kernel.inspection import ACCEPT_ATTRIBUTE
from fres.kernel.uploads import limit_for
from investors.models import User
from projects.applications import drafts, notices, selectors
from projects.applications.calls import open_calls
from projects.applications.completeness import DraftState, draft_state, section_problems
from projects.applications.form_schema import Kind, Section
from projects.applications.forms import StartForm
from projects.applications.kept import carried_answers
from projects.applications.permissions import can_write, is_member
from projects.applications.printing import frozen_sections, why_missing
from projects.applications.section_form import SectionForm
from projects.applications.submitting import may_sign, names_in, submit_application
from projects.applications.views.common import (
    own_file,
    person,
    visible_file,
    writable_file,
)
from projects.models import Application, ApplicationPiece, Call
from projects.organisations.selectors import is_signed_off
from projects.states import ApplicationState


@require_safe
@reads_only
def mine(request: HttpRequest) -> HttpResponse:
    """The files of my organisations, and those I accompany."""
    user, today = cast(User, request.user), clock.today()
    files = selectors.files_of(user, today)
    context = {
        "drafts": [one for one in files if one.state == ApplicationState.DRAFT],
        "sent": selectors.lines_of(files.exclude(state=ApplicationState.DRAFT), today=today),
        "accompanied": selectors.lines_of(selectors.accompanied_by(user, today), today=today),
        "organisations": selectors.organisations_of(user, today),
        "calls": open_calls(clock.now()),
    }
    return render(request, "projects/applications/mine.html", context)


@require_http_methods(["GET", "POST"])
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose the organisation, name the project, and start writing."""
    user = cast(User, request.user)
    call = get_object_or_404(Call, slug=slug)
    organisations = selectors.organisations_of(user, clock.today())
    carried = carried_answers(user)
    form = StartForm(request.POST or None, organisations=organisations, initial={"theme": carried.theme})
    refusal = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            application = drafts.start_application(
                organisation=data["organisation"],
                call=call,
                title=data["title"],
                summary=data["summary"],
                theme=data["theme"],
                commune_code=data["commune_code"],
                postal_code=data["postal_code"],
                by=user,
                at=clock.now(),
                carried=carried.answers,
            )
        except RuleViolation as problem:
            refusal = problem
        else:
            messages.success(request, _("Votre dossier est ouvert. Chaque section s’enregistre toute seule."))
            return redirect("applications:file", uuid=application.uuid)
    context = {"call": call, "form": form, "organisations": organisations, "kept": carried.kept, "refusal": refusal}
    return render(request, "projects/applications/start.html", context, status=422 if form.errors or refusal else 200)


@require_http_methods(["GET", "POST"])
def section(request: HttpRequest, uuid: UUID, section: str) -> HttpResponseBase:
    """One section: the whole page, or after a change the line that says it was saved (htmx)."""
    application = visible_file(request, uuid)
    today = clock.today()
    state = draft_state(application, on=today)
    try:
        asked = state.schema.section(section)
    except KeyError as unknown:
        raise Http404 from unknown
    if not can_write(request.user, application):
        if request.method == "POST" or not is_member(request.user, application):
            raise PermissionDenied
        return redirect("applications:file", uuid=uuid)
    if request.method == "GET":
        return render(
            request, "projects/applications/section.html", _section_context(request, application, asked, state)
        )
    return _save(request, application, asked, state)


@require_POST
def join_piece(request: HttpRequest, uuid: UUID, field: str) -> HttpResponse:
    """Join the file sent for one of the pieces asked."""
    application = writable_file(request, uuid)
    sent = request.FILES.get("file")
    try:
        drafts.piece_field(application, field)
    except KeyError as unknown:
        raise Http404 from unknown
    section_code = _section_of_piece(application, field)
    if not isinstance(sent, UploadedFile):
        messages.error(request, _("Choisissez d’abord un fichier."))
        return redirect("applications:section", uuid=uuid, section=section_code)
    try:
        drafts.join_piece(application=application, field=field, file=sent, by=person(request), at=clock.now())
    except RuleViolation as refusal:
        state = draft_state(application, on=clock.today())
        context = _section_context(request, application, state.schema.section(section_code), state, refusal=refusal)
        return render(request, "projects/applications/section.html", context, status=422)
    messages.success(request, _("La pièce est jointe."))
    return redirect("applications:section", uuid=uuid, section=section_code)


@require_POST
def remove_piece(request: HttpRequest, uuid: UUID, piece: UUID) -> HttpResponse:
    application = writable_file(request, uuid)
    found = get_object_or_404(ApplicationPiece, application=application, uuid=piece, removed_at=None)
    drafts.remove_piece(application=application, uuid=found.uuid, by=person(request), at=clock.now())
    messages.success(request, _("La pièce est retirée."))
    return redirect("applications:section", uuid=uuid, section=_section_of_piece(application, found.field))


@require_http_methods(["GET", "POST"])
def submit(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Read over everything; a legal representative signs and sends."""
    application = visible_file(request, uuid)
    if not is_member(request.user, application):
        raise PermissionDenied
    if application.state != ApplicationState.DRAFT:
        return redirect("applications:file", uuid=uuid)
    refusal = None
    if request.method == "POST":
        if request.POST.get("read") != "yes":
            messages.error(request, _("Cochez la case : vous signez ce que vous avez relu."))
            return redirect("applications:submit", uuid=uuid)
        try:
            version = submit_application(application=application, by=person(request), at=clock.now())
        except RuleViolation as problem:
            refusal = problem
        else:
            messages.success(
                request, _("Votre dossier est déposé sous le n° %(number)s.") % {"number": version.receipt.number}
            )
            return redirect("applications:file", uuid=uuid)
    state = draft_state(application, on=clock.today())
    context = {
        "application": application,
        "state": state,
        "sections": _read_over(state),
        "gaps": [(gap, why_missing(gap.why)) for gap in state.gaps],
        "may_sign": may_sign(application, person(request), clock.now()),
        "is_signed_off": is_signed_off(application.organisation),
        "refusal": refusal,
    }
    return render(request, "projects/applications/submit.html", context, status=422 if refusal else 200)


@require_POST
def ask_signature(request: HttpRequest, uuid: UUID) -> HttpResponse:
    application = writable_file(request, uuid)
    count = notices.ask_signature(application=application, by=person(request), at=clock.now())
    if count:
        messages.success(request, _("Nous avons écrit à la personne qui signe pour votre organisation."))
    else:
        messages.error(request, _("Votre organisation n’a désigné aucun représentant légal : ajoutez-le à l’équipe."))
    return redirect("applications:submit", uuid=uuid)


@require_POST
def clone(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Start again from this file, for the call chosen."""
    application = own_file(request, uuid)
    call = get_object_or_404(Call, slug=request.POST.get("call", ""))
    try:
        copy = drafts.clone_application(application=application, call=call, by=person(request), at=clock.now())
    except RuleViolation as refusal:
        messages.error(request, str(refusal))
        return redirect("applications:file", uuid=uuid)
    messages.success(request, _("Le dossier est copié : relisez chaque section, et joignez des pièces à jour."))
    return redirect("applications:file", uuid=copy.uuid)


@require_POST
def update_form(request: HttpRequest, uuid: UUID) -> HttpResponse:
    application = writable_file(request, uuid)
    drafts.move_to_latest_form(application=application, by=person(request), at=clock.now())
    messages.success(request, _("Votre dossier suit la dernière version du formulaire. Vos réponses sont gardées."))
    return redirect("applications:file", uuid=uuid)


def _save(request: HttpRequest, application: Application, asked: Section, state: DraftState) -> HttpResponse:
    """Keep what could be read; then go on, add rows, or tell what could not be read."""
    more = request.POST.get("more", "")
    form = SectionForm(
        request.POST, schema=state.schema, section=asked, answers=state.answers,
        bodies=selectors.accompanying_bodies(clock.today()), more=more,
    )  # fmt: skip
    form.is_valid()
    refusal = None
    try:
        row = drafts.save_section(
            application=application,
            section=asked.code,
            answers=form.answers(),
            revision=_whole(request.POST.get("revision")),
            by=person(request),
            at=clock.now(),
        )
        revision = row.revision
    except RuleViolation as problem:
        refusal, revision = problem, _whole(request.POST.get("revision"))
    state = draft_state(application, on=clock.today())
    is_auto = getattr(request, "htmx", False)
    if not (form.errors or refusal or more or is_auto):
        messages.success(request, _("« %(title)s » est enregistrée.") % {"title": asked.title})
        if request.POST.get("then") == "next" and (following := _next(state, asked)):
            return redirect("applications:section", uuid=application.uuid, section=following.code)
        if request.POST.get("then") == "file":
            return redirect("applications:file", uuid=application.uuid)
        return redirect("applications:section", uuid=application.uuid, section=asked.code)
    kept = form if form.errors or refusal else None
    context = _section_context(request, application, asked, state, refusal=refusal, form=kept, more=more)
    context |= {"revision": revision, "saved_at": None if refusal else clock.now()}
    if is_auto:
        shown = request.POST.get("shown", "")
        if refusal is None and (more or shown != context["form"].shown_codes()):
            response = render(request, "projects/applications/_section_form.html", context)
            response["HX-Retarget"], response["HX-Reswap"] = "#section-form", "outerHTML"
            return response
        return render(request, "projects/applications/_saved.html", context)
    return render(request, "projects/applications/section.html", context, status=200 if more else 422)


def _section_context(
    request: HttpRequest,
    application: Application,
    asked: Section,
    state: DraftState,
    *,
    refusal: RuleViolation | None = None,
    form: SectionForm | None = None,
    more: str = "",
) -> dict[str, Any]:
    row = application.sections.filter(section=asked.code).select_related("saved_by").first()
    today = clock.today()
    if form is None:
        form = SectionForm(
            schema=state.schema,
            section=asked,
            answers=state.answers,
            bodies=selectors.accompanying_bodies(today),
            more=more,
        )
    asked_pieces = [field for field in state.schema.visible_fields(asked, state.answers) if field.kind == Kind.PIECE]
    return {
        "application": application,
        "section": asked,
        "form": form,
        "refusal": refusal,
        "revision": row.revision if row else 0,
        "saved": row,
        "saved_at": None,
        "state": state,
        "progress": next((one for one in state.progress if one.section.code == asked.code), None),
        "following": _next(state, asked),
        "problems": section_problems(state.schema, state.answers, asked.code, on=today),
        "pieces": [
            {"field": field, "files": [one for one in state.pieces if one.field == field.code]}
            for field in asked_pieces
        ],
        "today": today,
        "accept": ACCEPT_ATTRIBUTE,
        "limit_mb": limit_for(request.path).megabytes,
    }


def _read_over(state: DraftState) -> list[dict[str, Any]]:
    return frozen_sections(state.schema, state.answers, names_in(state.answers))


def _next(state: DraftState, asked: Section) -> Section | None:
    """Return the section that follows among those that are asked."""
    codes = [one.section.code for one in state.progress]
    if asked.code not in codes or codes.index(asked.code) + 1 >= len(codes):
        return None
    return state.progress[codes.index(asked.code) + 1].section


def _section_of_piece(application: Application, field: str) -> str:
    state = draft_state(application, on=clock.today())
    return next(section.code for section, one in state.schema.fields() if one.code == field)


def _whole(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 9 else 0
