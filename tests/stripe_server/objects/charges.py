"""Charges and their refunds."""

from __future__ import annotations

from typing import Any

from tests.stripe_server.errors import StripeError, refused
from tests.stripe_server.forms import ONE, amount, metadata, one_of, text, time_range
from tests.stripe_server.objects import balance, payers
from tests.stripe_server.store import Object
from tests.stripe_server.world import DAY, World

REFUNDABLE_DAYS_OF_DEBIT = 180


def build_charge(world: World, *, intent: Object, method: Object, status: str, mandate: Object | None = None) -> Object:
    """Create the charge of one attempt (`pending`, `succeeded` or `failed`), and name it in its intent."""
    is_card = method["type"] == "card"
    charge = world.store.put(
        "charge",
        {
            "id": world.new_id("ch" if is_card else "py"),
            "object": "charge",
            "amount": intent["amount"],
            "amount_captured": 0,
            "amount_refunded": 0,
            "application": None,
            "application_fee": None,
            "application_fee_amount": None,
            "balance_transaction": None,
            "billing_details": method["billing_details"],
            "calculated_statement_descriptor": "FRES" if is_card else None,
            "captured": False,
            "created": world.now(),
            "currency": "eur",
            "customer": intent["customer"],
            "description": intent["description"],
            "disputed": False,
            "failure_balance_transaction": None,
            "failure_code": None,
            "failure_message": None,
            "fraud_details": {},
            "livemode": False,
            "metadata": dict(intent["metadata"]),
            "on_behalf_of": None,
            "outcome": None,
            "paid": False,
            "payment_intent": intent["id"],
            "payment_method": method["id"],
            "payment_method_details": _details(method, mandate),
            "receipt_email": intent["receipt_email"],
            "receipt_number": None,
            "receipt_url": None,
            "refunded": False,
            "review": None,
            "shipping": None,
            "source": None,
            "source_transfer": None,
            "statement_descriptor": None,
            "statement_descriptor_suffix": None,
            "status": status,
            "transfer_data": None,
            "transfer_group": intent["transfer_group"],
        },
    )
    intent |= {"latest_charge": charge["id"], "payment_method": method["id"]}
    world.store.put("payment_intent", intent)
    if status == "pending":
        charge |= {"captured": True, "amount_captured": charge["amount"]}
        charge["outcome"] = _verdict("authorized", network_status="approved_by_network")
        world.emit("charge.pending", charge)
    return charge


def _details(method: Object, mandate: Object | None) -> Object:
    if method["type"] == "sepa_debit":
        shared = {key: value for key, value in method["sepa_debit"].items() if key != "generated_from"}
        debit = shared | {"mandate": mandate["id"] if mandate else None}
        return {"sepa_debit": debit, "type": "sepa_debit"}
    shared = {key: value for key, value in method["card"].items() if key in payers.card_details()}
    card = shared | {
        "amount_authorized": None,
        "authorization_code": None,
        "installments": None,
        "mandate": None,
        "network": "visa",
        "network_token": {"used": False},
        "network_transaction_id": None,
        "three_d_secure": None,
        "transaction_link_id": None,
    }
    return {"card": card, "type": "card"}


def _verdict(type: str, *, network_status: str, reason: str | None = None) -> Object:
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": network_status,
        "reason": reason,
        "seller_message": None,
        "type": type,
    }


def succeed(world: World, charge: Object) -> None:
    """The charge is paid: its movement and fee enter the balance."""
    is_card = charge["payment_method_details"]["type"] == "card"
    tariff = world.tariff
    fee_cents = tariff.debit_fixed_cents
    if is_card:
        fee_cents = (charge["amount"] * tariff.card_bp + 5000) // 10000 + tariff.card_fixed_cents
    movement = balance.record(
        world,
        kind="charge" if is_card else "payment",
        source=charge["id"],
        amount_cents=charge["amount"],
        fee_cents=fee_cents,
        fee_label="Stripe processing fees",
        available_on=world.now() + (tariff.card_available_after_days * DAY if is_card else 0),
        description=charge["description"],
    )
    charge |= {
        "amount_captured": charge["amount"],
        "balance_transaction": movement["id"],
        "captured": True,
        "outcome": _verdict("authorized", network_status="approved_by_network"),
        "paid": True,
        "receipt_url": f"{world.public_url}/receipt/{charge['id']}",
        "status": "succeeded",
    }
    world.store.put("charge", charge)
    world.emit("charge.succeeded", charge)


def fail(world: World, charge: Object, *, code: str, message: str) -> None:
    """The charge is refused, at once or after days: nothing enters the balance."""
    charge |= {
        "amount_captured": 0,
        "captured": False,
        "failure_code": code,
        "failure_message": message,
        "outcome": _verdict("issuer_declined", network_status="declined_by_network", reason=code),
        "status": "failed",
    }
    world.store.put("charge", charge)
    world.emit("charge.failed", charge)


