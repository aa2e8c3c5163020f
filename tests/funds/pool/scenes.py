"""Compartments and money of the pool for tests: by the operations under test, but the provider's answers."""

from datetime import UTC, date, datetime

from fres.kernel.money import to_cents
from funds.models import Compartment, MatchingFund, PoolPayment, RedemptionTerms, RuleBreach
from funds.payments.gateway import Means, MeansDetails, PaymentOutcome, PaymentStatus
from funds.pool.paying import record_pool_outcome
from funds.pool.subscribing import subscribe
from funds.rules.register import adopt_rule
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


def a_matching_fund(fund=None, **fields):
    fund = fund or FundFactory()
    values = {
        "name": "Abondement régional", "financed_by": "Région", "ratio": "0.5", "cap": euros(500),
        "budget": euros(2_000), "starts_on": date(2026, 1, 1), "ends_on": date(2026, 12, 31),
        "entity": fund.entity, **fields,
    }  # fmt: skip
    return MatchingFund.objects.create(fund=fund, **values)


def a_rule(fund=None, *, kind="MAX_PER_PROJECT", params=None, at=JANUARY, **fields):
    data = {
        "code": "plafond", "kind": kind, "scope": "fund", "params": {"cents": 5_000_000} if params is None else params,
        "valid_from": at.date(), **fields,
    }  # fmt: skip
    return adopt_rule(fund=fund or FundFactory(), data=data, reason="Prudence.", by=UserFactory(), at=at)


def a_breach():
    rule = a_rule(kind="LIQUIDITY_RESERVE", params={"share": "10 %"}, code="liquidite", cure_days=90)
    return RuleBreach.objects.create(
        rule=rule, where="cash", cause="PASSIVE", missing="100", sentence="cash : 0 € au lieu de 1 €.",
        opened_at=JANUARY, cure_before=date(2026, 4, 12), last_seen_at=JANUARY,
    )  # fmt: skip
