"""Disputes: the payer's bank takes the money back, weeks after the payment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.stripe_server.errors import refused
from tests.stripe_server.forms import ONE, anything, boolean, metadata, text, time_range
from tests.stripe_server.objects import balance, payers
from tests.stripe_server.store import Object
from tests.stripe_server.world import DAY, World

DAYS_TO_ANSWER = 14
NO_EVIDENCE: Object = dict.fromkeys(
    (
        "access_activity_log",
        "billing_address",
        "cancellation_policy",
        "cancellation_policy_disclosure",
        "cancellation_rebuttal",
        "customer_communication",
        "customer_email_address",
        "customer_name",
        "customer_purchase_ip",
        "customer_signature",
        "duplicate_charge_documentation",
        "duplicate_charge_explanation",
        "duplicate_charge_id",
        "product_description",
        "receipt",
        "refund_policy",
        "refund_policy_disclosure",
        "refund_refusal_explanation",
        "service_date",
        "service_documentation",
        "shipping_address",
        "shipping_carrier",
        "shipping_date",
        "shipping_documentation",
        "shipping_tracking_number",
        "uncategorized_file",
        "uncategorized_text",
    )
)


def open_dispute(world: World, *, charge_id: str) -> Object | None:
    """The payer disputes the charge: funds and a fee are withdrawn at once.

    A card dispute concerns what was not refunded and awaits an answer. The dispute of a SEPA debit takes the whole
    debit back, even one already refunded, and is lost as soon as it is opened: banks hear no contest.

    Returns: None when the charge is already disputed, or when nothing of a card charge is left to dispute.
    """
    charge = world.require("charge", charge_id)
    is_card = charge["payment_method_details"]["type"] == "card"
    cents = charge["amount"] - charge["amount_refunded"] if is_card else charge["amount"]
    if charge["disputed"] or cents == 0 or charge["status"] != "succeeded":
        return None
    tariff = world.tariff
    dispute_id = world.new_id("du")
    withdrawal = balance.record(
        world,
        kind="adjustment",
        source=dispute_id,
        amount_cents=-cents,
        fee_cents=tariff.card_dispute_cents if is_card else tariff.debit_dispute_cents,
        fee_label="Dispute fee",
        description=f"Chargeback withdrawal for {charge_id}",
    )
    due_by = world.now() + DAYS_TO_ANSWER * DAY
    card_facts: Object = {"brand": "visa", "case_type": "chargeback", "network_reason_code": "13.1"}
    dispute = world.store.put(
        "dispute",
        {
            "id": dispute_id,
            "object": "dispute",
            "amount": cents,
            "balance_transactions": [dict(withdrawal)],
            "charge": charge_id,
            "created": world.now(),
            "currency": "eur",
            "enhanced_eligibility_types": [],
            "evidence": NO_EVIDENCE | {"enhanced_evidence": {}},
            "evidence_details": {
                "due_by": due_by if is_card else None,
                "enhanced_eligibility": {},
                "has_evidence": False,
                "past_due": False,
                "submission_count": 0,
                "submission_method": "not_submitted",
            },
            "is_charge_refundable": False,
            "livemode": False,
            "metadata": {},
            "payment_intent": charge["payment_intent"],
            "payment_method_details": {"card": card_facts | {"network": "visa"}, "type": "card"} if is_card else None,
            "reason": "product_not_received" if is_card else "general",
            "status": "needs_response" if is_card else "lost",
        },
    )
    charge["disputed"] = True
    world.store.put("charge", charge)
    world.emit("charge.dispute.created", dispute)
    world.emit("charge.dispute.funds_withdrawn", dispute)
    if is_card:
        world.schedule(due_by, "lapse_dispute", dispute_id=dispute_id)
    else:
        world.emit("charge.dispute.closed", dispute)
    return dispute


def lapse_dispute(world: World, *, dispute_id: str) -> None:
    """Nobody answered in time: the dispute is lost."""
    if world.require("dispute", dispute_id)["status"] == "needs_response":
        end_dispute(world, dispute_id=dispute_id, is_won=False)


def end_dispute(world: World, *, dispute_id: str, is_won: bool) -> Object:
    """The card network decides. A dispute that is won gives back the amount and the fee."""
    dispute = world.require("dispute", dispute_id)
    if dispute["status"] not in ("needs_response", "under_review"):
        raise refused("This dispute is already closed", code="dispute_already_closed")
    dispute["status"] = "won" if is_won else "lost"
    if is_won:
        fee_cents = dispute["balance_transactions"][0]["fee"]
        back = balance.record(
            world,
            kind="adjustment",
            category="dispute_reversal",
            source=dispute_id,
            amount_cents=dispute["amount"],
            fee_cents=-fee_cents,
            fee_label="Dispute fee refund",
            description=f"Chargeback reversal for {dispute['charge']}",
        )
        dispute["balance_transactions"].append(dict(back))
        world.emit("charge.dispute.funds_reinstated", dispute)
    world.store.put("dispute", dispute)
    world.emit("charge.dispute.closed", dispute)
    return dispute


def close_dispute(world: World, path: tuple[str, ...], params: Any) -> Object:
    """The platform gives up: the dispute is lost."""
    world.require("dispute", path[0])
    return end_dispute(world, dispute_id=path[0], is_won=False)


def update_dispute(world: World, path: tuple[str, ...], params: Any) -> Object:
    dispute = world.require("dispute", path[0])
    payers.merge_metadata(dispute, params)
    if "evidence" in params:
        if dispute["status"] != "needs_response":
            raise refused("This dispute cannot be contested.", code="dispute_not_contestable", param="evidence")
        dispute["evidence"] |= params["evidence"]
        dispute["evidence_details"]["has_evidence"] = True
    if params.get("submit") and dispute["evidence_details"]["has_evidence"]:
        dispute["status"] = "under_review"
        dispute["evidence_details"] |= {"submission_count": 1, "submission_method": "manual"}
    world.emit("charge.dispute.updated", dispute)
    return world.store.put("dispute", dispute)


EVIDENCE = dict.fromkeys(NO_EVIDENCE, anything)
ROUTES = [
    ("POST", "/v1/disputes/*", {"evidence": EVIDENCE, "metadata": metadata, "submit": boolean} | ONE, update_dispute),
    ("POST", "/v1/disputes/*/close", ONE, close_dispute),
]
RESOURCES = [
    ("dispute", "/v1/disputes", {"charge": text, "payment_intent": text, "created": time_range}),
]


def _open_due(world: World, *, charge_id: str) -> None:
    open_dispute(world, charge_id=charge_id)


ACTIONS: dict[str, Callable[..., None]] = {"open_dispute": _open_due, "lapse_dispute": lapse_dispute}
