"""Refunds that came back, and the people of their transfer; the steps up to where a test starts."""

from datetime import datetime, timedelta

from fres.kernel.access import Role
from funds.models import BankRefund, Refund
from funds.payments.bank_refunds import approve_bank_refund, ask_bank_refund, prepare_bank_refund
from funds.payments.recording import payer_of
from funds.payments.refunds import ask_gift_refund
from funds.states import RefundState
from investors.checks import record_check
from investors.models import PartyCheck, User
from tests.funds.payments.scenes import Provider, a_commitment
from tests.investors.factories import RoleGrantFactory, UserFactory

IBAN, OTHER_IBAN = "FR7630006000011234567890189", "FR1420041010050500013M02606"


def staff(role: Role) -> User:
    user = UserFactory()
    RoleGrantFactory(user=user, role=role)
    return user


def a_refund_that_came_back(provider: Provider, **given: object) -> Refund:
    """A gift of 100 € paid by card, asked back, that the bank sent back: its debt stands."""
    commitment = a_commitment(gift=True, committed_at=provider.now - timedelta(days=6), **given)
    payment = provider.pay(commitment, "card_refund_fails")
    commitment.refresh_from_db()
    ask_gift_refund(commitment=commitment, by=commitment.by, at=provider.now)
    provider.repair()
    provider.advance(days=30)
    provider.repair()
    refund = payment.refunds.get()
    assert refund.state == RefundState.FAILED
    return refund


def a_refund_never_accepted(provider: Provider) -> Refund:
    """A refund given up before anybody heard that the provider had made it."""
    commitment = a_commitment(gift=True)
    payment = provider.pay(commitment)
    ask_gift_refund(commitment=commitment, by=commitment.by, at=provider.now)
    refund = payment.refunds.get()
    Refund.objects.filter(pk=refund.pk).update(state=RefundState.FAILED, failure_code="CHARGE_DISPUTED")
    refund.refresh_from_db()
    return refund


def asked(refund: Refund, *, at: datetime, iban: str = IBAN) -> BankRefund:
    payer = payer_of(refund.payment)
    by = refund.payment.commitment.by
    return ask_bank_refund(refund=refund, iban=iban, holder=payer.name, by=by, at=at)


def checked(bank_refund: BankRefund, *, at: datetime, by: User | None = None) -> BankRefund:
    kind = PartyCheck.Kind.IBAN
    record_check(party=bank_refund.party, kind=kind, evidence="RIB du 12/11", by=by or staff(Role.COMPLIANCE), at=at)
    return BankRefund.objects.get(pk=bank_refund.pk)


def prepared(refund: Refund, *, at: datetime) -> BankRefund:
    return prepare_bank_refund(bank_refund=checked(asked(refund, at=at), at=at), by=staff(Role.TREASURER), at=at)


def approved(refund: Refund, *, at: datetime) -> BankRefund:
    order = approve_bank_refund(bank_refund=prepared(refund, at=at), by=staff(Role.MANAGER), at=at)
    return BankRefund.objects.get(pk=order.bank_refund_id)
