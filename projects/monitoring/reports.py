"""The yearly report of a financed project: asked, written, signed, reviewed, published."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from fres.kernel.states import advance
from fres.kernel.uploads import keep_upload
from investors.models import User
from projects.indicators.loading import VERSION
from projects.models import Indicator, Project, Report, ReportPiece, ReportValue
from projects.monitoring import notices
from projects.monitoring.content import freeze, prefilled_evidence
from projects.monitoring.errors import (
    ReasonMissing,
    ReportIncomplete,
    ReportLocked,
    ReportNotSigned,
    ReviewerInvolved,
    ValueRefused,
)
from projects.monitoring.selectors import expected_codes, report_before
from projects.organisations.permissions import can_sign, membership_of
from projects.states import PUBLISH_REPORT, RETURN_REPORT, SUBMIT_REPORT, ReportState

OPEN_TO_ANSWERS = frozenset({ReportState.DRAFT, ReportState.RETURNED})


@dataclass(frozen=True, slots=True)
class GivenValue:
    """What the holder writes for one indicator; None is "not measured", never zero."""

    value: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    quality: int | None = None
    evidence: str = ""
    scope_percent: int = 100


@dataclass(frozen=True, slots=True)
class GivenReport:
    """What the holder writes besides indicators. Amounts in whole cents; None while unknown."""

    turnover_cents: int | None
    result_cents: int | None
    equity_cents: int | None
    governance: str
    label_report: str


@transaction.atomic
def ask_report(
    *, project: Project, year: int, due_on: date, at: datetime, kind: str = Report.Kind.YEARLY, version: str = VERSION
) -> Report:
    """Ask a project for its report of a year, pre-filled from the year before and its file; a second call returns it.

    Args: due_on: the day it is expected. at: aware. version: of the set of indicators.
    """
    project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    found = Report.objects.filter(project=project, year=year, kind=kind).first()
    if found is not None:
        return found
    report = Report(project=project, year=year, kind=kind, indicator_version=version, asked_at=at, due_on=due_on)
    before = report_before(report)
    if before is not None:
        report.governance, report.label_report = before.governance, before.label_report
    report.save()
    expected, evidence = expected_codes(project, before), prefilled_evidence(before)
    asked = Indicator.objects.filter(version=version).exclude(aggregation=Indicator.Aggregation.DERIVED)
    ReportValue.objects.bulk_create(
        ReportValue(report=report, indicator=one, is_expected=one.code in expected, **evidence.get(one.code, {}))
        for one in asked
    )
    notices.tell_asked(report=report, at=at)
    return report


@transaction.atomic
def save_report(
    *, report: Report, given: GivenReport, values: Mapping[str, GivenValue], by: User, at: datetime
) -> Report:
    """Write the answers of a report as far as they are given. Args: values: by code of indicator.

    Returns: the fresh report. Raises: ReportLocked; ValueRefused, and nothing is written. KeyError: no such indicator.
    """
    report = _locked(report)
    _check_open(report)
    rows = {row.indicator.code: row for row in report.values.select_related("indicator")}
    for code, one in values.items():
        row = rows[code]
        _check_value(row, one)
        row.value, row.numerator, row.denominator = one.value, one.numerator, one.denominator
        row.quality, row.evidence, row.scope_percent = one.quality, one.evidence, one.scope_percent
        row.save()
    report.turnover_cents, report.result_cents = given.turnover_cents, given.result_cents
    report.equity_cents = given.equity_cents
    report.governance, report.label_report = given.governance.strip(), given.label_report.strip()
    report.save()
    return report


@transaction.atomic
def join_report_piece(*, report: Report, kind: str, file: UploadedFile, by: User, at: datetime) -> ReportPiece:
    """Join a proof to a report, once inspected.

    Raises: ReportLocked; FileTooHeavy, UploadRefused (`fres.kernel.uploads`).
    """
    report = _locked(report)
    _check_open(report)
    kept = keep_upload(file)
    return ReportPiece.objects.create(
        report=report, kind=ReportPiece.Kind(kind), name=kept.name, mime=kept.mime, size=kept.size,
        sha256=kept.sha256, uploaded_by=by, uploaded_at=at,
    )  # fmt: skip


def missing_in_report(report: Report) -> list[str]:
    """Return, in French, what a report still lacks to be sent; empty when it is whole."""
    missing = []
    if None in (report.turnover_cents, report.result_cents, report.equity_cents):
        missing.append(_("les chiffres des comptes"))
    if not report.governance:
        missing.append(_("la vie de la gouvernance"))
    if not report.label_report:
        missing.append(_("le respect du label"))
    kinds = set(report.pieces.values_list("kind", flat=True))
    if ReportPiece.Kind.ACCOUNTS not in kinds:
        missing.append(_("la pièce « comptes annuels »"))
    if ReportPiece.Kind.MINUTES not in kinds:
        missing.append(_("la pièce « procès-verbal de l’assemblée »"))
    for row in report.values.select_related("indicator"):
        if row.is_expected and not row.is_given:
            missing.append(_("l’indicateur « %(name)s »") % {"name": row.indicator.name})
        elif row.is_given and not (row.quality and row.evidence):
            missing.append(_("la qualité et la preuve de « %(name)s »") % {"name": row.indicator.name})
    return missing


@transaction.atomic
def submit_report(*, report: Report, by: User, at: datetime) -> Report:
    """Sign a report and send it to be reviewed. Raises: ReportNotSigned; ReportIncomplete; TransitionRefused."""
    report = _locked(report)
    if not can_sign(by, report.project.organisation):
        raise ReportNotSigned(
            _("Seule une personne qui représente légalement l’organisation signe ce rapport."),
            next_step=_("Demandez-lui de l’ouvrir depuis son espace et de le transmettre."),
        )
    if report.state in OPEN_TO_ANSWERS and (missing := missing_in_report(report)):
        raise ReportIncomplete(missing)
    report = advance(report, SUBMIT_REPORT, by=by, at=at, submitted_by=by, submitted_at=at, return_reason="")
    notices.tell_submitted(report=report, at=at)
    return report


@transaction.atomic
def return_report(*, report: Report, reason: str, by: User, at: datetime) -> Report:
    """Give a report back with what to take up again. Raises: ReviewerInvolved; ReasonMissing; TransitionRefused."""
    report = _locked(report)
    _check_reviewer(report, by)
    if not reason.strip():
        raise ReasonMissing(_("Dites ce qui est à reprendre."), next_step=_("Le porteur lit ces mots tels quels."))
    report = advance(
        report, RETURN_REPORT, by=by, at=at, reason=reason.strip(), return_reason=reason.strip(), reviewed_by=by
    )
    notices.tell_returned(report=report, at=at)
    return report


@transaction.atomic
def publish_report(*, report: Report, by: User, at: datetime) -> Report:
    """Publish a reviewed report: its content is frozen under its hash. Raises: ReviewerInvolved; TransitionRefused."""
    report = _locked(report)
    _check_reviewer(report, by)
    content, sha256 = freeze(report)
    report = advance(
        report, PUBLISH_REPORT, by=by, at=at, reviewed_by=by, published_at=at, content=content, sha256=sha256
    )
    notices.tell_published(report=report, at=at)
    return report


def _locked(report: Report) -> Report:
    rows = Report.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("project__organisation").get(pk=report.pk)


def _check_open(report: Report) -> None:
    if report.state not in OPEN_TO_ANSWERS:
        raise ReportLocked(
            _("Ce rapport est transmis : ses réponses ne changent plus."),
            next_step=_("Demandez au fonds de vous le rendre pour le reprendre."),
        )


def _check_reviewer(report: Report, by: User) -> None:
    if by.pk == report.submitted_by_id or membership_of(by, report.project.organisation) is not None:
        raise ReviewerInvolved(
            _("Vous êtes membre de cette organisation : une autre personne relit son rapport."),
            next_step=_("Demandez à une autre personne chargée du suivi."),
        )


def _check_value(row: ReportValue, given: GivenValue) -> None:
    name = {"name": row.indicator.name}
    if row.indicator.is_rate:
        if given.value is not None:
            raise ValueRefused(_("« %(name)s » s’écrit en deux parts, jamais en une valeur.") % name)
        if (given.numerator is None) != (given.denominator is None):
            raise ValueRefused(_("« %(name)s » demande son numérateur et son dénominateur.") % name)
        if given.denominator is not None and given.denominator <= 0:
            raise ValueRefused(_("Le dénominateur de « %(name)s » est au-dessus de zéro.") % name)
    elif given.numerator is not None or given.denominator is not None:
        raise ValueRefused(_("« %(name)s » s’écrit en une seule valeur.") % name)
    if not 0 <= given.scope_percent <= 100:
        raise ValueRefused(_("La part de « %(name)s » due au projet va de 0 à 100 %%.") % name)
