"""Instalments that the bank took back after they were shared, up to where a test starts."""

from datetime import date, datetime

from fres.kernel import clock
from fres.kernel.access import Role
from funds.models import ClaimRecovery, Distribution, InstalmentPayment, Payment
from funds.payments.claims import Claim, claim_of, claims_of, contested_instalments
from funds.payments.gateway import DisputeOutcome, DisputeStatus
from funds.payments.recording import read_payment
from funds.payments.recoveries import record_recovery
from funds.payments.reversal import DebitContested, reverse_payment
from funds.servicing.distribution import distribute_instalment
from investors.models import User
from tests.funds.factories import NOW, PaymentFactory, euros
from tests.funds.payments.bank_refund_scenes import staff
from tests.funds.payments.scenes import Provider
from tests.funds.servicing.factories import HoldingFactory, InstalmentFactory
from tests.funds.servicing.scenes import a_paid_loan, pay_instalment


def a_shared_instalment(provider: Provider, payout_gateway, rank: int = 1, loan=None) -> Payment:
    """The payment of an instalment of a loan of 400 €, shared among two lenders."""
    loan = loan or a_paid_loan(provider, payout_gateway, 100, 300)
    instalment = loan.instalments.get(rank=rank)
    payment = pay_instalment(provider, instalment)
    distribute_instalment(instalment=instalment, at=provider.now)
    return read_payment(payment.pk)


def contested(payment: Payment, at: datetime, *, status: DisputeStatus = DisputeStatus.OPEN) -> None:
    """Record that the debit is contested, or what became of it: won, the bank gives the money back."""
    payment = read_payment(payment.pk)
    outcome = DisputeOutcome(
        dispute_id=f"du_{payment.pk}", intent_id=payment.intent_id or "", status=status,
        amount_cents=int(payment.amount.amount * 100), fee_cents=0, withdrawn=status is not DisputeStatus.WON,
        opened_at=at,
    )  # fmt: skip
    reverse_payment(payment=payment, fact=DebitContested(outcome), at=at)


def a_claim(provider: Provider, payout_gateway) -> Payment:
    payment = a_shared_instalment(provider, payout_gateway)
    contested(payment, provider.now)
    return read_payment(payment.pk)


def a_claim_of_rows() -> Payment:
    """A claim without a provider: the rows of a shared instalment, then the operation that takes it back."""
    holding = HoldingFactory()
    instalment = InstalmentFactory(loan=holding.loan)
    total = instalment.total_cents
    payment = PaymentFactory(commitment=None, instalment=instalment, cleared=True, amount=euros(total) / 100)
    InstalmentPayment.objects.create(instalment=instalment, payment=payment, received_at=NOW)
    Distribution.objects.create(instalment=instalment, distributed_at=NOW)
    contested(payment, NOW)
    return read_payment(payment.pk)


def recovered(
    payment: Payment, cents: int, *, at: datetime, reference: str = "VIR 1", by: User | None = None,
    on: date | None = None,
) -> ClaimRecovery:  # fmt: skip
    return record_recovery(
        payment=payment, amount=euros(cents) / 100, received_on=on or clock.local(at).date(), reference=reference,
        by=by or staff(Role.TREASURER), at=at,
    )  # fmt: skip


def claim(payment: Payment) -> Claim:
    return claim_of(read_payment(payment.pk))


def every_claim() -> list[Claim]:
    """Every claim there ever was, the last one first."""
    return [one for one in claims_of(contested_instalments()) if one.is_claim]
