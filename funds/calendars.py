"""Dated steps of an offer and of a commitment, and what a loan would give back if all goes as planned. For pages."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _
from djmoney.money import Money

from fres.kernel import charts, clock
from fres.kernel.money import from_cents, to_cents
from funds.models import Commitment, Offer
from funds.payments.timeline import Step, payment_steps
from funds.reflection import reflection_deadline
from funds.servicing.amortisation import schedule
from funds.servicing.levies import levies_at
from funds.states import CommitmentState, OfferState

EXAMPLE_CENTS = 50_000
FIRST_INSTALMENT_AFTER = timedelta(days=31)  # a forecast: the contract dates it from the payout


@dataclass(frozen=True)
class Example:
    """What a lender of `amount` receives if everything is paid, net of today's levies. `levy_rate` in percent."""

    amount: Money
    received: Money
    count: int
    instalment: Money
    last_instalment: Money
    interest: Money
    levies: Money
    levy_rate: Decimal


def offer_steps(offer: Offer, *, at: datetime) -> list[Step]:
    """Return the calendar of an offer: opening, today, last commitment, last reflection, decision, instalments (B1)."""
    today = _day(at)
    planned = [
        (_day(offer.opens_at), _("Ouverture"), ""),
        (_day(offer.closes_at), _("Dernier engagement"), ""),
    ]
    if not offer.is_gift:
        last = _day(reflection_deadline(offer.closes_at))
        planned.append((last, _("Fin du dernier délai de réflexion"), ""))
    detail = _("Minimum encaissé : le projet est payé. Sinon, tout est rendu.")
    if offer.decided_at is None:
        planned.append((offer.settles_on, _("Décision, au plus tard"), detail))
    else:
        label = _("Décision : %(state)s") % {"state": offer.get_state_display()}
        planned.append((_day(offer.decided_at), label, ""))
    if not offer.is_gift and offer.state in (OfferState.OPEN, OfferState.SUSPENDED, OfferState.PREPARED):
        lines = schedule(
            principal_cents=to_cents(offer.minimum), rate_bp=offer.rate_bp, months=offer.months,
            first_due_on=offer.settles_on + FIRST_INSTALMENT_AFTER,
        )  # fmt: skip
        planned.append((lines[0].due_on, _("Première mensualité, prévue"), ""))
        planned.append((lines[-1].due_on, _("Dernière mensualité, prévue"), ""))
    steps = [Step(on, label, detail, "done" if on < today else "") for on, label, detail in planned]
    if offer.state in (OfferState.OPEN, OfferState.SUSPENDED):
        now = Step(today, _("Aujourd’hui"), "", "now")
        past = [step for step in steps if step.status == "done"]
        return [*past, now, *steps[len(past) :]]
    return steps


def loan_example(offer: Offer, *, at: datetime, amount_cents: int = 0) -> tuple[Example, charts.Drawing] | None:
    """Return what a lender would receive, and its drawing year by year; None for a gift.

    Args: amount_cents: what is lent; 500 €, within the tickets of the offer, by default.
    """
    if offer.is_gift:
        return None
    least, most = to_cents(offer.ticket_minimum), to_cents(offer.ticket_maximum)
    lent = amount_cents or min(max(EXAMPLE_CENTS, least), most)
    lines = schedule(
        principal_cents=lent, rate_bp=offer.rate_bp, months=offer.months,
        first_due_on=offer.settles_on + FIRST_INSTALMENT_AFTER,
    )  # fmt: skip
    rates = levies_at(_day(at))
    interest = sum(line.interest_cents for line in lines)
    levies = sum(sum(rates.on(line.interest_cents)) for line in lines)
    example = Example(
        amount=from_cents(lent),
        received=from_cents(lent + interest - levies),
        count=len(lines),
        instalment=from_cents(lines[0].total_cents),
        last_instalment=from_cents(lines[-1].total_cents),
        interest=from_cents(interest),
        levies=from_cents(levies),
        levy_rate=(rates.income_tax.rate + rates.social.rate) * 100,
    )
    years: dict[int, list[int]] = {}
    for line in lines:
        sums = years.setdefault(line.due_on.year, [0, 0])
        sums[0] += line.principal_cents
        sums[1] += line.interest_cents
    drawing = charts.instalment_bars(
        [charts.YearOfInstalments(year, principal, paid) for year, (principal, paid) in sorted(years.items())]
    )
    return example, drawing


def commitment_steps(commitment: Commitment, *, at: datetime) -> list[Step]:
    """Return the dated steps of a commitment, those of its last payment within, at most one "now".

    Args: commitment: its offer loaded, its payments reachable.
    """
    state = commitment.state
    is_gift = commitment.offer.is_gift
    steps = [Step(_day(commitment.committed_at), _("Engagement enregistré"), "", "done")]
    if commitment.reflection_ends_at is not None:
        on = _day(commitment.reflection_ends_at)
        if state == CommitmentState.IN_REFLECTION:
            detail = _("Vous pouvez vous retirer jusqu’à cette date, sans frais ni motif.")
            steps.append(Step(on, _("Fin du délai de réflexion"), detail, "now"))
        elif state != CommitmentState.REVOKED:
            steps.append(Step(on, _("Délai de réflexion terminé"), "", "done"))
    payment = commitment.payments.order_by("-asked_at", "-pk").first()
    if payment is not None:
        steps += payment_steps(payment, at=at)
    elif state == CommitmentState.CONFIRMED and commitment.pay_before is not None:
        label = _("À payer, au plus tard")
        steps.append(Step(_day(commitment.pay_before), label, "", "now"))
    if commitment.ended_at is not None:
        steps.append(Step(_day(commitment.ended_at), commitment.get_state_display(), commitment.end_reason, "done"))
    elif commitment.settled_at is not None:
        label = _("Offre réussie, don promis au projet") if is_gift else _("Offre réussie, prêt conclu")
        steps.append(Step(_day(commitment.settled_at), label, "", "done"))
    elif state in (CommitmentState.IN_REFLECTION, CommitmentState.CONFIRMED, CommitmentState.PROCESSING):
        steps.append(Step(commitment.offer.settles_on, _("Décision de l’offre, au plus tard"), "", ""))
    elif state == CommitmentState.CLEARED:
        detail = _("Votre argent est gardé pour votre compte jusque-là.")
        status = "" if any(step.status == "now" for step in steps) else "now"
        steps.append(Step(commitment.offer.settles_on, _("Décision de l’offre, au plus tard"), detail, status))
    return sorted(steps, key=lambda step: step.on)


def _day(moment: datetime) -> date:
    return clock.local(moment).date()
