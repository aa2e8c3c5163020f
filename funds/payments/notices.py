"""What payers are told of their payments: one message a fact, written with the fact (ruling B26)."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import override

from fres.kernel.messages import queue_message
from fres.kernel.money import to_cents
from funds.models import Payment, Refund
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
    _tell_of_refund(refund, "refund_came_back", at=at)


def tell_contested(*, payment: Payment, at: datetime) -> None:
    _tell(payment, "contested", at=at)


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


def _tell_of_refund(refund: Refund, name: str, *, at: datetime) -> None:
    cause = _cause(refund.cause, language=_language(refund.payment))
    _tell(refund.payment, name, at=at, amount_cents=to_cents(refund.amount), cause=cause, key=f"refund:{refund.uuid}")


def _tell(payment: Payment, name: str, *, at: datetime, key: str = "", **context: Any) -> None:
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
