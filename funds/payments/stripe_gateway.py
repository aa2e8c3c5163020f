"""The payment provider is Stripe. No other module of the platform imports `stripe`.

Source: Stripe's API in the version that the installed SDK pins; see also its notes on idempotent requests
(https://docs.stripe.com/api/idempotent_requests, read on 2026-11-24).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import stripe
from django.conf import settings

from funds.payments.gateway import (
    EVENT_TOLERANCE,
    Balance,
    CheckoutOpened,
    DisputeOutcome,
    DisputeStatus,
    EventObject,
    FailureCode,
    ForgedEvent,
    Gateway,
    GatewayRefused,
    GatewayUnreachable,
    Means,
    MeansDetails,
    PayeeAccount,
    PaymentOutcome,
    PaymentStatus,
    ProviderEvent,
    RefundOutcome,
    RefundStatus,
    RefusalCode,
    StaleEvent,
    TransferOutcome,
    WrongMode,
)

API_VERSION = stripe.api_version
CONNECT_SECONDS, READ_SECONDS = 5, 25
NETWORK_RETRIES = 2
PAGE = 100

_REFUSALS = {
    "amount_too_large": RefusalCode.AMOUNT_OUT_OF_RANGE,
    "amount_too_small": RefusalCode.AMOUNT_OUT_OF_RANGE,
    "balance_insufficient": RefusalCode.BALANCE_INSUFFICIENT,
    "charge_already_refunded": RefusalCode.REFUND_TOO_LARGE,
    "charge_disputed": RefusalCode.DISPUTED,
    "insufficient_capabilities_for_transfer": RefusalCode.PAYEE_NOT_READY,
    "insufficient_funds": RefusalCode.BALANCE_INSUFFICIENT,
    "resource_missing": RefusalCode.NOT_FOUND,
}
_FAILURES = {
    "account_closed": FailureCode.ACCOUNT_CLOSED,
    "authentication_required": FailureCode.AUTHENTICATION_FAILED,
    "bank_account_restricted": FailureCode.ACCOUNT_CLOSED,
    "card_declined": FailureCode.CARD_DECLINED,
    "debit_not_authorized": FailureCode.MANDATE_REFUSED,
    "expired_card": FailureCode.ACCOUNT_CLOSED,
    "expired_or_canceled_card": FailureCode.ACCOUNT_CLOSED,
    "generic_decline": FailureCode.CARD_DECLINED,
    "insufficient_funds": FailureCode.INSUFFICIENT_FUNDS,
    "lost_or_stolen_card": FailureCode.ACCOUNT_CLOSED,
    "no_account": FailureCode.ACCOUNT_CLOSED,
    "payment_intent_authentication_failure": FailureCode.AUTHENTICATION_FAILED,
}
_DISPUTES = {
    "lost": DisputeStatus.LOST,
    "won": DisputeStatus.WON,
    "warning_closed": DisputeStatus.WON,
    "prevented": DisputeStatus.WON,
}
_REFUNDS = {
    "succeeded": RefundStatus.SUCCEEDED,
    "failed": RefundStatus.FAILED,
    "canceled": RefundStatus.FAILED,
}
_EVENT_OBJECTS = {
    "checkout.session": EventObject.CHECKOUT,
    "payment_intent": EventObject.PAYMENT,
    "charge": EventObject.PAYMENT,
    "refund": EventObject.REFUND,
    "dispute": EventObject.DISPUTE,
    "account": EventObject.PAYEE_ACCOUNT,
    "transfer": EventObject.TRANSFER,
}


@contextmanager
def _translated(amount_code: RefusalCode = RefusalCode.AMOUNT_OUT_OF_RANGE) -> Iterator[None]:
    """Raise the port's errors instead of the SDK's.

    Args: amount_code: what a refusal of the amount means, when Stripe gives it no code.
    """
    try:
        yield
    except (stripe.AuthenticationError, stripe.PermissionError) as refusal:
        raise GatewayRefused(RefusalCode.NOT_ALLOWED, str(refusal)) from refusal
    except stripe.IdempotencyError as refusal:
        raise GatewayRefused(RefusalCode.KEY_REUSED, str(refusal)) from refusal
    except (stripe.InvalidRequestError, stripe.CardError) as refusal:
        default = amount_code if getattr(refusal, "param", None) == "amount" else RefusalCode.INVALID
        code = _REFUSALS.get(refusal.code or "", default)
        raise GatewayRefused(code, str(refusal)) from refusal
    except stripe.StripeError as trouble:  # no answer, too many requests, an error or a conflict on their side
        raise GatewayUnreachable(str(trouble)) from trouble


class StripeGateway:
    """Speaks to Stripe, or to the Stripe test server, through the official SDK.

    Args:
        secret_key: full, or restricted to transfers for the payout worker.
        webhook_secret: proves that an event comes from Stripe; empty refuses all events.
        api_base: address of the test server; None is Stripe itself.
        live: real money. An event of the other mode is refused.
    """

    def __init__(self, *, secret_key: str, webhook_secret: str, api_base: str | None = None, live: bool) -> None:
        self.live = live
        self._webhook_secret = webhook_secret
        http_client = stripe.RequestsClient(timeout=(CONNECT_SECONDS, READ_SECONDS), **_proxies(api_base))
        self._client = stripe.StripeClient(
            secret_key,
            stripe_version=API_VERSION,
            base_addresses={"api": api_base} if api_base else {},
            max_network_retries=NETWORK_RETRIES,
            http_client=http_client,
        )

    # payments

    def open_checkout(
        self,
        *,
        key: str,
        amount_cents: int,
        description: str,
        means: tuple[str, ...] = (Means.CARD, Means.SEPA_DEBIT),
        success_url: str,
        cancel_url: str,
        payer_email: str,
        reference: str,
        expires_at: datetime,
    ) -> CheckoutOpened:
        price = {"currency": "eur", "unit_amount": amount_cents, "product_data": {"name": description}}
        params: Any = {
            "mode": "payment",
            "line_items": [{"price_data": price, "quantity": 1}],
            "allowed_payment_method_types": [str(one) for one in means],
            "success_url": success_url,
            "cancel_url": cancel_url,
            "customer_email": payer_email,
            "client_reference_id": reference,
            "expires_at": int(expires_at.timestamp()),
            "locale": "fr",
            "metadata": {"reference": reference},
            "payment_intent_data": {
                "description": description,
                "metadata": {"reference": reference},
                "transfer_group": reference,
            },
        }
        with _translated():
            session = self._client.v1.checkout.sessions.create(params, {"idempotency_key": key})
        return CheckoutOpened(checkout_id=session.id, url=session.url or "", expires_at=_moment(session.expires_at))

    def read_checkout(self, *, checkout_id: str) -> PaymentOutcome:
        with _translated():
            session = self._client.v1.checkout.sessions.retrieve(checkout_id, {"expand": _expanded("payment_intent")})
            return self._outcome(session.to_dict(), with_mandate=True)

    def expire_checkout(self, *, checkout_id: str) -> PaymentOutcome:
        try:
            with _translated():
                self._client.v1.checkout.sessions.expire(checkout_id)
        except GatewayRefused as refusal:
            if refusal.code is not RefusalCode.INVALID:
                raise
            # not open any more: reading it says what it became
        return self.read_checkout(checkout_id=checkout_id)

    def read_payment(self, *, intent_id: str) -> PaymentOutcome:
        params: Any = {"payment_intent": intent_id, "limit": 1, "expand": _expanded("data.payment_intent")}
        with _translated():
            sessions = self._client.v1.checkout.sessions.list(params).data
            if sessions:
                return self._outcome(sessions[0].to_dict(), with_mandate=True)
            intent = self._client.v1.payment_intents.retrieve(intent_id, {"expand": _expanded("")})
            return self._outcome({"payment_intent": intent.to_dict()}, with_mandate=True)

    def find_payments(self, *, since: datetime, until: datetime) -> Iterator[PaymentOutcome]:
        created = {"gte": int(since.timestamp()), "lt": int(until.timestamp())}
        params: Any = {"created": created, "limit": PAGE, "expand": _expanded("data.payment_intent")}
        with _translated():
            for session in self._client.v1.checkout.sessions.list(params).auto_paging_iter():
                yield self._outcome(session.to_dict(), with_mandate=False)

    def find_checkout_by_reference(self, *, reference: str, since: datetime, until: datetime) -> PaymentOutcome | None:
        created = {"gte": int(since.timestamp()), "lt": int(until.timestamp())}
        params: Any = {"created": created, "limit": PAGE}
        with _translated():
            for session in self._client.v1.checkout.sessions.list(params).auto_paging_iter():
                if session.client_reference_id == reference:
                    return self.read_checkout(checkout_id=session.id)
        return None

    # refunds and disputes

    def refund(self, *, key: str, intent_id: str, amount_cents: int, reference: str) -> RefundOutcome:
        params: Any = {
            "payment_intent": intent_id,
            "amount": amount_cents,
            "reason": "requested_by_customer",
            "metadata": {"reference": reference},
        }
        with _translated(amount_code=RefusalCode.REFUND_TOO_LARGE):
            return _refund_outcome(self._client.v1.refunds.create(params, {"idempotency_key": key}).to_dict())

    def read_refund(self, *, refund_id: str) -> RefundOutcome:
        with _translated():
            return _refund_outcome(self._client.v1.refunds.retrieve(refund_id).to_dict())

    def find_refund(self, *, intent_id: str, reference: str) -> RefundOutcome | None:
        with _translated():
            refunds = self._client.v1.refunds.list({"payment_intent": intent_id, "limit": PAGE})
            for refund in refunds.auto_paging_iter():
                outcome = _refund_outcome(refund.to_dict())
                if outcome.reference == reference:
                    return outcome
        return None

    def read_dispute(self, *, dispute_id: str) -> DisputeOutcome:
        with _translated():
            return _dispute_outcome(self._client.v1.disputes.retrieve(dispute_id).to_dict())

    def find_disputes(self, *, since: datetime, until: datetime) -> Iterator[DisputeOutcome]:
        params: Any = {"created": {"gte": int(since.timestamp()), "lt": int(until.timestamp())}, "limit": PAGE}
        with _translated():
            for dispute in self._client.v1.disputes.list(params).auto_paging_iter():
                yield _dispute_outcome(dispute.to_dict())

    # payees

    def open_payee_account(self, *, key: str, legal_name: str, email: str, siren: str) -> PayeeAccount:
        params: Any = {
            "country": "FR",
            "email": email,
            "business_type": "company",
            "company": {"name": legal_name, "tax_id": siren},
            "capabilities": {"transfers": {"requested": True}},
            "controller": {
                "fees": {"payer": "application"},
                "losses": {"payments": "application"},
                "requirement_collection": "stripe",
                "stripe_dashboard": {"type": "express"},
            },
            "metadata": {"siren": siren},
        }
        with _translated():
            return _payee(self._client.v1.accounts.create(params, {"idempotency_key": key}).to_dict())

    def onboard_payee(self, *, account_id: str, return_url: str, refresh_url: str) -> str:
        params: Any = {"account": account_id, "return_url": return_url, "refresh_url": refresh_url}
        with _translated():
            return self._client.v1.account_links.create(params | {"type": "account_onboarding"}).url

    def read_payee_account(self, *, account_id: str) -> PayeeAccount:
        with _translated():
            return _payee(self._client.v1.accounts.retrieve(account_id).to_dict())

    def transfer(self, *, key: str, account_id: str, amount_cents: int, reference: str) -> TransferOutcome:
        params: Any = {
            "amount": amount_cents,
            "currency": "eur",
            "destination": account_id,
            "transfer_group": reference,
            "metadata": {"reference": reference},
        }
        with _translated():
            return _transfer_outcome(self._client.v1.transfers.create(params, {"idempotency_key": key}).to_dict())

    def reverse_transfer(self, *, key: str, transfer_id: str, amount_cents: int) -> TransferOutcome:
        with _translated():
            self._client.v1.transfers.reversals.create(transfer_id, {"amount": amount_cents}, {"idempotency_key": key})
            return _transfer_outcome(self._client.v1.transfers.retrieve(transfer_id).to_dict())

    def find_transfer(self, *, reference: str) -> TransferOutcome | None:
        with _translated():
            found = self._client.v1.transfers.list({"transfer_group": reference, "limit": 1}).data
        return _transfer_outcome(found[0].to_dict()) if found else None

    def read_balance(self) -> Balance:
        with _translated():
            balance = self._client.v1.balance.retrieve()
        return Balance(
            available_cents=sum(part.amount for part in balance.available if part.currency == "eur"),
            pending_cents=sum(part.amount for part in balance.pending if part.currency == "eur"),
        )

    # events

    def parse_event(self, *, payload: bytes, signature: str, now: datetime) -> ProviderEvent:
        try:
            stripe.WebhookSignature.verify_header(payload, signature, self._webhook_secret)
            event = json.loads(payload)
            signed_at = int(re.findall(r"(?:^|,)t=(\d+)", signature)[0])
            about = event["data"]["object"]
            kind = _EVENT_OBJECTS.get(about["object"], EventObject.OTHER)
            object_id = about.get("payment_intent") if about["object"] == "charge" else about.get("id")
            parsed = ProviderEvent(
                event_id=str(event["id"]),
                kind=str(event["type"]),
                object_kind=kind if object_id else EventObject.OTHER,
                object_id=object_id if kind is not EventObject.OTHER else None,
                is_live=bool(event["livemode"]),
                created_at=_moment(event["created"]),
            )
        except stripe.SignatureVerificationError as refusal:
            raise ForgedEvent("signature") from refusal
        except (ValueError, KeyError, TypeError, IndexError, AttributeError) as mistake:
            raise ForgedEvent("content") from mistake
        if abs(now.timestamp() - signed_at) > EVENT_TOLERANCE.total_seconds():
            raise StaleEvent(parsed.event_id)
        if parsed.is_live != self.live:
            raise WrongMode(parsed.event_id)
        return parsed

    # reading

    def _outcome(self, session: dict[str, Any], *, with_mandate: bool) -> PaymentOutcome:
        """Read a session whose intent, charge and balance transaction are in place (an intent alone will do)."""
        intent: dict[str, Any] = session.get("payment_intent") or {}
        charge: dict[str, Any] = intent.get("latest_charge") or {}
        movement: dict[str, Any] = charge.get("balance_transaction") or {}
        status = _status(session, intent)
        is_debit = (charge.get("payment_method_details") or {}).get("type") == Means.SEPA_DEBIT
        cleared_at = None
        if status is PaymentStatus.CLEARED and (not is_debit or movement.get("created", 0) > charge["created"]):
            cleared_at = _moment(max(charge["created"], movement.get("created", 0)))
        disputes = self._disputes(intent["id"]) if charge.get("disputed") else ()
        return PaymentOutcome(
            status=status,
            checkout_id=session.get("id"),
            intent_id=intent.get("id"),
            charge_id=charge.get("id"),
            means=_means(charge),
            amount_cents=intent.get("amount") or session.get("amount_total") or 0,
            fee_cents=movement.get("fee", 0) if status is PaymentStatus.CLEARED else 0,
            cleared_at=cleared_at,
            processing_since=_moment(charge["created"]) if is_debit else None,
            failure_code=_failure(intent.get("last_payment_error")),
            refunded_cents=charge.get("amount_refunded", 0),
            disputes=disputes,
            reference=session.get("client_reference_id") or (intent.get("metadata") or {}).get("reference", ""),
            means_details=self._means_details(charge, with_mandate=with_mandate),
        )

    def _disputes(self, intent_id: str) -> tuple[DisputeOutcome, ...]:
        found = self._client.v1.disputes.list({"payment_intent": intent_id, "limit": PAGE}).data
        return tuple(sorted((_dispute_outcome(one.to_dict()) for one in found), key=lambda one: one.opened_at))

    def _means_details(self, charge: dict[str, Any], *, with_mandate: bool) -> MeansDetails:
        details = charge.get("payment_method_details") or {}
        of_means = details.get(details.get("type", "")) or {}
        reference = ""
        if with_mandate and details.get("type") == Means.SEPA_DEBIT and of_means.get("mandate"):
            mandate = self._client.v1.mandates.retrieve(of_means["mandate"]).to_dict()
            reference = mandate["payment_method_details"]["sepa_debit"]["reference"]
        return MeansDetails(last_figures=of_means.get("last4") or "", mandate_reference=reference)


def _proxies(api_base: str | None) -> dict[str, Any]:
    """Reach a server of this machine directly, whatever proxy the environment names."""
    host = urlsplit(api_base or "").hostname
    return {"proxy": {"http": "", "https": ""}} if host in ("127.0.0.1", "localhost", "::1") else {}


def _expanded(intent_path: str) -> list[str]:
    prefix = f"{intent_path}." if intent_path else ""
    return [f"{prefix}latest_charge.balance_transaction"]


def _moment(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)


def _status(session: dict[str, Any], intent: dict[str, Any]) -> PaymentStatus:
    match intent.get("status"):
        case "succeeded":
            return PaymentStatus.CLEARED
        case "processing":
            return PaymentStatus.PROCESSING
    match session.get("status"):
        case "open":
            return PaymentStatus.OPEN
        case "expired":
            return PaymentStatus.EXPIRED
    return PaymentStatus.FAILED


def _means(charge: dict[str, Any]) -> Means | None:
    kind = (charge.get("payment_method_details") or {}).get("type")
    return Means(kind) if kind in (Means.CARD, Means.SEPA_DEBIT) else None


def _failure(error: dict[str, Any] | None) -> FailureCode | None:
    if not error:
        return None
    for code in (error.get("decline_code"), error.get("code")):
        if code in _FAILURES:
            return _FAILURES[code]
    return FailureCode.UNKNOWN


def _refund_outcome(refund: dict[str, Any]) -> RefundOutcome:
    status = _REFUNDS.get(refund["status"], RefundStatus.PENDING)
    reason = refund.get("failure_reason")
    return RefundOutcome(
        refund_id=refund["id"],
        intent_id=refund["payment_intent"] or "",
        status=status,
        amount_cents=refund["amount"],
        reference=(refund.get("metadata") or {}).get("reference", ""),
        created_at=_moment(refund["created"]),
        failure_code=_FAILURES.get(reason or "", FailureCode.UNKNOWN) if status is RefundStatus.FAILED else None,
    )


def _dispute_outcome(dispute: dict[str, Any]) -> DisputeOutcome:
    movements = dispute["balance_transactions"]
    return DisputeOutcome(
        dispute_id=dispute["id"],
        intent_id=dispute.get("payment_intent"),
        status=_DISPUTES.get(dispute["status"], DisputeStatus.OPEN),
        amount_cents=dispute["amount"],
        fee_cents=sum(movement["fee"] for movement in movements),
        withdrawn=sum(movement["amount"] for movement in movements) < 0,
        opened_at=_moment(dispute["created"]),
    )


def _payee(account: dict[str, Any]) -> PayeeAccount:
    is_active = (account.get("capabilities") or {}).get("transfers") == "active"
    return PayeeAccount(account_id=account["id"], can_receive=is_active)


def _transfer_outcome(transfer: dict[str, Any]) -> TransferOutcome:
    return TransferOutcome(
        transfer_id=transfer["id"],
        account_id=transfer["destination"],
        amount_cents=transfer["amount"],
        reversed_cents=transfer["amount_reversed"],
        reference=(transfer.get("metadata") or {}).get("reference", ""),
        sent_at=_moment(transfer["created"]),
    )


def is_live_key(secret_key: str) -> bool:
    """Tell whether a key moves real money."""
    return secret_key.startswith(("sk_live", "rk_live"))


def gateway_from_settings() -> Gateway:
    """Return the gateway of the web process and of its jobs: everything but transfers is done with this key."""
    return _gateway(settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET, settings.STRIPE_API_BASE)


def payout_gateway_from_settings() -> Gateway:
    """Return the gateway of the payout worker, whose key may transfer and read, and nothing else."""
    return _gateway(settings.STRIPE_PAYOUT_KEY, "", settings.STRIPE_API_BASE)


@lru_cache(maxsize=8)
def _gateway(secret_key: str, webhook_secret: str, api_base: str) -> Gateway:
    return StripeGateway(
        secret_key=secret_key, webhook_secret=webhook_secret, api_base=api_base or None, live=is_live_key(secret_key)
    )
