"""What pages of labels ask: the register, profiles beside their territory, the work to do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from statistics import median
from typing import Any

from django.db.models import Count, Max, Q, QuerySet
from django.utils.translation import gettext as _

from fres.kernel.charts import Drawing
from fres.kernel.radar import Axis, radar
from investors.models import User
from projects.labels.criteria import HIGHEST_LEVEL
from projects.labels.subjects import Subject, subjects_of
from projects.labels.words import department_of
from projects.models import (
    Application,
    Assessment,
    AssessmentAnswer,
    Award,
    CharterSignature,
    Criterion,
    Label,
    MisuseReport,
    Organisation,
    SubjectType,
)
from projects.states import ApplicationState, AssessmentState, AwardState, MisuseState, SignatureState

# What the public register says: what is held, and how it stopped. A claim not verified yet and a refusal are not in it.
PUBLIC_STATES = (
    AwardState.GRANTED,
    AwardState.RENEWAL_DUE,
    AwardState.VERIFIED,
    AwardState.SUSPENDED,
    AwardState.WITHDRAWN,
    AwardState.EXPIRED,
    AwardState.LOST,
)


def public_awards(filters: Mapping[str, str]) -> QuerySet[Award]:
    """Return the register, by name, narrowed down by label code, département, state and words."""
    found = Award.objects.filter(state__in=PUBLIC_STATES)
    if filters.get("label"):
        found = found.filter(label=filters["label"])
    if filters.get("department"):
        found = found.filter(commune_code__startswith=filters["department"])
    if filters.get("state"):
        found = found.filter(state=filters["state"])
    if filters.get("search"):
        found = found.filter(subject_name__icontains=filters["search"])
    return found.order_by("subject_name", "label", "pk")


def label_names() -> dict[str, str]:
    """Return the name of each referential by code@version."""
    return {f"{code}@{version}": name for code, version, name in Label.objects.values_list("code", "version", "name")}


def label_choices() -> list[tuple[str, str]]:
    """Return the codes that may be held, for a filter."""
    rows = Label.objects.filter(holding__in=(Label.Holding.INTERNAL, Label.Holding.EXTERNAL)).order_by("code")
    return list(dict.fromkeys((one.code, one.code) for one in rows))


def departments_held() -> list[str]:
    """Return the codes of the départements where something is held."""
    communes = Award.objects.filter(state__in=PUBLIC_STATES).values_list("commune_code", flat=True).distinct()
    return sorted({department_of(code) for code in communes if code})


def referentials() -> QuerySet[Label]:
    """Return every version, with how many criteria it has and how many awards name it."""
    return Label.objects.annotate(criteria_count=Count("criteria", distinct=True)).order_by("code", "-valid_from")


def versions_of(label: Label) -> QuerySet[Label]:
    return Label.objects.filter(code=label.code).order_by("valid_from", "version")


def public_signatories(label: Label | None = None) -> QuerySet[CharterSignature]:
    """Return who signed, those who stand first; those who left or were removed stay, with the reason."""
    found = CharterSignature.objects.select_related("label").order_by("subject_name", "pk")
    return found.filter(label=label) if label is not None else found


def public_misuses(label: Label) -> QuerySet[MisuseReport]:
    """Return the reports that were upheld, with the answer; the others are nobody's business."""
    return MisuseReport.objects.filter(label=label, state=MisuseState.UPHELD)


# ---- The staff's work ----


@dataclass(frozen=True, slots=True)
class Work:
    """What waits for an evaluator."""

    files: list[Application]
    under_way: list[Assessment]
    to_decide: list[Assessment]
    claims: list[Award]
    due: list[Award]
    questioned: list[CharterSignature]
    reports: list[MisuseReport]

    @property
    def count(self) -> int:
        lists = (self.files, self.under_way, self.to_decide, self.claims, self.due, self.questioned, self.reports)
        return sum(len(one) for one in lists)


def work_of_evaluators(*, limit: int = 100) -> Work:
    """Return what waits, the oldest first, at most so many of each."""
    files = Application.objects.filter(state=ApplicationState.APPROVED).exclude(
        assessments__state=AssessmentState.IN_PROGRESS
    )
    assessments = Assessment.objects.select_related("label", "evaluator", "application")
    decidable = assessments.filter(
        state=AssessmentState.CONCLUDED, awards=None, signature=None, label__holding=Label.Holding.INTERNAL
    )
    return Work(
        files=list(files.select_related("project__organisation").order_by("created_at")[:limit]),
        under_way=list(assessments.filter(state=AssessmentState.IN_PROGRESS).order_by("started_at")[:limit]),
        to_decide=list(decidable.order_by("concluded_at")[:limit]),
        claims=list(Award.objects.filter(state=AwardState.CLAIMED).order_by("claimed_at")[:limit]),
        due=list(Award.objects.filter(state=AwardState.RENEWAL_DUE).order_by("valid_to")[:limit]),
        questioned=list(
            CharterSignature.objects.filter(state=SignatureState.QUESTIONED).select_related("label")[:limit]
        ),
        reports=list(MisuseReport.objects.filter(state=MisuseState.REPORTED).select_related("label")[:limit]),
    )


