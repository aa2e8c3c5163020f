"""Reports for tests: asked, written so that they may be sent, sent, published."""

from datetime import UTC, date, datetime
from decimal import Decimal

from investors.models import User
from projects.indicators.loading import load_indicators
from projects.models import Project, Report
from projects.monitoring.reports import (
    GivenReport,
    GivenValue,
    ask_report,
    join_report_piece,
    publish_report,
    save_report,
    submit_report,
)
from tests.investors.factories import RoleGrantFactory, UserFactory
from tests.projects.applications.scenes import pdf_file
from tests.projects.factories import MembershipFactory, ProjectFactory

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
GIVEN = GivenReport(18_250_000, 412_000, 3_100_000, "Une assemblée, 84 membres présents.", "Rien n’a changé.")
JOBS = GivenValue(value=Decimal("6.5"), quality=2, evidence="Déclaration sociale de décembre")
LASTING = GivenValue(numerator=Decimal(5), denominator=Decimal("6.5"), quality=2, evidence="Contrats de travail")


def an_officer() -> User:
    officer = UserFactory()
    RoleGrantFactory(user=officer, role="monitoring")
    return officer


def an_asked_report(*, project: Project | None = None, year: int = 2025) -> tuple[Report, User]:
    """Return a report just asked, and the legal representative of its organisation."""
    load_indicators()
    project = project or ProjectFactory()
    member = project.organisation.memberships.filter(is_legal_representative=True).first() or MembershipFactory(
        organisation=project.organisation, is_legal_representative=True
    )
    return ask_report(project=project, year=year, due_on=date(year + 1, 6, 29), at=AT), member.user


def write(report: Report, *, by: User, jobs: GivenValue = JOBS) -> Report:
    """Write everything that a report needs to be sent."""
    report = save_report(report=report, given=GIVEN, values={"EMP-01": jobs, "EMP-04": LASTING}, by=by, at=AT)
    for kind in ("accounts", "minutes"):
        join_report_piece(report=report, kind=kind, file=pdf_file(f"{kind}-{report.year}.pdf"), by=by, at=AT)
    return report


def a_sent_report(**given) -> tuple[Report, User]:
    report, signer = an_asked_report(**given)
    write(report, by=signer)
    return submit_report(report=report, by=signer, at=AT), signer


def a_published_report(**given) -> Report:
    report, _signer = a_sent_report(**given)
    return publish_report(report=report, by=an_officer(), at=AT)
