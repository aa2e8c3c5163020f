"""Payment intents and setup intents: what is to be paid, or agreed, whatever the attempts."""

from __future__ import annotations

from typing import Any

from tests.stripe_server import outcomes
from tests.stripe_server.errors import StripeError, refused
from tests.stripe_server.forms import (
    ONE,
    amount,
    anything,
    boolean,
    currency,
    metadata,
    no_longer,
    one_of,
    text,
    time_range,
)
from tests.stripe_server.objects import payers
from tests.stripe_server.store import Object
from tests.stripe_server.world import World

SMALLEST_PAYMENT_CENTS = 50
ALL_MEANS = ("card", "sepa_debit")
MEANS = one_of(*ALL_MEANS)


def build_intent(world: World, *, amount_cents: int, means: list[str], **given: Any) -> Object:
    """Create a payment intent that awaits a payment method. `given`: metadata, description, transfer_group, customer,
    receipt_email."""
    intent_id = world.new_id("pi")
    intent = world.store.put(
        "payment_intent",
        {
            "id": intent_id,
            "object": "payment_intent",
            "allowed_payment_method_types": means,
            "amount": amount_cents,
            "amount_capturable": 0,
            "amount_details": {"tip": {}},
            "amount_received": 0,
            "application": None,
            "application_fee_amount": None,
            "automatic_payment_methods": None,
            "canceled_at": None,
            "cancellation_reason": None,
            "capture_method": "automatic_async",
            "client_secret": f"{intent_id}_secret_{world.new_id('x')[2:]}",
            "confirmation_method": "automatic",
            "created": world.now(),
            "currency": "eur",
            "customer": given.get("customer"),
            "customer_account": None,
            "description": given.get("description"),
            "last_payment_error": None,
            "latest_charge": None,
            "livemode": False,
            "metadata": given.get("metadata") or {},
            "next_action": None,
            "on_behalf_of": None,
            "payment_method": None,
            "payment_method_configuration_details": None,
            "payment_method_options": {kind: METHOD_OPTIONS[kind] for kind in means},
            "payment_method_types": means,
            "processing": None,
            "receipt_email": given.get("receipt_email"),
            "review": None,
            "setup_future_usage": None,
            "shipping": None,
            "source": None,
            "statement_descriptor": None,
            "statement_descriptor_suffix": None,
            "status": "requires_payment_method",
            "transfer_data": None,
            "transfer_group": given.get("transfer_group"),
        },
    )
    world.emit("payment_intent.created", intent)
    return intent


METHOD_OPTIONS: dict[str, Object] = {
    "card": {
        "installments": None,
        "mandate_options": None,
        "network": None,
        "request_three_d_secure": "automatic",
    },
    "sepa_debit": {},
}


def create_intent(world: World, path: tuple[str, ...], params: Any) -> Object:
    check_amount(params["amount"])
    if params.get("customer"):
        world.require("customer", params["customer"], param="customer", status=400)
    if params.get("confirm") and not params.get("payment_method"):
        raise StripeError("You must provide a payment_method to confirm.", code="parameter_missing")
    given = {key: params.get(key) for key in ("metadata", "description", "transfer_group", "customer", "receipt_email")}
    means = params.get("allowed_payment_method_types") or list(ALL_MEANS)
    intent = build_intent(world, amount_cents=params["amount"], means=means, **given)
    return _confirm(world, intent, params["payment_method"]) if params.get("confirm") else intent


def check_amount(cents: int) -> None:
    """Raises: StripeError (`amount_too_small`, `amount_too_large`)."""
    if cents < SMALLEST_PAYMENT_CENTS:
        raise StripeError("Amount must be at least €0.50 eur", code="amount_too_small", param="amount")
    if cents > 99_999_999:
        raise StripeError("Amount must be no more than €999,999.99", code="amount_too_large", param="amount")


def confirm_intent(world: World, path: tuple[str, ...], params: Any) -> Object:
    intent = world.require("payment_intent", path[0])
    if intent["status"] not in ("requires_payment_method", "requires_confirmation"):
        raise _unexpected_state(intent, "confirm")
    method_id = params.get("payment_method") or intent["payment_method"]
    if not method_id:
        raise StripeError("You must provide a payment_method to confirm.", code="parameter_missing")
    return _confirm(world, intent, method_id)