def create_refund(world: World, path: tuple[str, ...], params: Any) -> Object:
    charge = _charge_to_refund(world, params)
    left = charge["amount"] - charge["amount_refunded"]
    asked = params.get("amount", left)
    means = charge["payment_method_details"]["type"]
    if charge["status"] != "succeeded":
        raise refused(f"Charge {charge['id']} has not succeeded and cannot be refunded.", code="charge_not_refundable")
    if any(dispute["status"] != "won" for dispute in world.store.newest_first("dispute", charge=charge["id"])):
        raise refused(f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed")
    if left == 0:
        raise refused(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if asked > left:
        raise refused(
            f"Refund amount (€{asked / 100:.2f}) is greater than unrefunded amount on charge (€{left / 100:.2f})",
            param="amount",
        )
    if means == "sepa_debit" and world.now() - charge["created"] > REFUNDABLE_DAYS_OF_DEBIT * DAY:
        raise refused(f"Charge {charge['id']} is too old to be refunded.", code="charge_exceeds_transaction_limit")
    return _refund(world, charge=charge, cents=asked, means=means, params=params)


def _charge_to_refund(world: World, params: Any) -> Object:
    if bool(params.get("charge")) == bool(params.get("payment_intent")):
        raise StripeError("One of the following params should be provided for this request: payment_intent or charge.")
    if params.get("charge"):
        return world.require("charge", params["charge"], param="charge", status=404)
    intent = world.require("payment_intent", params["payment_intent"], param="payment_intent", status=404)
    if intent["latest_charge"] is None:
        raise refused("This PaymentIntent does not have a successful charge to refund.", param="payment_intent")
    return world.require("charge", intent["latest_charge"])


def _refund(world: World, *, charge: Object, cents: int, means: str, params: Any) -> Object:
    is_card = means == "card"
    refund_id = world.new_id("re" if is_card else "pyr")
    kind = "refund" if is_card else "payment_refund"
    movement = balance.record(world, kind=kind, source=refund_id, amount_cents=-cents)
    fate = params.get("metadata", {}).get("test_outcome") or charge["metadata"].get("test_refund_outcome")
    fate = fate or world.outcome_of(charge["payment_intent"]).get("refund") or "succeeded"
    destination: Object = {"type": means}
    if is_card:
        destination["card"] = {"reference_status": "pending", "reference_type": "acquirer_reference_number"}
        destination["card"]["type"] = "refund"
    refund = world.store.put(
        "refund",
        {
            "id": refund_id,
            "object": "refund",
            "amount": cents,
            "balance_transaction": movement["id"],
            "charge": charge["id"],
            "created": world.now(),
            "currency": "eur",
            "customer": charge["customer"],
            "customer_account": None,
            "destination_details": destination,
            "metadata": params.get("metadata", {}),
            "payment_intent": charge["payment_intent"],
            "payment_method": charge["payment_method"],
            "reason": params.get("reason"),
            "receipt_number": None,
            "source_transfer_reversal": None,
            "status": "succeeded" if is_card else "pending",
            "transfer_reversal": None,
        },
    )
    charge["amount_refunded"] += cents
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    world.store.put("charge", charge)
    world.emit("charge.refunded", charge)
    world.emit("refund.created", refund)
    if fate == "failed":
        at = world.now() + world.tariff.refund_fails_after_days * DAY
        world.schedule(at, "fail_refund", refund_id=refund_id)
    elif not is_card:
        at = world.now() + world.tariff.refund_of_debit_takes_days * DAY
        world.schedule(at, "settle_refund", refund_id=refund_id)
    return refund


def settle_refund(world: World, *, refund_id: str) -> None:
    refund = world.require("refund", refund_id)
    if refund["status"] == "pending":
        refund["status"] = "succeeded"
        world.store.put("refund", refund)
        world.emit("refund.updated", refund)
        world.emit("charge.refund.updated", refund)


def fail_refund(world: World, *, refund_id: str) -> None:
    """The paying means is closed: the money comes back to the platform's balance."""
    refund = world.require("refund", refund_id)
    if refund["status"] in ("failed", "canceled"):
        return
    charge = world.require("charge", refund["charge"])
    is_card = charge["payment_method_details"]["type"] == "card"
    back = balance.record(world, kind="refund_failure", source=refund_id, amount_cents=refund["amount"])
    refund |= {
        "failure_balance_transaction": back["id"],
        "failure_reason": "expired_or_canceled_card" if is_card else "unknown",
        "status": "failed",
    }
    world.store.put("refund", refund)
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    world.store.put("charge", charge)
    world.emit("refund.failed", refund)
    world.emit("charge.refund.updated", refund)


def update_refund(world: World, path: tuple[str, ...], params: Any) -> Object:
    refund = world.require("refund", path[0])
    payers.merge_metadata(refund, params)
    return world.store.put("refund", refund)


REFUND_CREATE = {
    "amount": amount,
    "charge": text,
    "payment_intent": text,
    "metadata": metadata,
    "reason": one_of("duplicate", "fraudulent", "requested_by_customer"),
} | ONE
ROUTES = [
    ("POST", "/v1/refunds", REFUND_CREATE, create_refund),
    ("POST", "/v1/refunds/*", {"metadata": metadata} | ONE, update_refund),
]
RESOURCES = [
    (
        "charge",
        "/v1/charges",
        {"payment_intent": text, "customer": text, "created": time_range, "transfer_group": text},
    ),
    ("refund", "/v1/refunds", {"charge": text, "payment_intent": text, "created": time_range}),
]
ACTIONS = {"settle_refund": settle_refund, "fail_refund": fail_refund}
