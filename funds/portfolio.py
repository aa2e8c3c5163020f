"""What one saver holds: figures of their space, read from the registers and the ledger."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from django.db.models import Q, Sum
from django.utils.translation import gettext as _
from djmoney.money import Money

from fres.kernel import clock
from fres.kernel.money import from_cents, share_cents, to_cents
from funds.calendars import commitment_steps
from funds.chart import Purpose, heading
from funds.models import Account, Commitment, DistributionLine, Holding, Instalment, Transfer
from funds.payments.timeline import Step
from funds.places import places_of
from funds.reflection import is_over
from funds.servicing.instalments import unpaid_instalments
from funds.servicing.levies import levies_at
from funds.states import LIVE, CommitmentState, FinancingState
from investors.models import Party

UPCOMING = 6
PENDING = (CommitmentState.IN_REFLECTION, CommitmentState.CONFIRMED, CommitmentState.PROCESSING)
# Of a loan that is not decided, or whose money is on its way back: in no register, so told among what runs its course.
KEPT_FOR_SAVER = (CommitmentState.CLEARED, CommitmentState.REFUND_DUE)


@dataclass(frozen=True)
class Figures:
    """The lead figures of a saver's space."""

    in_projects: Money
    paid_in: Money
    given_back: Money
    pending: Money
    gifts: Money
    interest_gross: Money
    levies: Money
    interest_net: Money
    to_be_paid: Money


@dataclass(frozen=True)
class PendingLine:
    commitment: Commitment
    steps: list[Step]
    can_revoke: bool
    can_pay: bool


@dataclass(frozen=True)
class HoldingLine:
    """One loan of a saver. `state` is a code of `_state.html`."""

    title: str
    place: str
    offer_slug: str
    commitment_uuid: object
    rate_bp: int
    months: int
    paid_in: Money
    given_back: Money
    remaining: Money
    state: str
    state_label: str


@dataclass(frozen=True)
class UpcomingLine:
    """One instalment to come, this saver's part; levies at today's rates, so a forecast. `levies` is negative."""

    due_on: date
    title: str
    principal: Money
    interest: Money
    levies: Money
    net: Money
    is_uncertain: bool


@dataclass(frozen=True)
class LateLine:
    title: str
    due_on: date
    amount: Money


@dataclass(frozen=True)
class Portfolio:
    """Everything a saver's space shows of their money."""

    figures: Figures
    pending: list[PendingLine]
    late: list[LateLine]
    holdings: list[HoldingLine]
    holdings_total: dict[str, Money]
    gifts: list[Commitment]
    upcoming: list[UpcomingLine]
    upcoming_total: dict[str, Money]
    levy_rate: Decimal


def portfolio_of(saver: Party | None, *, at: datetime) -> Portfolio:
    """Return what a saver holds at a moment; all empty before they have a profile."""
    commitments = _commitments_of(saver)
    holdings = _holdings_of(saver)
    lines = _lines_of(holdings)
    late = _late_instalments(holdings, on=clock.local(at).date())
    given = {holding.pk: lines[holding.pk]["principal"] for holding in holdings}
    paid_in = sum(holding.principal_cents for holding in holdings)
    given_back = sum(given.values())
    gross = sum(one["interest"] for one in lines.values())
    levies = sum(one["levies"] for one in lines.values())
    pending = [one for one in commitments if one.state in PENDING]
    gifts = [one for one in commitments if one.offer.is_gift and one.state not in PENDING]
    upcoming, rate = _upcoming(holdings, late, at=at)
    return Portfolio(
        figures=Figures(
            in_projects=from_cents(paid_in - given_back),
            paid_in=from_cents(paid_in),
            given_back=from_cents(given_back),
            pending=from_cents(sum(to_cents(one.amount) for one in pending)),
            gifts=from_cents(sum(to_cents(one.amount) for one in gifts if one.state in LIVE)),
            interest_gross=from_cents(gross),
            levies=from_cents(levies),
            interest_net=from_cents(gross - levies),
            to_be_paid=from_cents(to_be_paid_cents(saver)),
        ),
        pending=[
            _pending_line(one, at=at)
            for one in commitments
            if one.state in PENDING or (one.state in KEPT_FOR_SAVER and not one.offer.is_gift)
        ],
        late=[_late_line(holding, instalment) for holding in holdings for instalment in late.get(holding.loan_id, ())],
        holdings=_holding_lines(holdings, given, late),
        holdings_total={
            "paid_in": from_cents(paid_in),
            "given_back": from_cents(given_back),
            "remaining": from_cents(paid_in - given_back),
        },
        gifts=gifts,
        upcoming=upcoming,
        upcoming_total={
            name: from_cents(sum(to_cents(getattr(line, name)) for line in upcoming))
            for name in ("principal", "interest", "levies", "net")
        },
        levy_rate=rate,
    )


