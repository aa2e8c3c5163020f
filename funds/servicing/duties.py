"""Duties of servicing: each finds by itself what a lost job or a killed process left behind."""

from datetime import datetime

from fres.kernel.duties import duty
from funds.payments.stripe_gateway import gateway_from_settings, payout_gateway_from_settings
from funds.servicing import distribution, instalments, notices, payouts


@duty(order=61)
def ask_payee_accounts_again(at: datetime) -> str:
    """Accounts of holders that could not receive yet."""
    return f"payee accounts: {payouts.refresh_payees(at=at, gateway=gateway_from_settings())} can now receive"


@duty(order=62)
def send_due_payouts(at: datetime) -> str:
    """Orders approved and not sent, put off, or sent and not answered."""
    paid, postponed, unanswered = payouts.send_due(at=at, gateway=payout_gateway_from_settings())
    return f"payouts: {paid} paid, {postponed} put off, {len(unanswered)} unanswered"


@duty(order=63)
def distribute_received_instalments(at: datetime) -> str:
    """Instalments received and not shared."""
    return f"instalments: {distribution.distribute_due(at=at)} distributed"


@duty(order=64)
def watch_late_instalments(at: datetime) -> str:
    """Loans whose instalment is late are put in alert; those that caught up leave it."""
    raised, lifted = instalments.watch_late(at=at)
    return f"loans: {raised} put in alert, {lifted} out of it"


@duty(order=80)
def tell_what_was_not_told(at: datetime) -> str:
    """Messages of successes, payouts, distributions and instalments to come that are not written yet."""
    return f"messages: {notices.tell_missing(at=at)} written"
