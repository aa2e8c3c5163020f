"""An offer is decided on cleared money: success gives it to the project, failure gives every euro back (ruling B1).

Success is one transaction: the decision, the commitments it settles, the entry, the loan and its register exist
together or not at all. Failure is a decision, then one small transaction for each saver: a killed process leaves a
failed offer with commitments still cleared, which the next run of the duties finds and ends.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from django.db import transaction
from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext as _
from djmoney.money import Money

from fres.kernel import clock, parameters
from fres.kernel.errors import RuleViolation
from fres.kernel.money import CURRENCY, from_cents, share_cents, to_cents
from fres.kernel.states import advance, advance_all
from funds import notices
from funds.chart import Purpose
from funds.ledger import Line, account_for, accounts_for, first_open_day, post_entry
from funds.locks import lock_for_commitment, lock_offer
from funds.models import Commitment, Offer, Refund
from funds.pool.matching_funds import matched_for_decision
from funds.states import (
    CANCEL,
    FAIL_OFFER,
    OWE_REFUND,
    SETTLE,
    SUCCEED_OFFER,
    CommitmentState,
    FinancingState,
    OfferState,
    PaymentState,
    RefundState,
)
from funds.unwinding import return_settled

JOURNAL = "OF"
BASIS_POINTS = 10_000


class TooEarlyToDecide(RuleViolation):
    """Commitments are still taken, a reflection runs, or a payment is under way before the last day (ruling B1)."""

    rule = "B1"


@dataclass(frozen=True)
class Progress:
    """What an offer's commitments add up to, in cents, and what still moves."""

    cleared: int
    reflecting: int
    unpaid: int
    processing: int
    refunding: int


def progress_of(offer: Offer) -> Progress:
    """Return where an offer's money stands; `refunding` counts refunds asked and not sent of cleared commitments."""
    sums = dict.fromkeys(CommitmentState, 0)
    for state, total in offer.commitments.order_by().values_list("state").annotate(total=Sum("amount")):
        sums[CommitmentState(state)] = to_cents(Money(total, CURRENCY))
    refunding = Refund.objects.filter(
        state=RefundState.ASKED, payment__commitment__offer=offer, payment__commitment__state=CommitmentState.CLEARED,
        payment__state=PaymentState.CLEARED,
    )  # fmt: skip
    return Progress(
        cleared=sums[CommitmentState.CLEARED],
        reflecting=sums[CommitmentState.IN_REFLECTION],
        unpaid=sums[CommitmentState.CONFIRMED],
        processing=sums[CommitmentState.PROCESSING],
        refunding=refunding.count(),
    )


def may_decide(offer: Offer, progress: Progress, *, at: datetime) -> bool:
    """Return whether an offer is to be decided: commitments are over, no reflection runs, no payment is under way.

    On `settles_on` it is decided whatever is under way; what clears later goes back. A running reflection, a right
    to leave after a change (ruling B30), and a refund on its way to a saver, are waited for in any case.
    """
    from funds.fici.rights import has_running_rights

    if offer.state != OfferState.OPEN or progress.reflecting or progress.refunding:
        return False
    if has_running_rights(offer, at=at):
        return False
    is_full = progress.cleared >= to_cents(offer.maximum)
    if at <= offer.closes_at and not is_full:
        return False
    is_last_day = clock.local(at).date() >= offer.settles_on
    return is_last_day or not (progress.unpaid or progress.processing)


