"""Money of the platform's account: balance transactions, balance, payouts."""

from __future__ import annotations

from typing import Any

from tests.stripe_server import PLATFORM_ACCOUNT
from tests.stripe_server.errors import refused
from tests.stripe_server.forms import ONE, amount, currency, metadata, one_of, text, time_range
from tests.stripe_server.store import Object
from tests.stripe_server.world import DAY, World

CATEGORIES = {
    "charge": "charge",
    "payment": "charge",
    "refund": "refund",
    "payment_refund": "refund",
    "refund_failure": "refund_failure",
    "adjustment": "dispute",
    "transfer": "transfer",
    "transfer_refund": "transfer_reversal",
    "payout": "payout",
    "payout_failure": "payout_reversal",
    "topup": "topup",
}


def record(
    world: World,
    *,
    kind: str,
    source: str,
    amount_cents: int,
    fee_cents: int = 0,
    fee_label: str = "",
    available_on: int | None = None,
    category: str | None = None,
    description: str | None = None,
) -> Object:
    """Write one movement of the platform's balance; `amount_cents` is signed, the fee is taken off it."""
    fees = [
        {"amount": fee_cents, "application": None, "currency": "eur", "description": fee_label, "type": "stripe_fee"}
    ]
    return world.store.put(
        "balance_transaction",
        {
            "id": world.new_id("txn"),
            "object": "balance_transaction",
            "amount": amount_cents,
            "available_on": world.now() if available_on is None else available_on,
            "balance_type": "payments",
            "created": world.now(),
            "currency": "eur",
            "description": description,
            "exchange_rate": None,
            "fee": fee_cents,
            "fee_details": fees if fee_cents else [],
            "net": amount_cents - fee_cents,
            "reporting_category": category or CATEGORIES[kind],
            "source": source,
            "status": "pending",
            "type": kind,
        },
    )


def render(world: World, transaction: Object) -> Object:
    is_available = transaction["available_on"] <= world.now()
    return transaction | {"status": "available" if is_available else "pending"}


def totals(world: World) -> tuple[int, int]:
    """Returns: cents available, cents pending."""
    available = pending = 0
    now = world.now()
    for transaction in world.store.newest_first("balance_transaction"):
        if transaction["available_on"] <= now:
            available += transaction["net"]
        else:
            pending += transaction["net"]
    return available, pending


def require_available(world: World, cents: int) -> None:
    """Raises: StripeError (`balance_insufficient`)."""
    available, _ = totals(world)
    if cents > available:
        raise refused(
            "You have insufficient available funds in your Stripe account. Try adding funds directly to your "
            "available balance by creating Charges using the 4000000000000077 test card. See: "
            "https://stripe.com/docs/testing#available-balance",
            code="balance_insufficient",
        )


def retrieve_balance(world: World, path: tuple[str, ...], params: Any) -> Object:
    available, pending = totals(world)
    return {
        "object": "balance",
        "available": [{"amount": available, "currency": "eur", "source_types": {"card": available}}],
        "connect_reserved": [{"amount": 0, "currency": "eur"}],
        "livemode": False,
        "pending": [{"amount": pending, "currency": "eur", "source_types": {"card": pending}}],
    }


def create_payout(world: World, path: tuple[str, ...], params: Any) -> Object:
    require_available(world, params["amount"])
    payout_id = world.new_id("po")
    arrives = world.now() + world.tariff.payout_takes_days * DAY
    movement = record(world, kind="payout", source=payout_id, amount_cents=-params["amount"])
    payout = world.store.put(
        "payout",
        {
            "id": payout_id,
            "object": "payout",
            "amount": params["amount"],
            "application_fee": None,
            "application_fee_amount": None,
            "arrival_date": arrives,
            "automatic": False,
            "balance_transaction": movement["id"],
            "created": world.now(),
            "currency": "eur",
            "description": params.get("description"),
            "destination": f"ba_{PLATFORM_ACCOUNT[5:]}",
            "failure_balance_transaction": None,
            "failure_code": None,
            "failure_message": None,
            "livemode": False,
            "metadata": params.get("metadata", {}),
            "method": "standard",
            "original_payout": None,
            "payout_method": None,
            "reconciliation_status": "not_applicable",
            "reversed_by": None,
            "source_type": "card",
            "statement_descriptor": params.get("statement_descriptor"),
            "status": "pending",
            "trace_id": None,
            "type": "bank_account",
        },
    )
    world.emit("payout.created", payout)
    world.schedule(arrives, "settle_payout", payout_id=payout_id)
    return payout


def settle_payout(world: World, *, payout_id: str) -> None:
    """A payout arrives; with `metadata[test_outcome]=failed`, the bank sends it back."""
    payout = world.require("payout", payout_id)
    if payout["metadata"].get("test_outcome") == "failed":
        back = record(world, kind="payout_failure", source=payout_id, amount_cents=payout["amount"])
        payout |= {
            "status": "failed",
            "failure_balance_transaction": back["id"],
            "failure_code": "account_closed",
            "failure_message": "The bank account has been closed.",
        }
    else:
        payout["status"] = "paid"
    world.store.put("payout", payout)
    world.emit(f"payout.{payout['status']}", payout)


PAYOUT_CREATE = {
    "amount!": amount,
    "currency!": currency,
    "description": text,
    "destination": text,
    "metadata": metadata,
    "method": one_of("standard"),
    "statement_descriptor": text,
} | ONE
ROUTES = [
    ("GET", "/v1/balance", ONE, retrieve_balance),
    ("POST", "/v1/payouts", PAYOUT_CREATE, create_payout),
]
RESOURCES = [
    ("payout", "/v1/payouts", {"status": text, "destination": text, "created": time_range, "arrival_date": time_range}),
    (
        "balance_transaction",
        "/v1/balance_transactions",
        {"source": text, "type": text, "currency": currency, "created": time_range, "payout": text},
    ),
]
ACTIONS = {"settle_payout": settle_payout}
RENDERERS = {"balance_transaction": render}
