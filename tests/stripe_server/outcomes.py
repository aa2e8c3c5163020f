"""What each labelled test outcome does, now and later. All money that enters the server enters here."""

from __future__ import annotations

from dataclasses import dataclass

from tests.stripe_server.objects import charges, payers
from tests.stripe_server.store import Object
from tests.stripe_server.world import DAY, World


@dataclass(frozen=True)
class Outcome:
    """One way that a payment can go.

    Attributes:
        label, hint: what its button says (French), and what will happen.
        then: `succeed`, `decline` or `challenge` for a card; `clear` or `bounce` for a debit.
        code, message: Stripe's failure code and sentence, when it fails.
        is_disputed: the payer disputes the payment weeks after it succeeded.
        refund: `failed` when the means will have been closed before any refund.
    """

    means: str
    label: str
    hint: str
    then: str
    code: str = ""
    message: str = ""
    is_disputed: bool = False
    refund: str = "succeeded"


DECLINED = "Your card was declined."
NOT_AUTHENTICATED = (
    "We are unable to authenticate your payment method. Please choose a different payment method and try again."
)
OUTCOMES = {
    "card_paid": Outcome("card", "Payer", "La banque accepte tout de suite.", "succeed"),
    "card_declined": Outcome(
        "card", "Carte refusée", "La banque refuse, sans dire pourquoi.", "decline", "generic_decline", DECLINED
    ),
    "card_insufficient_funds": Outcome(
        "card",
        "Provision insuffisante",
        "La banque refuse : le compte n’est pas assez approvisionné.",
        "decline",
        "insufficient_funds",
        "Your card has insufficient funds.",
    ),
    "card_challenge": Outcome(
        "card", "Payer avec 3-D Secure", "La banque demande une authentification, page suivante.", "challenge"
    ),
    "card_disputed": Outcome(
        "card",
        "Payé, puis contesté",
        "La banque accepte ; quatre semaines plus tard, le paiement est contesté.",
        "succeed",
        is_disputed=True,
    ),
    "card_refund_fails": Outcome(
        "card",
        "Payé, remboursement impossible",
        "La banque accepte ; la carte sera fermée avant tout remboursement.",
        "succeed",
        refund="failed",
    ),
    "sepa_paid": Outcome("sepa_debit", "Lent, puis payé", "Le prélèvement réussit cinq jours plus tard.", "clear"),
    "sepa_insufficient_funds": Outcome(
        "sepa_debit",
        "Échoue après quelques jours",
        "Trois jours plus tard, la banque rejette : provision insuffisante.",
        "bounce",
        "insufficient_funds",
        "The customer's account has insufficient funds to cover this payment.",
    ),
    "sepa_account_closed": Outcome(
        "sepa_debit",
        "Échoue : compte clos",
        "Trois jours plus tard, la banque rejette : le compte est clos.",
        "bounce",
        "account_closed",
        "The customer's bank account has been closed.",
    ),
    "sepa_mandate_refused": Outcome(
        "sepa_debit",
        "Échoue : mandat refusé",
        "Trois jours plus tard, la banque rejette : prélèvement non autorisé.",
        "bounce",
        "debit_not_authorized",
        "The customer has notified their bank that this payment was unauthorized.",
    ),
    "sepa_disputed": Outcome(
        "sepa_debit",
        "Payé, puis contesté après des semaines",
        "Le prélèvement réussit en cinq jours ; quatre semaines plus tard, il est contesté.",
        "clear",
        is_disputed=True,
    ),
    "sepa_refund_fails": Outcome(
        "sepa_debit",
        "Payé, remboursement impossible",
        "Le prélèvement réussit en cinq jours ; le compte sera clos avant tout remboursement.",
        "clear",
        refund="failed",
    ),
}


def attempt(world: World, *, intent: Object, method: Object, outcome: str) -> None:
    """Try to pay the intent with the method, and leave the intent as the outcome says."""
    plan = OUTCOMES[outcome]
    world.decide(intent["id"], outcome=outcome, refund=plan.refund)
    intent |= {"payment_method": method["id"], "last_payment_error": None, "next_action": None}
    world.store.put("payment_intent", intent)
    if method["type"] == "sepa_debit":
        _start_debit(world, intent=intent, method=method, plan=plan)
    elif plan.then == "challenge":
        url = f"{world.public_url}/authenticate/{intent['id']}"
        action = {"redirect_to_url": {"return_url": None, "url": url}, "type": "redirect_to_url"}
        intent |= {"status": "requires_action", "next_action": action}
        world.emit("payment_intent.requires_action", intent)
    elif plan.then == "decline":
        charge = charges.build_charge(world, intent=intent, method=method, status="failed")
        charges.fail(world, charge, code="card_declined", message=plan.message)
        _intent_fails(world, intent, plan=plan, code="card_declined", charge=charge)
    else:
        _pay_card(world, intent=intent, method=method)


