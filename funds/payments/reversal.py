"""The one operation that undoes a payment: a debit that fails, a refund that goes or comes back, a contested debit.

Whatever took the money back, the same things follow: the books are put right by a new entry, the commitment says where
it stands, the tax receipt is voided (and replaced for what remains), and what is *not* undone is told: votes, the
offer's decision, the money the holder received, what was already shared (ruling B11).
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fres.kernel.money import format_cents, from_cents, to_cents
from fres.kernel.states import advance
from funds.chart import Purpose
from funds.ledger import Line, account_for, balance_cents, post_entry, reverse_entry
from funds.models import BankRefund, Dispute, Entry, Offer, Payment, Refund, Transfer
from funds.payments import notices
from funds.payments.claims import claim_of
from funds.payments.gateway import DisputeOutcome, DisputeStatus, FailureCode
from funds.payments.recording import lock_payment, offer_of, payer_of, post_cash, read_payment
from funds.payments.recoveries import owe_back_recovered
from funds.states import (
    BOUNCE_REFUND,
    DISPUTE,
    OWE_REFUND,
    PAYMENT_FAILED,
    REDUCE,
    REFUND,
    REFUSE_PAYMENT,
    REVERSE_PAYMENT,
    STAND_AGAIN,
    TAKE_BACK,
    WIN_DISPUTE,
    BankRefundState,
    CommitmentState,
    FinancingState,
    PaymentState,
    RefundState,
)
from investors.models import User

AFTER_SETTLEMENT = frozenset({CommitmentState.SETTLED, CommitmentState.DISPUTED})


@dataclass(frozen=True)
class DebitFailed:
    """The bank refused a debit it had accepted; most often before the money was ever counted as cleared."""

    code: FailureCode | None
    at: datetime


@dataclass(frozen=True)
class MoneyGivenBack:
    """The provider accepted a refund: `refund` is locked, its `provider_id` known."""

    refund: Refund
    at: datetime


@dataclass(frozen=True)
class RefundCameBack:
    """A refund the provider had accepted came back: the paying means is closed, the debt stands again (ruling B29)."""

    refund: Refund
    at: datetime


@dataclass(frozen=True)
class DebitContested:
    """The saver contested the debit at their bank; the provider took the money back, or has just returned it."""

    dispute: DisputeOutcome


Fact = DebitFailed | MoneyGivenBack | RefundCameBack | DebitContested


@dataclass(frozen=True)
class Reversal:
    """What one fact undid, and what stands.

    Attributes: payment: as it is now. entries: those posted. stands: French sentences, fit to show to staff.
    """

    payment: Payment
    entries: tuple[Entry, ...]
    stands: tuple[str, ...]


@transaction.atomic
def reverse_payment(*, payment: Payment, fact: Fact, at: datetime) -> Reversal:
    """Undo a payment, whole or in part, at whatever stage it is. The same fact again changes nothing.

    Args: payment: any version of the row, it is locked and read again here. at: aware, the moment of recording.
    """
    payment = lock_payment(payment.pk)
    match fact:
        case DebitFailed():
            entries = _debit_failed(payment, fact, at=at)
        case MoneyGivenBack():
            entries = _money_given_back(payment, fact, at=at)
        case RefundCameBack():
            entries = _refund_came_back(payment, fact, at=at)
        case DebitContested():
            entries = _debit_contested(payment, fact.dispute, at=at)
    payment = read_payment(payment.pk)
    if entries and is_shared(payment):
        notices.tell_claim(payment=payment, owed_cents=claim_of(payment).owed_cents, at=at)
    return Reversal(payment=payment, entries=tuple(entries), stands=what_stands(payment))


def held_cents(payment: Payment) -> int:
    """Return what our books still hold, for the payer, of this very payment: none before it clears or once settled."""
    if payment.cleared_at is None:
        return 0
    commitment = payment.commitment
    if commitment is not None:
        if commitment.state in AFTER_SETTLEMENT and not payment.is_surplus:
            return 0
    elif is_shared(payment):
        return max(0, claim_of(payment).kept_cents)
    return max(0, to_cents(payment.amount) - taken_cents(payment))


def is_shared(payment: Payment) -> bool:
    """Whether this very payment is the one whose money was shared among the lenders: the last that was received."""
    instalment = payment.instalment
    if instalment is None or payment.is_surplus or not hasattr(instalment, "distribution"):
        return False
    return instalment.receptions.order_by("-pk").values_list("payment", flat=True).first() == payment.pk


def taken_cents(payment: Payment) -> int:
    """Return what refunds, transfers ordered and a contested debit took of this payment, less what came back."""
    dispute = getattr(payment, "dispute", None)
    contested = to_cents(dispute.amount) if dispute is not None and dispute.won_at is None else 0
    return payment.refunded_cents + contested + _failed_cents(payment) + _ordered_cents(payment)


def _ordered_cents(payment: Payment) -> int:
    """Return what two people ordered to give back of this payment by bank transfer, sent or not."""
    ordered = BankRefund.objects.filter(
        refund__payment=payment, state__in=(BankRefundState.APPROVED, BankRefundState.SENT)
    )
    return int((ordered.aggregate(total=Sum("amount"))["total"] or 0) * 100)


def _failed_cents(payment: Payment) -> int:
    """Return what the bank took back by refusing the debit after it had cleared."""
    if payment.failed_at is None or payment.cleared_at is None:
        return 0
    moved = Transfer.objects.filter(entry__entity=offer_of(payment).books, entry__key=f"payment:{payment.uuid}:failed")
    return moved.aggregate(cents=Sum("amount_cents"))["cents"] or 0


def what_stands(payment: Payment) -> tuple[str, ...]:
    """List in French what a reversal of this payment leaves as it is."""
    offer = offer_of(payment)
    sentences = []
    if payment.commitment is not None and offer.decided_at is not None and not payment.is_surplus:
        sentences.append(_("La décision de l’offre et les votes tiennent."))
    if payment.commitment is not None and payment.commitment.state in AFTER_SETTLEMENT:
        sentences.append(_("Le porteur de projet garde l’argent reçu : rien ne lui est débité."))
        holding = getattr(payment.commitment, "holding", None)
        if holding is not None:
            sentences.append(_("La part de prêt reste inscrite ; ses répartitions sont gardées contre la créance."))
    if payment.instalment is not None and hasattr(payment.instalment, "distribution"):
        sentences.append(_("L’échéance déjà répartie reste aux épargnants."))
    claim = balance_cents(entity=offer.books, purpose=Purpose.CLAIM_ON_SAVER, party=payer_of(payment), offer=offer)
    if claim > 0:
        sentences.append(_("Créance ouverte sur le payeur : %(amount)s.") % {"amount": format_cents(claim)})
    return tuple(sentences)


def _debit_failed(payment: Payment, fact: DebitFailed, *, at: datetime) -> list[Entry]:
    code = str(fact.code or FailureCode.UNKNOWN)
    if payment.state in REFUSE_PAYMENT.sources:
        payment = advance(payment, REFUSE_PAYMENT, by=None, at=at, failed_at=fact.at, failure_code=code)
        commitment = payment.commitment
        if commitment is not None and commitment.state == CommitmentState.PROCESSING:
            advance(commitment, PAYMENT_FAILED, by=None, at=at, reason=code)
        notices.tell_failed(payment=payment, at=at)
        return []
    if payment.state != PaymentState.CLEARED:
        return []
    taken = to_cents(payment.amount) - payment.refunded_cents
    entry = _take(
        payment,
        key=f"payment:{payment.uuid}:failed",
        amount_cents=taken,
        held=min(held_cents(payment), taken),
        label=f"Prélèvement rejeté {payer_of(payment).number}",
        value_at=fact.at,
        at=at,
    )
    advance(payment, REVERSE_PAYMENT, by=None, at=at, failed_at=fact.at, failure_code=code)
    _taken_by_bank(payment, reason=gettext_lazy("Prélèvement rejeté par la banque après encaissement."), at=at)
    notices.tell_failed(payment=payment, at=at)
    return [entry]


def _money_given_back(payment: Payment, fact: MoneyGivenBack, *, at: datetime) -> list[Entry]:
    refund, key = fact.refund, f"refund:{fact.refund.uuid}"
    if Entry.objects.filter(entity=offer_of(payment).books, key=key).exists():
        return []
    cents = to_cents(refund.amount)
    entry = _take(
        payment,
        key=key,
        amount_cents=cents,
        held=min(held_cents(payment), cents),
        label=f"Remboursement {payer_of(payment).number}",
        value_at=fact.at,
        at=at,
    )
    payment.refunded_cents += cents
    payment.save(update_fields=["refunded_cents"])
    left = to_cents(payment.amount) - taken_cents(payment)
    if left <= 0 and payment.state == PaymentState.CLEARED:
        payment = advance(payment, REVERSE_PAYMENT, by=refund.asked_by, at=at, reason=refund.get_cause_display())
    _commitment_given_back(payment, left=left, at=at, reason=str(refund.get_cause_display()))
    _void_receipts(payment, left=left, at=at, reason=gettext_lazy("Don rendu au donateur."))
    return [entry]


def given_back_by_bank(payment: Payment, *, refund: Refund, by: User, at: datetime) -> None:
    """Bring a payment, locked, and its commitment to what a transfer that left makes of them; its entry is posted."""
    left = to_cents(payment.amount) - taken_cents(payment)
    reason = str(refund.get_cause_display())
    if left <= 0 and payment.state == PaymentState.CLEARED:
        payment = advance(payment, REVERSE_PAYMENT, by=by, at=at, reason=reason)
    if payment.commitment is not None and payment.commitment.state == CommitmentState.REFUND_DUE:
        _commitment_given_back(payment, left=left, at=at, reason=reason)


def void_receipts_of(payment: Payment, *, at: datetime) -> None:
    """Void the receipt of a gift, locked, for what is ordered to be given back by transfer; replaced for the rest."""
    left = to_cents(payment.amount) - taken_cents(payment)
    _void_receipts(payment, left=left, at=at, reason=gettext_lazy("Don rendu au donateur."))


def _commitment_given_back(payment: Payment, *, left: int, at: datetime, reason: str) -> None:
    commitment = payment.commitment
    if commitment is None or (payment.is_surplus and commitment.state != CommitmentState.REFUND_DUE):
        return
    if commitment.state in AFTER_SETTLEMENT:  # given back outside of the platform once the holder had been promised it
        if commitment.state == CommitmentState.SETTLED:
            advance(commitment, DISPUTE, by=None, at=at, reason=reason)
    elif left <= 0 and commitment.state in REFUND.sources:
        advance(commitment, REFUND, by=None, at=at, reason=reason, ended_at=at, end_reason=reason)
    elif left > 0 and commitment.state == CommitmentState.CLEARED:
        advance(commitment, REDUCE, by=None, at=at, reason=reason, amount=from_cents(left))


def _refund_came_back(payment: Payment, fact: RefundCameBack, *, at: datetime) -> list[Entry]:
    """The debt stands again: to the saver, who must name another account of their own (B29). Nothing else is redone."""
    refund, key = fact.refund, f"refund:{fact.refund.uuid}"
    given = Entry.objects.filter(entity=offer_of(payment).books, key=key).first()
    if given is None or hasattr(given, "reversed_by"):
        return []
    source = ("refund", refund.uuid)
    label = f"Remboursement revenu {payer_of(payment).number}"
    entry = reverse_entry(entry=given, key=f"{key}:failed", label=label, source=source, at=at)
    payment.refunded_cents -= to_cents(refund.amount)
    payment.save(update_fields=["refunded_cents"])
    commitment = payment.commitment
    payment = _stand_again(payment, reason=refund.failure_code, at=at)
    if commitment is not None and commitment.state == CommitmentState.REFUNDED:
        advance(commitment, OWE_REFUND, by=None, at=at, reason=refund.failure_code, ended_at=None)
    elif commitment is not None and commitment.state == CommitmentState.DISPUTED and not taken_cents(payment):
        advance(commitment, WIN_DISPUTE, by=None, at=at, reason=refund.failure_code)
    if commitment is None:
        return [entry, *owe_back_recovered(payment, cause=Refund.Cause.PAID_TWICE, at=at)]
    return [entry, *_owe_beyond_claim(payment, back_by=str(refund.uuid), at=at)]


def _debit_contested(payment: Payment, outcome: DisputeOutcome, *, at: datetime) -> list[Entry]:
    dispute = Dispute.objects.select_for_update().filter(payment=payment).first()
    if dispute is None:
        if not outcome.withdrawn:
            return []  # a question of the bank, or money that never left
        return _open_dispute(payment, outcome, at=at)
    if dispute.provider_id != outcome.dispute_id:
        return []
    entries = _dispute_fee(payment, dispute, outcome, at=at)
    if outcome.status is DisputeStatus.WON and not outcome.withdrawn and dispute.won_at is None:
        entries += _win_dispute(payment, dispute, at=at)
    return entries


def _open_dispute(payment: Payment, outcome: DisputeOutcome, *, at: datetime) -> list[Entry]:
    held = min(held_cents(payment), outcome.amount_cents)
    dispute = Dispute.objects.create(
        payment_id=payment.pk,
        provider_id=outcome.dispute_id,
        amount=from_cents(outcome.amount_cents),
        claim_cents=outcome.amount_cents - held,
        opened_at=outcome.opened_at,
        recorded_at=at,
    )
    entry = _take(
        payment,
        key=f"dispute:{dispute.uuid}",
        amount_cents=outcome.amount_cents,
        held=held,
        label=f"Débit contesté {payer_of(payment).number}",
        value_at=outcome.opened_at,
        at=at,
    )
    if payment.state == PaymentState.CLEARED:
        payment = advance(payment, REVERSE_PAYMENT, by=None, at=at, reason=_("Débit contesté"))
    _cancel_unsent_refunds(payment, at=at)
    _taken_by_bank(payment, reason=gettext_lazy("Débit contesté auprès de la banque."), at=at)
    notices.tell_contested(payment=payment, at=at)
    return [entry, *_dispute_fee(payment, dispute, outcome, at=at)]


def _taken_by_bank(payment: Payment, *, reason: object, at: datetime) -> None:
    commitment = payment.commitment
    if commitment is not None and not (payment.is_surplus and commitment.state != CommitmentState.REFUND_DUE):
        if commitment.state == CommitmentState.SETTLED:
            advance(commitment, DISPUTE, by=None, at=at, reason=str(reason))
        elif commitment.state in TAKE_BACK.sources:
            told = str(reason)
            advance(commitment, TAKE_BACK, by=None, at=at, reason=told, ended_at=at, end_reason=told)
    _void_receipts(payment, left=0, at=at, reason=reason)


def _dispute_fee(payment: Payment, dispute: Dispute, outcome: DisputeOutcome, *, at: datetime) -> list[Entry]:
    """What the provider charges for a dispute is an entry of its own; given back, it is reversed."""
    offer, key = offer_of(payment), f"dispute:{dispute.uuid}:fee"
    if outcome.fee_cents and not dispute.fee_cents:
        provider, fees = account_for(offer.books, Purpose.PROVIDER), account_for(offer.books, Purpose.PROVIDER_FEES)
        fee = Line(debit=fees, credit=provider, amount_cents=outcome.fee_cents)
        entry = post_cash(
            payment=payment, key=key, lines=[fee], label="Frais de contestation du prestataire",
            value_at=dispute.opened_at, at=at,
        )  # fmt: skip
        dispute.fee_cents = outcome.fee_cents
        dispute.save(update_fields=["fee_cents"])
        return [entry]
    if dispute.fee_cents and not outcome.fee_cents and outcome.status is DisputeStatus.WON and dispute.won_at is None:
        paid = Entry.objects.get(entity=offer.books, key=key)
        label = "Frais de contestation rendus par le prestataire"
        return [reverse_entry(entry=paid, key=f"{key}:back", label=label, source=("dispute", dispute.uuid), at=at)]
    return []


def _win_dispute(payment: Payment, dispute: Dispute, *, at: datetime) -> list[Entry]:
    """The bank gave the money back. Settled: the commitment stands again. Not settled: it is owed to the saver."""
    from funds.payments.refunds import ask_refund

    taken = Entry.objects.get(entity=offer_of(payment).books, key=f"dispute:{dispute.uuid}")
    label = f"Contestation close, argent revenu {payer_of(payment).number}"
    entries = [reverse_entry(entry=taken, key=f"{taken.key}:won", label=label, source=("dispute", dispute.uuid), at=at)]
    entries += _undo_write_off(payment, dispute, at=at)
    dispute.won_at = at
    dispute.save(update_fields=["won_at"])
    payment = _stand_again(read_payment(payment.pk), reason=_("Contestation close"), at=at)
    commitment = payment.commitment
    if commitment is None:
        return entries + _give_instalment_back(payment, at=at)
    entries += _owe_beyond_claim(payment, back_by=str(dispute.uuid), at=at)
    if commitment.state == CommitmentState.DISPUTED and not taken_cents(payment):
        advance(commitment, WIN_DISPUTE, by=None, at=at)
    elif commitment.state == CommitmentState.REFUNDED:
        advance(commitment, OWE_REFUND, by=None, at=at, ended_at=None)
        left = from_cents(held_cents(read_payment(payment.pk)))
        if left.amount > 0:
            ask_refund(payment=payment, amount=left, cause=Refund.Cause.WON_BACK, by=None, at=at)
    return entries


def _owe_beyond_claim(payment: Payment, *, back_by: str, at: datetime) -> list[Entry]:
    """What was kept from a saver against a claim that is no more is theirs: of distributions, it is to be paid; of a
    financing cancelled meanwhile, it is held to be given back. `back_by`: the dispute or refund that gave it back."""
    offer, payer = offer_of(payment), payer_of(payment)
    beyond = -balance_cents(entity=offer.books, purpose=Purpose.CLAIM_ON_SAVER, party=payer, offer=offer)
    if beyond <= 0:
        return []
    is_cancelled = offer.financing_state == FinancingState.CANCELLED
    theirs = Purpose.SAVER_MONEY if is_cancelled else Purpose.TO_BE_PAID
    claim, owed = (account_for(offer.books, one, party=payer, offer=offer) for one in (Purpose.CLAIM_ON_SAVER, theirs))
    entry = post_cash(
        payment=payment, key=f"payment:{payment.uuid}:kept:{back_by}", lines=[Line(claim, owed, beyond)],
        label=f"Retenue rendue {payer.number}", value_at=at, at=at,
    )  # fmt: skip
    return [entry]


def _give_instalment_back(payment: Payment, *, at: datetime) -> list[Entry]:
    """The bank gave an instalment back: what its borrower had paid of it by other ways, or all of it, is theirs."""
    from funds.payments.refunds import ask_refund

    if is_shared(payment):
        return owe_back_recovered(payment, cause=Refund.Cause.WON_BACK, at=at)
    left = held_cents(payment) if _has_rival(payment) or hasattr(payment.instalment, "distribution") else 0
    if left:
        ask_refund(payment=payment, amount=from_cents(left), cause=Refund.Cause.WON_BACK, by=None, at=at)
    return []


def _take(
    payment: Payment, *, key: str, amount_cents: int, held: int, label: str, value_at: datetime, at: datetime
) -> Entry:
    """Post what left our account at the provider: `held` cents of the money kept for the payer, the rest a claim."""
    offer, payer = offer_of(payment), payer_of(payment)
    provider = account_for(offer.books, Purpose.PROVIDER)
    kept_as = Purpose.SAVER_MONEY if payment.commitment is not None else Purpose.INSTALMENTS
    lines = []
    if held:
        lines.append(Line(account_for(offer.books, kept_as, party=payer, offer=offer), provider, held))
    if amount_cents > held:
        claim = account_for(offer.books, Purpose.CLAIM_ON_SAVER, party=payer, offer=offer)
        lines.append(Line(claim, provider, amount_cents - held))
    return post_cash(payment=payment, key=key, lines=lines, label=label, value_at=value_at, at=at)


def _stand_again(payment: Payment, *, reason: str, at: datetime) -> Payment:
    """Money of a reversed payment is here again, unless another fact still takes all of it, or another payment pays."""
    is_here = taken_cents(payment) < to_cents(payment.amount)
    if payment.state == PaymentState.REVERSED and is_here and not _has_rival(payment):
        return advance(payment, STAND_AGAIN, by=None, at=at, reason=reason)
    return payment


def _has_rival(payment: Payment) -> bool:
    """Whether another payment of the same commitment or instalment is alive: only one may be."""
    owner = payment.commitment or payment.instalment
    assert owner is not None
    return owner.payments.exclude(pk=payment.pk).filter(state__in=Payment.LIVE).exists()


def _cancel_unsent_refunds(payment: Payment, *, at: datetime) -> None:
    """The bank has taken the money back itself: a refund not yet sent must never be."""
    for refund in payment.refunds.filter(state=RefundState.ASKED, provider_id=None):
        advance(refund, BOUNCE_REFUND, by=None, at=at, answered_at=at, failure_code="DISPUTED")


def _void_receipts(payment: Payment, *, left: int, at: datetime, reason: object) -> None:
    commitment = payment.commitment
    if commitment is None or not commitment.offer.is_gift or payment.is_surplus:
        return
    from funds.receipts import void_receipts

    void_receipts(commitment=commitment, remaining_cents=max(0, left), at=at, reason=reason)


def _undo_write_off(payment: Payment, dispute: Dispute, *, at: datetime) -> list[Entry]:
    written = Entry.objects.filter(entity=offer_of(payment).books, key=f"dispute:{dispute.uuid}:writeoff").first()
    if written is None:
        return []
    label = f"Créance retrouvée {payer_of(payment).number}"
    return [
        reverse_entry(entry=written, key=f"{written.key}:undone", label=label, source=("dispute", dispute.uuid), at=at)
    ]


@transaction.atomic
def write_off_dispute(*, dispute_id: int, at: datetime) -> Entry | None:
    """Move what is left of a claim born of a contested debit to the named loss account, once.

    Returns: the entry, or None: the claim was already recovered, won back or written off. Source: ruling B11.
    """
    payment = lock_payment(Dispute.objects.get(pk=dispute_id).payment_id)
    dispute = Dispute.objects.select_for_update().get(pk=dispute_id)
    if dispute.written_off_at is not None or dispute.won_at is not None:
        return None
    offer, payer = offer_of(payment), payer_of(payment)
    open_cents = balance_cents(entity=offer.books, purpose=Purpose.CLAIM_ON_SAVER, party=payer, offer=offer)
    dispute.written_off_at = at
    dispute.save(update_fields=["written_off_at"])
    own_cents = claim_of(payment).open_cents if payment.instalment is not None else open_cents
    lost = min(open_cents, own_cents, dispute.claim_cents)
    if lost <= 0:
        return None
    loss = account_for(offer.books, Purpose.LOSS)
    claim = account_for(offer.books, Purpose.CLAIM_ON_SAVER, party=payer, offer=offer)
    return _post_write_off(dispute, offer, Line(loss, claim, lost), payer_number=payer.number, at=at)


def _post_write_off(dispute: Dispute, offer: Offer, line: Line, *, payer_number: str, at: datetime) -> Entry:
    from fres.kernel import clock

    on = clock.local(at).date()
    return post_entry(
        entity=offer.books, journal="OD", key=f"dispute:{dispute.uuid}:writeoff", transfers=[line], accounting_date=on,
        value_date=on, label=f"Créance passée en perte {payer_number}", piece_ref=str(dispute.uuid), piece_date=on,
        source=("dispute", dispute.uuid), at=at,
    )  # fmt: skip
