"""Connect: the accounts of payees, and the money sent to them."""

from __future__ import annotations

from typing import Any

from tests.stripe_server.errors import refused
from tests.stripe_server.forms import (
    ONE,
    amount,
    anything,
    boolean,
    currency,
    email,
    metadata,
    one_of,
    text,
    time_range,
    url,
)
from tests.stripe_server.objects import balance, payers
from tests.stripe_server.store import Object
from tests.stripe_server.world import World

LINK_LIFE = 300


def create_account(world: World, path: tuple[str, ...], params: Any) -> Object:
    """Create an account that cannot receive yet: its owner must first answer Stripe's questions."""
    asked = params.get("capabilities", {})
    company = params.get("company", {})
    return world.store.put(
        "account",
        {
            "id": world.new_id("acct"),
            "object": "account",
            "business_profile": {
                "annual_revenue": None,
                "estimated_worker_count": None,
                "mcc": params.get("business_profile", {}).get("mcc"),
                "name": params.get("business_profile", {}).get("name"),
                "product_description": params.get("business_profile", {}).get("product_description"),
                "support_address": None,
                "support_email": None,
                "support_phone": None,
                "support_url": None,
                "url": params.get("business_profile", {}).get("url"),
            },
            "business_type": params.get("business_type"),
            "capabilities": {name: "inactive" for name, wish in asked.items() if wish.get("requested")},
            "charges_enabled": False,
            "company": {
                "directors_provided": False,
                "executives_provided": False,
                "name": company.get("name"),
                "owners_provided": False,
                "tax_id_provided": bool(company.get("tax_id")),
                "vat_id_provided": False,
            },
            "controller": params.get("controller", {}) | {"type": "application", "is_controller": True},
            "country": params.get("country", "FR"),
            "created": world.now(),
            "default_currency": "eur",
            "details_submitted": False,
            "email": params.get("email"),
            "metadata": params.get("metadata", {}),
            "payouts_enabled": False,
            "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
            "type": params.get("type", "none"),
        },
    )


def verify_account(world: World, *, account_id: str, is_verified: bool = True) -> Object:
    """The account may receive from now on, or no longer."""
    account = world.require("account", account_id)
    account |= {
        "capabilities": dict.fromkeys(account["capabilities"], "active" if is_verified else "inactive"),
        "charges_enabled": is_verified,
        "details_submitted": True,
        "payouts_enabled": is_verified,
    }
    world.store.put("account", account)
    world.emit("account.updated", account)
    return account


def update_account(world: World, path: tuple[str, ...], params: Any) -> Object:
    account = world.require("account", path[0])
    if "email" in params:
        account["email"] = params["email"]
    payers.merge_metadata(account, params)
    world.emit("account.updated", account)
    return world.store.put("account", account)


def create_account_link(world: World, path: tuple[str, ...], params: Any) -> Object:
    account = world.require("account", params["account"], param="account", status=400)
    token = world.new_id("link")
    world.store.put("_link", {"id": token, "account": account["id"], "return_url": params["return_url"]})
    return {
        "object": "account_link",
        "created": world.now(),
        "expires_at": world.now() + LINK_LIFE,
        "url": f"{world.public_url}/onboard/{token}",
    }


def create_transfer(world: World, path: tuple[str, ...], params: Any) -> Object:
    account = world.require("account", params["destination"], param="destination", status=400)
    if account["capabilities"].get("transfers") != "active":
        raise refused(
            "Your destination account needs to have at least one of the following capabilities enabled: transfers, "
            "crypto_transfers, legacy_payments",
            code="insufficient_capabilities_for_transfer",
        )
    balance.require_available(world, params["amount"])
    transfer_id = world.new_id("tr")
    movement = balance.record(world, kind="transfer", source=transfer_id, amount_cents=-params["amount"])
    transfer = world.store.put(
        "transfer",
        {
            "id": transfer_id,
            "object": "transfer",
            "amount": params["amount"],
            "amount_reversed": 0,
            "balance_transaction": movement["id"],
            "created": world.now(),
            "currency": "eur",
            "description": params.get("description"),
            "destination": account["id"],
            "destination_payment": world.new_id("py"),
            "livemode": False,
            "metadata": params.get("metadata", {}),
            "reversals": _reversal_list(transfer_id, []),
            "reversed": False,
            "source_transaction": params.get("source_transaction"),
            "source_type": "card",
            "transfer_group": params.get("transfer_group"),
        },
    )
    world.emit("transfer.created", transfer)
    return transfer


