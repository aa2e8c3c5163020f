"""A borrower pays back, by bank transfer, an instalment taken back after it was shared: seen, undone, owed back.

The lenders keep what they were given; the borrower owes it to the books (4671). A treasurer reads the transfer on the
bank's statement and writes it here, part by part if need be, never more than is owed. A line misread is undone by
another person. When the bank gives the money back after all, what was recovered is owed to the borrower again.
"""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _
from djmoney.money import Money

from fres.kernel import clock
from fres.kernel.errors import RuleViolation
from fres.kernel.money import format_cents, from_cents, to_cents
from funds.chart import Purpose
from funds.ledger import Line, account_for, first_open_day, post_entry, reverse_entry
from funds.models import Account, ClaimRecovery, Entry, Payment, Refund
from funds.payments import notices
from funds.payments.claims import Claim, claim_of, overpaid_cents, overpaid_key, times_given_back, with_claims
from funds.payments.recording import lock_payment, offer_of, payer_of, post_cash
from funds.states import PaymentState
from investors.models import User
from investors.selectors import parties_acted_for

BANK_JOURNAL = "BQ"


class RecoveryRefused(RuleViolation):
    """The line of the bank's statement cannot be attached, or undone, as things stand; the message says why."""

    rule = "RECOVERY"


class RecoveryTooLarge(RecoveryRefused):
    """More would be recovered than the borrower owes."""

    rule = "RECOVERY_TOO_LARGE"


class RecoveryFourEyes(RecoveryRefused):
    """This person owes the money, or would undo what they wrote themselves (ruling A7)."""

    rule = "FOUR_EYES"


def why_not_record(claim: Claim, user: User, *, at: datetime) -> str:
    """Return, in French, what keeps a person from recording a recovery; "" when nothing does."""
    if not claim.owed_cents:
        return _("Plus rien n’est dû sur ce paiement.")
    return _own_debt(claim.payment, user, at)


def why_not_undo(claim: Claim, recovery: ClaimRecovery, user: User, *, at: datetime) -> str:
    """Return, in French, what keeps a person from undoing a recovery; "" when nothing does."""
    if recovery.undone_at is not None:
        return _("Ce recouvrement est déjà défait.")
    if claim.returned_cents:
        return _("La banque a rendu l’argent depuis : ce recouvrement est dû au porteur, il ne se défait plus.")
    if recovery.recorded_by_id == user.pk:
        return _("Vous avez constaté ce recouvrement : une autre personne le défait.")
    return _own_debt(claim.payment, user, at)


@transaction.atomic
def record_recovery(
    *, payment: Payment, amount: Money, received_on: date, reference: str, by: User, at: datetime
) -> ClaimRecovery:
    """Write that a transfer of the borrower came in, as the bank's statement says: the claim shrinks, once a line.

    A claim already written off is paid all the same: the loss shrinks. Args: payment: of the instalment taken back.
        amount: in whole cents, above zero, at most what is owed. received_on: the bank's value date (Paris), from the
        day the instalment was first received to today. reference: the statement's.
    Raises: RecoveryTooLarge. RecoveryRefused: nothing is owed, a date or reference that cannot be, a line already
        attached. RecoveryFourEyes: the person is of the borrower.
    """
    claim = _lock(payment)
    payment = claim.payment
    _refuse_own_act(_own_debt(payment, by, at))
    cents, reference = _whole_cents(amount), reference.strip()
    _check_amount(claim, cents)
    _check_line(payment, received_on=received_on, reference=reference, at=at)
    recovery = ClaimRecovery.objects.create(
        payment=payment, amount=from_cents(cents), received_on=received_on, reference=reference, recorded_by=by,
        recorded_at=at,
    )  # fmt: skip
    _post(claim, recovery, cents, at=at)
    notices.tell_recovered(recovery=recovery, left_cents=claim.owed_cents - cents, at=at)
    return recovery


@transaction.atomic
def undo_recovery(*, recovery: ClaimRecovery, reason: str, by: User, at: datetime) -> ClaimRecovery:
    """Undo a line that was misread, by another person: the claim stands again, and the line may be attached anew.

    Raises: RecoveryFourEyes: who recorded it, or a person of the borrower. RecoveryRefused: no reason, already undone,
        or the bank gave the money back since.
    """
    if not reason.strip():
        raise RecoveryRefused(_("Un recouvrement se défait avec un motif."), next_step=_("Écrivez-le en une phrase."))
    claim = _lock(recovery.payment)
    recovery = ClaimRecovery.objects.select_for_update().get(pk=recovery.pk)
    why_not = why_not_undo(claim, recovery, by, at=at)
    if recovery.undone_at is not None or claim.returned_cents:
        raise RecoveryRefused(why_not, next_step=_("Regardez les lignes de cette créance."))
    _refuse_own_act(why_not)
    payment = claim.payment
    entry = Entry.objects.get(entity=offer_of(payment).books, key=_key(recovery))
    label = f"Recouvrement défait {payer_of(payment).number}"
    reverse_entry(entry=entry, key=f"{entry.key}:undone", label=label, source=("payment", payment.uuid), at=at)
    recovery.undone_by, recovery.undone_at, recovery.undone_reason = by, at, reason.strip()[:200]
    recovery.save(update_fields=["undone_by", "undone_at", "undone_reason"])
    return recovery


