"""Reports of financed projects: two years published, one given back, one to review, one that nobody writes.

The reports themselves are asked by the nightly duty; the acts below ask those of the projects they name all the same.
"""

from datetime import date, datetime
from decimal import Decimal
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from reportlab.pdfgen.canvas import Canvas

from funds.demonstration import cast
from funds.demonstration.chapters import Act
from funds.demonstration.region import Region
from investors.models import User
from projects.models import Membership, Project, Report
from projects.monitoring.reports import (
    GivenReport,
    GivenValue,
    ask_report,
    join_report_piece,
    publish_report,
    return_report,
    save_report,
    submit_report,
)
from projects.monitoring.selectors import AWAITED
from projects.states import ReportState

OFFICER = "suivi@fres.example"
SHOWN, GIVEN_BACK, TO_REVIEW, SILENT = cast.SOLAR_ROOFS, cast.OVEN, cast.REPAIR, cast.CARGO_BIKES
NAMED = (SHOWN, GIVEN_BACK, TO_REVIEW, SILENT)
FIRST, SECOND = 2024, 2025


def _due(year: int) -> date:
    return date(year + 1, 6, 29)


def _asked(card: cast.ProjectCard, year: int, at: datetime) -> Report | None:
    project = Project.objects.filter(slug=card.slug).first()
    return ask_report(project=project, year=year, due_on=_due(year), at=at) if project is not None else None


def _figures(report: Report) -> dict[str, GivenValue]:
    """Return figures that differ from a project and a year to the next, always the same."""
    seed = report.project_id + report.year
    people, lasting = Decimal(4 + seed % 5), Decimal(3 + seed % 4)
    return {
        "EMP-01": GivenValue(value=people, quality=2, evidence="Déclaration sociale de décembre"),
        "EMP-04": GivenValue(
            numerator=min(lasting, people), denominator=people, quality=2, evidence="Contrats de travail"
        ),
        "EMP-02": GivenValue(value=Decimal(seed % 3), quality=3, evidence="Registre du personnel"),
    }


def _write(report: Report, at: datetime) -> Report:
    """Write a report whole and have its legal representative send it."""
    members = Membership.objects.filter(organisation=report.project.organisation_id, is_legal_representative=True)
    signer = members.select_related("user").earliest("pk").user
    seed = report.project_id + report.year
    given = GivenReport(
        turnover_cents=9_000_000 + 150_000 * (seed % 40),
        result_cents=60_000 * (seed % 9) - 90_000,
        equity_cents=2_500_000 + 40_000 * (seed % 20),
        governance=f"Une assemblée tenue en mai {report.year}, {30 + seed % 50} membres présents ou représentés.",
        label_report="Aucun critère n’a changé depuis l’attribution du label.",
    )
    save_report(report=report, given=given, values=_figures(report), by=signer, at=at)
    for kind, name in (("accounts", "comptes"), ("minutes", "proces-verbal")):
        file = SimpleUploadedFile(f"{name}-{report.year}.pdf", _page(f"{report.project.title}, {name} {report.year}"))
        join_report_piece(report=report, kind=kind, file=file, by=signer, at=at)
    return submit_report(report=report, by=signer, at=at)


def _page(title: str) -> bytes:
    written = BytesIO()
    canvas = Canvas(written, invariant=1)
    canvas.drawString(72, 760, title)
    canvas.save()
    return written.getvalue()


def _publish_all(year: int, but: tuple[cast.ProjectCard, ...], at: datetime) -> None:
    officer = User.objects.get(email=OFFICER)
    awaited = Report.objects.filter(year=year, kind=Report.Kind.YEARLY, state__in=AWAITED)
    left = awaited.exclude(project__slug__in=[card.slug for card in but]).select_related("project").order_by("pk")
    for report in left:
        publish_report(report=_write(report, at), by=officer, at=at)


def publish_first_year(region: Region, at: datetime) -> None:
    """The first reports of the region: all given, all published."""
    _asked(SHOWN, FIRST, at)
    _publish_all(FIRST, (), at)


def publish_second_year(region: Region, at: datetime) -> None:
    """A year later: one is sent with a mistake, one waits, one is not written."""
    for card in NAMED:
        _asked(card, SECOND, at)
    _publish_all(SECOND, (GIVEN_BACK, TO_REVIEW, SILENT), at)
    for card in (GIVEN_BACK, TO_REVIEW):
        report = _report(card)
        if report is not None and report.state in AWAITED:
            _write(report, at)


def give_one_back(region: Region, at: datetime) -> None:
    """The minutes of one report are those of another year."""
    report = _report(GIVEN_BACK)
    if report is not None:
        reason = "Le procès-verbal joint est celui de l’année précédente : joignez celui de cette année."
        return_report(report=report, reason=reason, by=User.objects.get(email=OFFICER), at=at)


def _report(card: cast.ProjectCard) -> Report | None:
    return Report.objects.filter(project__slug=card.slug, year=SECOND).select_related("project").first()


def _is_published(year: int) -> bool:
    shown = Report.objects.filter(project__slug=SHOWN.slug, year=year, state=ReportState.PUBLISHED)
    return shown.exists() or not Project.objects.filter(slug=SHOWN.slug).exists()


def _is_given_back() -> bool:
    report = _report(GIVEN_BACK)
    return report is None or report.state == ReportState.RETURNED


ACTS = (
    Act(date(2025, 6, 16), publish_first_year, lambda region: _is_published(FIRST)),
    Act(date(2026, 6, 15), publish_second_year, lambda region: _is_published(SECOND)),
    Act(date(2026, 6, 29), give_one_back, lambda region: _is_given_back()),
)
