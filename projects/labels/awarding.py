"""What is held: internal labels granted and renewed, suspended, withdrawn; statuses of others claimed and verified.

Suspending, withdrawing or losing a label stops the offers that stand on it: from a page or a chapter, call
`funds.label_consequences`, which calls these and then does so (ruling A6).
"""

from datetime import date, datetime

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from fres.kernel import clock
from fres.kernel.errors import RuleViolation
from fres.kernel.states import advance
from fres.kernel.uploads import keep_upload
from investors.models import User
from projects.labels import notices
from projects.labels.assessing import check_evaluator_apart
from projects.labels.dates import longest_term
from projects.labels.subjects import Subject, find_subject
from projects.labels.versions import check_in_force
from projects.models import Application, Assessment, AssessmentOutcome, Award, Evidence, Label
from projects.states import (
    EXPIRE,
    LABEL,
    LOSE,
    REFUSE,
    REINSTATE,
    RENEW,
    SUSPEND,
    VERIFY,
    WITHDRAW,
    ApplicationState,
    AssessmentState,
    AwardState,
)

HELD = (AwardState.CLAIMED, AwardState.VERIFIED, AwardState.GRANTED, AwardState.RENEWAL_DUE, AwardState.SUSPENDED)
_CHECKED = frozenset({AssessmentOutcome.CHECKED, AssessmentOutcome.IN_FORCE, AssessmentOutcome.PASSED})
_NOT_CHECKED = frozenset(
    {AssessmentOutcome.REFUSED, AssessmentOutcome.NOT_IN_FORCE, AssessmentOutcome.FAILED, AssessmentOutcome.EXCLUDED}
)
_REASON_LENGTH = 400


class AwardRefused(RuleViolation):
    """A label cannot be granted, renewed or changed as asked."""

    rule = "award"


class AssessmentMissing(AwardRefused):
    """No label without a concluded assessment that passed, of this very subject (§6)."""

    rule = "award-assessment"


class ExternalStatusNotGranted(AwardRefused):
    """ESUS, SCIC, SIAE… are given by others: claimed, then verified, never granted here (B23)."""

    rule = "award-external"


class NotHeldAsAward(AwardRefused):
    """A charter is signed and a profile drawn: neither is an award (R-074)."""

    rule = "award-charter"


class AlreadyHeld(AwardRefused):
    """The subject already holds this label, or claims it."""

    rule = "award-held"


class FileNotApproved(AwardRefused):
    """The label of a file comes after the committee's approval (§6)."""

    rule = "award-file"


class ProofMissing(AwardRefused):
    """A status is claimed with its proof and its dates."""

    rule = "award-proof"


class DatesUnfit(AwardRefused):
    """The dates go beyond what the status allows, or are already past."""

    rule = "award-dates"


class ReasonMissing(AwardRefused):
    """A suspension, an end or a refusal says why: its reason is published."""

    rule = "award-reason"


# ---- Internal labels ----


@transaction.atomic
def grant_award(*, assessment: Assessment, by: User, at: datetime, valid_from: date | None = None) -> Award:
    """Grant an internal label on an assessment that passed, and move the file it belongs to on to "labelled".

    Args: valid_from: the day of the decision by default. The last day follows from the version.
    Raises: AssessmentMissing; ExternalStatusNotGranted; NotHeldAsAward; VersionNotInForce; AlreadyHeld;
        FileNotApproved; EvaluatorNotApart.
    """
    label, on = assessment.label, clock.local(at).date()
    _check_internal(label)
    check_in_force(label, on)
    _check_passed(assessment)
    subject = find_subject(assessment.subject_type, assessment.subject_uuid)
    _check_not_held(label.code, subject)
    application = _approved_file(assessment, by=by)
    start = valid_from or on
    award = Award.objects.create(
        **_subject_columns(subject),
        label=label.code,
        label_version=label.version,
        level=assessment.level,
        state=AwardState.GRANTED,
        valid_from=start,
        valid_to=longest_term(label, start=start, created_on=subject.created_on, asked_on=on),
        decided_by=by,
        decided_at=at,
        assessment=assessment,
        application=application,
    )
    if application is not None:
        advance(application, LABEL, by=by, at=at, reason=str(award))
    notices.tell_decision(award=award, name="granted", at=at)
    return award


