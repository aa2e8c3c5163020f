"""Send an application: signed by a legal representative, frozen, receipted. The only way from draft to the fund."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fres.kernel import clock, parameters
from fres.kernel.documents import issue_document
from fres.kernel.models import Document, Territory
from fres.kernel.publishers import publishers
from fres.kernel.states import advance
from investors.models import User
from projects.applications import notices
from projects.applications.completeness import DraftState, draft_state
from projects.applications.consistency import requested_cents
from projects.applications.deadlines import days_after
from projects.applications.drafts import lock_open, require_open
from projects.applications.errors import (
    ApplicationIncomplete,
    FiguresInconsistent,
    NotYourMove,
    PieceExpired,
    SignatureRequired,
)
from projects.applications.printing import Names, frozen_sections
from projects.applications.receipt import ApplicationReceipt, ReceiptPiece, render_receipt
from projects.models import Application, ApplicationVersion, Membership, Organisation
from projects.organisations.profiles import sign_off
from projects.organisations.selectors import is_signed_off
from projects.states import SUBMIT, ApplicationState

KIND = "application_receipt"
SERIES = "DOS"
ABOUT = "application"
_NAMED = 4  # gaps told by name in a refusal; the page lists them all


@transaction.atomic
def submit_application(*, application: Application, by: User, at: datetime) -> ApplicationVersion:
    """Freeze a draft as version 1, give its receipt, and send it to the fund.

    The representative signs the organisation's own sheet in the same act, when it changed since the last signature.
    Raises: SignatureRequired; CallClosed; ApplicationIncomplete; PieceExpired; FiguresInconsistent; DraftClosed;
        NotYourMove: the file was sent already. Nothing is written then.
    """
    application = lock_open(application)
    if application.state != ApplicationState.DRAFT:
        raise NotYourMove(
            _("Ce dossier a déjà été déposé."),
            next_step=_("Répondez aux questions du fonds depuis la page du dossier."),
        )
    if application.call is None:
        raise ValueError(f"application {application.uuid} answers no call")
    day = clock.local(at).date()
    _require_signature(application, by, at)
    require_open(application.call, at)
    state = draft_state(application, on=day)
    require_ready(state)
    asked = requested_cents(state.schema.visible_answers(state.answers))
    if asked <= 0:
        raise FiguresInconsistent(
            _("Le budget ne demande rien à l’épargne citoyenne : 0,00 €."),
            next_step=_("Écrivez dans les ressources ce que vous demandez aux épargnants du fonds."),
        )
    scope = str(application.call.fund_uuid)
    answer_by = days_after(day, parameters.value_at("application.eligibility.days", day, scope).whole)
    if not is_signed_off(application.organisation):
        sign_off(organisation=application.organisation, by=by, at=at)
    version = freeze_version(
        application=application, state=state, why=ApplicationVersion.Why.SUBMISSION, asked_cents=asked,
        answer_by=answer_by, by=by, at=at,
    )  # fmt: skip
    application = advance(
        application,
        SUBMIT,
        by=by,
        at=at,
        submitted_at=at,
        reference=version.receipt.number,
        requested_cents=asked,
    )
    notices.tell_submitted(application=application, answer_by=answer_by, at=at)
    return version


def freeze_version(
    *, application: Application, state: DraftState, why: str, asked_cents: int, answer_by: Any, by: User, at: datetime
) -> ApplicationVersion:
    """Write the next version of a file with its receipt. Call it with the file locked, in a transaction."""
    if application.form is None:
        raise ValueError(f"application {application.uuid} has no form")
    rank = application.versions.count() + 1
    content = _content(application, state)
    digest = hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
    receipt = _receipt(
        application,
        state,
        content,
        rank=rank,
        why=why,
        digest=digest,
        asked_cents=asked_cents,
        answer_by=answer_by,
        by=by,
        at=at,
    )
    document = _issue(application, receipt, at=at)
    return ApplicationVersion.objects.create(
        application=application,
        rank=rank,
        why=why,
        form=application.form,
        content=content,
        sha256=digest,
        signed_by=by,
        signed_at=at,
        receipt=document,
    )


def require_ready(state: DraftState) -> None:
    """Refuse a draft that may not be sent, saying first what is missing, then what is old, then what contradicts.

    Raises: ApplicationIncomplete; PieceExpired; FiguresInconsistent.
    """
    if state.gaps:
        named = ", ".join(f"{gap.section.title} ({gap.field.label})" for gap in state.gaps[:_NAMED])
        more = len(state.gaps) - _NAMED
        if more > 0:
            named += " " + ngettext("et %(n)d autre", "et %(n)d autres", more) % {"n": more}
        raise ApplicationIncomplete(
            ngettext("Il manque %(n)d réponse : %(named)s.", "Il manque %(n)d réponses : %(named)s.", len(state.gaps))
            % {"n": len(state.gaps), "named": named},
            next_step=_("Ouvrez chaque section marquée à compléter."),
        )
    if state.expired:
        piece = state.expired[0]
        raise PieceExpired(
            _("La pièce « %(name)s » n’est plus valable depuis le %(day)s.")
            % {"name": piece.name, "day": f"{piece.valid_to:%d/%m/%Y}"},
            next_step=_("Joignez une pièce plus récente."),
        )
    if state.problems:
        first = state.problems[0]
        raise FiguresInconsistent(first.message, next_step=first.next_step)


def may_sign(application: Application, user: User, at: datetime) -> bool:
    """Whether a person is a legal representative of the organisation on the day."""
    day = clock.local(at).date()
    members = Membership.objects.filter(
        organisation=application.organisation, user=user, is_legal_representative=True, joined_on__lte=day
    )
    return members.exclude(left_on__lte=day).exists()


def _require_signature(application: Application, by: User, at: datetime) -> None:
    if not may_sign(application, by, at):
        raise SignatureRequired(
            _("Seul un représentant légal de %(name)s signe et dépose le dossier.")
            % {"name": application.organisation.name},
            next_step=_("Demandez-lui de le relire et de le signer : le bouton lui écrit."),
        )
    if not by.display_name:
        raise SignatureRequired(
            _("Une signature porte un nom : le vôtre n’est pas encore dans votre profil."),
            next_step=_("Remplissez votre profil, puis revenez signer."),
        )


def _content(application: Application, state: DraftState) -> dict[str, Any]:
    party = application.organisation.party
    names = names_in(state.answers)
    return {
        "organisation": {"name": application.organisation.name, "form": party.legal_form, "siren": party.siren},
        "project": application.project.title,
        "accompanying_body": application.accompanying_body.name if application.accompanying_body else "",
        "form": {"call": application.call.slug if application.call else "", "version": _version(application)},
        "answers": state.schema.visible_answers(state.answers),
        "sections": frozen_sections(state.schema, state.answers, names),
        "pieces": [
            {
                "field": piece.field,
                "name": piece.name,
                "mime": piece.mime,
                "size": piece.size,
                "sha256": piece.sha256,
                "valid_to": piece.valid_to.isoformat() if piece.valid_to else None,
            }
            for piece in state.pieces
        ],
    }


def _version(application: Application) -> int:
    return application.form.version if application.form else 0


def names_in(answers: Mapping[str, Any]) -> Names:
    """Return the names that answers refer to by a code."""
    codes = {value["code"] for value in answers.values() if isinstance(value, dict) and value.get("code")}
    communes = Territory.objects.filter(level=Territory.Level.COMMUNE, code__in=codes).values_list("code", "name")
    body = answers.get("accompanying_body")
    bodies = Organisation.objects.filter(uuid=body).values_list("uuid", "name") if body else []
    return Names(communes=dict(communes), bodies={str(uuid): name for uuid, name in bodies})


def _receipt(
    application: Application,
    state: DraftState,
    content: dict[str, Any],
    *,
    rank: int,
    why: str,
    digest: str,
    asked_cents: int,
    answer_by: Any,
    by: User,
    at: datetime,
) -> ApplicationReceipt:
    operator = next(iter(publishers()), None)
    labels = {field.code: field.label for _section, field in state.schema.fields()}
    party = application.organisation.party
    call = application.call
    return ApplicationReceipt(
        issuer=operator.name if operator else (call.fund_name if call else ""),
        issuer_siren=operator.siren if operator else "",
        fund=call.fund_name if call else "",
        call=call.title if call else "",
        reference=application.reference,
        version=rank,
        is_complement=why == ApplicationVersion.Why.COMPLEMENT,
        form_version=_version(application),
        organisation=application.organisation.name,
        organisation_number=party.siren or party.rna or "en création",
        project=application.project.title,
        accompanied_by=content["accompanying_body"],
        requested_cents=asked_cents,
        signed_by=str(by),
        signed_at=at,
        content_sha256=digest,
        answer_by=answer_by,
        sections=tuple(content["sections"]),
        pieces=tuple(
            ReceiptPiece(
                name=piece.name,
                label=labels.get(piece.field, piece.field),
                sha256=piece.sha256,
                valid_to=piece.valid_to,
            )
            for piece in state.pieces
        ),
    )


def _issue(application: Application, receipt: ApplicationReceipt, *, at: datetime) -> Document:
    return issue_document(
        series=SERIES,
        year=clock.local(at).year,
        kind=KIND,
        about=(ABOUT, application.uuid),
        owner_party=application.organisation.party.uuid,
        title=f"Accusé de dépôt, {application.project.title}"[:200],
        at=at,
        render=lambda number: render_receipt(receipt, number),
        amounts_cents={"requested": receipt.requested_cents},
        number_template="{series}-{year}-{rank:05d}",
    )
