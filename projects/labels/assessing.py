"""Assessing a subject on one version: begin, answer with evidence, conclude. The conclusion is computed and frozen."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from fres.kernel import clock
from fres.kernel.documents import issue_document
from fres.kernel.errors import RuleViolation
from fres.kernel.states import advance
from fres.kernel.uploads import keep_upload
from investors.models import User
from projects.four_eyes import Act, acts_on
from projects.labels.criteria import Conclusion, Given, conclude, levels_of, rule_of
from projects.labels.explanation import explanation_of, render_explanation
from projects.labels.subjects import Subject
from projects.labels.versions import check_in_force, level_name
from projects.labels.weights import weights_of
from projects.labels.words import department_of
from projects.models import Application, Assessment, AssessmentAnswer, Criterion, Evidence, Label
from projects.states import ABANDON_ASSESSMENT, CONCLUDE_ASSESSMENT, AssessmentState

SERIES = "EVAL"


class SubjectUnfit(RuleViolation):
    """The referential is not about this kind of subject: FINANSOL is about a product, never an organisation."""

    rule = "label-subject"


class EvaluatorNotApart(RuleViolation):
    """The evaluator instructed the file or voted on it (ruling A7)."""

    rule = "A7"


class AssessmentOver(RuleViolation):
    """The assessment is concluded or abandoned: it changes no more."""

    rule = "assessment-over"


class AlreadyAssessing(RuleViolation):
    """The subject is already being assessed on this version."""

    rule = "assessment-twice"


class AnswerUnfit(RuleViolation):
    """An answer is not on the criterion's scale."""

    rule = "assessment-answer"


@transaction.atomic
def start_assessment(
    *,
    label: Label,
    subject: Subject,
    by: User,
    at: datetime,
    application: Application | None = None,
    branch: str = "",
) -> Assessment:
    """Begin to look at a subject through a version in force.

    Args: branch: the case (ESUS by right, a sector of the charter…), empty for the ordinary one. by: the evaluator.
    Raises: SubjectUnfit; VersionNotInForce; EvaluatorNotApart; AlreadyAssessing.
    """
    if subject.type not in label.subject_types:
        raise SubjectUnfit(
            _("%(label)s ne porte pas sur ce genre de sujet.") % {"label": label},
            next_step=_("Choisissez un sujet de la liste, ou un autre référentiel."),
        )
    check_in_force(label, clock.local(at).date())
    if application is not None:
        check_evaluator_apart(application=application, by=by)
    same = Assessment.objects.filter(
        label=label, subject_type=subject.type, subject_uuid=subject.uuid, state=AssessmentState.IN_PROGRESS
    )
    if same.exists():
        raise AlreadyAssessing(
            _("%(name)s est déjà en cours d’évaluation sur %(label)s.") % {"name": subject.name, "label": label},
            next_step=_("Reprenez cette évaluation, ou abandonnez-la d’abord."),
        )
    return Assessment.objects.create(
        label=label,
        subject_type=subject.type,
        subject_uuid=subject.uuid,
        subject_name=subject.name,
        commune_code=subject.commune_code,
        application=application,
        branch=branch,
        evaluator=by,
        started_at=at,
    )


def check_evaluator_apart(*, application: Application, by: User) -> None:
    """Raises: EvaluatorNotApart: who evaluates neither instructed the file nor voted on it, nor pays it (A7)."""
    acts = acts_on(application)
    for act in (Act.INSTRUCTED, Act.VOTED, Act.APPROVED):
        if by.pk in acts[act]:
            raise EvaluatorNotApart(
                _("Cette personne %(done)s : elle n’en évalue pas le label.") % {"done": act.label},
                next_step=_("Demandez à une autre personne qui évalue les labels."),
            )


@transaction.atomic
def answer_criterion(
    *,
    assessment: Assessment,
    criterion: Criterion,
    by: User,
    at: datetime,
    yes: bool | None = None,
    values: Mapping[str, str | Sequence[str]] | None = None,
    level: int | None = None,
    is_na: bool = False,
    reference: str = "",
    valid_to: date | None = None,
    note: str = "",
) -> AssessmentAnswer:
    """Write the answer to one criterion; a second one replaces it (the trail keeps both).

    Args: values: exact numbers as text by the names of the criterion's tests, or pairs "2" out of "3".
        reference: what proves it, when it is not a file. valid_to: last day the proof is good for.
    Raises: AssessmentOver; AnswerUnfit.
    """
    locked = _locked(assessment)
    if criterion.label_id != locked.label_id:
        raise AnswerUnfit(_("%(name)s n’est pas un critère de cette version.") % {"name": criterion})
    kept = _checked_values(criterion, values or {})
    if level is not None and not 0 <= level <= 3:
        raise AnswerUnfit(_("Un niveau va de 0 (absent) à 3 (exemplaire)."), next_step=_("Choisissez 0, 1, 2 ou 3."))
    if is_na and not (criterion.allows_na or criterion.alternative):
        raise AnswerUnfit(
            _("%(name)s ne peut pas être sans objet.") % {"name": criterion}, next_step=_("Répondez au critère.")
        )
    answer, _created = AssessmentAnswer.objects.update_or_create(
        assessment=locked,
        criterion=criterion,
        defaults={
            "is_na": is_na, "yes": yes, "values": kept, "level": level, "reference": reference, "valid_to": valid_to,
            "note": note, "answered_by": by, "answered_at": at,
        },
    )  # fmt: skip
    return answer


