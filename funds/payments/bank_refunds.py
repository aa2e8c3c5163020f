"""A refund that came back, given back by bank transfer: its payer asks, two people order it, a treasurer sees it leave.

The account is the payer's own, checked by the staff; never another person's (ruling B29). The refund keeps its row. The
order moves the debt to "to be sent" in the books, once; the bank's own line, read on its statement, ends it.
"""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from fres.kernel import clock
from fres.kernel.errors import RuleViolation
from fres.kernel.money import format_cents, to_cents
from fres.kernel.states import advance
from funds.chart import Purpose
from funds.ledger import Line, account_for, balance_cents, first_open_day, post_entry, reverse_entry
from funds.models import BankRefund, BankRefundOrder, BankRefundSending, Entry, Payment, Refund
from funds.payments import notices
from funds.payments.recording import lock_payment, offer_of, payer_of, read_payment
from funds.payments.reversal import AFTER_SETTLEMENT, given_back_by_bank, held_cents, void_receipts_of
from funds.states import (
    APPROVE_BANK_REFUND,
    PREPARE_BANK_REFUND,
    REFUSE_BANK_REFUND,
    SEND_BANK_REFUND,
    STOP_BANK_REFUND,
    BankRefundState,
    RefundState,
)
from investors.models import PartyCheck, User
from investors.parties import record_iban
from investors.selectors import parties_acted_for

ORDER_JOURNAL, BANK_JOURNAL = "OD", "BQ"
ALIVE = (BankRefundState.ASKED, BankRefundState.PREPARED, BankRefundState.APPROVED, BankRefundState.SENT)


class BankRefundRefused(RuleViolation):
    """The transfer cannot be asked, prepared, approved, stopped or seen as things stand; the message says why."""

    rule = "BANK_REFUND"


class BankRefundFourEyes(BankRefundRefused):
    """One person would do two of the acts that two must do, or pay themselves (rulings A7, B29)."""

    rule = "FOUR_EYES"


def owed_cents(refund: Refund) -> int:
    """Return what our books still owe of a refund that came back, in cents; 0 when nothing is owed by transfer."""
    payment = refund.payment
    if refund.state != RefundState.FAILED or refund.failure_code == "DISPUTED":
        return 0
    kept = balance_cents(entity=offer_of(payment).books, purpose=_kept_as(payment), party=payer_of(payment),
                         offer=offer_of(payment))  # fmt: skip
    waiting = sum(to_cents(one.amount) for one in payment.refunds.filter(state=RefundState.ASKED))
    held = kept if _is_used(payment) else min(held_cents(payment), kept)
    return max(0, min(to_cents(refund.amount), held - waiting))


def why_not_prepare(bank_refund: BankRefund, user: User, *, at: datetime) -> str:
    """Return, in French, what keeps a person from preparing the transfer now; "" when nothing does."""
    return _own_money(bank_refund, user, at) or _account_trouble(bank_refund)


def why_not_approve(bank_refund: BankRefund, user: User, *, at: datetime) -> str:
    """Return, in French, the act that forbids a person to approve the transfer; "" when none does (ruling A7)."""
    if bank_refund.prepared_by_id == user.pk:
        return _("Vous avez préparé ce virement : une autre personne l’approuve.")
    checks = PartyCheck.objects.filter(party=bank_refund.party, kind=PartyCheck.Kind.IBAN, by=user)
    if checks.filter(iban_hash=bank_refund.iban_hash).exists():
        return _("Vous avez vérifié ce compte : une autre personne approuve le virement.")
    return _own_money(bank_refund, user, at) or _account_trouble(bank_refund)


