"""Checkout sessions: the hosted page, from its creation to its end."""

from __future__ import annotations

from typing import Any

from tests.stripe_server import outcomes
from tests.stripe_server.errors import StripeError, missing_parameter, refused
from tests.stripe_server.forms import (
    LIST,
    ONE,
    amount,
    anything,
    currency,
    email,
    integer,
    metadata,
    no_longer,
    one_of,
    text,
    time_range,
    url,
)
from tests.stripe_server.objects import intents, payers
from tests.stripe_server.store import Object
from tests.stripe_server.world import DAY, World

SHORTEST_LIFE = 30 * 60
LONGEST_LIFE = DAY


def create_session(world: World, path: tuple[str, ...], params: Any) -> Object:
    items = [_item(world, item) for item in params.get("line_items", [])]
    total = sum(item["amount_total"] for item in items)
    is_setup = params["mode"] == "setup"
    _check(world, params, total=total, is_setup=is_setup)
    session_id = f"cs_test_{world.new_id('a')[2:]}"
    address = params.get("customer_email")
    session = world.store.put(
        "checkout.session",
        {
            "id": session_id,
            "object": "checkout.session",
            "adaptive_pricing": None if is_setup else {"enabled": False},
            "after_expiration": None,
            "allow_promotion_codes": None,
            "allowed_payment_method_types": params.get("allowed_payment_method_types"),
            "amount_subtotal": None if is_setup else total,
            "amount_total": None if is_setup else total,
            "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
            "billing_address_collection": None,
            "cancel_url": params.get("cancel_url"),
            "client_reference_id": params.get("client_reference_id"),
            "client_secret": None,
            "collected_information": None,
            "consent": None,
            "consent_collection": None,
            "created": world.now(),
            "currency": "eur",
            "currency_conversion": None,
            "custom_fields": [],
            "custom_text": dict.fromkeys(
                ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance"), None
            ),
            "customer": params.get("customer"),
            "customer_account": None,
            "customer_creation": None if is_setup else params.get("customer_creation", "if_required"),
            "customer_details": _payer(address, None) if address else None,
            "customer_email": address,
            "discounts": None if is_setup else [],
            "expires_at": params.get("expires_at", world.now() + LONGEST_LIFE),
            "integration_identifier": None,
            "invoice": None,
            "invoice_creation": None,
            "livemode": False,
            "locale": params.get("locale"),
            "metadata": params.get("metadata", {}),
            "mode": params["mode"],
            "origin_context": None,
            "payment_intent": None,
            "payment_link": None,
            "payment_method_collection": "always" if is_setup else "if_required",
            "payment_method_configuration_details": None,
            "payment_method_options": {},
            "payment_method_types": params.get("allowed_payment_method_types") or list(intents.ALL_MEANS),
            "payment_status": "no_payment_required" if is_setup else "unpaid",
            "permissions": None,
            "phone_number_collection": {"enabled": False},
            "recovered_from": None,
            "saved_payment_method_options": None,
            "setup_intent": None,
            "shipping_address_collection": None,
            "shipping_cost": None,
            "shipping_options": [],
            "status": "open",
            "submit_type": params.get("submit_type"),
            "subscription": None,
            "success_url": params["success_url"],
            "total_details": None if is_setup else {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
            "ui_mode": "hosted_page",
            "url": f"{world.public_url}/pay/{session_id}",
            "wallet_options": None,
        },
    )
    side = {"id": session_id, "items": items, "intent": params.get("payment_intent_data", {})}
    world.store.put("_session_side", side | {"setup": params.get("setup_intent_data", {})})
    if is_setup:
        setup = intents.build_setup_intent(
            world,
            means=session["payment_method_types"],
            customer=session["customer"],
            **params.get("setup_intent_data", {}),
        )
        session["setup_intent"] = setup["id"]
        world.store.put("checkout.session", session)
    world.schedule(session["expires_at"], "expire_due", session_id=session_id)
    return session


def _payer(address: str | None, name: str | None) -> Object:
    return {
        "address": None,
        "business_name": None,
        "email": address,
        "individual_name": None,
        "name": name,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": None,
    }


def _item(world: World, item: Any) -> Object:
    cents = item["price_data"]["unit_amount"] * item.get("quantity", 1)
    return {
        "id": world.new_id("li"),
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": cents,
        "amount_tax": 0,
        "amount_total": cents,
        "currency": "eur",
        "description": item["price_data"]["product_data"]["name"],
        "price": None,
        "quantity": item.get("quantity", 1),
    }


def _check(world: World, params: Any, *, total: int, is_setup: bool) -> None:
    if is_setup and params.get("line_items"):
        raise StripeError("`line_items` is not supported in `setup` mode.", param="line_items")
    if not is_setup and not params.get("line_items"):
        raise missing_parameter("line_items")
    if is_setup and not params.get("currency") and not params.get("allowed_payment_method_types"):
        raise missing_parameter("currency")
    if not is_setup:
        intents.check_amount(total)
    if params.get("customer") and params.get("customer_email"):
        raise StripeError("You may only specify one of these parameters: customer, customer_email.")
    if params.get("customer"):
        world.require("customer", params["customer"], param="customer", status=400)
    life = params.get("expires_at", world.now() + LONGEST_LIFE) - world.now()
    if not SHORTEST_LIFE - 60 <= life <= LONGEST_LIFE + 60:
        raise StripeError(
            "The `expires_at` timestamp must be at least 30 minutes and at most 24 hours from Checkout Session "
            "creation.",
            param="expires_at",
        )


def choose(
    world: World, session: Object, *, outcome: str, iban: str = payers.TEST_IBAN, name: str = "", address: str = ""
) -> None:
    """The payer acts on the hosted page. The session completes unless the attempt failed or awaits authentication."""
    plan = outcomes.OUTCOMES[outcome]
    if plan.means not in session["payment_method_types"]:
        raise StripeError(f"This session does not accept {plan.means}.", param="outcome")
    payer_email = session["customer_email"] or address or None
    session["customer_details"] = _payer(payer_email, name or None)
    method = payers.build_method(
        world, means=plan.means, outcome=outcome, iban=iban, name=name or None, address=payer_email
    )
    if session["mode"] == "setup":
        _complete_setup(world, session, method)
        return
    if session["payment_intent"] is None:
        side = world.require("_session_side", session["id"])
        intent = intents.build_intent(
            world,
            amount_cents=session["amount_total"],
            means=session["payment_method_types"],
            customer=session["customer"],
            **side["intent"],
        )
        session["payment_intent"] = intent["id"]
    world.store.put("checkout.session", session)
    intent = world.require("payment_intent", session["payment_intent"])
    outcomes.attempt(world, intent=intent, method=method, outcome=outcome)
    complete_if_accepted(world, session)


def complete_if_accepted(world: World, session: Object) -> None:
    """Complete the session once its intent is paid or processing."""
    intent = world.require("payment_intent", session["payment_intent"])
    if session["status"] == "open" and intent["status"] in ("succeeded", "processing"):
        is_paid = intent["status"] == "succeeded"
        session |= {"status": "complete", "url": None, "payment_status": "paid" if is_paid else "unpaid"}
        world.store.put("checkout.session", session)
        world.emit("checkout.session.completed", session)


def _complete_setup(world: World, session: Object, method: Object) -> None:
    setup = world.require("setup_intent", session["setup_intent"])
    mandate = payers.build_mandate(world, method=method) if method["type"] == "sepa_debit" else None
    setup |= {"payment_method": method["id"], "status": "succeeded", "mandate": mandate["id"] if mandate else None}
    method["customer"] = session["customer"]
    world.store.put("payment_method", method)
    world.store.put("setup_intent", setup)
    world.emit("setup_intent.succeeded", setup)
    session |= {"status": "complete", "url": None}
    world.store.put("checkout.session", session)
    world.emit("checkout.session.completed", session)


def expire_session(world: World, path: tuple[str, ...], params: Any) -> Object:
    session = world.require("checkout.session", path[0])
    if session["status"] != "open":
        raise refused(
            f'This Session has a status of {session["status"]}. Only Checkout Sessions with a status in ["open"] '
            "can be expired.",
        )
    return _expire(world, session)


def expire_due(world: World, *, session_id: str) -> None:
    session = world.require("checkout.session", session_id)
    if session["status"] == "open":
        _expire(world, session)


def _expire(world: World, session: Object) -> Object:
    session |= {"status": "expired", "url": None}
    if session["payment_intent"]:
        intents.cancel_intent(world, (session["payment_intent"],), {})
    world.emit("checkout.session.expired", session)
    return world.store.put("checkout.session", session)


def line_items(world: World, path: tuple[str, ...], params: Any) -> Object:
    world.require("checkout.session", path[0])
    return items_list(world, path[0])


def items_list(world: World, session_id: str) -> Object:
    items = world.require("_session_side", session_id)["items"]
    return {
        "object": "list",
        "data": items,
        "has_more": False,
        "url": f"/v1/checkout/sessions/{session_id}/line_items",
    }


def return_address(session: Object) -> str:
    """Where the payer goes once done: the application's page, with the id of the session."""
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


SESSION_CREATE = {
    "allowed_payment_method_types": [intents.MEANS],
    "mode!": one_of("payment", "setup"),
    "success_url!": url,
    "cancel_url": url,
    "client_reference_id": text,
    "currency": currency,
    "customer": text,
    "customer_creation": one_of("always", "if_required"),
    "customer_email": email,
    "expires_at": integer,
    "line_items": [
        {
            "price_data!": {
                "currency!": currency,
                "product_data!": {"name!": text, "description": text, "metadata": metadata},
                "unit_amount!": amount,
            },
            "quantity": amount,
        }
    ],
    "locale": text,
    "metadata": metadata,
    "payment_intent_data": {
        "description": text,
        "metadata": metadata,
        "receipt_email": email,
        "transfer_group": text,
    },
    "payment_method_options": {"sepa_debit": anything, "card": anything},
    "payment_method_types": no_longer,
    "setup_intent_data": {"description": text, "metadata": metadata},
    "submit_type": one_of("auto", "book", "donate", "pay"),
} | ONE
ROUTES = [
    ("POST", "/v1/checkout/sessions", SESSION_CREATE, create_session),
    ("POST", "/v1/checkout/sessions/*/expire", ONE, expire_session),
    ("GET", "/v1/checkout/sessions/*/line_items", LIST, line_items),
]
RESOURCES = [
    (
        "checkout.session",
        "/v1/checkout/sessions",
        {
            "created": time_range,
            "customer": text,
            "payment_intent": text,
            "status": one_of("complete", "expired", "open"),
        },
    ),
]
ACTIONS = {"expire_due": expire_due}