@transaction.atomic
def refuse_award(*, assessment: Assessment, by: User, at: datetime) -> Award:
    """Record that an internal label is refused, with the criterion that refuses it, and tell the holder.

    Raises: AssessmentMissing: the assessment is not concluded, or passed. AlreadyHeld.
    """
    _check_internal(assessment.label)
    if assessment.outcome not in (AssessmentOutcome.FAILED, AssessmentOutcome.EXCLUDED):
        raise AssessmentMissing(
            _("Cette évaluation ne conclut pas à un refus."), next_step=_("Concluez-la, ou attribuez le label.")
        )
    if assessment.application is not None:
        check_evaluator_apart(application=assessment.application, by=by)
    _check_unused(assessment)
    subject = find_subject(assessment.subject_type, assessment.subject_uuid)
    award = Award.objects.create(
        **_subject_columns(subject),
        label=assessment.label.code,
        label_version=assessment.label.version,
        state=AwardState.REFUSED,
        valid_from=clock.local(at).date(),
        decided_by=by,
        decided_at=at,
        ended_at=at,
        **_published(" ".join(assessment.explanation["reasons"])),
        assessment=assessment,
        application=assessment.application,
    )
    notices.tell_decision(award=award, name="refused", at=at)
    return award


@transaction.atomic
def renew_award(*, award: Award, assessment: Assessment, by: User, at: datetime) -> Award:
    """Give new dates to a label that is due for renewal, on a new assessment; they follow the present ones.

    The assessment may be on a later version of the same referential: the award then names it.
    Raises: TransitionRefused: it is not due. AssessmentMissing; VersionNotInForce; ExternalStatusNotGranted.
    """
    label, on = assessment.label, clock.local(at).date()
    _check_internal(label)
    check_in_force(label, on)
    _check_passed(assessment)
    if (label.code, assessment.subject_type, assessment.subject_uuid) != (
        award.label,
        award.subject_type,
        award.subject_uuid,
    ):
        raise AssessmentMissing(
            _("Cette évaluation porte sur un autre sujet ou un autre label."), next_step=_("Choisissez celle du sujet.")
        )
    if assessment.started_at.date() <= award.valid_from and assessment.pk == award.assessment_id:
        raise AssessmentMissing(_("Un renouvellement demande une nouvelle évaluation."))
    subject = find_subject(award.subject_type, award.subject_uuid)
    start = max(on, award.valid_to) if award.valid_to else on
    renewed = advance(
        award,
        RENEW,
        by=by,
        at=at,
        label_version=label.version,
        level=assessment.level,
        valid_from=on,
        valid_to=longest_term(label, start=start, created_on=subject.created_on, asked_on=on),
        decided_by=by,
        decided_at=at,
        assessment=assessment,
    )
    notices.tell_decision(award=renewed, name="renewed", at=at)
    return renewed


@transaction.atomic
def suspend_award(*, award: Award, by: User, at: datetime, reason: str) -> Award:
    """Suspend an internal label; its reason is public. Raises: ReasonMissing; TransitionRefused."""
    _check_reason(reason)
    suspended = advance(award, SUSPEND, by=by, at=at, reason=reason, suspended_at=at, **_published(reason))
    notices.tell_decision(award=suspended, name="suspended", at=at)
    return suspended


@transaction.atomic
def reinstate_award(*, award: Award, by: User, at: datetime, reason: str) -> Award:
    """End a suspension. Raises: DatesUnfit: the label would have ended meanwhile. TransitionRefused."""
    _check_reason(reason)
    if award.valid_to is not None and award.valid_to < clock.local(at).date():
        raise DatesUnfit(
            _("Ce label devait finir le %(day)s : une suspension levée ne le prolonge pas.")
            % {"day": award.valid_to.strftime("%d/%m/%Y")},
            next_step=_("Retirez-le, puis évaluez de nouveau le sujet."),
        )
    back = advance(award, REINSTATE, by=by, at=at, reason=reason, published_reason="", suspended_at=None)
    notices.tell_decision(award=back, name="reinstated", at=at)
    return back


@transaction.atomic
def withdraw_award(*, award: Award, by: User, at: datetime, reason: str) -> Award:
    """Withdraw a suspended label for good; its reason is public. Raises: ReasonMissing; TransitionRefused."""
    _check_reason(reason)
    withdrawn = advance(award, WITHDRAW, by=by, at=at, reason=reason, ended_at=at, **_published(reason))
    notices.tell_decision(award=withdrawn, name="withdrawn", at=at)
    return withdrawn


# ---- Statuses given by others ----


