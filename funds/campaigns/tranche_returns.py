"""A tranche that its lenders refused goes back to them: each gets their part, to the cent, and lends that much less.

It is an instalment paid early, from the account where the tranche waited: what the holder pays later is computed again
on the capital left, over the same months. Interest of the month under way is on the capital left too.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from fres.kernel import clock
from fres.kernel.money import format_cents, to_cents
from fres.kernel.states import advance
from funds.campaigns.refusals import ReturnRefused
from funds.chart import Purpose
from funds.locks import lock_offer
from funds.models import Instalment, InstalmentReplacement, Loan, Offer, Payment, Tranche, TrancheReturn
from funds.monitoring.telling import tell_lenders
from funds.servicing.amortisation import schedule
from funds.servicing.distribution import share_from
from funds.servicing.payouts import FourEyes, other_act
from funds.states import (
    ALIVE,
    FINISH_RETURN,
    REFUSE_RETURN,
    RETURN_TRANCHE,
    TrancheReturnState,
    TrancheState,
)
from investors.models import User


@transaction.atomic
def prepare_return(*, tranche: Tranche, reason: str, by: User, at: datetime) -> TrancheReturn:
    """Prepare the return of a tranche whose release its lenders refused; no money moves yet.

    Raises: FourEyes: this person acted on the offer. ReturnRefused: no vote refused it, nothing says why, a return
        exists, or it cannot be taken off the loan (`why_not_returnable`).
    """
    offer = lock_offer(offer=tranche.offer)
    _refuse_own_act(other_act(offer, by))
    tranche = Tranche.objects.select_for_update().get(pk=tranche.pk)
    if not 0 < len(reason.strip()) <= 300:
        raise ReturnRefused(
            _("Rendre une tranche porte un motif, en 300 signes au plus."),
            next_step=_("Écrivez-le : les prêteurs le lisent."),
        )
    if obstacle := why_not_returnable(tranche, at=at):
        raise ReturnRefused(obstacle, next_step=_("La page de l’offre dit où en est chaque tranche."))
    if tranche.returns.exclude(state=TrancheReturnState.REFUSED).exists():
        raise ReturnRefused(_("Un retour de cette tranche existe déjà."), next_step=_("Ouvrez-le."))
    return TrancheReturn.objects.create(tranche=tranche, reason=reason.strip(), prepared_by=by, prepared_at=at)


@transaction.atomic
def approve_return(*, tranche_return: TrancheReturn, by: User, at: datetime) -> TrancheReturn:
    """Return a tranche, as its second person: shares, entry, new schedule and messages together, or nothing.

    Raises: FourEyes: this person prepared it, or acted on the offer. ReturnRefused: as `why_not_returnable`.
        TransitionRefused: it was decided already, or the tranche is in a vote again.
    """
    offer = lock_offer(offer=tranche_return.tranche.offer)
    tranche_return = TrancheReturn.objects.select_for_update().get(pk=tranche_return.pk)
    _refuse_own_act(why_not_decide_return(tranche_return, by))
    tranche = advance(tranche_return.tranche, RETURN_TRANCHE, by=by, at=at, reason=tranche_return.reason)
    if obstacle := _why_not_taken_off(offer, tranche, at=at):
        raise ReturnRefused(obstacle, next_step=_("Revenez quand ce sera levé, ou refusez ce retour."))
    instalment = _take_off(offer, tranche, tranche_return, at=at)
    distribution = share_from(instalment=instalment, held_in=Purpose.HELD_TRANCHES, at=at)
    tranche_return = advance(
        tranche_return, FINISH_RETURN, by=by, at=at, decided_by=by, decided_at=at, distribution=distribution
    )
    words = _("La tranche « %(milestone)s », %(amount)s, revient aux prêteurs. %(reason)s") % {
        "milestone": tranche.milestone,
        "amount": format_cents(instalment.principal_cents),
        "reason": tranche_return.reason,
    }
    tell_lenders(offer=offer, name="tranche_returned", words=words, at=at, mark=str(tranche.uuid))
    return tranche_return


@transaction.atomic
def refuse_return(*, tranche_return: TrancheReturn, note: str, by: User, at: datetime) -> TrancheReturn:
    """Give up the return of a tranche: it waits for new evidence. Raises: ReturnRefused: no word; TransitionRefused."""
    if not 0 < len(note.strip()) <= 300:
        raise ReturnRefused(_("Un refus porte un motif."), next_step=_("Écrivez-le en une phrase."))
    lock_offer(offer=tranche_return.tranche.offer)
    return advance(
        tranche_return, REFUSE_RETURN, by=by, at=at, reason=note.strip(), decided_by=by, decided_at=at,
        decision_note=note.strip(),
    )  # fmt: skip


def why_not_returnable(tranche: Tranche, *, at: datetime) -> str:
    """Return, in French, why a tranche cannot go back to its lenders now; "" when it can."""
    if tranche.state != TrancheState.WAITING or not tranche.round:
        return _("Une tranche se rend quand un vote a refusé de la libérer ; elle est « %(state)s ».") % {
            "state": tranche.get_state_display()
        }
    return _why_not_taken_off(tranche.offer, tranche, at=at)


def why_not_decide_return(tranche_return: TrancheReturn, user: User) -> str:
    """Return, in French, the act that forbids a person to approve a return; "" when none does (ruling A7)."""
    if tranche_return.prepared_by_id == user.pk:
        return _("Vous avez préparé ce retour : une autre personne l’approuve.")
    return other_act(tranche_return.tranche.offer, user)


def _why_not_taken_off(offer: Offer, tranche: Tranche, *, at: datetime) -> str:
    loan = Loan.objects.filter(offer=offer).first()
    if loan is None:
        return _("Cette offre n’est pas un prêt : un don se rend don par don, à qui le demande.")
    if loan.first_due_on is None:
        return _("La tranche précédente n’est pas versée : le prêt n’a pas encore d’échéancier.")
    due = Instalment.objects.filter(loan=loan, distribution=None)
    if Payment.objects.filter(instalment__in=due, state__in=ALIVE).exists():
        return _("Une échéance est en cours de paiement : attendez qu’elle soit répartie.")
    assert tranche.amount is not None
    left = sum(one.principal_cents for one in due.filter(due_on__gt=clock.local(at).date()))
    if to_cents(tranche.amount) >= left:
        return _("Il ne reste que %(left)s de capital à échoir, moins que cette tranche.") % {
            "left": format_cents(left)
        }
    return ""


def _take_off(offer: Offer, tranche: Tranche, tranche_return: TrancheReturn, *, at: datetime) -> Instalment:
    """Write the instalment that the tranche pays, and the schedule of what is left over the months to come."""
    loan, on = offer.loan, clock.local(at).date()
    assert tranche.amount is not None
    cents = to_cents(tranche.amount)
    to_come = list(loan.instalments.filter(distribution=None, due_on__gt=on).order_by("rank"))
    late = sum(one.principal_cents for one in loan.instalments.filter(distribution=None, due_on__lte=on))
    left = sum(one.principal_cents for one in to_come) - cents
    rank = Instalment.every.filter(loan=loan).aggregate(last=Max("rank"))["last"] + 1
    lines = schedule(principal_cents=left, rate_bp=loan.rate_bp, months=len(to_come), first_due_on=to_come[0].due_on)
    InstalmentReplacement.objects.bulk_create(
        InstalmentReplacement(instalment=one, tranche_return=tranche_return) for one in to_come
    )
    paid = Instalment.objects.create(
        loan=loan, rank=rank, due_on=on, principal_cents=cents, interest_cents=0, balance_after_cents=left + late
    )
    Instalment.objects.bulk_create(
        Instalment(
            loan=loan,
            rank=rank + line.rank,
            due_on=line.due_on,
            principal_cents=line.principal_cents,
            interest_cents=line.interest_cents,
            balance_after_cents=line.balance_after_cents,
        )
        for line in lines
    )
    return paid


def _refuse_own_act(why: str) -> None:
    if why:
        raise FourEyes(why, next_step=_("Demandez à une personne qui n’a rien décidé sur ce dossier."))
