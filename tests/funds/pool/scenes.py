"""Compartments and money of the pool for tests: by the operations under test, but the provider's answers."""

from datetime import UTC, date, datetime

from fres.kernel.money import to_cents
from funds.models import Compartment, PoolPayment, RedemptionTerms
from funds.payments.gateway import Means, MeansDetails, PaymentOutcome, PaymentStatus
from funds.pool.paying import record_pool_outcome
from funds.pool.subscribing import subscribe
from tests.funds.factories import FundFactory, euros
from tests.investors.factories import PartyFactory, UserFactory

JANUARY = datetime(2026, 1, 12, 10, 0, tzinfo=UTC)
WINDOW = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)


def a_compartment(fund=None, **fields):
    fund = fund or FundFactory()
    rank = fields.pop("rank", Compartment.objects.filter(issuer=fund.entity).count() + 1)
    terms = fields.pop("terms", {})
    values = {
        "slug": f"pot-{fund.pk}-{rank}", "issuer": fund.entity, "rank": rank, "name": f"Pot {rank}", "purpose": "Tout.",
        "kind": "COMMON", "instrument": "SHARE", "nominal": euros(20), "risks": "Perte en capital possible.",
        "opens_on": date(2025, 1, 1), **fields,
    }  # fmt: skip
    compartment = Compartment.objects.create(fund=fund, **values)
    RedemptionTerms.objects.create(
        compartment=compartment, valid_from=date(2025, 1, 1), decided_at=JANUARY,
        **{"window_month": 6, "window_day": 1, "notice_days": 30, "holding_days": 0, "share_bp": 5_000, **terms},
    )  # fmt: skip
    return compartment


def a_holder(**fields):
    return PartyFactory(user=UserFactory(), **fields)


def outcome(payment, status=PaymentStatus.CLEARED, at=JANUARY, *, fee_cents=0, disputes=()):
    return PaymentOutcome(
        status=status, checkout_id=f"cs_{payment.uuid}", intent_id=f"pi_{payment.uuid}",
        charge_id=f"ch_{payment.uuid}", means=Means.CARD, amount_cents=to_cents(payment.amount), fee_cents=fee_cents,
        cleared_at=at if status is PaymentStatus.CLEARED else None, processing_since=None, failure_code=None,
        refunded_cents=0, disputes=disputes, reference=str(payment.uuid), means_details=MeansDetails(),
    )  # fmt: skip


def pay(subscription, at=JANUARY, **fields):
    payment = PoolPayment.objects.create(
        subscription=subscription, amount=subscription.amount, asked_at=at, asked_by=subscription.by
    )
    return record_pool_outcome(payment_id=payment.pk, outcome=outcome(payment, at=at, **fields), at=at)


def hold(compartment, units, saver=None, at=JANUARY, **fields):
    """Subscribe and pay; return the holder."""
    saver = saver or a_holder()
    pay(subscribe(compartment=compartment, saver=saver, units=units, by=saver.user, at=at, **fields), at=at)
    return saver
