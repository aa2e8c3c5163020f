"""Write an application together: start, save section by section, join pieces, start again from an earlier file."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from fres.kernel import clock
from fres.kernel.states import advance
from fres.kernel.uploads import keep_upload
from investors.models import User
from projects.applications.calls import free_slug, latest_form, schema_of
from projects.applications.deadlines import months_after
from projects.applications.errors import CallClosed, DraftClosed, ReasonMissing, SectionChangedMeanwhile
from projects.applications.form_schema import Field, Kind
from projects.models import Application, ApplicationPiece, Call, Organisation, Project, SectionAnswers
from projects.states import CANCEL_APPLICATION, WITHDRAW_APPLICATION, ApplicationState

# Answers that are also columns of the project, which every later page shows.
PROJECT_FIELDS = {
    "project_title": "title",
    "project_summary": "summary",
    "project_purpose": "purpose",
    "project_theme": "theme",
}
BODY_FIELD = "accompanying_body"
OPEN_TO_ANSWERS = frozenset({ApplicationState.DRAFT, ApplicationState.QUESTIONED})


@transaction.atomic
def start_application(
    *,
    organisation: Organisation,
    call: Call,
    title: str,
    summary: str,
    theme: str,
    commune_code: str,
    postal_code: str,
    by: User,
    at: datetime,
    cloned_from: Application | None = None,
    carried: Mapping[str, Any] | None = None,
) -> Application:
    """Start a draft and its project, with what was said answered already in the form.

    Args: carried: answers given before the file (`kept.carried_answers`); what the form does not ask is left out.
    Raises: CallClosed.
    """
    require_open(call, at)
    project = Project.objects.create(
        slug=free_slug(Project, title),
        organisation=organisation,
        title=title,
        summary=summary,
        purpose="",
        theme=theme,
        commune_code=commune_code,
    )
    application = Application.objects.create(
        organisation=organisation,
        project=project,
        call=call,
        form=latest_form(call),
        created_by=by,
        created_at=at,
        cloned_from=cloned_from,
    )
    first = dict(carried or {}) | {
        "project_title": title,
        "project_summary": summary,
        "project_theme": theme,
        "project_commune": {"postal_code": postal_code, "code": commune_code},
    }
    for section in schema_of(latest_form(call)).sections:
        known = {field.code: first[field.code] for field in section.fields if field.code in first}
        if known:
            SectionAnswers.objects.create(
                application=application, section=section.code, answers=known, saved_by=by, saved_at=at
            )
    return application


@transaction.atomic
def save_section(
    *,
    application: Application,
    section: str,
    answers: Mapping[str, Any],
    revision: int,
    by: User,
    at: datetime,
) -> SectionAnswers:
    """Write the answers of a section, as far as they are given; nothing is written when nothing changed.

    Args: answers: by field, as `form_schema.Kind` says they are kept. revision: what the page was opened on, 0 for a
        section nobody saved yet.
    Raises: DraftClosed; SectionChangedMeanwhile: a colleague saved it since. KeyError: no such section or field.
    """
    application = lock_open(application)
    known = {field.code for field in schema_of(_form(application)).section(section).fields}
    if unknown := set(answers) - known:
        raise KeyError(f"{section} has no field {sorted(unknown)}")
    row = SectionAnswers.objects.filter(application=application, section=section).first()
    if row is not None and row.answers == dict(answers):
        return row
    if (row.revision if row else 0) != revision:
        raise SectionChangedMeanwhile(
            _("%(name)s a enregistré cette section pendant que vous l’écriviez.")
            % {"name": row.saved_by if row else ""},
            next_step=_("Rechargez la page pour voir ses réponses, puis reprenez les vôtres."),
        )
    if row is None:
        row = SectionAnswers(application=application, section=section, revision=0)
    row.answers, row.revision = dict(answers), row.revision + 1
    row.saved_by, row.saved_at = by, at
    row.save()
    _follow_project(application, answers)
    return row


@transaction.atomic
def join_piece(*, application: Application, field: str, file: UploadedFile, by: User, at: datetime) -> ApplicationPiece:
    """Join a file to a draft, once inspected; its date of validity follows from the kind of piece.

    Raises: DraftClosed; FileTooHeavy, UploadRefused (`fres.kernel.uploads`). KeyError: no such piece.
    """
    application = lock_open(application)
    wanted = piece_field(application, field)
    stored = keep_upload(file)
    day = clock.local(at).date()
    return ApplicationPiece.objects.create(
        application=application,
        field=field,
        name=stored.name,
        mime=stored.mime,
        size=stored.size,
        sha256=stored.sha256,
        valid_to=months_after(day, wanted.months_valid) if wanted.months_valid else None,
        uploaded_by=by,
        uploaded_at=at,
    )


@transaction.atomic
def remove_piece(*, application: Application, uuid: UUID, by: User, at: datetime) -> ApplicationPiece:
    """Take a piece out of a draft; versions already sent keep it.

    Raises: DraftClosed; ApplicationPiece.DoesNotExist.
    """
    application = lock_open(application)
    piece = ApplicationPiece.objects.get(application=application, uuid=uuid, removed_at=None)
    piece.removed_at = at
    piece.save(update_fields=["removed_at"])
    return piece


@transaction.atomic
def clone_application(*, application: Application, call: Call, by: User, at: datetime) -> Application:
    """Start a draft for a call from the answers of an earlier file; pieces are not copied: they have dates.

    Answers whose field the new form does not ask are left out.
    Raises: CallClosed.
    """
    source = application.project
    answers = answers_of(application)
    copy = start_application(
        organisation=application.organisation,
        call=call,
        title=source.title,
        summary=source.summary,
        theme=source.theme,
        commune_code=source.commune_code,
        postal_code=(answers.get("project_commune") or {}).get("postal_code", ""),
        by=by,
        at=at,
        cloned_from=application,
    )
    for section in schema_of(_form(copy)).sections:
        known = {field.code: answers[field.code] for field in section.fields if field.code in answers}
        if not known:
            continue
        row = SectionAnswers.objects.filter(application=copy, section=section.code).first()
        save_section(
            application=copy, section=section.code, answers=known, revision=row.revision if row else 0, by=by, at=at
        )
    return copy


@transaction.atomic
def move_to_latest_form(*, application: Application, by: User, at: datetime) -> Application:
    """Move a draft to the last version of its call's form: answers stay with their fields, wherever these moved.

    Raises: DraftClosed.
    """
    application = lock_open(application)
    call = application.call
    if call is None:
        return application
    answers = answers_of(application)
    application.form = latest_form(call)
    application.save(update_fields=["form"])
    for section in schema_of(application.form).sections:
        known = {field.code: answers[field.code] for field in section.fields if field.code in answers}
        row = SectionAnswers.objects.filter(application=application, section=section.code).first()
        if row is None and not known:
            continue
        save_section(
            application=application,
            section=section.code,
            answers=known,
            revision=row.revision if row else 0,
            by=by,
            at=at,
        )
    return application


@transaction.atomic
def withdraw(*, application: Application, reason: str, by: User, at: datetime) -> Application:
    """Withdraw a file before its label, for a written reason (§6). Raises: ReasonMissing; TransitionRefused."""
    if not reason.strip():
        raise ReasonMissing(_("Un retrait porte une raison écrite."), next_step=_("Écrivez-la en une phrase."))
    return advance(application, WITHDRAW_APPLICATION, by=by, at=at, reason=reason.strip())


@transaction.atomic
def cancel(*, application: Application, reason: str, by: User, at: datetime) -> Application:
    """Cancel a file for the site, for a written reason (§6): a test, a file opened twice. Raises: ReasonMissing;
    TransitionRefused."""
    if not reason.strip():
        raise ReasonMissing(_("Une annulation porte une raison écrite."), next_step=_("Écrivez-la en une phrase."))
    return advance(application, CANCEL_APPLICATION, by=by, at=at, reason=reason.strip())


def answers_of(application: Application) -> dict[str, Any]:
    """Return every answer of a draft, by field."""
    found: dict[str, Any] = {}
    for row in application.sections.all():
        found.update(row.answers)
    return found


def current_pieces(application: Application) -> list[ApplicationPiece]:
    """Return the pieces that are joined now, by kind then age."""
    return list(application.pieces.filter(removed_at=None).order_by("field", "uploaded_at", "pk"))


def piece_field(application: Application, code: str) -> Field:
    """Return the piece that a form asks under a code. Raises: KeyError: none."""
    for _section, field in schema_of(_form(application)).fields():
        if field.code == code and field.kind == Kind.PIECE:
            return field
    raise KeyError(code)


def lock_open(application: Application) -> Application:
    """Return the row, locked, of a file whose answers may change. Raises: DraftClosed."""
    row = (
        Application.objects.select_for_update(of=("self",))
        .select_related("call", "form", "project", "organisation__party")
        .get(pk=application.pk)
    )
    if row.state not in OPEN_TO_ANSWERS:
        raise DraftClosed(
            _("Ce dossier est à l’état « %(state)s » : ses réponses ne changent plus.")
            % {"state": row.get_state_display()},
            next_step=_("Écrivez un message à la personne qui l’instruit."),
        )
    return row


def _form(application: Application) -> Any:
    if application.form is None:
        raise ValueError(f"application {application.uuid} has no form")
    return application.form


def require_open(call: Call, at: datetime) -> None:
    """Refuse a call that takes no files. Raises: CallClosed."""
    if not call.is_open(at):
        raise CallClosed(
            _("L’appel « %(title)s » ne prend pas de dossier en ce moment.") % {"title": call.title},
            next_step=_("Choisissez un autre appel, ou copiez votre dossier vers un appel ouvert."),
        )


def _follow_project(application: Application, answers: Mapping[str, Any]) -> None:
    """Keep the project's own columns as the draft says them."""
    project, changed = application.project, []
    values = {column: answers[code] for code, column in PROJECT_FIELDS.items() if answers.get(code)}
    commune = (answers.get("project_commune") or {}).get("code")
    if commune:
        values["commune_code"] = commune
    for column, value in values.items():
        if getattr(project, column) != value:
            setattr(project, column, value)
            changed.append(column)
    if changed:
        project.save(update_fields=changed)
    if BODY_FIELD in answers:
        application.accompanying_body = (
            Organisation.objects.filter(uuid=answers[BODY_FIELD]).first() if answers[BODY_FIELD] else None
        )
        application.save(update_fields=["accompanying_body"])