def can_revoke(commitment: Commitment, *, at: datetime) -> bool:
    """Return whether the saver may still take this commitment back by a click (E20)."""
    deadline = commitment.reflection_ends_at
    is_reflecting = commitment.state == CommitmentState.IN_REFLECTION
    return is_reflecting and deadline is not None and not is_over(deadline, at)


def can_pay(commitment: Commitment, *, at: datetime) -> bool:
    """Return whether this commitment waits for its payment, within its time."""
    is_waiting = commitment.state == CommitmentState.CONFIRMED
    return is_waiting and commitment.pay_before is not None and at <= commitment.pay_before


def to_be_paid_cents(saver: Party | None) -> int:
    """Return what is due to a saver and not yet transferred (ruling B35), in cents, over all the books."""
    if saver is None:
        return 0
    purposes = (Purpose.TO_BE_PAID, Purpose.REFUND_TO_SEND)
    numbers = {heading(chart, purpose).number for chart in ("PCG", "ASSOCIATION") for purpose in purposes}
    accounts = Account.objects.filter(party=saver, number__in=numbers).values("pk")
    sums = Transfer.objects.filter(Q(credit__in=accounts) | Q(debit__in=accounts)).aggregate(
        credit=Sum("amount_cents", filter=Q(credit__in=accounts)),
        debit=Sum("amount_cents", filter=Q(debit__in=accounts)),
    )
    return int(sums["credit"] or 0) - int(sums["debit"] or 0)


def _commitments_of(saver: Party | None) -> list[Commitment]:
    if saver is None:
        return []
    return list(
        Commitment.objects.filter(saver=saver)
        .select_related("offer__project__organisation")
        .order_by("-committed_at", "-pk")
    )


def _holdings_of(saver: Party | None) -> list[Holding]:
    if saver is None:
        return []
    return list(
        Holding.objects.filter(party=saver)
        .exclude(loan__offer__financing_state=FinancingState.CANCELLED)
        .select_related("loan__offer__project", "commitment", "party")
        .order_by("-loan__signed_at", "-pk")
    )


def _lines_of(holdings: Sequence[Holding]) -> defaultdict[int, dict[str, int]]:
    """Return what came back on each holding, in cents."""
    found: defaultdict[int, dict[str, int]] = defaultdict(lambda: {"principal": 0, "interest": 0, "levies": 0})
    rows = (
        DistributionLine.objects.filter(holding__in=[holding.pk for holding in holdings])
        .values("holding_id")
        .annotate(
            principal=Sum("principal_cents"),
            interest=Sum("interest_cents"),
            tax=Sum("income_tax_cents"),
            social=Sum("social_levy_cents"),
        )
    )
    for row in rows:
        found[row["holding_id"]] = {
            "principal": int(row["principal"]),
            "interest": int(row["interest"]),
            "levies": int(row["tax"]) + int(row["social"]),
        }
    return found