@transaction.atomic
def add_evidence(*, answer: AssessmentAnswer, file: UploadedFile, by: User, at: datetime) -> Evidence:
    """Keep a piece with an answer. Raises: AssessmentOver; FileTooHeavy, UploadRefused: nothing is kept."""
    _locked(answer.assessment)
    kept = keep_upload(file)
    return Evidence.objects.create(
        answer=answer, name=kept.name, mime=kept.mime, size=kept.size, sha256=kept.sha256, given_by=by, given_at=at
    )


@transaction.atomic
def conclude_assessment(*, assessment: Assessment, by: User, at: datetime) -> Assessment:
    """Compute the conclusion on the day, explain it criterion by criterion, issue the page that says so, freeze both.

    Raises: AssessmentOver; VersionNotInForce; EvaluatorNotApart; AssessmentIncomplete; NothingAsked.
    """
    locked = _locked(assessment)
    on = clock.local(at).date()
    check_in_force(locked.label, on)
    if locked.application is not None:
        check_evaluator_apart(application=locked.application, by=by)
    with override("fr"):
        conclusion = conclusion_of(locked, on=on)
        explanation = explanation_of(locked, conclusion, by=by, at=at)
    document = issue_document(
        series=SERIES,
        year=on.year,
        kind="label_assessment",
        about=("assessment", locked.uuid),
        owner_party=None,
        title=_("Évaluation %(label)s : %(name)s") % {"label": locked.label, "name": locked.subject_name},
        at=at,
        render=lambda number: render_explanation(explanation, number),
    )
    return advance(
        locked,
        CONCLUDE_ASSESSMENT,
        by=by,
        at=at,
        concluded_at=at,
        outcome=conclusion.outcome,
        level=conclusion.level,
        explanation=explanation.frozen(),
        document=document,
    )


@transaction.atomic
def abandon_assessment(*, assessment: Assessment, by: User, at: datetime, reason: str) -> Assessment:
    """Give up an assessment: its answers stay, it concludes nothing."""
    return advance(assessment, ABANDON_ASSESSMENT, by=by, at=at, reason=reason)


def conclusion_of(assessment: Assessment, *, on: date) -> Conclusion:
    """Return what the answers given so far conclude on a day, by the weights of the subject's département (R-102).

    Raises: AssessmentIncomplete; NothingAsked.
    """
    label = assessment.label
    department = department_of(assessment.commune_code) if assessment.commune_code else ""
    weights = weights_of(label, department, on)
    return conclude(
        decision_rule=label.rule,
        rules=[replace(rule_of(one), weight=weights[one.pk]) for one in label.criteria.all()],
        answers=answers_of(assessment),
        on=on,
        levels=levels_of(label),
        branch=assessment.branch,
    )


def answers_of(assessment: Assessment) -> dict[str, Given]:
    """Return the answers given so far, by criterion."""
    rows = assessment.answers.select_related("criterion").prefetch_related("pieces")
    return {row.criterion.identifier: _given(row) for row in rows}


def level_of(assessment: Assessment) -> str:
    """Return the name of the level reached, or nothing."""
    return level_name(assessment.label, assessment.level)


def _given(row: AssessmentAnswer) -> Given:
    proofs = [piece.name for piece in row.pieces.all()]
    if row.reference:
        proofs.insert(0, row.reference)
    return Given(
        is_na=row.is_na,
        yes=row.yes,
        values={name: _fraction(row.criterion, name, value) for name, value in row.values.items()},
        level=row.level,
        proofs=tuple(proofs),
        valid_to=row.valid_to,
    )


def _fraction(criterion: Criterion, name: str, value: str | Sequence[str]) -> Fraction:
    if isinstance(value, str):
        return Fraction(value)
    unit = next(one["unit"] for one in criterion.tests if one["name"] == name)
    return Fraction(value[0]) / Fraction(value[1]) * (100 if unit == "%" else 1)


def _checked_values(criterion: Criterion, values: Mapping[str, Any]) -> dict[str, Any]:
    names = {one["name"]: one["label"] for one in criterion.tests}
    kept: dict[str, Any] = {}
    for name, value in values.items():
        if name not in names:
            raise AnswerUnfit(_("%(name)s n’a pas de seuil « %(test)s ».") % {"name": criterion, "test": name})
        parts = [value] if isinstance(value, str) else list(value)
        numbers = [_number(part, names[name]) for part in parts]
        if len(numbers) == 2 and (numbers[1] <= 0 or numbers[0] > numbers[1]):
            raise AnswerUnfit(
                _("« %(test)s » : une part se dit par une partie et un tout qui la contient.") % {"test": names[name]},
                next_step=_("Écrivez la partie, puis le tout."),
            )
        kept[name] = str(numbers[0]) if len(numbers) == 1 else [str(number) for number in numbers]
    return kept


def _number(text: str, label: str) -> Decimal:
    try:
        number = Decimal(str(text).strip().replace(",", "."))
    except InvalidOperation as mistake:
        raise _no_number(text, label) from mistake
    if not number.is_finite() or number < 0:
        raise _no_number(text, label)
    return number


def _no_number(text: str, label: str) -> AnswerUnfit:
    return AnswerUnfit(
        _("« %(test)s » : « %(text)s » n’est pas un nombre positif ou nul.") % {"test": label, "text": text},
        next_step=_("Écrivez un nombre, par exemple 66,5."),
    )


def _locked(assessment: Assessment) -> Assessment:
    rows = Assessment.objects.select_for_update(of=("self",)).select_related("label", "application", "evaluator")
    locked = rows.get(pk=assessment.pk)
    if locked.state != AssessmentState.IN_PROGRESS:
        raise AssessmentOver(
            _("Cette évaluation est « %(state)s » : elle ne change plus.") % {"state": locked.get_state_display()},
            next_step=_("Commencez une autre évaluation."),
        )
    return locked
