"""What payers are told of their payments: one message a fact, written with the fact (ruling B26)."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import override

from fres.kernel import clock
from fres.kernel.messages import queue_message
from fres.kernel.money import to_cents
from fres.kernel.templatetags.fres import date_long
from funds.models import BankRefund, BankRefundSending, ClaimRecovery, Payment, Refund
from funds.payments.claims import reference_of
from funds.payments.gateway import FailureCode, RefusalCode, explain
from investors.models import User


def tell_processing(*, payment: Payment, at: datetime) -> None:
    _tell(payment, "processing", at=at)


def tell_cleared(*, payment: Payment, at: datetime) -> None:
    _tell(payment, "cleared", at=at)


def tell_failed(*, payment: Payment, at: datetime) -> None:
    _tell(payment, "failed", at=at, explanation=failure_sentence(payment.failure_code, language=_language(payment)))


def tell_returning(*, payment: Payment, cause: str, at: datetime) -> None:
    _tell(payment, "returning", at=at, cause=_cause(cause, language=_language(payment)))


def tell_refunded(*, refund: Refund, at: datetime) -> None:
    _tell_of_refund(refund, "refunded", at=at)


def tell_refund_came_back(*, refund: Refund, at: datetime) -> None:
    """The paying means is closed and the sum still owed: the payer must know how to get it (ruling B29)."""
    url = f"{settings.SITE_URL}{reverse('funds:ask_bank_refund', args=[refund.uuid])}"
    _tell_of_refund(refund, "refund_came_back", at=at, legal=True, url=url)


def tell_bank_refund_asked(*, bank_refund: BankRefund, at: datetime) -> None:
    """Whoever reads the mail of an account sees that money is asked on another: a theft would be seen."""
    _tell_of_transfer(bank_refund, "bank_refund_asked", bank_refund.iban_hash[:16], at=at)


def tell_bank_refund_refused(*, bank_refund: BankRefund, at: datetime) -> None:
    url = f"{settings.SITE_URL}{reverse('funds:ask_bank_refund', args=[bank_refund.refund.uuid])}"
    _tell_of_transfer(bank_refund, "bank_refund_refused", at=at, reason=bank_refund.refused_reason, url=url)


def tell_bank_refund_sent(*, sending: BankRefundSending, at: datetime) -> None:
    bank_refund = sending.order.bank_refund
    with override(_language(bank_refund.refund.payment)):
        day = date_long(sending.sent_on)
    _tell_of_transfer(bank_refund, "bank_refund_sent", at=at, sent_on=day, reference=sending.reference)


def tell_contested(*, payment: Payment, at: datetime) -> None:
    _tell(payment, "contested", at=at)


def tell_claim(*, payment: Payment, owed_cents: int, at: datetime) -> None:
    """A borrower must know that the lenders keep a repayment the bank took back, and how to pay it (once a claim)."""
    if owed_cents:
        _tell_borrower(payment, "claim", f"payment:{payment.uuid}", at=at, amount_cents=owed_cents)


def tell_recovered(*, recovery: ClaimRecovery, left_cents: int, at: datetime) -> None:
    key, amount_cents = f"recovery:{recovery.uuid}", to_cents(recovery.amount)
    _tell_borrower(
        recovery.payment, "recovered", key, at=at, amount_cents=amount_cents, left_cents=left_cents,
        reference=recovery.reference,
    )  # fmt: skip


def _tell_borrower(payment: Payment, name: str, key: str, *, at: datetime, **context: Any) -> None:
    """Tell the borrower's legal representatives of the day, each under a key of their own, once."""
    assert payment.instalment is not None
    project, on = payment.instalment.loan.offer.project, clock.local(at).date()
    members = project.organisation.memberships.filter(is_legal_representative=True, joined_on__lte=on)
    values = {
        "title": project.title,
        "rank": payment.instalment.rank,
        "reference": reference_of(payment),
        "url": f"{settings.SITE_URL}{reverse('funds:payment', args=[payment.uuid])}",
    }
    for member in members.exclude(left_on__lte=on).select_related("user").order_by("pk"):
        queue_message(
            to=member.user.email, template=f"payments/{name}", context=values | context,
            key=f"{key}:{name}:{member.user.uuid}", at=at, about=("payment", payment.uuid),
            language=member.user.language,
        )  # fmt: skip


def failure_sentence(code: str, *, language: str = "") -> str:
    """Return what a bank's or the provider's refusal means and what to do next; "" when there was none.

    Args: language: of the reader; the present one by default.
    """
    if not code:
        return ""
    known: dict[str, FailureCode | RefusalCode] = {**FailureCode.__members__, **RefusalCode.__members__}
    sentence = explain(known.get(code, FailureCode.UNKNOWN))
    if not language:
        return str(sentence)
    with override(language):
        return str(sentence)


def _tell_of_transfer(bank_refund: BankRefund, name: str, *which: str, at: datetime, **context: Any) -> None:
    key = ":".join((f"bank_refund:{bank_refund.uuid}", *which))
    account = bank_refund.iban_masked
    amount_cents = to_cents(bank_refund.amount)
    _tell(bank_refund.refund.payment, name, at=at, key=key, amount_cents=amount_cents, account=account, **context)


def _tell_of_refund(refund: Refund, name: str, *, at: datetime, **context: Any) -> None:
    cause = _cause(refund.cause, language=_language(refund.payment))
    key, amount_cents = f"refund:{refund.uuid}", to_cents(refund.amount)
    _tell(refund.payment, name, at=at, amount_cents=amount_cents, cause=cause, key=key, **context)


def _tell(payment: Payment, name: str, *, at: datetime, key: str = "", legal: bool = False, **context: Any) -> None:
    reader = _reader(payment)
    if reader is None:
        return
    offer = payment.commitment.offer if payment.commitment is not None else payment.instalment.loan.offer  # type: ignore[union-attr]
    values = {
        "amount_cents": to_cents(payment.amount),
        "title": offer.project.title,
        "url": f"{settings.SITE_URL}{reverse('funds:payment', args=[payment.uuid])}",
    }
    queue_message(
        to=reader.email,
        template=f"payments/{name}",
        context=values | context,
        key=f"{key or f'payment:{payment.uuid}'}:{name}",
        at=at,
        about=("payment", payment.uuid),
        legal=legal,
        language=reader.language,
    )


def _reader(payment: Payment) -> User | None:
    return payment.commitment.by if payment.commitment is not None else payment.asked_by


def _language(payment: Payment) -> str:
    reader = _reader(payment)
    return reader.language if reader is not None else settings.LANGUAGE_CODE


def _cause(cause: str, *, language: str) -> str:
    with override(language):
        return str(Refund.Cause(cause).label)