def _late_instalments(holdings: Sequence[Holding], *, on: date) -> dict[int, list[Instalment]]:
    """Return the instalments due before a day and not received, by loan, oldest first."""
    found: dict[int, list[Instalment]] = {}
    if not holdings:
        return found
    unpaid = unpaid_instalments(due_by=on - timedelta(days=1)).filter(
        loan__in={holding.loan_id for holding in holdings}
    )
    for instalment in unpaid:
        found.setdefault(instalment.loan_id, []).append(instalment)
    return found


def _pending_line(commitment: Commitment, *, at: datetime) -> PendingLine:
    return PendingLine(
        commitment=commitment,
        steps=commitment_steps(commitment, at=at),
        can_revoke=can_revoke(commitment, at=at),
        can_pay=can_pay(commitment, at=at),
    )


def _part(holding: Holding, cents: int) -> int:
    """Return this saver's part of an amount of their loan; a forecast, to a cent: the distribution shares exactly."""
    return share_cents(cents, Fraction(holding.principal_cents, holding.loan.principal_cents))


def _late_line(holding: Holding, instalment: Instalment) -> LateLine:
    owed = _part(holding, instalment.total_cents)
    return LateLine(holding.loan.offer.project.title, instalment.due_on, from_cents(owed))


def _holding_lines(
    holdings: Sequence[Holding], given: dict[int, int], late: dict[int, list[Instalment]]
) -> list[HoldingLine]:
    places = places_of(holding.loan.offer.project.commune_code for holding in holdings) if holdings else {}
    found = []
    for holding in holdings:
        offer = holding.loan.offer
        if holding.loan_id in late:
            state, label = "LATE", _("En retard")
        elif given[holding.pk] == holding.principal_cents:
            state, label = "CLOSED", _("Remboursé")
        elif offer.financing_state == FinancingState.CONTRACTING:
            state, label = "CONTRACTING", _("À verser au projet")
        else:
            state, label = "MONITORED", _("À jour")
        found.append(
            HoldingLine(
                title=offer.project.title,
                place=places[offer.project.commune_code].name,
                offer_slug=offer.slug,
                commitment_uuid=holding.commitment.uuid,
                rate_bp=holding.loan.rate_bp,
                months=holding.loan.months,
                paid_in=from_cents(holding.principal_cents),
                given_back=from_cents(given[holding.pk]),
                remaining=from_cents(holding.principal_cents - given[holding.pk]),
                state=state,
                state_label=label,
            )
        )
    return found


def _upcoming(
    holdings: Sequence[Holding], late: dict[int, list[Instalment]], *, at: datetime
) -> tuple[list[UpcomingLine], Decimal]:
    on = clock.local(at).date()
    rates = levies_at(on)
    rate = (rates.income_tax.rate + rates.social.rate) * 100
    by_loan: defaultdict[int, list[Holding]] = defaultdict(list)
    for holding in holdings:
        by_loan[holding.loan_id].append(holding)
    is_taxed_here = bool(holdings) and holdings[0].party.kind == Party.Kind.PERSON
    instalments = Instalment.objects.filter(loan__in=by_loan, due_on__gte=on, distribution=None).order_by(
        "due_on", "pk"
    )
    found = []
    for instalment in instalments[:UPCOMING]:
        owned = by_loan[instalment.loan_id]
        principal = sum(_part(holding, instalment.principal_cents) for holding in owned)
        interests = [_part(holding, instalment.interest_cents) for holding in owned]
        levies = sum(sum(rates.on(interest)) for interest in interests) if is_taxed_here else 0
        found.append(
            UpcomingLine(
                due_on=instalment.due_on,
                title=owned[0].loan.offer.project.title,
                principal=from_cents(principal),
                interest=from_cents(sum(interests)),
                levies=from_cents(-levies),
                net=from_cents(principal + sum(interests) - levies),
                is_uncertain=instalment.loan_id in late,
            )
        )
    return found, rate
