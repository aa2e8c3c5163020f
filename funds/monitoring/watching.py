"""What the night looks at in each followed financing: reports, labels, equity, registers, long arrears, exits."""

from datetime import date, datetime, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from fres.kernel import clock, parameters
from fres.kernel.states import advance
from funds.models import Concern, Offer
from funds.monitoring.concerns import WATCHED, close_concern, raise_concern
from funds.monitoring.telling import tell_lenders
from funds.servicing.instalments import unpaid_instalments
from funds.states import CLOSE_FINANCING, FinancingState, PayoutState
from projects.models import RegisterDrift, RegisterSnapshot, Report
from projects.monitoring.drift import compare_snapshot, take_snapshot
from projects.monitoring.reports import ask_report
from projects.monitoring.selectors import AWAITED, late_reports
from projects.states import IN_FORCE, ReportState

Kind = Concern.Kind
_FIELDS = {
    "is_active": "activité",
    "insolvency": "procédure collective",
    "directors": "dirigeants",
    "address": "adresse",
    "siret": "siège",
    "commune_code": "commune",
    "legal_category": "forme juridique",
    "name": "dénomination",
}
_EMPTY = "rien"
WORTH_TELLING = timedelta(days=30)


def followed() -> QuerySet[Offer]:
    """Return the financings that are followed, with their projects."""
    return Offer.objects.filter(financing_state__in=WATCHED).select_related("project__organisation__party", "award")


def ask_yearly_reports(*, at: datetime) -> int:
    """Ask each project paid before the end of last year for its report of that year; return how many are new."""
    on = clock.local(at).date()
    year = on.year - 1
    due_on = date(year, 12, 31) + parameters.value_at("report.due_days", on).days
    paid = Offer.objects.filter(
        financing_state__in=[*WATCHED, FinancingState.FUNDED],
        payout_orders__state=PayoutState.PAID,
        payout_orders__paid_at__year__lte=year,
    )
    asked = 0
    told = Report.objects.filter(year=year, kind=Report.Kind.YEARLY).values("project")
    for offer in paid.exclude(project__in=told).select_related("project").distinct().order_by("pk"):
        ask_report(project=offer.project, year=year, due_on=due_on, at=at)
        asked += 1
    return asked


def watch_reports(*, at: datetime) -> tuple[int, int]:
    """Raise and close the reason "missing report"; return how many of each."""
    late = late_reports(on=clock.local(at).date(), parameter="report.alert_days")
    told = {one.project_id: _("%(report)s non rendu.") % {"report": one} for one in late}
    return _follow(Kind.MISSING_REPORT, {offer.pk: told[offer.project_id] for offer in _of(told)}, at=at)


def watch_labels(*, at: datetime) -> tuple[int, int]:
    """Raise and close the reason "label lost"."""
    lost = followed().exclude(award__state__in=IN_FORCE)
    return _follow(Kind.LABEL_LOST, {one.pk: f"{one.award}, {one.award.get_state_display()}" for one in lost}, at=at)


def watch_equity(*, at: datetime) -> tuple[int, int]:
    """Raise and close the reason "negative equity", by the last report sent."""
    sent = Report.objects.exclude(state__in=AWAITED).order_by("project_id", "-year").distinct("project_id")
    told = {
        one.project_id: _("Fonds propres négatifs dans le rapport de %(year)d.") % {"year": one.year}
        for one in sent
        if one.equity_cents is not None and one.equity_cents < 0
    }
    return _follow(Kind.NEGATIVE_EQUITY, {offer.pk: told[offer.project_id] for offer in _of(told)}, at=at)


def watch_registers(*, at: datetime) -> int:
    """Seal what the registers say where it was not yet, compare the others, raise an alert for what is new."""
    raised = 0
    decided = Offer.objects.exclude(financing_state="").exclude(financing_state=FinancingState.CLOSED)
    for offer in decided.select_related("project__organisation__party").order_by("pk"):
        snapshot = RegisterSnapshot.objects.filter(project=offer.project_id).order_by("pk").first()
        if snapshot is None:
            take_snapshot(project=offer.project, at=at)
            continue
        drifts = compare_snapshot(snapshot=snapshot, at=at)
        if drifts and offer.financing_state in WATCHED:
            detail = " ; ".join(told_drift(one) for one in drifts)[:400]
            raise_concern(offer=offer, kind=Kind.DRIFT, detail=detail, by=None, at=at)
            raised += 1
    return raised


def told_drift(drift: RegisterDrift) -> str:
    """Return a difference in French, before and after."""
    return f"{_FIELDS[drift.field]} : {drift.before or _EMPTY} → {drift.after or _EMPTY}"


def tell_long_arrears(*, at: datetime) -> int:
    """Tell the lenders at once of an instalment unpaid for longer than the days of default; return how many loans."""
    on = clock.local(at).date()
    limit = parameters.value_at("default.project_days", on).days
    crossed_on = on - limit - timedelta(days=1)
    crossed = unpaid_instalments(due_by=crossed_on).filter(due_on__gt=crossed_on - WORTH_TELLING)
    loans = 0
    for instalment in crossed:
        words = _("Échéance %(rank)d, impayée depuis plus de %(days)d jours.") % {
            "rank": instalment.rank,
            "days": limit.days,
        }
        loans += bool(
            tell_lenders(offer=instalment.loan.offer, name="arrears", words=words, at=at, mark=str(instalment.rank))
        )
    return loans


def finish_exits(*, at: datetime) -> tuple[int, int]:
    """Ask the final report of each financing that ends; close those whose final report is published."""
    asked = closed = 0
    on = clock.local(at).date()
    for offer in Offer.objects.filter(financing_state=FinancingState.EXITING).select_related("project").order_by("pk"):
        report = Report.objects.filter(project=offer.project, kind=Report.Kind.FINAL).first()
        if report is None:
            due_on = on + parameters.value_at("report.due_days", on).days
            ask_report(project=offer.project, year=on.year, due_on=due_on, at=at, kind=Report.Kind.FINAL)
            asked += 1
        elif report.state == ReportState.PUBLISHED:
            advance(offer, CLOSE_FINANCING, by=None, at=at, field="financing_state")
            closed += 1
    return asked, closed


def _of(told: dict[int, str]) -> QuerySet[Offer]:
    return followed().filter(project__in=told)


def _follow(kind: str, wanted: dict[int, str], *, at: datetime) -> tuple[int, int]:
    """Make the open reasons of a kind be those wanted (offer key → words); return how many were raised and closed."""
    present = {one.offer_id: one for one in Concern.objects.filter(kind=kind, closed_at=None).select_related("offer")}
    raised = sorted(wanted.keys() - present.keys())
    for offer in Offer.objects.filter(pk__in=raised).order_by("pk"):
        raise_concern(offer=offer, kind=kind, detail=wanted[offer.pk], by=None, at=at)
    closed = [one for key, one in present.items() if key not in wanted and one.raised_by_id is None]
    for concern in closed:
        close_concern(concern=concern, note=_("Ce n’est plus constaté."), by=None, at=at)
    return len(raised), len(closed)
