"""Charters: signing is a moral commitment; who stops keeping it may be taken off the list, after a fair procedure."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from fres.kernel import clock, parameters
from fres.kernel.errors import RuleViolation
from fres.kernel.states import advance
from investors.models import User
from projects.labels import notices
from projects.labels.subjects import find_subject, signs_for
from projects.labels.versions import check_in_force
from projects.models import Assessment, AssessmentOutcome, CharterSignature, Label, MisuseReport
from projects.models.groupings import Sector
from projects.states import (
    DISMISS_MISUSE,
    LEAVE_CHARTER,
    MAINTAIN_SIGNATURE,
    QUESTION_SIGNATURE,
    REMOVE_SIGNATURE,
    UPHOLD_MISUSE,
    SignatureState,
)


class CharterNotSigned(RuleViolation):
    """A charter is signed by who represents the signatory, once every criterion of part A is accepted."""

    rule = "charter"


class ReplyAwaited(RuleViolation):
    """The signatory has not replied yet, and their time is not over."""

    rule = "charter-reply"


class AnswerMissing(RuleViolation):
    """A report is answered in public, with a reason."""

    rule = "misuse-answer"


def commitment_text(label: Label, sector: str) -> str:
    """Return the words that are signed (R-074); before the sector is chosen, they say that it is to be."""
    name = Sector(sector).label if sector else _("que vous choisissez")
    return _(
        "Nous nous engageons moralement à respecter et appliquer les critères inaliénables (partie A) de "
        "%(charter)s et ceux du secteur « %(sector)s » (partie B). Nous participerons à des actions communes, "
        "soutiendrons les initiatives existantes, informerons le public et partagerons nos savoir-faire. Nous "
        "savons que notre nom est public, qu’un manquement peut être signalé, et que notre signature peut être "
        "retirée après nous avoir entendus."
    ) % {"charter": label.name, "sector": name}


@transaction.atomic
def sign_charter(*, assessment: Assessment, sector: str, by: User, at: datetime) -> CharterSignature:
    """Sign a charter whose part A was accepted whole; the words signed are kept with the signature.

    Raises: CharterNotSigned: nothing was accepted, a criterion was denied, another person signs, or it is signed.
        VersionNotInForce.
    """
    label = assessment.label
    if label.holding != Label.Holding.CHARTER:
        raise CharterNotSigned(_("%(label)s n’est pas une charte.") % {"label": label})
    check_in_force(label, clock.local(at).date())
    if assessment.outcome != AssessmentOutcome.SIGNED:
        denied = " ".join(assessment.explanation.get("reasons", []))
        raise CharterNotSigned(
            _("La partie A n’est pas acceptée entièrement. %(reasons)s") % {"reasons": denied},
            next_step=_("Acceptez chaque critère inaliénable, ou ne signez pas."),
        )
    subject = find_subject(assessment.subject_type, assessment.subject_uuid)
    if not signs_for(by, subject):
        raise CharterNotSigned(
            _("Seule la personne qui représente légalement %(name)s signe la charte.")
            % {"name": subject.organisation.name},
            next_step=_("Demandez-lui de signer."),
        )
    standing = (SignatureState.SIGNED, SignatureState.QUESTIONED)
    same = CharterSignature.objects.filter(
        label=label, subject_type=subject.type, subject_uuid=subject.uuid, state__in=standing
    )
    if same.exists() or CharterSignature.objects.filter(assessment=assessment).exists():
        raise CharterNotSigned(_("Cette charte est déjà signée."), next_step=_("Elle figure au registre."))
    return CharterSignature.objects.create(
        label=label,
        assessment=assessment,
        subject_type=subject.type,
        subject_uuid=subject.uuid,
        subject_name=subject.name,
        commune_code=subject.commune_code,
        sector=sector,
        commitment=commitment_text(label, sector),
        signed_by=by,
        signed_at=at,
    )


@transaction.atomic
def leave_charter(*, signature: CharterSignature, by: User, at: datetime, reason: str) -> CharterSignature:
    """Take one's own word back; the register says so. Raises: CharterNotSigned; TransitionRefused."""
    if not reason.strip():
        raise CharterNotSigned(_("Dites pourquoi vous quittez la charte : le motif est publié."))
    return advance(signature, LEAVE_CHARTER, by=by, at=at, reason=reason, ended_at=at, end_reason=reason[:400])