def owe_back_recovered(payment: Payment, *, cause: Refund.Cause, at: datetime) -> list[Entry]:
    """Owe a borrower what they had paid of a claim that is no more, and ask for its refund by the way the instalment
    was paid. For whoever holds the payment's lock and just recorded that the bank gave money back.
    """
    from funds.payments.refunds import ask_refund

    claim = _read(payment)
    beyond = overpaid_cents(claim)
    if not beyond:
        return []
    payment = claim.payment
    offer, payer = offer_of(payment), payer_of(payment)
    kept = account_for(offer.books, Purpose.INSTALMENTS, party=payer, offer=offer)
    lines = [Line(_account(payment, purpose), kept, cents) for purpose, cents in beyond.items()]
    known = [overpaid_key(payment, rank) for rank in range(1, times_given_back(payment) + 1)]
    posted = set(Entry.objects.filter(entity=offer.books, key__in=known).values_list("key", flat=True))
    entry = post_cash(
        payment=payment, key=next(key for key in known if key not in posted), lines=lines,
        label=f"Recouvrement à rendre {payer.number}", value_at=at, at=at,
    )  # fmt: skip
    if payment.state == PaymentState.CLEARED:
        ask_refund(payment=payment, amount=from_cents(sum(beyond.values())), cause=cause, by=None, at=at)
    return [entry]


def _key(recovery: ClaimRecovery) -> str:
    return f"recovery:{recovery.uuid}"


def _lock(payment: Payment) -> Claim:
    """Lock what a recovery touches in the order of ruling B4, and return the claim as it is under the lock."""
    return _read(lock_payment(payment.pk))


def _read(payment: Payment) -> Claim:
    return claim_of(with_claims(Payment.objects.filter(instalment__isnull=False)).get(pk=payment.pk))


def _account(payment: Payment, purpose: Purpose) -> Account:
    offer = offer_of(payment)
    if purpose is Purpose.LOSS:
        return account_for(offer.books, purpose)
    return account_for(offer.books, purpose, party=payer_of(payment), offer=offer)


def _post(claim: Claim, recovery: ClaimRecovery, cents: int, *, at: datetime) -> Entry:
    """What is recovered pays what is expected first, then what was given up."""
    payment = claim.payment
    books, recorded_on = offer_of(payment).books, clock.local(at).date()
    bank, on_claim = account_for(books, Purpose.BANK), min(cents, claim.open_cents)
    parts = ((Purpose.CLAIM_ON_SAVER, on_claim), (Purpose.LOSS, cents - on_claim))
    lines = [Line(bank, _account(payment, purpose), part) for purpose, part in parts if part]
    return post_entry(
        entity=books, journal=BANK_JOURNAL, key=_key(recovery), transfers=lines,
        accounting_date=first_open_day(books, recorded_on), value_date=recovery.received_on,
        label=f"Créance recouvrée {payer_of(payment).number}", piece_ref=recovery.reference,
        piece_date=min(recovery.received_on, recorded_on), source=("payment", payment.uuid), at=at,
    )  # fmt: skip


def _own_debt(payment: Payment, user: User, at: datetime) -> str:
    on, borrower = clock.local(at).date(), payer_of(payment)
    members = offer_of(payment).project.organisation.memberships.filter(user=user, joined_on__lte=on)
    is_member = members.exclude(left_on__lte=on).exists()
    if is_member or parties_acted_for(user, on).filter(pk=borrower.pk).exists():
        return _("Cette dette est la vôtre, ou celle de qui vous représentez : d’autres personnes s’en occupent.")
    return ""


def _refuse_own_act(why: str) -> None:
    if why:
        raise RecoveryFourEyes(why, next_step=_("Demandez à une personne qui n’a rien fait sur cette créance."))


def _whole_cents(amount: Money) -> int:
    try:
        return to_cents(amount)
    except ValueError as fraction:
        raise RecoveryRefused(
            _("Le montant porte une fraction de centime."), next_step=_("Recopiez celui du relevé, au centime.")
        ) from fraction


def _check_amount(claim: Claim, cents: int) -> None:
    if not claim.owed_cents:
        raise RecoveryRefused(
            _("Plus rien n’est dû sur ce paiement."),
            next_step=_("Rendez ce virement à qui l’a envoyé, ou rattachez-le à une autre créance."),
        )
    if cents <= 0:
        raise RecoveryRefused(
            _("Un recouvrement est d’un montant positif."), next_step=_("Recopiez le montant du relevé.")
        )
    if cents > claim.owed_cents:
        raise RecoveryTooLarge(
            _("Le porteur doit %(owed)s, ce virement est de %(amount)s.")
            % {"owed": format_cents(claim.owed_cents), "amount": format_cents(cents)},
            next_step=_("Rattachez au plus ce qui est dû ; le reste se rend à qui l’a envoyé."),
        )


def _check_line(payment: Payment, *, received_on: date, reference: str, at: datetime) -> None:
    first, last = clock.local(payment.cleared_at or at).date(), clock.local(at).date()
    if not first <= received_on <= last:
        raise RecoveryRefused(
            _("Le virement est daté entre le %(first)s, jour de l’encaissement, et le %(last)s.")
            % {"first": first.strftime("%d/%m/%Y"), "last": last.strftime("%d/%m/%Y")},
            next_step=_("Recopiez la date du relevé de banque."),
        )
    if not reference or len(reference) > 80 or any(sign in "|@" or ord(sign) < 32 for sign in reference):
        raise RecoveryRefused(
            _("La référence du virement manque, ou porte un signe que les livres refusent."),
            next_step=_("Recopiez celle du relevé, en 80 signes au plus, sans « | » ni « @ »."),
        )
    if ClaimRecovery.objects.filter(received_on=received_on, reference=reference, undone_at=None).exists():
        raise RecoveryRefused(
            _("Cette ligne du relevé est déjà rattachée à une créance."),
            next_step=_("Un virement qui paie deux créances se recopie deux fois, suivi de /1 et /2."),
        )
