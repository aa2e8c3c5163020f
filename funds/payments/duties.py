"""Duties of payments: each finds by itself what a lost event, a lost job or a killed process left behind."""

from datetime import datetime

from fres.kernel.duties import duty
from funds.payments import sync
from funds.payments.stripe_gateway import gateway_from_settings


@duty(order=10)
def handle_waiting_events(at: datetime) -> str:
    """Events received and not handled."""
    return f"events: {sync.handle_events(at=at, gateway=gateway_from_settings())}"


@duty(order=11)
def ask_payments_again(at: datetime) -> str:
    """Payments and refunds whose end nobody told us."""
    return f"payments: {sync.sync_payments(at=at, gateway=gateway_from_settings())}"


@duty(order=60)
def send_waiting_refunds(at: datetime) -> str:
    """Refunds asked and not sent: after the offers were decided, so that what they owe leaves in the same run."""
    return f"refunds: {sync.send_refunds(at=at, gateway=gateway_from_settings())}"


@duty(order=70)
def write_off_old_claims(at: datetime) -> str:
    """Claims born of contested debits that nobody paid within the dated delay (ruling B11)."""
    return f"claims: {sync.write_off_claims(at=at)} written off"