def _reversal_list(transfer_id: str, reversals: list[Object]) -> Object:
    return {
        "object": "list",
        "data": reversals,
        "has_more": False,
        "url": f"/v1/transfers/{transfer_id}/reversals",
    }


def update_transfer(world: World, path: tuple[str, ...], params: Any) -> Object:
    transfer = world.require("transfer", path[0])
    payers.merge_metadata(transfer, params)
    world.emit("transfer.updated", transfer)
    return world.store.put("transfer", transfer)


def reverse_transfer(world: World, path: tuple[str, ...], params: Any) -> Object:
    transfer = world.require("transfer", path[0])
    left = transfer["amount"] - transfer["amount_reversed"]
    cents = params.get("amount", left)
    if left == 0:
        raise refused("The transfer has already been fully reversed.")
    if cents > left:
        raise refused(
            f"Reversal amount (€{cents / 100:.2f}) is greater than unreversed amount (€{left / 100:.2f})",
            param="amount",
        )
    reversal_id = world.new_id("trr")
    movement = balance.record(world, kind="transfer_refund", source=reversal_id, amount_cents=cents)
    reversal = world.store.put(
        "transfer_reversal",
        {
            "id": reversal_id,
            "object": "transfer_reversal",
            "amount": cents,
            "balance_transaction": movement["id"],
            "created": world.now(),
            "currency": "eur",
            "destination_payment_refund": world.new_id("pyr"),
            "metadata": params.get("metadata", {}),
            "source_refund": None,
            "transfer": transfer["id"],
        },
    )
    transfer["amount_reversed"] += cents
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    transfer["reversals"] = _reversal_list(transfer["id"], [dict(reversal), *transfer["reversals"]["data"]])
    world.store.put("transfer", transfer)
    world.emit("transfer.reversed", transfer)
    return reversal


def list_reversals(world: World, path: tuple[str, ...], params: Any) -> Object:
    transfer: Object = world.require("transfer", path[0])
    reversals: Object = transfer["reversals"]
    return reversals


ACCOUNT_CREATE = {
    "type": one_of("custom", "express", "standard"),
    "country": text,
    "email": email,
    "business_type": one_of("company", "non_profit", "individual", "government_entity"),
    "business_profile": {"mcc": text, "name": text, "product_description": text, "url": text},
    "capabilities": {"transfers": {"requested": boolean}, "card_payments": {"requested": boolean}},
    "company": {"name": text, "tax_id": text, "address": anything, "phone": text},
    "controller": {
        "fees": {"payer": one_of("account", "application")},
        "losses": {"payments": one_of("application", "stripe")},
        "requirement_collection": one_of("application", "stripe"),
        "stripe_dashboard": {"type": one_of("express", "full", "none")},
    },
    "metadata": metadata,
} | ONE
TRANSFER_CREATE = {
    "amount!": amount,
    "currency!": currency,
    "destination!": text,
    "description": text,
    "metadata": metadata,
    "source_transaction": text,
    "transfer_group": text,
} | ONE
LINK_CREATE = {
    "account!": text,
    "type!": one_of("account_onboarding", "account_update"),
    "refresh_url!": url,
    "return_url!": url,
}
ROUTES = [
    ("POST", "/v1/accounts", ACCOUNT_CREATE, create_account),
    ("POST", "/v1/accounts/*", {"email": email, "metadata": metadata} | ONE, update_account),
    ("POST", "/v1/account_links", LINK_CREATE | ONE, create_account_link),
    ("POST", "/v1/transfers", TRANSFER_CREATE, create_transfer),
    ("POST", "/v1/transfers/*", {"description": text, "metadata": metadata} | ONE, update_transfer),
    ("POST", "/v1/transfers/*/reversals", {"amount": amount, "metadata": metadata} | ONE, reverse_transfer),
    ("GET", "/v1/transfers/*/reversals", ONE, list_reversals),
]
RESOURCES = [
    ("account", "/v1/accounts", {"created": time_range}),
    ("transfer", "/v1/transfers", {"destination": text, "transfer_group": text, "created": time_range}),
]
