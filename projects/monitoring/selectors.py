"""What is read of reports: a holder's, the public ones, the desk's."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Case, QuerySet, When

from fres.kernel import parameters
from fres.kernel.templatetags.fres import number
from investors.models import User
from projects.models import Application, Award, Indicator, Project, Report, ReportValue
from projects.states import IN_FORCE, ReportState

PERCENT_PLACES = Decimal("0.1")
AWAITED = frozenset({ReportState.DRAFT, ReportState.RETURNED})


@dataclass(frozen=True)
class ToldIndicator:
    """One published indicator as it is read: "12,5" with its unit, its two parts when it is a rate."""

    code: str
    name: str
    domain: str
    told: str
    parts: str
    before: str
    quality: str
    evidence: str
    scope_percent: int


@dataclass(frozen=True)
class PublicReport:
    report: Report
    indicators: tuple[ToldIndicator, ...]


def reports_of(user: User, on: date) -> QuerySet[Report]:
    """Return the reports of the organisations that a person belongs to on a day, the newest first."""
    mine = user.memberships.filter(joined_on__lte=on).exclude(left_on__lte=on).values("organisation")
    return Report.objects.filter(project__organisation__in=mine).select_related("project__organisation")


def reports_to_review() -> QuerySet[Report]:
    """Return every report: those that wait for a review first, then those awaited, then the others."""
    ranks = Case(When(state=ReportState.SUBMITTED, then=0), When(state__in=AWAITED, then=1), default=2)
    return Report.objects.select_related("project__organisation").order_by(ranks, "due_on", "pk")


def published_reports() -> QuerySet[Report]:
    return Report.objects.filter(state=ReportState.PUBLISHED).select_related("project__organisation")


def report_before(report: Report) -> Report | None:
    """Return the last published report of an earlier year of the same project, or None."""
    return published_reports().filter(project=report.project_id, year__lt=report.year).order_by("-year").first()


def expected_codes(project: Project, before: Report | None) -> frozenset[str]:
    """Return the indicators a project must tell: those its file forecast, and those it told the year before."""
    codes = set(forecast_of(project))
    if before is not None:
        codes |= {one["code"] for one in before.content["indicators"]}
    return frozenset(codes)


def forecast_of(project: Project) -> dict[str, str]:
    """Return what the last file sent for a project forecast, by indicator, as it is told."""
    application = Application.objects.filter(project=project).exclude(versions=None).order_by("-submitted_at").first()
    version = application.versions.order_by("-rank").first() if application is not None else None
    rows = version.content.get("answers", {}).get("forecast") if version is not None else None
    told = {}
    for row in rows or []:
        if row.get("indicator"):
            target, whole = (_number_of(row.get(name)) for name in ("target", "target_denominator"))
            share = f" / {whole}" if whole else ""
            told[row["indicator"]] = f"{target}{share} ({row.get('target_year', '')})"
    return told


def _number_of(text: str | None) -> str:
    """Return a number kept as text, as it is read: "6E+4" and "60000" are both 60 000."""
    return _number(Decimal(text)) if text else ""


def awards_of(project: Project) -> list[Award]:
    """Return the labels in force of a project and of its organisation."""
    subjects = (project.uuid, project.organisation.uuid)
    return list(Award.objects.filter(subject_uuid__in=subjects, state__in=IN_FORCE).order_by("label"))


def told_value(one: ReportValue) -> str:
    """Return a value as it is read, with its unit; "" when it was not given."""
    unit = one.indicator.get_unit_display()
    if one.indicator.is_rate:
        return _told_rate(one.numerator, one.denominator, one.indicator.unit, unit)
    return "" if one.value is None else f"{_number(one.value)} {unit}"


def public_report(report: Report) -> PublicReport:
    """Return a published report from its frozen content, with the figures of the year before beside."""
    before = report_before(report)
    earlier = {one["code"]: _told(one) for one in before.content["indicators"]} if before is not None else {}
    return PublicReport(report, tuple(_shown(one, earlier) for one in report.content["indicators"]))


def public_reports(projects: Iterable[int]) -> list[PublicReport]:
    """Return the published reports of projects (keys), the newest first, in one query."""
    found = list(published_reports().filter(project__in=list(projects)).order_by("-year", "-published_at"))
    told = []
    for rank, report in enumerate(found):
        older = next((one for one in found[rank + 1 :] if one.project_id == report.project_id), None)
        earlier = {one["code"]: _told(one) for one in older.content["indicators"]} if older else {}
        told.append(PublicReport(report, tuple(_shown(one, earlier) for one in report.content["indicators"])))
    return told


def late_reports(*, on: date, parameter: str) -> QuerySet[Report]:
    """Return the reports awaited for more days than a dated value says, the oldest first."""
    limit = on - timedelta(days=parameters.value_at(parameter, on).whole)
    return (
        Report.objects.filter(state__in=AWAITED, due_on__lte=limit)
        .select_related("project__organisation")
        .order_by("due_on", "pk")
    )


def _shown(one: dict[str, Any], earlier: dict[str, str]) -> ToldIndicator:
    parts = ""
    if one["is_rate"]:
        top, bottom = _number(Decimal(one["numerator"])), _number(Decimal(one["denominator"]))
        parts = f"{one['numerator_name']} {top} ÷ {one['denominator_name']} {bottom}"
    return ToldIndicator(
        code=one["code"],
        name=one["name"],
        domain=one["domain"],
        told=_told(one),
        parts=parts,
        before=earlier.get(one["code"], ""),
        quality=str(ReportValue.Quality(one["quality"]).label),
        evidence=one["evidence"],
        scope_percent=one["scope_percent"],
    )


def _told(one: dict[str, Any]) -> str:
    if one["is_rate"]:
        unit = Indicator.Unit.PERCENT if one["unit"] == "%" else one["unit"]
        return _told_rate(Decimal(one["numerator"]), Decimal(one["denominator"]), unit, one["unit"])
    return f"{_number(Decimal(one['value']))} {one['unit']}"


def _told_rate(numerator: Decimal | None, denominator: Decimal | None, unit: str, unit_name: str) -> str:
    if numerator is None or not denominator:
        return ""
    if unit == Indicator.Unit.PERCENT:
        return f"{_number((numerator * 100 / denominator).quantize(PERCENT_PLACES))} %"
    return f"{_number((numerator / denominator).quantize(PERCENT_PLACES))} {unit_name}"


def _number(value: Decimal) -> str:
    return number(value.normalize())
