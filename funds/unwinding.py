"""A success undone before any euro left: the holder is owed nothing, and every saver gets everything back (ruling A5).

The decision and the books are one transaction; each saver's refund is then one of its own, resumed by the nightly
decision of offers where a process was killed.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from fres.kernel import clock
from fres.kernel.documents import void_document
from fres.kernel.errors import RuleViolation
from fres.kernel.money import from_cents, to_cents
from fres.kernel.states import advance
from funds import notices
from funds.chart import Purpose
from funds.ledger import Line, account_for, balance_cents, first_open_day, post_entry, reverse_entry
from funds.locks import lock_for_commitment, lock_offer
from funds.models import Commitment, Entry, Loan, Offer, PayoutOrder, Refund
from funds.pool.matching_funds import release_matches
from funds.states import (
    CANCEL_FINANCING,
    CANCEL_TRANCHE,
    OWE_REFUND,
    CommitmentState,
    FinancingState,
    PaymentState,
    PayoutState,
    TrancheState,
)
from investors.models import User

JOURNAL = "OF"


class FinancingStands(RuleViolation):
    """The financing cannot be cancelled: money left, or an order to pay is alive; or nobody said why."""

    rule = "A5"


def cancel_financing(*, offer: Offer, by: User, at: datetime, reason: str) -> Offer:
    """Cancel the financing of an offer that succeeded and was not paid out; give every saver their money back.

    Args: at: aware. Not to be called inside a transaction that could still be undone: refunds are written in chunks.
    Raises: FinancingStands: without a reason, or an order of payment is alive or was paid. TransitionRefused: it is no
        longer being contracted.
    """
    if not reason.strip():
        raise FinancingStands(_("Une annulation porte un motif écrit."), next_step=_("Écrivez-le en une phrase."))
    with transaction.atomic():
        offer = lock_offer(offer=offer)
        _refuse_if_paid(offer)
        advance(offer, CANCEL_FINANCING, by=by, at=at, reason=reason.strip()[:300], field="financing_state")
        offer = Offer.objects.select_related("project__organisation__party", "books", "fund").get(pk=offer.pk)
        _undo_fee(offer, at=at)
        _undo_success(offer, held_cents=_cancel_tranches(offer, by=by, at=at), at=at)
        release_matches(offer=offer, at=at)
        loan = Loan.objects.filter(offer=offer).select_related("contract").first()
        if loan is not None and loan.contract is not None:
            void_document(document=loan.contract, reason=_("Financement annulé avant tout versement."), at=at, by=by)
    return_settled(offer=offer, at=at)
    return offer


def return_settled(*, offer: Offer, at: datetime) -> int:
    """Owe back every settled commitment of a cancelled financing; return how many savers. Safe to run again."""
    if offer.financing_state != FinancingState.CANCELLED:
        return 0
    settled = offer.commitments.filter(state=CommitmentState.SETTLED).order_by("pk")
    return sum(_owe_back(commitment, at=at) for commitment in settled.iterator(chunk_size=500))


def _refuse_if_paid(offer: Offer) -> None:
    order = PayoutOrder.objects.filter(offer=offer).exclude(state=PayoutState.REFUSED).order_by("-pk").first()
    if order is None:
        return
    if order.state == PayoutState.PAID:
        raise FinancingStands(
            _("De l’argent a été versé au porteur : le financement ne s’annule plus."),
            next_step=_("Suivez-le : une restructuration ou un défaut se constate."),
        )
    raise FinancingStands(
        _("Un ordre de versement est à l’état « %(state)s ».") % {"state": order.get_state_display()},
        next_step=_("Refusez cet ordre d’abord, s’il n’est pas parti."),
    )


def _undo_fee(offer: Offer, *, at: datetime) -> None:
    """The holder pays for a success: undone, it costs nothing."""
    fee = Entry.objects.filter(entity=offer.books, key=f"offer:{offer.uuid}:fee").first()
    if fee is not None:
        owner = offer.project.organisation.party
        label = f"Frais rendus au porteur {owner.number}"
        reverse_entry(entry=fee, key=f"{fee.key}:undone", label=label, source=("offer", offer.uuid), at=at)


def _cancel_tranches(offer: Offer, *, by: User, at: datetime) -> int:
    """End the tranches; return what their account still holds, in cents."""
    held = 0
    for tranche in offer.tranches.exclude(state=TrancheState.CANCELLED).order_by("rank"):
        if tranche.state in (TrancheState.WAITING, TrancheState.VOTING) and tranche.amount is not None:
            held += to_cents(tranche.amount)
        advance(tranche, CANCEL_TRANCHE, by=by, at=at)
    return held


def _undo_success(offer: Offer, *, held_cents: int, at: datetime) -> None:
    """Move what the holder was owed back to each saver; what a bank took meanwhile extinguishes the claim on them."""
    owner = offer.project.organisation.party
    owed = account_for(offer.books, Purpose.HOLDER_MONEY, party=owner, offer=offer)
    lines = []
    if held_cents:
        waiting = account_for(offer.books, Purpose.HELD_TRANCHES, party=owner, offer=offer)
        lines.append(Line(waiting, owed, held_cents))
    for commitment in offer.commitments.filter(settled_at__isnull=False).select_related("saver").order_by("pk"):
        saver, cents = commitment.saver, to_cents(commitment.amount)
        held = account_for(offer.books, Purpose.SAVER_MONEY, party=saver, offer=offer)
        lines.append(Line(owed, held, cents))
        if commitment.state == CommitmentState.DISPUTED:
            open_claim = balance_cents(entity=offer.books, purpose=Purpose.CLAIM_ON_SAVER, party=saver, offer=offer)
            if claimed := min(cents, max(0, open_claim)):
                claim = account_for(offer.books, Purpose.CLAIM_ON_SAVER, party=saver, offer=offer)
                lines.append(Line(held, claim, claimed))
    on = clock.local(at).date()
    post_entry(
        entity=offer.books,
        journal=JOURNAL,
        key=f"offer:{offer.uuid}:unwound",
        transfers=lines,
        accounting_date=first_open_day(offer.books, on),
        value_date=on,
        label=f"Financement annulé {owner.number}",
        piece_ref=str(offer.uuid),
        piece_date=on,
        source=("offer", offer.uuid),
        at=at,
    )


@transaction.atomic
def _owe_back(commitment: Commitment, *, at: datetime) -> bool:
    from funds.payments.refunds import ask_refund

    offer, _saver = lock_for_commitment(offer=commitment.offer, saver=commitment.saver)
    commitment = Commitment.objects.select_for_update().get(pk=commitment.pk)
    if commitment.state != CommitmentState.SETTLED:
        return False
    reason = _("Le financement a été annulé avant tout versement.")
    commitment = advance(commitment, OWE_REFUND, by=None, at=at, reason=reason, end_reason=reason)
    payment = commitment.payments.get(state=PaymentState.CLEARED, is_surplus=False)
    cents = to_cents(commitment.amount)
    ask_refund(payment=payment, amount=from_cents(cents), cause=Refund.Cause.OFFER_CANCELLED, by=None, at=at)
    notices.tell_financing_cancelled(commitment=commitment, offer=offer, at=at)
    return True