def resolve_challenge(world: World, *, intent: Object, is_authenticated: bool) -> None:
    """The payer came back from the bank's authentication page."""
    method = world.require("payment_method", intent["payment_method"])
    intent["next_action"] = None
    if is_authenticated:
        _pay_card(world, intent=intent, method=method)
    else:
        plan = Outcome("card", "", "", "decline", message=NOT_AUTHENTICATED)
        _intent_fails(world, intent, plan=plan, code="payment_intent_authentication_failure", charge=None)


def _pay_card(world: World, *, intent: Object, method: Object) -> None:
    charge = charges.build_charge(world, intent=intent, method=method, status="succeeded")
    charges.succeed(world, charge)
    _intent_succeeds(world, intent, charge)


def _start_debit(world: World, *, intent: Object, method: Object, plan: Outcome) -> None:
    mandate = payers.build_mandate(world, method=method)
    charges.build_charge(world, intent=intent, method=method, status="pending", mandate=mandate)
    intent["status"] = "processing"
    world.emit("payment_intent.processing", intent)
    is_bounced = plan.then == "bounce"
    days = world.tariff.debit_fails_after_days if is_bounced else world.tariff.debit_clears_after_days
    world.schedule(world.now() + days * DAY, "end_debit", intent_id=intent["id"], is_bounced=is_bounced)


def end_debit(world: World, *, intent_id: str, is_bounced: bool) -> None:
    """The bank's answer to a debit, days later."""
    intent = world.require("payment_intent", intent_id)
    if intent["status"] != "processing":
        return
    charge = world.require("charge", intent["latest_charge"])
    if is_bounced:
        plan = OUTCOMES[world.outcome_of(intent_id)["outcome"]]
        charges.fail(world, charge, code=plan.code, message=plan.message)
        if plan.code != "insufficient_funds":
            _close_mandate(world, charge)
        _intent_fails(world, intent, plan=plan, code=plan.code, charge=charge)
    else:
        charges.succeed(world, charge)
        _intent_succeeds(world, intent, charge)
    for session in world.store.newest_first("checkout.session", payment_intent=intent_id):
        if not is_bounced:
            session["payment_status"] = "paid"
            world.store.put("checkout.session", session)
        world.emit(f"checkout.session.async_payment_{'failed' if is_bounced else 'succeeded'}", session)


def _close_mandate(world: World, charge: Object) -> None:
    mandate = world.require("mandate", charge["payment_method_details"]["sepa_debit"]["mandate"])
    mandate["status"] = "inactive"
    world.store.put("mandate", mandate)
    world.emit("mandate.updated", mandate)


def _intent_succeeds(world: World, intent: Object, charge: Object) -> None:
    intent |= {"status": "succeeded", "amount_received": intent["amount"], "last_payment_error": None}
    world.store.put("payment_intent", intent)
    world.emit("payment_intent.succeeded", intent)
    if OUTCOMES[world.outcome_of(intent["id"])["outcome"]].is_disputed:
        at = world.now() + world.tariff.dispute_after_days * DAY
        world.schedule(at, "open_dispute", charge_id=charge["id"])


def _intent_fails(world: World, intent: Object, *, plan: Outcome, code: str, charge: Object | None) -> None:
    method = world.require("payment_method", intent["payment_method"])
    error: Object = {"code": code, "message": plan.message, "payment_method": dict(method)}
    error["payment_method_type"] = method["type"]
    if charge is not None:
        error["charge"] = charge["id"]
        if method["type"] == "card":
            error["decline_code"] = plan.code
    error["type"] = "invalid_request_error" if charge is None else "card_error"
    intent |= {"status": "requires_payment_method", "payment_method": None, "last_payment_error": error}
    world.store.put("payment_intent", intent)
    world.emit("payment_intent.payment_failed", intent)


ACTIONS = {"end_debit": end_debit}