def _confirm(world: World, intent: Object, method_id: str) -> Object:
    method = payers.require_method(world, method_id)
    if method["type"] not in intent["payment_method_types"]:
        raise StripeError(
            f"The PaymentMethod provided ({method['type']}) is not allowed for this PaymentIntent.",
            code="payment_intent_incompatible_payment_method",
            param="payment_method",
        )
    outcome = intent["metadata"].get("test_outcome") or world.outcome_of(method["id"])["outcome"]
    outcomes.attempt(world, intent=intent, method=method, outcome=outcome)
    error = intent["last_payment_error"]
    if intent["status"] == "requires_payment_method" and error and error["type"] == "card_error":
        known = {key: value for key, value in error.items() if key not in ("type", "message", "code")}
        raise StripeError(
            error["message"],
            status=402,
            type="card_error",
            code=error["code"],
            is_recorded=True,
            payment_intent=dict(intent),
            **known,
        )
    return intent


def update_intent(world: World, path: tuple[str, ...], params: Any) -> Object:
    intent = world.require("payment_intent", path[0])
    if "description" in params:
        intent["description"] = params["description"]
    payers.merge_metadata(intent, params)
    return world.store.put("payment_intent", intent)


def cancel_intent(world: World, path: tuple[str, ...], params: Any) -> Object:
    intent = world.require("payment_intent", path[0])
    if intent["status"] in ("succeeded", "canceled", "processing"):
        raise _unexpected_state(intent, "cancel")
    reason = params.get("cancellation_reason")
    intent |= {"status": "canceled", "canceled_at": world.now(), "cancellation_reason": reason}
    world.emit("payment_intent.canceled", intent)
    return world.store.put("payment_intent", intent)


def _unexpected_state(intent: Object, act: str) -> StripeError:
    return refused(
        f"You cannot {act} this PaymentIntent because it has a status of {intent['status']}.",
        code="payment_intent_unexpected_state",
        payment_intent=dict(intent),
    )


def build_setup_intent(world: World, *, means: list[str], **given: Any) -> Object:
    """Create a setup intent that awaits a payment method. `given`: metadata, description, customer."""
    setup_id = world.new_id("seti")
    setup = world.store.put(
        "setup_intent",
        {
            "id": setup_id,
            "object": "setup_intent",
            "application": None,
            "automatic_payment_methods": None,
            "cancellation_reason": None,
            "client_secret": f"{setup_id}_secret_{world.new_id('x')[2:]}",
            "created": world.now(),
            "customer": given.get("customer"),
            "description": given.get("description"),
            "flow_directions": None,
            "last_setup_error": None,
            "latest_attempt": None,
            "livemode": False,
            "mandate": None,
            "metadata": given.get("metadata") or {},
            "next_action": None,
            "on_behalf_of": None,
            "payment_method": None,
            "payment_method_configuration_details": None,
            "payment_method_options": {},
            "payment_method_types": means,
            "single_use_mandate": None,
            "status": "requires_payment_method",
            "usage": "off_session",
        },
    )
    world.emit("setup_intent.created", setup)
    return setup


INTENT_CREATE = {
    "allowed_payment_method_types": [MEANS],
    "amount!": amount,
    "currency!": currency,
    "confirm": boolean,
    "customer": text,
    "description": text,
    "metadata": metadata,
    "off_session": boolean,
    "payment_method": text,
    "payment_method_types": no_longer,
    "receipt_email": text,
    "return_url": text,
    "mandate": text,
    "mandate_data": anything,
    "transfer_group": text,
} | ONE
ROUTES = [
    ("POST", "/v1/payment_intents", INTENT_CREATE, create_intent),
    ("POST", "/v1/payment_intents/*", {"description": text, "metadata": metadata} | ONE, update_intent),
    (
        "POST",
        "/v1/payment_intents/*/confirm",
        {"payment_method": text, "off_session": boolean, "mandate": text, "return_url": text} | ONE,
        confirm_intent,
    ),
    ("POST", "/v1/payment_intents/*/cancel", {"cancellation_reason": text} | ONE, cancel_intent),
]
RESOURCES = [
    ("payment_intent", "/v1/payment_intents", {"customer": text, "created": time_range}),
    ("setup_intent", "/v1/setup_intents", {"customer": text, "payment_method": text, "created": time_range}),
]
