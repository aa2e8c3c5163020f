"""The holder's pages: write a file together, send it, answer, appeal."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from fres.kernel import clock
from fres.kernel.access import reads_only
from fres.kernel.document_files import path_of
from fres.kernel.documents import open_document
from fres.kernel.errors import RuleViolation
from fres.kernel.inspection import ACCEPT_ATTRIBUTE
from fres.kernel.uploads import limit_for
from investors.models import User
from projects.applications import drafts, notices, selectors
from projects.applications.appeals import file_appeal, last_refusal
from projects.applications.calls import latest_form, open_calls
from projects.applications.completeness import DraftState, draft_state, section_problems
from projects.applications.form_schema import Kind, Section
from projects.applications.forms import StartForm
from projects.applications.instruction import answer_questions, post_message
from projects.applications.permissions import can_write, is_member
from projects.applications.printing import frozen_sections, why_missing
from projects.applications.section_form import SectionForm
from projects.applications.submitting import may_sign, names_in, submit_application
from projects.models import Application, ApplicationPiece, ApplicationVersion, Call
from projects.states import BEFORE_LABEL, ApplicationState


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
    form = StartForm(request.POST or None, organisations=organisations)
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
            )
        except RuleViolation as problem:
            refusal = problem
        else:
            messages.success(request, _("Votre dossier est ouvert. Chaque section s’enregistre toute seule."))
            return redirect("applications:file", uuid=application.uuid)
    context = {"call": call, "form": form, "organisations": organisations, "refusal": refusal}
    return render(request, "projects/applications/start.html", context, status=422 if form.errors or refusal else 200)


@require_safe
@reads_only
def file(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A file from the holder's side: what remains to write, where it stands, what is asked, what was decided."""
    application = _visible(request, uuid)
    return render(request, "projects/applications/file.html", _file_context(request, application))


@require_http_methods(["GET", "POST"])
def section(request: HttpRequest, uuid: UUID, section: str) -> HttpResponseBase:
    """One section: the whole page, or after a change the line that says it was saved (htmx)."""
    application = _visible(request, uuid)
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
    application = _writable(request, uuid)
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
        drafts.join_piece(application=application, field=field, file=sent, by=_user(request), at=clock.now())
    except RuleViolation as refusal:
        state = draft_state(application, on=clock.today())
        context = _section_context(request, application, state.schema.section(section_code), state, refusal=refusal)
        return render(request, "projects/applications/section.html", context, status=422)
    messages.success(request, _("La pièce est jointe."))
    return redirect("applications:section", uuid=uuid, section=section_code)


@require_POST
def remove_piece(request: HttpRequest, uuid: UUID, piece: UUID) -> HttpResponse:
    application = _writable(request, uuid)
    found = get_object_or_404(ApplicationPiece, application=application, uuid=piece, removed_at=None)
    drafts.remove_piece(application=application, uuid=found.uuid, by=_user(request), at=clock.now())
    messages.success(request, _("La pièce est retirée."))
    return redirect("applications:section", uuid=uuid, section=_section_of_piece(application, found.field))


@require_safe
@reads_only
def piece(request: HttpRequest, uuid: UUID, piece: UUID) -> HttpResponse:
    """A piece as it was sent, always downloaded, never opened in the page."""
    application = _visible(request, uuid)
    return send_piece(get_object_or_404(ApplicationPiece, application=application, uuid=piece))


