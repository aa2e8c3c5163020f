"""Who pays and with what: customers, payment methods, mandates."""

from __future__ import annotations

import hashlib
from typing import Any

from tests.stripe_server.errors import refused
from tests.stripe_server.forms import ONE, anything, email, metadata, text, time_range
from tests.stripe_server.store import Object
from tests.stripe_server.world import World

TEST_IBAN = "FR1420041010050500013M02606"
NO_ADDRESS = {"city": None, "country": None, "line1": None, "line2": None, "postal_code": None, "state": None}
TEST_METHODS = {
    "pm_card_visa": ("card", "card_paid"),
    "pm_card_visa_chargeDeclined": ("card", "card_declined"),
    "pm_card_createDispute": ("card", "card_disputed"),
    "pm_card_refundFail": ("card", "card_refund_fails"),
}
"""Ready-made methods that stand for a new one each time they are used, and what happens when they are charged."""


def billing(name: str | None, address: str | None) -> Object:
    return {"address": dict(NO_ADDRESS), "email": address, "name": name, "phone": None, "tax_id": None}


def fingerprint(value: str) -> str:
    """The same card or account has the same fingerprint, which tells nothing about it."""
    return hashlib.sha256(value.encode()).hexdigest()[:16]


def card_details() -> Object:
    """The members that a card has both in a payment method and in a charge."""
    checks = {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"}
    return {
        "brand": "visa",
        "checks": checks,
        "country": "FR",
        "exp_month": 12,
        "exp_year": 2034,
        "fingerprint": fingerprint("4242424242424242"),
        "funding": "debit",
        "last4": "4242",
        "regulated_status": None,
        "wallet": None,
    }


def debit_details(iban: str) -> Object:
    is_french = iban.startswith("FR")
    return {
        "bank_code": iban[4:9] if is_french else None,
        "branch_code": iban[9:14] if is_french else "",
        "country": iban[:2],
        "fingerprint": fingerprint(iban),
        "last4": iban[-4:],
    }


def build_method(
    world: World,
    *,
    means: str,
    outcome: str,
    iban: str = TEST_IBAN,
    name: str | None = None,
    address: str | None = None,
    customer: str | None = None,
) -> Object:
    """Create a payment method; `outcome` is what charging it will do."""
    method: Object = {
        "id": world.new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": "limited",
        "billing_details": billing(name, address),
        "created": world.now(),
        "customer": customer,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": means,
    }
    if means == "card":
        method["card"] = card_details() | {
            "display_brand": "visa",
            "generated_from": None,
            "networks": {"available": ["visa"], "preferred": None},
            "three_d_secure_usage": {"supported": True},
        }
    else:
        method["sepa_debit"] = debit_details(iban) | {"generated_from": {"charge": None, "setup_attempt": None}}
    world.decide(method["id"], outcome=outcome)
    return world.store.put("payment_method", method)


def require_method(world: World, identifier: str) -> Object:
    """Find a payment method, or make one from a ready-made name. Raises: StripeError."""
    if identifier in TEST_METHODS:
        means, outcome = TEST_METHODS[identifier]
        return build_method(world, means=means, outcome=outcome)
    return world.require("payment_method", identifier, param="payment_method", status=400)


def build_mandate(
    world: World, *, method: Object, accepted_from: str = "127.0.0.1", single_use: bool = False
) -> Object:
    """Create the mandate of a SEPA debit, accepted online now."""
    mandate_id = world.new_id("mandate")
    reference = f"FRES{mandate_id[-12:].upper()}"
    mandate = world.store.put(
        "mandate",
        {
            "id": mandate_id,
            "object": "mandate",
            "customer_acceptance": {
                "accepted_at": world.now(),
                "online": {"ip_address": accepted_from, "user_agent": "Simulateur de paiement"},
                "type": "online",
            },
            "livemode": False,
            "payment_method": method["id"],
            "payment_method_details": {
                "sepa_debit": {"reference": reference, "url": f"{world.public_url}/mandate/{mandate_id}"},
                "type": "sepa_debit",
            },
            "status": "active",
            "type": "single_use" if single_use else "multi_use",
        },
    )
    mandate["single_use" if single_use else "multi_use"] = {}
    world.emit("mandate.updated", mandate)
    return mandate


def create_customer(world: World, path: tuple[str, ...], params: Any) -> Object:
    customer = world.store.put(
        "customer",
        {
            "id": world.new_id("cus"),
            "object": "customer",
            "address": None,
            "balance": 0,
            "created": world.now(),
            "currency": None,
            "default_source": None,
            "delinquent": False,
            "description": params.get("description"),
            "discount": None,
            "email": params.get("email"),
            "invoice_prefix": "FRES0001",
            "invoice_settings": {
                "custom_fields": None,
                "default_payment_method": None,
                "footer": None,
                "rendering_options": None,
            },
            "livemode": False,
            "metadata": params.get("metadata", {}),
            "name": params.get("name"),
            "next_invoice_sequence": 1,
            "phone": params.get("phone"),
            "preferred_locales": params.get("preferred_locales", []),
            "shipping": None,
            "tax_exempt": "none",
            "test_clock": None,
        },
    )
    world.emit("customer.created", customer)
    return customer


def update_customer(world: World, path: tuple[str, ...], params: Any) -> Object:
    customer = world.require("customer", path[0])
    for field in ("description", "email", "name", "phone", "preferred_locales"):
        if field in params:
            customer[field] = params[field]
    merge_metadata(customer, params)
    world.emit("customer.updated", customer)
    return world.store.put("customer", customer)


def merge_metadata(obj: Object, params: Any) -> None:
    """Add the keys given; an empty value removes its key."""
    merged = obj["metadata"] | params.get("metadata", {})
    obj["metadata"] = {key: value for key, value in merged.items() if value != ""}


def attach_method(world: World, path: tuple[str, ...], params: Any) -> Object:
    method = require_method(world, path[0])
    world.require("customer", params["customer"], param="customer", status=400)
    if method["customer"] not in (None, params["customer"]):
        raise refused("The payment method you provided has already been attached to a customer.")
    method["customer"] = params["customer"]
    world.emit("payment_method.attached", method)
    return world.store.put("payment_method", method)


def detach_method(world: World, path: tuple[str, ...], params: Any) -> Object:
    method = world.require("payment_method", path[0])
    method["customer"] = None
    world.emit("payment_method.detached", method)
    return world.store.put("payment_method", method)


CUSTOMER_FIELDS = {
    "description": text,
    "email": email,
    "name": text,
    "phone": text,
    "metadata": metadata,
    "preferred_locales": [text],
    "address": anything,
} | ONE
ROUTES = [
    ("POST", "/v1/customers", CUSTOMER_FIELDS, create_customer),
    ("POST", "/v1/customers/*", CUSTOMER_FIELDS, update_customer),
    ("POST", "/v1/payment_methods/*/attach", {"customer!": text} | ONE, attach_method),
    ("POST", "/v1/payment_methods/*/detach", ONE, detach_method),
]
RESOURCES = [
    ("customer", "/v1/customers", {"email": text, "created": time_range}),
    ("payment_method", "/v1/payment_methods", {"customer": text, "type": text}),
]
RETRIEVE_ONLY = [("mandate", "/v1/mandates")]