@transaction.atomic
def claim_status(
    *,
    label: Label,
    subject: Subject,
    proof: str,
    valid_from: date,
    valid_to: date | None,
    by: User,
    at: datetime,
    file: UploadedFile | None = None,
) -> Award:
    """Say that a subject holds a status given by somebody else, on which proof and until when. It counts once verified.

    Args: proof: what it says and where to look it up (order, register, list). file: the piece, when there is one.
    Raises: NotHeldAsAward; ExternalStatusNotGranted: the label is our own. SubjectUnfit is for assessments; here
        AwardRefused. ProofMissing; DatesUnfit; AlreadyHeld; FileTooHeavy, UploadRefused.
    """
    if label.holding != Label.Holding.EXTERNAL:
        raise NotHeldAsAward(
            _("%(label)s ne se déclare pas : « %(holding)s ».")
            % {"label": label, "holding": label.get_holding_display()},
            next_step=_("Demandez son évaluation."),
        )
    if subject.type not in label.subject_types:
        raise AwardRefused(
            _("%(label)s ne porte pas sur ce genre de sujet.") % {"label": label},
            next_step=_("Choisissez un autre statut."),
        )
    if not proof.strip():
        raise ProofMissing(
            _("Un statut se déclare avec sa preuve."), next_step=_("Citez l’arrêté, le registre ou la liste.")
        )
    _check_dates(label, subject, valid_from=valid_from, valid_to=valid_to, at=at)
    _check_not_held(label.code, subject)
    award = Award.objects.create(
        **_subject_columns(subject),
        label=label.code,
        label_version=label.version,
        state=AwardState.CLAIMED,
        valid_from=valid_from,
        valid_to=valid_to,
        proof=proof,
        claimed_by=by,
        claimed_at=at,
    )
    if file is not None:
        kept = keep_upload(file)
        Evidence.objects.create(
            award=award, name=kept.name, mime=kept.mime, size=kept.size, sha256=kept.sha256, given_by=by, given_at=at
        )
    return award


@transaction.atomic
def verify_status(*, award: Award, assessment: Assessment, by: User, at: datetime) -> Award:
    """Say that a claimed status was verified, on an assessment that checked it; never by who claimed it.

    Raises: AssessmentMissing; AwardRefused; TransitionRefused.
    """
    _check_same_subject(award, assessment)
    if assessment.outcome not in _CHECKED:
        raise AssessmentMissing(
            _("L’évaluation ne conclut pas que le statut est vérifié."),
            next_step=_("Refusez le statut, ou reprenez-la."),
        )
    _check_not_claimant(award, by)
    if award.valid_to is not None and award.valid_to < clock.local(at).date():
        raise DatesUnfit(
            _("Le statut déclaré a pris fin le %(day)s.") % {"day": award.valid_to.strftime("%d/%m/%Y")},
            next_step=_("Refusez-le ; le porteur déclare le suivant."),
        )
    verified = advance(award, VERIFY, by=by, at=at, assessment=assessment, decided_by=by, decided_at=at)
    notices.tell_decision(award=verified, name="verified", at=at)
    return verified


@transaction.atomic
def refuse_status(*, award: Award, by: User, at: datetime, reason: str, assessment: Assessment | None = None) -> Award:
    """Refuse a claimed status, with the criterion or the reason. Raises: ReasonMissing; TransitionRefused."""
    if assessment is not None:
        _check_same_subject(award, assessment)
        if assessment.outcome not in _NOT_CHECKED:
            raise AssessmentMissing(_("Cette évaluation ne conclut pas à un refus."))
        reason = reason or " ".join(assessment.explanation["reasons"])
    _check_reason(reason)
    refused = advance(
        award,
        REFUSE,
        by=by,
        at=at,
        reason=reason,
        ended_at=at,
        assessment=assessment,
        decided_by=by,
        decided_at=at,
        **_published(reason),
    )
    notices.tell_decision(award=refused, name="refused", at=at)
    return refused


@transaction.atomic
def record_loss(*, award: Award, by: User, at: datetime, reason: str) -> Award:
    """Record that a verified status was lost before its end. Raises: ReasonMissing; TransitionRefused."""
    _check_reason(reason)
    lost = advance(award, LOSE, by=by, at=at, reason=reason, ended_at=at, **_published(reason))
    notices.tell_decision(award=lost, name="lost", at=at)
    return lost


@transaction.atomic
def expire_award(*, award: Award, at: datetime) -> Award:
    """Record that the last day of a label has passed. Raises: TransitionRefused."""
    expired = advance(award, EXPIRE, by=None, at=at, ended_at=at)
    notices.tell_decision(award=expired, name="expired", at=at)
    return expired


# ---- Checks ----


def _check_internal(label: Label) -> None:
    if label.holding == Label.Holding.EXTERNAL:
        raise ExternalStatusNotGranted(
            _("%(label)s est donné par d’autres (%(owner)s) : il ne s’attribue pas ici.")
            % {"label": label, "owner": label.owner},
            next_step=_("Vérifiez le statut que le porteur déclare."),
        )
    if not label.may_be_held:
        raise NotHeldAsAward(
            _("%(label)s ne s’attribue pas : « %(holding)s ».")
            % {"label": label, "holding": label.get_holding_display()},
            next_step=_("Une charte se signe ; un profil se publie."),
        )