@transaction.atomic
def ask_bank_refund(*, refund: Refund, iban: str, holder: str, by: User, at: datetime) -> BankRefund:
    """Ask, as its payer, for a refund that came back on an account in the payer's own name; it is then checked.

    Asked again before anybody prepared it, the account is replaced. Args: at: aware.
    Raises: BankRefundRefused: nothing is owed, or the transfer is already prepared. IbanNotValid, IbanInAnotherName.
    """
    payment = lock_payment(refund.payment_id)
    refund = Refund.objects.select_for_update().get(pk=refund.pk)
    refund.payment = payment
    waiting = BankRefund.objects.select_for_update().filter(refund=refund, state__in=ALIVE).first()
    if waiting is not None and waiting.state != BankRefundState.ASKED:
        raise BankRefundRefused(
            _("Un virement est déjà préparé pour ce remboursement."),
            next_step=_("Écrivez à la gestion du fonds si le compte doit changer."),
        )
    owed = owed_cents(refund)
    if owed < to_cents(refund.amount):
        raise _nothing_owed(refund, owed)
    party = record_iban(party=payer_of(payment), iban=iban, holder=holder)
    account = {"iban": party.iban, "iban_hash": party.iban_hash, "iban_holder": party.iban_holder}
    if waiting is None:
        waiting = BankRefund(refund=refund, party=party, amount=refund.amount)
    for field, value in {**account, "asked_by": by, "asked_at": at}.items():
        setattr(waiting, field, value)
    waiting.save()
    notices.tell_bank_refund_asked(bank_refund=waiting, at=at)
    return waiting


@transaction.atomic
def prepare_bank_refund(*, bank_refund: BankRefund, by: User, at: datetime) -> BankRefund:
    """Prepare the transfer, as its first person, once the account was checked.

    Raises: BankRefundFourEyes: this person would pay themselves, or whom they act for. BankRefundRefused: the account
        is not checked or has changed, nothing is owed any more. TransitionRefused: it waits for something else.
    """
    bank_refund = _lock(bank_refund)
    _refuse_own_act(_own_money(bank_refund, by, at))
    _refuse_trouble(bank_refund)
    return advance(bank_refund, PREPARE_BANK_REFUND, by=by, at=at, prepared_by=by, prepared_at=at)


@transaction.atomic
def approve_bank_refund(*, bank_refund: BankRefund, by: User, at: datetime) -> BankRefundOrder:
    """Sign the order as its second person: the debt is from now on to be sent, in one entry. A second call is refused.

    Raises: BankRefundFourEyes: this person prepared it, checked the account, or would pay themselves.
        BankRefundRefused: as when it is prepared. TransitionRefused: it waits for something else.
    """
    bank_refund = _lock(bank_refund)
    if bank_refund.state == BankRefundState.PREPARED:
        _refuse_own_act(why_not_approve(bank_refund, by, at=at))
        _refuse_trouble(bank_refund)
    preparer = bank_refund.prepared_by
    payment = bank_refund.refund.payment
    bank_refund = advance(bank_refund, APPROVE_BANK_REFUND, by=by, at=at)
    assert preparer is not None  # the constraint says so
    order = BankRefundOrder.objects.create(
        bank_refund=bank_refund, amount=bank_refund.amount, iban_hash=bank_refund.iban_hash, prepared_by=preparer,
        approved_by=by, approved_at=at,
    )  # fmt: skip
    offer, payer = offer_of(payment), payer_of(payment)
    kept = account_for(offer.books, _kept_as(payment), party=payer, offer=offer)
    to_send = account_for(offer.books, Purpose.REFUND_TO_SEND, party=payer, offer=offer)
    _post(
        bank_refund, key=_key(bank_refund), journal=ORDER_JOURNAL,
        line=Line(debit=kept, credit=to_send, amount_cents=to_cents(order.amount)),
        label=f"Remboursement à virer {payer.number}", value_on=clock.local(at).date(), piece_ref=str(order.uuid),
        at=at,
    )  # fmt: skip
    void_receipts_of(payment, at=at)
    return order


@transaction.atomic
def refuse_bank_refund(*, bank_refund: BankRefund, by: User, reason: str, at: datetime) -> BankRefund:
    """Refuse what was asked or prepared: the debt stands, and its payer may name another account.

    Raises: BankRefundRefused: no reason. BankRefundFourEyes: own money. TransitionRefused: approved already, or over.
    """
    reason = _written(reason)
    bank_refund = _lock(bank_refund)
    _refuse_own_act(_own_money(bank_refund, by, at))
    bank_refund = advance(bank_refund, REFUSE_BANK_REFUND, by=by, at=at, reason=reason, refused_reason=reason)
    notices.tell_bank_refund_refused(bank_refund=bank_refund, at=at)
    return bank_refund