def decide_offer(*, offer: Offer, at: datetime) -> Offer:
    """Decide an offer on its cleared money; one already decided is only finished, and returned.

    Args: at: aware. Not to be called inside a transaction that could still be undone: a failure then works in chunks.
    Raises: TooEarlyToDecide.
    """
    with transaction.atomic():
        offer = lock_offer(offer=offer)
        if offer.state == OfferState.OPEN:
            progress = progress_of(offer)
            if not may_decide(offer, progress, at=at):
                raise TooEarlyToDecide(
                    _("Cette offre ne peut pas encore être décidée."),
                    next_step=_("Elle l’est dès que plus rien n’est en réflexion ni en cours, au plus tard le %(day)s.")
                    % {"day": offer.settles_on.strftime("%d/%m/%Y")},
                )
            if progress.cleared + matched_for_decision(offer, at=at) >= to_cents(offer.minimum):
                offer = _succeed(offer, at=at)
            else:
                offer = advance(offer, FAIL_OFFER, by=None, at=at, decided_at=at)
    if offer.state in (OfferState.FAILED, OfferState.CANCELLED):
        return_money(offer=offer, at=at)
    elif offer.state == OfferState.SUCCEEDED:
        close_remainder(offer=offer, at=at)
        return_settled(offer=offer, at=at)
    return offer


def decide_due(*, at: datetime) -> tuple[int, int]:
    """Decide every offer that is due, finish what a killed process left; return how many succeeded, how many failed."""
    succeeded = failed = 0
    for offer in Offer.objects.filter(state=OfferState.OPEN).order_by("closes_at", "pk").iterator(chunk_size=200):
        if not may_decide(offer, progress_of(offer), at=at):
            continue
        offer = decide_offer(offer=offer, at=at)
        succeeded += offer.state == OfferState.SUCCEEDED
        failed += offer.state == OfferState.FAILED
    for offer in _unfinished().order_by("pk"):
        decide_offer(offer=offer, at=at)
    return succeeded, failed


def return_money(*, offer: Offer, at: datetime) -> int:
    """Owe back every euro of an offer that failed or was cancelled, and end what was not paid; return how many savers.

    Safe to run again: each commitment is one transaction, and its state says whether it was done.
    """
    refunded = 0
    for commitment in offer.commitments.filter(state=CommitmentState.CLEARED).order_by("pk").iterator(chunk_size=500):
        refunded += _owe_back(commitment, at=at)
    close_remainder(offer=offer, at=at)
    return refunded


def close_remainder(*, offer: Offer, at: datetime) -> int:
    """End the commitments that a decided offer will not call any more, and its waiting list; return how many ended.

    What is with a bank is left there: it comes back when it clears (ruling B1).
    """
    from funds.waiting import refresh_waiting_list

    ended = 0
    waiting_states = (CommitmentState.IN_REFLECTION, CommitmentState.CONFIRMED)
    for commitment in offer.commitments.filter(state__in=waiting_states).order_by("pk").iterator(chunk_size=500):
        ended += _cancel(commitment, at=at)
    refresh_waiting_list(offer=offer, at=at)
    return ended


def _succeed(offer: Offer, *, at: datetime) -> Offer:
    """Write the success: state, settled commitments, entry, fee, tranches, loan. The caller holds the locks."""
    from funds.campaigns.tranches import hold_tranches

    # Locked in the order of their keys; nobody can add one while the offer is locked.
    cleared = list(
        offer.commitments.select_for_update(of=("self",))
        .filter(state=CommitmentState.CLEARED).select_related("saver").order_by("pk")
    )  # fmt: skip
    offer = advance(offer, SUCCEED_OFFER, by=None, at=at, decided_at=at, financing_state=FinancingState.CONTRACTING)
    offer = Offer.objects.select_related("project__organisation__party", "books", "fund").get(pk=offer.pk)
    advance_all(offer.commitments.filter(state=CommitmentState.CLEARED), SETTLE, by=None, at=at, settled_at=at)
    net_cents = _post_success(offer, cleared, at=at)
    hold_tranches(offer=offer, net_cents=net_cents, at=at)
    if not offer.is_gift:
        from funds.servicing.loans import write_loan

        write_loan(offer=offer, at=at)
    return offer