def _check_passed(assessment: Assessment) -> None:
    if assessment.state != AssessmentState.CONCLUDED or assessment.outcome != AssessmentOutcome.PASSED:
        raise AssessmentMissing(
            _("Pas de label sans une évaluation conclue et admise ; celle-ci est « %(state)s%(outcome)s ».")
            % {
                "state": assessment.get_state_display(),
                "outcome": f", {assessment.get_outcome_display()}" if assessment.outcome else "",
            },
            next_step=_("Concluez l’évaluation de ce sujet sur la version en vigueur."),
        )
    _check_unused(assessment)


def _check_unused(assessment: Assessment) -> None:
    if assessment.awards.exists():
        raise AssessmentMissing(
            _("Cette évaluation a déjà servi à une décision."), next_step=_("Évaluez de nouveau le sujet.")
        )


def _check_same_subject(award: Award, assessment: Assessment) -> None:
    same = (award.label, award.subject_type, award.subject_uuid)
    if (assessment.label.code, assessment.subject_type, assessment.subject_uuid) != same:
        raise AssessmentMissing(_("Cette évaluation porte sur un autre sujet ou un autre statut."))
    if assessment.state != AssessmentState.CONCLUDED:
        raise AssessmentMissing(_("Cette évaluation n’est pas conclue."), next_step=_("Concluez-la d’abord."))


def _check_not_claimant(award: Award, by: User) -> None:
    if award.claimed_by_id == by.pk:
        raise AwardRefused(_("Qui déclare un statut ne le vérifie pas."), next_step=_("Demandez à une autre personne."))


def _check_not_held(code: str, subject: Subject) -> None:
    held = Award.objects.filter(
        label=code, subject_type=subject.type, subject_uuid=subject.uuid, state__in=HELD
    ).first()
    if held is not None:
        raise AlreadyHeld(
            _("%(name)s a déjà %(label)s, « %(state)s ».")
            % {"name": subject.name, "label": held, "state": held.get_state_display()},
            next_step=_("Renouvelez-le, ou attendez sa fin."),
        )


def _check_dates(label: Label, subject: Subject, *, valid_from: date, valid_to: date | None, at: datetime) -> None:
    if valid_to is not None and valid_to <= valid_from:
        raise DatesUnfit(
            _("Un statut se termine après avoir commencé."), next_step=_("Relisez les deux dates de la preuve.")
        )
    if valid_to is not None and valid_to < clock.local(at).date():
        raise DatesUnfit(
            _("Ce statut a pris fin le %(day)s.") % {"day": valid_to.strftime("%d/%m/%Y")},
            next_step=_("Déclarez celui qui est en vigueur."),
        )
    longest = longest_term(label, start=valid_from, created_on=subject.created_on, asked_on=valid_from)
    if longest is None:
        return
    if valid_to is None:
        raise ProofMissing(
            _("%(label)s a un terme : sa dernière date manque.") % {"label": label},
            next_step=_("Recopiez-la de la preuve."),
        )
    if valid_to > longest:
        raise DatesUnfit(
            _("%(label)s dure au plus jusqu’au %(longest)s ; vous avez écrit le %(day)s.")
            % {"label": label, "longest": longest.strftime("%d/%m/%Y"), "day": valid_to.strftime("%d/%m/%Y")},
            next_step=_("Relisez la preuve : deux ans pour une entreprise de moins de trois ans (ESUS)."),
        )


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise ReasonMissing(_("Il manque le motif : il est publié."), next_step=_("Écrivez-le en une phrase."))


def _approved_file(assessment: Assessment, *, by: User) -> Application | None:
    application = assessment.application
    if application is None:
        return None
    check_evaluator_apart(application=application, by=by)
    if application.state != ApplicationState.APPROVED:
        raise FileNotApproved(
            _("Le dossier est « %(state)s » : le label vient après l’approbation du comité.")
            % {"state": application.get_state_display()},
            next_step=_("Attendez la décision du comité."),
        )
    return application


def _subject_columns(subject: Subject) -> dict[str, object]:
    return {
        "subject_type": subject.type,
        "subject_uuid": subject.uuid,
        "subject_name": subject.name,
        "commune_code": subject.commune_code,
    }


def _published(reason: str) -> dict[str, str]:
    return {"published_reason": reason if len(reason) <= _REASON_LENGTH else f"{reason[: _REASON_LENGTH - 1]}…"}
