"""Duties of payments: each finds by itself what a lost event, a lost job or a killed process left behind."""

from datetime import datetime

from fres.kernel.duties import duty
from fres.kernel.errors import BooksBroken
from funds.payments import sync
from funds.payments.stripe_gateway import gateway_from_settings


def _told(name: str, report: sync.SyncReport) -> str:
    """Say what a run did. Raises: BooksBroken: a row contradicts the provider; the run is over, its job shows it."""
    if report.broken:
        raise BooksBroken(f"{name}: {', '.join(report.broken)}")
    return f"{name}: {report}"


@duty(order=10)
def handle_waiting_events(at: datetime) -> str:
    """Events received and not handled."""
    return _told("events", sync.handle_events(at=at, gateway=gateway_from_settings()))


@duty(order=11)
def ask_payments_again(at: datetime) -> str:
    """Payments and refunds whose end nobody told us."""
    return _told("payments", sync.sync_payments(at=at, gateway=gateway_from_settings()))


@duty(order=60)
def send_waiting_refunds(at: datetime) -> str:
    """Refunds asked and not sent: after the offers were decided, so that what they owe leaves in the same run."""
    return _told("refunds", sync.send_refunds(at=at, gateway=gateway_from_settings()))


@duty(order=70)
def write_off_old_claims(at: datetime) -> str:
    """Claims born of contested debits that nobody paid within the dated delay (ruling B11)."""
    return f"claims: {sync.write_off_claims(at=at)} written off"
