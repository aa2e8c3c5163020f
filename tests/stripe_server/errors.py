"""Refusals, shaped as Stripe shapes them."""

from __future__ import annotations

from typing import Any


class StripeError(Exception):
    """An answer of the API that is not a success.

    Args:
        status: the HTTP status.
        is_recorded: the request had begun to execute, so its idempotency key remembers this answer. A refusal of the
            parameters is not recorded: the same key may be used again once they are right.
        details: other members of the `error` object (`charge`, `payment_intent`, `decline_code`…).
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        type: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        is_recorded: bool = False,
        **details: Any,
    ) -> None:
        super().__init__(message)
        self.message, self.status, self.type, self.code, self.param = message, status, type, code, param
        self.is_recorded = is_recorded
        self.details = details

    def body(self, request_id: str) -> dict[str, Any]:
        error: dict[str, Any] = {}
        if self.code:
            error["code"] = self.code
            error["doc_url"] = f"https://stripe.com/docs/error-codes/{self.code.replace('_', '-')}"
        error["message"] = self.message
        if self.param:
            error["param"] = self.param
        error["request_log_url"] = f"https://dashboard.stripe.com/test/logs/{request_id}"
        error["type"] = self.type
        return {"error": error | self.details}


def missing(kind: str, identifier: str, *, param: str = "id", status: int = 404) -> StripeError:
    """No object of this kind has this id (404 in the address, 400 in a parameter)."""
    label = kind.replace("checkout.session", "checkout session")
    return StripeError(f"No such {label}: '{identifier}'", status=status, code="resource_missing", param=param)


def unknown_parameter(name: str) -> StripeError:
    return StripeError(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)


def missing_parameter(name: str) -> StripeError:
    return StripeError(f"Missing required param: {name}.", code="parameter_missing", param=name)


def refused(message: str, *, code: str | None = None, param: str | None = None, **details: Any) -> StripeError:
    """Refuse what was well formed but cannot be done: the idempotency key remembers this answer."""
    return StripeError(message, code=code, param=param, is_recorded=True, **details)
