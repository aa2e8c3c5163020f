"""Heavy decisions on a loan: proposed by one person, decided by another, applied once their conditions hold."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from fres.kernel import clock, parameters
from fres.kernel.states import advance
from funds.locks import lock_offer
from funds.models import Concern, FinancingRequest, Holding, Loan, Offer
from funds.monitoring.errors import DefaultTooEarly, NotEnoughReason, SamePersonDecides, TermsRefused
from funds.monitoring.losses import write_losses
from funds.monitoring.schedules import replace_schedule, require_consent, require_no_payment
from funds.monitoring.telling import tell_lenders
from funds.servicing.amortisation import months_later
from funds.servicing.instalments import unpaid_instalments
from funds.states import (
    ACCEPT_REQUEST,
    APPLY_REQUEST,
    APPLY_RESTRUCTURING,
    DECLARE_DEFAULT,
    RECOGNISE_LOSS,
    REFUSE_REQUEST,
    RESTRUCTURE,
)
from investors.models import User

Kind, Ground = FinancingRequest.Kind, FinancingRequest.Ground


@dataclass(frozen=True, slots=True)
class NewTerms:
    """What a restructuring asks. `rate_bp`: basis points a year."""

    months: int
    rate_bp: int
    first_due_on: date


def outstanding_cents(loan: Loan) -> int:
    """Return the capital not shared back yet, in cents: what is at stake."""
    return sum(one.principal_cents for one in loan.instalments.filter(distribution=None))


@transaction.atomic
def propose_restructuring(*, offer: Offer, terms: NewTerms, reason: str, by: User, at: datetime) -> FinancingRequest:
    """Propose a new schedule for what remains of a loan in alert; nothing changes yet.

    Raises: NotEnoughReason; TermsRefused: no month, a past date, nothing left to pay.
    """
    offer, loan = _locked(offer)
    on = clock.local(at).date()
    left = outstanding_cents(loan)
    if terms.months < 1 or terms.rate_bp < 0 or terms.first_due_on <= on or not left:
        raise TermsRefused(
            _("Le nouvel échéancier commence plus tard qu’aujourd’hui, dure au moins un mois, sur un capital restant."),
            next_step=_("Corrigez la durée ou la première échéance."),
        )
    late = unpaid_instalments(due_by=on).filter(loan=loan)
    last = loan.instalments.order_by("due_on").last()
    ends_later = last is None or _last_day(terms) > last.due_on
    return _propose(
        offer, Kind.RESTRUCTURE, reason, by, at, loan,
        overdue_interest_cents=sum(one.interest_cents for one in late),
        months=terms.months,
        rate_bp=terms.rate_bp,
        first_due_on=terms.first_due_on,
        worsens_terms=ends_later or terms.rate_bp < loan.rate_bp,
    )  # fmt: skip


@transaction.atomic
def propose_default(*, offer: Offer, ground: str, reason: str, by: User, at: datetime) -> FinancingRequest:
    """Propose to declare a default (ruling B12).

    Raises: NotEnoughReason; DefaultTooEarly: unpaid is the ground, and nothing is for longer than the dated limit.
    """
    offer, loan = _locked(offer)
    if ground == Ground.UNPAID:
        on = clock.local(at).date()
        limit = parameters.value_at("default.project_days", on).days
        if not unpaid_instalments(due_by=on - limit - timedelta(days=1)).filter(loan=loan).exists():
            raise DefaultTooEarly(
                _("Aucune échéance n’est impayée depuis plus de %(days)d jours.") % {"days": limit.days},
                next_step=_("Attendez ce délai, ou nommez l’insolvabilité ou la fraude avec sa preuve."),
            )
    return _propose(offer, Kind.DEFAULT, reason, by, at, loan, ground=Ground(ground))


@transaction.atomic
def propose_loss(*, offer: Offer, reason: str, by: User, at: datetime) -> FinancingRequest:
    """Propose to recognise that what is left of a defaulted loan is lost. Raises: NotEnoughReason."""
    offer, loan = _locked(offer)
    return _propose(offer, Kind.LOSS, reason, by, at, loan)


@transaction.atomic
def decide_request(*, request: FinancingRequest, accepts: bool, note: str, by: User, at: datetime) -> FinancingRequest:
    """Decide a proposal. What is accepted is done at once; a restructuring that worsens terms waits for the lenders.

    Raises: SamePersonDecides; NotEnoughReason; TransitionRefused: the request or the financing is elsewhere.
    """
    request = _lock_request(request)
    if by.pk == request.proposed_by_id:
        raise SamePersonDecides(
            _("Vous avez proposé cette décision : une autre personne la prend."),
            next_step=_("Demandez à une autre personne qui a ce rôle."),
        )
    if not note.strip():
        raise NotEnoughReason(_("Une décision dit ses raisons."), next_step=_("Écrivez-les en quelques phrases."))
    fields: dict[str, Any] = {"decided_by": by, "decided_at": at, "decision_note": note.strip()}
    if not accepts:
        return advance(request, REFUSE_REQUEST, by=by, at=at, reason=note.strip(), **fields)
    request = advance(request, ACCEPT_REQUEST, by=by, at=at, reason=note.strip(), **fields)
    transition = {Kind.RESTRUCTURE: RESTRUCTURE, Kind.DEFAULT: DECLARE_DEFAULT, Kind.LOSS: RECOGNISE_LOSS}
    move = transition[Kind(request.kind)]
    offer = advance(request.offer, move, by=by, at=at, field="financing_state", reason=note.strip())
    if request.kind == Kind.RESTRUCTURE:
        if request.worsens_terms:
            page = reverse("follow_up:answer", args=[request.uuid])
            tell_lenders(offer=offer, name="consent_asked", words=request.reason, at=at, page=page)
            return request
        return apply_restructuring(request=request, by=by, at=at)
    if request.kind == Kind.LOSS:
        write_losses(request=request, at=at)
    tell_lenders(offer=offer, name=request.kind.lower(), words=note.strip(), at=at)
    return advance(request, APPLY_REQUEST, by=by, at=at, applied_at=at)


@transaction.atomic
def apply_restructuring(*, request: FinancingRequest, by: User | None, at: datetime) -> FinancingRequest:
    """Write the new schedule of an accepted restructuring; replaced lines are kept. The financing is followed again.

    Raises: ConsentMissing; PaymentAlive; TransitionRefused.
    """
    request = _lock_request(request)
    require_consent(request, on=clock.local(at).date())
    require_no_payment(request)
    request = advance(request, APPLY_REQUEST, by=by, at=at, applied_at=at)
    replace_schedule(request)
    offer = advance(request.offer, APPLY_RESTRUCTURING, by=by, at=at, field="financing_state", reason=request.reason)
    note = _("Un nouvel échéancier est en vigueur.")
    offer.concerns.filter(kind=Concern.Kind.UNPAID, closed_at=None).update(closed_at=at, closed_by=by, close_note=note)
    tell_lenders(offer=offer, name="restructured", words=request.reason, at=at)
    return request


def holdings_of(user: User, request: FinancingRequest) -> list[Holding]:
    """Return the parts of the loan for which a person may answer."""
    loan = request.offer.loan
    return list(loan.holdings.filter(commitment__by=user) | loan.holdings.filter(party__user=user))


def _locked(offer: Offer) -> tuple[Offer, Loan]:
    offer = lock_offer(offer=offer)
    return offer, Loan.objects.get(offer=offer)


def _lock_request(request: FinancingRequest) -> FinancingRequest:
    lock_offer(offer=request.offer)
    rows = FinancingRequest.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("offer__loan", "offer__project").get(pk=request.pk)


def _propose(
    offer: Offer, kind: str, reason: str, by: User, at: datetime, loan: Loan, **fields: object
) -> FinancingRequest:
    if not reason.strip():
        raise NotEnoughReason(
            _("Une proposition dit ses raisons et ses preuves."), next_step=_("Nommez les pièces et leurs dates.")
        )
    return FinancingRequest.objects.create(
        offer=offer, kind=kind, reason=reason.strip(), outstanding_cents=outstanding_cents(loan), proposed_by=by,
        proposed_at=at, **fields,
    )  # fmt: skip


def _last_day(terms: NewTerms) -> date:
    return months_later(terms.first_due_on, terms.months - 1)