@transaction.atomic
def stop_bank_refund(*, bank_refund: BankRefund, by: User | None, reason: str, at: datetime) -> BankRefund:
    """Stop a transfer that has not left: an approved one is undone by an entry, and the debt stands as before.

    Args: by: None when the provider gave the money back after all.
    Raises: BankRefundRefused: no reason. BankRefundFourEyes: own money. TransitionRefused: sent, or over.
    """
    reason = _written(reason)
    bank_refund = _lock(bank_refund)
    if by is not None:
        _refuse_own_act(_own_money(bank_refund, by, at))
    was_approved = bank_refund.state == BankRefundState.APPROVED
    refund = bank_refund.refund
    bank_refund = advance(bank_refund, STOP_BANK_REFUND, by=by, at=at, reason=reason, refused_reason=reason)
    if was_approved:
        entry = Entry.objects.get(entity=offer_of(refund.payment).books, key=_key(bank_refund))
        label = f"Remboursement à virer, arrêté {payer_of(refund.payment).number}"
        reverse_entry(entry=entry, key=f"{entry.key}:stopped", label=label, source=("refund", refund.uuid), at=at)
    if by is not None:
        notices.tell_bank_refund_refused(bank_refund=bank_refund, at=at)
    return bank_refund


@transaction.atomic
def record_bank_refund_sent(
    *, bank_refund: BankRefund, sent_on: date, reference: str, by: User, at: datetime
) -> BankRefundSending:
    """Write that the transfer left, as the bank's statement says: the money leaves the bank account, the debt is over.

    Args: sent_on: the bank's date, not before the approval nor after today (Paris). reference: the statement's.
    Raises: BankRefundRefused: a date or reference that cannot be. BankRefundFourEyes: own money.
        TransitionRefused: it was not approved, or was seen already.
    """
    reference = reference.strip()
    bank_refund = _lock(bank_refund)
    _refuse_own_act(_own_money(bank_refund, by, at))
    refund = bank_refund.refund
    payment = refund.payment
    bank_refund = advance(bank_refund, SEND_BANK_REFUND, by=by, at=at, reason=reference[:200])
    order = bank_refund.order
    _check_line(order, sent_on=sent_on, reference=reference, at=at)
    sending = BankRefundSending.objects.create(
        order=order, sent_on=sent_on, reference=reference, recorded_by=by, recorded_at=at
    )
    offer, payer = offer_of(payment), payer_of(payment)
    to_send = account_for(offer.books, Purpose.REFUND_TO_SEND, party=payer, offer=offer)
    _post(
        bank_refund, key=f"{_key(bank_refund)}:sent", journal=BANK_JOURNAL,
        line=Line(debit=to_send, credit=account_for(offer.books, Purpose.BANK), amount_cents=to_cents(order.amount)),
        label=f"Remboursement viré {payer.number}", value_on=sent_on, piece_ref=reference, at=at,
    )  # fmt: skip
    given_back_by_bank(read_payment(payment.pk), refund=refund, by=by, at=at)
    notices.tell_bank_refund_sent(sending=sending, at=at)
    return sending


def _key(bank_refund: BankRefund) -> str:
    return f"bank_refund:{bank_refund.uuid}"


def _kept_as(payment: Payment) -> Purpose:
    return Purpose.SAVER_MONEY if payment.commitment is not None else Purpose.INSTALMENTS


def _is_used(payment: Payment) -> bool:
    """Whether the rest of this payment went to its purpose, so that the account holds nothing but what is owed."""
    return payment.commitment is not None and not payment.is_surplus and payment.commitment.state in AFTER_SETTLEMENT