def _post_success(offer: Offer, cleared: Iterable[Commitment], *, at: datetime) -> int:
    """Post the success and its fee; return what the holder is then owed, in cents."""
    commitments = list(cleared)
    owner = offer.project.organisation.party
    owed_to_savers = accounts_for(
        offer.books, Purpose.SAVER_MONEY, parties=[one.saver for one in commitments], offer=offer
    )
    owed_to_holder = account_for(offer.books, Purpose.HOLDER_MONEY, party=owner, offer=offer)
    lines = [Line(owed_to_savers[one.saver_id], owed_to_holder, to_cents(one.amount)) for one in commitments]
    _post(offer, "success", lines, label=f"Offre réussie {owner.number}", at=at)
    fee, tax = fee_cents(offer, sum(line.amount_cents for line in lines), at=at)
    fee_lines = [
        Line(owed_to_holder, account_for(offer.books, purpose), cents)
        for purpose, cents in ((Purpose.HOLDER_FEE, fee), (Purpose.VAT, tax))
        if cents
    ]
    if fee_lines:
        _post(offer, "fee", fee_lines, label=f"Frais du porteur {owner.number}", at=at)
    return sum(line.amount_cents for line in lines) - fee - tax


def fee_cents(offer: Offer, raised_cents: int, *, at: datetime) -> tuple[int, int]:
    """Return what the holder pays on what was raised, in cents: our fee and its VAT, which the announced rate includes.

    Each is rounded once, half a cent up; together they are the rate announced on the offer's page, to the cent.
    """
    if not offer.holder_fee_bp:
        return 0, 0
    whole = share_cents(raised_cents, Fraction(offer.holder_fee_bp, BASIS_POINTS))
    rate = Fraction(parameters.value_at("vat.standard", clock.local(at).date()).rate)
    tax = share_cents(whole, rate / (1 + rate))
    return whole - tax, tax


def _post(offer: Offer, what: str, lines: list[Line], *, label: str, at: datetime) -> None:
    on = clock.local(at).date()
    post_entry(
        entity=offer.books,
        journal=JOURNAL,
        key=f"offer:{offer.uuid}:{what}",
        transfers=lines,
        accounting_date=first_open_day(offer.books, on),
        value_date=on,
        label=label,
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
    if commitment.state != CommitmentState.CLEARED:
        return False
    was_cancelled = offer.state == OfferState.CANCELLED
    cause = Refund.Cause.OFFER_CANCELLED if was_cancelled else Refund.Cause.OFFER_FAILED
    payment = commitment.payments.get(state=PaymentState.CLEARED)
    already_asked = sum(to_cents(one.amount) for one in payment.refunds.filter(state=RefundState.ASKED))
    reason = _("L’offre a été annulée.") if was_cancelled else _("L’offre n’a pas atteint son minimum.")
    commitment = advance(commitment, OWE_REFUND, by=None, at=at, reason=str(cause), end_reason=reason)
    left = to_cents(commitment.amount) - already_asked
    if left > 0:
        ask_refund(payment=payment, amount=from_cents(left), cause=cause, by=None, at=at)
    notices.tell_offer_failed(commitment=commitment, offer=offer, at=at)
    return True


@transaction.atomic
def _cancel(commitment: Commitment, *, at: datetime) -> bool:
    offer = lock_offer(offer=commitment.offer)
    commitment = Commitment.objects.select_for_update().get(pk=commitment.pk)
    if commitment.state not in CANCEL.sources:
        return False
    commitment = advance(
        commitment, CANCEL, by=None, at=at, ended_at=at, end_reason=_("L’offre est terminée avant le paiement.")
    )
    notices.tell_cancelled(commitment=commitment, offer=offer, at=at)
    return True


def _unfinished() -> QuerySet[Offer]:
    """Return the decided offers that still have something to end: where a process was killed."""
    over = (OfferState.FAILED, OfferState.CANCELLED)
    unpaid = Q(commitments__state__in=(CommitmentState.IN_REFLECTION, CommitmentState.CONFIRMED))
    return Offer.objects.filter(
        Q(state__in=over, commitments__state=CommitmentState.CLEARED)
        | Q(financing_state=FinancingState.CANCELLED, commitments__state=CommitmentState.SETTLED)
        | Q(state__in=(*over, OfferState.SUCCEEDED)) & unpaid
        | Q(state__in=(*over, OfferState.SUCCEEDED), waiting_places__state__in=("WAITING", "PROPOSED"))
    ).distinct()