@transaction.atomic
def question_signature(*, signature: CharterSignature, by: User, at: datetime, reason: str) -> CharterSignature:
    """Open the removal procedure: the signatory is told what for, and has a dated time to reply.

    Raises: CharterNotSigned: no reason. TransitionRefused.
    """
    if not reason.strip():
        raise CharterNotSigned(_("La procédure s’ouvre avec un motif."), next_step=_("Nommez le critère renié."))
    days = parameters.value_at("charter.reply_days", clock.local(at).date()).whole
    questioned = advance(
        signature, QUESTION_SIGNATURE, by=by, at=at, reason=reason, reply_before=at + timedelta(days=days), reply=""
    )
    notices.tell_signature(signature=questioned, name="questioned", at=at)
    return questioned


@transaction.atomic
def reply_to_question(*, signature: CharterSignature, by: User, at: datetime, reply: str) -> CharterSignature:
    """Keep the signatory's reply. Raises: CharterNotSigned: none is awaited from this person."""
    locked = CharterSignature.objects.select_for_update(of=("self",)).select_related("label").get(pk=signature.pk)
    subject = find_subject(locked.subject_type, locked.subject_uuid)
    if locked.state != SignatureState.QUESTIONED or not signs_for(by, subject) or not reply.strip():
        raise CharterNotSigned(
            _("Aucune réponse n’est attendue de vous ici."), next_step=_("Le registre dit où en est la signature.")
        )
    locked.reply = reply
    locked.save(update_fields=["reply"])
    return locked


@transaction.atomic
def maintain_signature(*, signature: CharterSignature, by: User, at: datetime, reason: str) -> CharterSignature:
    """End the procedure in favour of the signatory."""
    kept = advance(signature, MAINTAIN_SIGNATURE, by=by, at=at, reason=reason, reply_before=None)
    notices.tell_signature(signature=kept, name="maintained", at=at)
    return kept


@transaction.atomic
def remove_signature(*, signature: CharterSignature, by: User, at: datetime, reason: str) -> CharterSignature:
    """Take a signatory off the list, once heard or once their time is over; the reason is public.

    Raises: ReplyAwaited; CharterNotSigned: no reason. TransitionRefused: the procedure was not opened.
    """
    if not reason.strip():
        raise CharterNotSigned(_("Un retrait dit pourquoi : le motif est publié."))
    if (
        signature.state == SignatureState.QUESTIONED
        and not signature.reply
        and signature.reply_before is not None
        and at <= signature.reply_before
    ):
        raise ReplyAwaited(
            _("Le signataire a jusqu’au %(day)s pour répondre.")
            % {"day": clock.local(signature.reply_before).strftime("%d/%m/%Y")},
            next_step=_("Attendez sa réponse ou ce jour."),
        )
    removed = advance(signature, REMOVE_SIGNATURE, by=by, at=at, reason=reason, ended_at=at, end_reason=reason[:400])
    notices.tell_signature(signature=removed, name="removed", at=at)
    return removed


@transaction.atomic
def report_misuse(
    *,
    label: Label,
    about: str,
    seen_where: str,
    facts: str,
    at: datetime,
    reporter_email: str = "",
    signature: CharterSignature | None = None,
) -> MisuseReport:
    """Keep a report of misuse, to be examined; nothing of it is public before (R-075)."""
    return MisuseReport.objects.create(
        label=label,
        signature=signature,
        about=about,
        seen_where=seen_where,
        facts=facts,
        reporter_email=reporter_email,
        reported_at=at,
    )


@transaction.atomic
def moderate_misuse(*, report: MisuseReport, is_upheld: bool, answer: str, by: User, at: datetime) -> MisuseReport:
    """Answer a report in public: upheld, or not; who asked for it is told. Raises: AnswerMissing; TransitionRefused."""
    if not answer.strip():
        raise AnswerMissing(
            _("Un signalement examiné reçoit une réponse."), next_step=_("Écrivez-la : elle est publiée.")
        )
    transition = UPHOLD_MISUSE if is_upheld else DISMISS_MISUSE
    done = advance(report, transition, by=by, at=at, reason=answer, moderated_by=by, moderated_at=at, answer=answer)
    if done.reporter_email:
        notices.tell_reporter(report=done, at=at)
    return done