# ---- A holder's own ----


@dataclass(frozen=True, slots=True)
class Own:
    subjects: list[Subject]
    awards: list[Award]
    assessments: list[Assessment]
    signatures: list[CharterSignature]


def own_subjects(user: User) -> list[Subject]:
    """Return every subject that a person acts for."""
    mine = Organisation.objects.filter(memberships__user=user, memberships__left_on=None).distinct()
    mine = mine.prefetch_related("projects", "carried_groupings", "products")
    return [subject for organisation in mine for subject in subjects_of(organisation)]


def own_of(user: User) -> Own:
    """Return the labels, assessments and signatures of a person's subjects."""
    subjects = own_subjects(user)
    about = _about(subjects)
    return Own(
        subjects=subjects,
        awards=list(Award.objects.filter(about).select_related("assessment")) if subjects else [],
        assessments=list(
            Assessment.objects.filter(about, state=AssessmentState.CONCLUDED).select_related("label", "document")
        )
        if subjects
        else [],
        signatures=list(CharterSignature.objects.filter(about).select_related("label")) if subjects else [],
    )


def _about(subjects: Iterable[Subject]) -> Q:
    found = Q(pk=None)
    by_type: dict[str, list[Any]] = {}
    for subject in subjects:
        by_type.setdefault(subject.type, []).append(subject.uuid)
    for kind, uuids in by_type.items():
        found |= Q(subject_type=kind, subject_uuid__in=uuids)
    return found


def awards_about(subject_type: str, subject_uuid: Any) -> QuerySet[Award]:
    """Return what a subject holds or held, for its public page."""
    return Award.objects.filter(subject_type=subject_type, subject_uuid=subject_uuid, state__in=PUBLIC_STATES).order_by(
        "label", "-valid_from"
    )


def badges_of_project(project_uuid: Any, organisation_uuid: Any, on: date) -> QuerySet[Award]:
    """Return the awards in force of a project or its organisation: what a page may show as a badge."""
    subjects = Q(subject_type=SubjectType.PROJECT, subject_uuid=project_uuid) | Q(
        subject_type=SubjectType.ORGANISATION, subject_uuid=organisation_uuid
    )
    in_force = Q(state__in=(AwardState.GRANTED, AwardState.RENEWAL_DUE, AwardState.VERIFIED))
    return Award.objects.filter(subjects & in_force, valid_from__lte=on).exclude(valid_to__lt=on).order_by("label")


# ---- Profiles ----


def territory_medians(label: Label, department: str, *, but: Assessment | None = None) -> dict[str, Fraction]:
    """Return the median level of each criterion among the subjects of a département, each by its last conclusion."""
    concluded = Assessment.objects.filter(
        label=label, state=AssessmentState.CONCLUDED, commune_code__startswith=department
    )
    if but is not None:
        concluded = concluded.exclude(subject_type=but.subject_type, subject_uuid=but.subject_uuid)
    last = concluded.values("subject_type", "subject_uuid").annotate(last=Max("pk")).values("last")
    rows = AssessmentAnswer.objects.filter(assessment__in=last, level__isnull=False)
    levels: dict[str, list[int]] = {}
    for identifier, level in rows.values_list("criterion__identifier", "level"):
        if level is not None:
            levels.setdefault(identifier, []).append(level)
    return {identifier: Fraction(median(map(Fraction, found))) for identifier, found in levels.items()}


def profile_of(assessment: Assessment) -> Drawing | None:
    """Return the radar of an assessment's levels beside its territory's medians; None without levels to draw."""
    criteria = [one for one in assessment.label.criteria.all() if one.scale == Criterion.Scale.PROG]
    if len(criteria) < 3:
        return None
    department = department_of(assessment.commune_code) if assessment.commune_code else ""
    medians = territory_medians(assessment.label, department, but=assessment) if department else {}
    levels = {one.criterion_id: one.level for one in assessment.answers.all()}
    axes = [
        Axis(
            one.identifier,
            one.title,
            levels.get(one.pk),
            float(medians[one.identifier]) if one.identifier in medians else None,
        )
        for one in criteria
    ]
    return radar(
        axes,
        highest=HIGHEST_LEVEL,
        caption=_("Le profil en chiffres"),
        subject=assessment.subject_name,
        compared_with=_("Médiane du département %(code)s") % {"code": department or "–"},
    )