@require_http_methods(["GET", "POST"])
def submit(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Read over everything; a legal representative signs and sends."""
    application = _visible(request, uuid)
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
            version = submit_application(application=application, by=_user(request), at=clock.now())
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
        "may_sign": may_sign(application, _user(request), clock.now()),
        "refusal": refusal,
    }
    return render(request, "projects/applications/submit.html", context, status=422 if refusal else 200)


@require_POST
def ask_signature(request: HttpRequest, uuid: UUID) -> HttpResponse:
    application = _writable(request, uuid)
    count = notices.ask_signature(application=application, by=_user(request), at=clock.now())
    if count:
        messages.success(request, _("Nous avons écrit à la personne qui signe pour votre organisation."))
    else:
        messages.error(request, _("Votre organisation n’a désigné aucun représentant légal : ajoutez-le à l’équipe."))
    return redirect("applications:submit", uuid=uuid)


@require_POST
def answer(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Send the answers to the open list of questions."""
    application = _writable(request, uuid)
    given = {}
    for one_round in application.question_rounds.filter(answered_at=None, closed_at=None):
        for question in one_round.questions.all():
            given[question.uuid] = request.POST.get(f"answer-{question.uuid}", "")
    try:
        answer_questions(application=application, answers=given, by=_user(request), at=clock.now())
    except RuleViolation as refusal:
        context = _file_context(request, application) | {"refusal": refusal, "given": given}
        return render(request, "projects/applications/file.html", context, status=422)
    messages.success(request, _("Vos réponses sont envoyées. Le délai d’instruction court de nouveau."))
    return redirect("applications:file", uuid=uuid)


@require_POST
def message(request: HttpRequest, uuid: UUID) -> HttpResponse:
    application = _as_member(request, uuid)
    if application.state == ApplicationState.DRAFT:
        raise PermissionDenied
    return _acted(
        request, uuid, _("Votre message est envoyé."),
        lambda: post_message(
            application=application, text=request.POST.get("text", ""), is_from_fund=False, by=_user(request),
            at=clock.now(),
        ),
    )  # fmt: skip


@require_POST
def appeal(request: HttpRequest, uuid: UUID) -> HttpResponse:
    application = _as_member(request, uuid)
    return _acted(
        request, uuid, _("Votre recours est déposé. Une personne qui n’a pas touché au dossier l’examine."),
        lambda: file_appeal(
            application=application, grounds=request.POST.get("grounds", ""), by=_user(request), at=clock.now()
        ),
    )  # fmt: skip


@require_POST
def withdraw(request: HttpRequest, uuid: UUID) -> HttpResponse:
    application = _as_member(request, uuid)
    return _acted(
        request, uuid, _("Le dossier est retiré. Vous pouvez le copier à tout moment."),
        lambda: drafts.withdraw(
            application=application, reason=request.POST.get("reason", ""), by=_user(request), at=clock.now()
        ),
    )  # fmt: skip


@require_POST
def clone(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Start again from this file, for the call chosen."""
    application = _as_member(request, uuid)
    call = get_object_or_404(Call, slug=request.POST.get("call", ""))
    try:
        copy = drafts.clone_application(application=application, call=call, by=_user(request), at=clock.now())
    except RuleViolation as refusal:
        messages.error(request, str(refusal))
        return redirect("applications:file", uuid=uuid)
    messages.success(request, _("Le dossier est copié : relisez chaque section, et joignez des pièces à jour."))
    return redirect("applications:file", uuid=copy.uuid)


@require_POST
def update_form(request: HttpRequest, uuid: UUID) -> HttpResponse:
    application = _writable(request, uuid)
    drafts.move_to_latest_form(application=application, by=_user(request), at=clock.now())
    messages.success(request, _("Votre dossier suit la dernière version du formulaire. Vos réponses sont gardées."))
    return redirect("applications:file", uuid=uuid)


@require_safe
@reads_only
def version(request: HttpRequest, uuid: UUID, rank: int) -> HttpResponse:
    """A version as it was frozen."""
    application = _visible(request, uuid)
    found = get_object_or_404(
        ApplicationVersion.objects.select_related("receipt", "signed_by"), application=application, rank=rank
    )
    return render(request, "projects/applications/version.html", {"application": application, "version": found})


@require_GET
@reads_only
def receipt(request: HttpRequest, uuid: UUID, rank: int) -> HttpResponse:
    """The receipt of a version, as it was issued."""
    application = _visible(request, uuid)
    return send_receipt(get_object_or_404(ApplicationVersion, application=application, rank=rank))


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
            by=_user(request),
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


def _file_context(request: HttpRequest, application: Application) -> dict[str, Any]:
    today, user = clock.today(), _user(request)
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


def _acted(request: HttpRequest, uuid: UUID, done: str, act: Any) -> HttpResponse:
    """Do one act on a file and go back to it; a refusal is told on its page."""
    try:
        act()
    except RuleViolation as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect("applications:file", uuid=uuid)


def _visible(request: HttpRequest, uuid: UUID) -> Application:
    return get_object_or_404(selectors.visible_files(_user(request), clock.today()), uuid=uuid)


def _as_member(request: HttpRequest, uuid: UUID) -> Application:
    application = _visible(request, uuid)
    if not is_member(request.user, application):
        raise PermissionDenied
    return application


def _writable(request: HttpRequest, uuid: UUID) -> Application:
    application = _visible(request, uuid)
    if not can_write(request.user, application):
        raise PermissionDenied
    return application


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


def _whole(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 9 else 0
