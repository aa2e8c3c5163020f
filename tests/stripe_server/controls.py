"""What only tests and demonstrations may ask, under `/_test/`: time, outcomes, webhooks, faults, counts."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import parse_qs

from tests.stripe_server import pages
from tests.stripe_server.api import Answer, Api
from tests.stripe_server.clock import FollowsFile
from tests.stripe_server.errors import StripeError
from tests.stripe_server.objects import balance, charges, checkout, connect, disputes, payers
from tests.stripe_server.outcomes import OUTCOMES, end_debit
from tests.stripe_server.webhooks import Webhooks, manner_from
from tests.stripe_server.world import World


@dataclass
class Fault:
    """Something that goes wrong the next `times` times that a request matches.

    `drop_before` closes the connection and does nothing; `drop_after` does what is asked, then closes the connection
    without an answer; `error_500` answers an error and does nothing; `delay` waits `seconds` before doing anything.
    """

    effect: str
    method: str = "*"
    path: str = "*"
    times: int = 1
    seconds: float = 0.0


EFFECTS = ("drop_before", "drop_after", "error_500", "delay")


class Controls:
    """Answers `/_test/…`: JSON in, JSON out."""

    def __init__(self, world: World, api: Api, webhooks: Webhooks) -> None:
        self.world, self.api, self.webhooks = world, api, webhooks
        self.faults: list[Fault] = []
        self._faults_lock = threading.Lock()
        self.served: dict[tuple[str, str], Callable[[dict[str, Any]], Any]] = {
            ("GET", "clock"): lambda given: {"now": self.world.clock.now()},
            ("POST", "clock"): self.set_clock,
            ("GET", "webhooks"): lambda given: asdict(self.webhooks.manner) | {"waiting": self._waiting()},
            ("POST", "webhooks"): self.set_manner,
            ("POST", "webhooks/flush"): lambda given: {"sent": self.webhooks.flush()},
            ("POST", "webhooks/send"): lambda given: {"sent": self.webhooks.send(given["events"])},
            ("POST", "webhooks/wait"): self.wait,
            ("GET", "webhooks/payload"): self.payload,
            ("GET", "events"): self.events,
            ("GET", "outcomes"): lambda given: {name: plan.label for name, plan in OUTCOMES.items()},
            ("POST", "outcome"): self.outcome,
            ("POST", "dispute"): self.dispute,
            ("POST", "accounts"): self.account,
            ("POST", "fund"): self.fund,
            ("POST", "faults"): self.add_fault,
            ("GET", "requests"): self.requests,
            ("POST", "requests/forget"): lambda given: self.api.asked.clear(),
            ("POST", "reset"): self.reset,
        }

    def respond(self, method: str, path: str, query: str, body: str) -> Answer:
        name = path.removeprefix("/_test/").strip("/")
        handler = self.served.get((method, name))
        if handler is None:
            return _json(404, {"error": f"unknown control: {method} {path}"})
        try:
            given = json.loads(body) if body else {key: values[0] for key, values in parse_qs(query).items()}
            if name == "reset" or name.startswith("webhooks/"):  # waits for the application, which may be asking us
                return _json(200, handler(given))
            with self.world.lock:
                self.world.advance_due()
                result = handler(given)
                self.world.store.commit()
            return _json(200, result)
        except StripeError as refusal:
            return _json(refusal.status, {"error": refusal.message, "code": refusal.code})
        except FollowsFile as refusal:
            return _json(409, {"error": f"the clock follows a file: {refusal}"})
        except (KeyError, ValueError, TypeError) as mistake:
            return _json(400, {"error": f"{type(mistake).__name__}: {mistake}"})

    def set_clock(self, given: dict[str, Any]) -> Any:
        """`{"now": epoch}` or `{"advance_seconds": n}`."""
        shown = given["now"] if "now" in given else self.world.clock.now() + given["advance_seconds"]
        self.world.set_clock(float(shown))
        return {"now": self.world.clock.now()}

    def set_manner(self, given: dict[str, Any]) -> Any:
        self.webhooks.manner = manner_from(given, self.webhooks.manner)
        return asdict(self.webhooks.manner)

    def _waiting(self) -> list[str]:
        return [delivery["event"] for delivery in self.webhooks.waiting()]

    def wait(self, given: dict[str, Any]) -> Any:
        """Wait (real seconds) until nothing is left to send; held events do not count."""
        limit = time.monotonic() + float(given.get("timeout", 10))
        while time.monotonic() < limit:
            with self.world.lock:
                if not self.webhooks.waiting(is_held=False):
                    return {"is_idle": True}
            time.sleep(0.02)
        return {"is_idle": False}

    def payload(self, given: dict[str, Any]) -> Any:
        with self.world.lock:
            payload, signature = self.webhooks.signed(given["event"])
        return {"payload": payload.decode(), "signature": signature}

    def events(self, given: dict[str, Any]) -> Any:
        """The events so far, the first one first: `{"id", "type", "object", "created"}`."""
        found = self.world.store.newest_first("event")[::-1]
        return [
            {
                "id": event["id"],
                "type": event["type"],
                "object": event["data"]["object"]["id"],
                "created": event["created"],
            }
            for event in found
            if given.get("object") in (None, event["data"]["object"]["id"])
        ]

    def outcome(self, given: dict[str, Any]) -> Any:
        """Drive a session (`session`, `outcome`), an authentication (`session`, `authenticate`: bool), the end of a
        debit (`intent`, `end`: cleared or bounced), the fate of refunds (`intent`, `refund`) or of one (`refund_id`,
        `refund`: succeeded or failed)."""
        if "session" in given:
            return self._drive_session(given)
        if "refund_id" in given:
            end = charges.fail_refund if given["refund"] == "failed" else charges.settle_refund
            end(self.world, refund_id=given["refund_id"])
            return self.world.require("refund", given["refund_id"])
        intent = self.world.require("payment_intent", given["intent"])
        if "refund" in given:
            self.world.decide(intent["id"], refund=given["refund"])
        if "end" in given:
            if given["end"] == "bounced" and OUTCOMES[self.world.outcome_of(intent["id"])["outcome"]].then != "bounce":
                self.world.decide(intent["id"], outcome="sepa_insufficient_funds")
            end_debit(self.world, intent_id=intent["id"], is_bounced=given["end"] == "bounced")
        return {"status": intent["status"]}

    def _drive_session(self, given: dict[str, Any]) -> Any:
        session = self.world.require("checkout.session", given["session"])
        if "authenticate" in given:
            pages.authenticate(self.world, session=session, is_authenticated=bool(given["authenticate"]))
        else:
            if session["status"] != "open":
                raise ValueError(f"the session is {session['status']}")
            if given["outcome"] not in OUTCOMES:
                raise ValueError(f"outcome is one of {', '.join(OUTCOMES)}")
            iban = given.get("iban", payers.TEST_IBAN)
            checkout.choose(self.world, session, outcome=given["outcome"], iban=iban)
        if session["mode"] == "setup":
            return {"redirect": checkout.return_address(session), "intent": None, "status": session["status"]}
        return {
            "redirect": pages.next_address(self.world, session),
            "intent": session["payment_intent"],
            "status": session["status"],
        }

    def dispute(self, given: dict[str, Any]) -> Any:
        """Open a dispute now (`intent`), or end one (`dispute`, `is_won`)."""
        if "dispute" in given:
            return disputes.end_dispute(self.world, dispute_id=given["dispute"], is_won=given.get("is_won", False))
        intent = self.world.require("payment_intent", given["intent"])
        return disputes.open_dispute(self.world, charge_id=intent["latest_charge"])

    def account(self, given: dict[str, Any]) -> Any:
        return connect.verify_account(
            self.world, account_id=given["account"], is_verified=given.get("is_verified", True)
        )

    def fund(self, given: dict[str, Any]) -> Any:
        """Add available money to the platform's balance."""
        source = self.world.new_id("tu")
        return balance.record(self.world, kind="topup", source=source, amount_cents=int(given["amount"]))

    def add_fault(self, given: dict[str, Any]) -> Any:
        fault = Fault(**given)
        if fault.effect not in EFFECTS:
            raise ValueError(f"effect is one of {', '.join(EFFECTS)}")
        with self._faults_lock:
            self.faults.append(fault)

    def take_fault(self, method: str, path: str) -> Fault | None:
        with self._faults_lock:
            for fault in self.faults:
                if fault.method in ("*", method) and fnmatchcase(path, fault.path):
                    fault.times -= 1
                    if fault.times <= 0:
                        self.faults.remove(fault)
                    return fault
        return None

    def requests(self, given: dict[str, Any]) -> Any:
        """How many times each thing was asked: `{"method", "path", "key", "status", "is_replay", "count"}`."""
        names = ("method", "path", "key", "status", "is_replay")
        return [
            dict(zip(names, asked, strict=True)) | {"count": count} for asked, count in list(self.api.asked.items())
        ]

    def reset(self, given: dict[str, Any]) -> Any:
        """Forget everything, once the event being sent, if any, has been answered."""
        with self.webhooks.sending, self.world.lock:
            self.world.reset()
            self.webhooks.forget()
            self.api.asked.clear()
        with self._faults_lock:
            self.faults.clear()


def _json(status: int, value: Any) -> Answer:
    return Answer(status, json.dumps(value).encode())