def _lock(bank_refund: BankRefund) -> BankRefund:
    """Lock what a transfer touches in the order of ruling B4, then its refund and itself; return it fresh."""
    seen = BankRefund.objects.select_related("refund").get(pk=bank_refund.pk)
    payment = lock_payment(seen.refund.payment_id)
    refund = Refund.objects.select_for_update().get(pk=seen.refund_id)
    refund.payment = payment
    related = ("party", "prepared_by", "asked_by")
    fresh = BankRefund.objects.select_for_update(of=("self",)).select_related(*related).get(pk=bank_refund.pk)
    fresh.refund = refund
    return fresh


def _own_money(bank_refund: BankRefund, user: User, at: datetime) -> str:
    own = parties_acted_for(user, clock.local(at).date())
    if bank_refund.asked_by_id == user.pk or own.filter(pk=bank_refund.party_id).exists():
        return _("Ce virement vous revient, ou à qui vous représentez : d’autres personnes s’en occupent.")
    return ""


def _account_trouble(bank_refund: BankRefund) -> str:
    party = bank_refund.party
    if party.iban_hash != bank_refund.iban_hash:
        return _("Le compte enregistré a changé depuis la demande : refusez-la, une autre sera déposée.")
    if party.iban_verified_at is None:
        return _("Ce compte n’est pas encore vérifié par la conformité.")
    return ""


def _refuse_trouble(bank_refund: BankRefund) -> None:
    if trouble := _account_trouble(bank_refund):
        raise BankRefundRefused(trouble, next_step=_("Un virement ne part que vers un compte vérifié, à ce nom."))
    owed = owed_cents(bank_refund.refund)
    if owed < to_cents(bank_refund.amount):
        raise _nothing_owed(bank_refund.refund, owed)


def _nothing_owed(refund: Refund, owed: int) -> BankRefundRefused:
    return BankRefundRefused(
        _("Les livres doivent %(owed)s par virement sur ce remboursement de %(amount)s.")
        % {"owed": format_cents(owed), "amount": format_cents(to_cents(refund.amount))},
        next_step=_("Regardez l’état du remboursement : il a pu aboutir entre-temps."),
    )


def _refuse_own_act(why: str) -> None:
    if why:
        raise BankRefundFourEyes(why, next_step=_("Demandez à une personne qui n’a rien fait sur ce remboursement."))


def _written(reason: str) -> str:
    if not reason.strip():
        raise BankRefundRefused(_("Un refus ou un arrêt porte un motif."), next_step=_("Écrivez-le en une phrase."))
    return reason.strip()[:200]


def _check_line(order: BankRefundOrder, *, sent_on: date, reference: str, at: datetime) -> None:
    first, last = clock.local(order.approved_at).date(), clock.local(at).date()
    if not first <= sent_on <= last:
        raise BankRefundRefused(
            _("Le virement est daté entre le %(first)s, jour de l’ordre, et le %(last)s.")
            % {"first": first.strftime("%d/%m/%Y"), "last": last.strftime("%d/%m/%Y")},
            next_step=_("Recopiez la date du relevé de banque."),
        )
    if not reference or len(reference) > 80 or any(sign in "|@" or ord(sign) < 32 for sign in reference):
        raise BankRefundRefused(
            _("La référence du virement manque, ou porte un signe que les livres refusent."),
            next_step=_("Recopiez celle du relevé, en 80 signes au plus, sans « | » ni « @ »."),
        )
    if BankRefundSending.objects.filter(sent_on=sent_on, reference=reference).exists():
        raise BankRefundRefused(
            _("Cette ligne du relevé est déjà rattachée à un autre remboursement."),
            next_step=_("Vérifiez la référence et la date."),
        )


def _post(
    bank_refund: BankRefund, *, key: str, journal: str, line: Line, label: str, value_on: date, piece_ref: str,
    at: datetime,
) -> Entry:  # fmt: skip
    books = offer_of(bank_refund.refund.payment).books
    recorded_on = clock.local(at).date()
    return post_entry(
        entity=books, journal=journal, key=key, transfers=[line], accounting_date=first_open_day(books, recorded_on),
        value_date=value_on, label=label, piece_ref=piece_ref, piece_date=min(value_on, recorded_on),
        source=("refund", bank_refund.refund.uuid), at=at,
    )  # fmt: skip
