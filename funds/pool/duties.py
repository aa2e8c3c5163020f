"""Duties of the pool and of the rules: what falls due by itself."""

from datetime import datetime

from fres.kernel.duties import duty
from funds.models import Fund
from funds.payments.stripe_gateway import gateway_from_settings
from funds.pool import matching_funds, paying, subscribing
from funds.rules.evaluation import evaluate_night, was_evaluated


@duty(order=22)
def sync_pool_payments(at: datetime) -> str:
    """Payments of the pool whose answer was lost."""
    return paying.sync_pool_payments(at=at, gateway=gateway_from_settings())


@duty(order=26)
def expire_subscriptions(at: datetime) -> str:
    """Subscriptions nobody paid in time."""
    return f"subscriptions: {subscribing.expire_subscriptions(at=at)} expired"


@duty(order=38)
def reserve_matches(at: datetime) -> str:
    """Public euros that citizens' cleared money calls for, before offers are decided."""
    return f"matches: {matching_funds.match_open_offers(at=at)} reserved"


@duty(order=55)
def release_matches(at: datetime) -> str:
    """Public euros reserved for offers that did not succeed."""
    return f"matches: {matching_funds.release_due(at=at)} released"


@duty(order=70)
def evaluate_rules(at: datetime) -> str:
    """The rules in force, every night: breaches opened, late or cured."""
    funds = [fund for fund in Fund.objects.order_by("pk") if not was_evaluated(fund=fund, at=at)]
    open_ones = sum(len(evaluate_night(fund=fund, at=at)) for fund in funds)
    return f"rules: {len(funds)} funds evaluated, {open_ones} breaches open"
