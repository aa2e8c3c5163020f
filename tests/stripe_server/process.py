"""The server in a process of its own, and what tests may ask of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class ControlRefused(RuntimeError):
    """The server refused what the test asked; the message is the server's."""


class StripeServer:
    """Runs the server on a free port, from `start` to `stop` (or as a context manager).

    Attributes:
        url: address of the server, once started.
        secret_key, payout_key, webhook_secret: what the application must be given.
    """

    secret_key = "sk_test_fres0001"
    payout_key = "rk_test_fres0001"

    def __init__(
        self,
        *,
        webhook_url: str = "",
        webhook_secret: str = "whsec_tests",
        state: Path | None = None,
        clock_file: Path | None = None,
        port: int = 0,
    ) -> None:
        self.webhook_secret = webhook_secret
        self._port = port
        self._options = ["--webhook-url", webhook_url, "--webhook-secret", webhook_secret]
        self._options += ["--state", str(state)] if state else []
        self._options += ["--clock-file", str(clock_file)] if clock_file else []
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def start(self) -> StripeServer:
        """Start, and return once it answers. Raises: RuntimeError: it could not start."""
        command = [sys.executable, "-m", "tests.stripe_server", "--port", str(self._port), *self._options]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        first_line = self._process.stdout.readline()
        found = re.search(r"http://\S+", first_line)
        if found is None:
            self.stop()
            raise RuntimeError(f"the Stripe test server did not start: {first_line!r}")
        self.url = found[0]
        self._port = int(self.url.rsplit(":", 1)[1])
        return self

    def stop(self) -> None:
        """Ask it to stop, and wait until it has."""
        if self._process is not None:
            self._process.terminate()
            self._end()

    def kill(self) -> None:
        """Stop it without warning, as a power cut would. `start` starts it again on the same port."""
        if self._process is not None:
            self._process.kill()
            self._end()

    def _end(self) -> None:
        assert self._process is not None
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None

    def __enter__(self) -> StripeServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # time

    def now(self) -> float:
        """The shown time, in seconds since 1970."""
        return float(self._get("clock")["now"])

    def advance(self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> float:
        """Move the clock forwards and fire everything that became due. Returns: the shown time."""
        total = days * 86400 + hours * 3600 + minutes * 60 + seconds
        return float(self._post("clock", advance_seconds=total)["now"])

    def set_time(self, epoch: float) -> float:
        """Show this time from now on. Returns: the shown time."""
        return float(self._post("clock", now=epoch)["now"])

    # payers and banks

    def choose(self, session_id: str, outcome: str, **options: Any) -> dict[str, Any]:
        """Press a button of the hosted page. Returns: `redirect`, `intent`, `status`."""
        answer: dict[str, Any] = self._post("outcome", session=session_id, outcome=outcome, **options)
        return answer

    def authenticate(self, session_id: str, *, is_authenticated: bool = True) -> dict[str, Any]:
        """Answer the bank's 3-D Secure page, after `choose(…, "card_challenge")`."""
        answer: dict[str, Any] = self._post("outcome", session=session_id, authenticate=is_authenticated)
        return answer

    def end_debit(self, intent_id: str, *, is_bounced: bool = False) -> None:
        """The bank answers a debit now, whatever the days left."""
        self._post("outcome", intent=intent_id, end="bounced" if is_bounced else "cleared")

    def make_refunds_fail(self, intent_id: str) -> None:
        """From now on, refunds of this payment come back after some days: the means is closed."""
        self._post("outcome", intent=intent_id, refund="failed")

    def end_refund(self, refund_id: str, *, is_failed: bool = False) -> None:
        """A refund reaches the payer, or comes back, now."""
        self._post("outcome", refund_id=refund_id, refund="failed" if is_failed else "succeeded")

    def dispute(self, intent_id: str) -> dict[str, Any] | None:
        """The payer disputes now. Returns: the dispute; None when nothing can be disputed."""
        answer: dict[str, Any] | None = self._post("dispute", intent=intent_id)
        return answer

    def end_dispute(self, dispute_id: str, *, is_won: bool = False) -> dict[str, Any]:
        answer: dict[str, Any] = self._post("dispute", dispute=dispute_id, is_won=is_won)
        return answer

    def verify_account(self, account_id: str, *, is_verified: bool = True) -> None:
        """The payee's account may receive transfers (or no longer)."""
        self._post("accounts", account=account_id, is_verified=is_verified)

    def fund(self, amount_cents: int) -> None:
        """Add available money to the platform's balance."""
        self._post("fund", amount=amount_cents)

    # webhooks

    def webhook_manner(self, **manner: Any) -> None:
        """Say how events are sent: `mode`, `order`, `duplicate`, `delay`, `seed`."""
        self._post("webhooks", **manner)

    def hold_webhooks(self) -> None:
        """Send nothing until `flush_webhooks`."""
        self.webhook_manner(mode="held")

    def flush_webhooks(self) -> list[dict[str, Any]]:
        """Send everything that waits. Returns: `event` and HTTP `status` (0: nobody answered) of each."""
        sent: list[dict[str, Any]] = self._post("webhooks/flush")["sent"]
        return sent

    def send(self, *event_ids: str) -> list[dict[str, Any]]:
        """Send these events now, in this order, even if they were sent before."""
        sent: list[dict[str, Any]] = self._post("webhooks/send", events=list(event_ids))["sent"]
        return sent

    def wait_delivered(self, *, timeout: float = 10) -> bool:
        """Wait until every event that is not held was answered. Returns: whether it was, in time."""
        return bool(self._post("webhooks/wait", timeout=timeout)["is_idle"])

    def signed(self, event_id: str) -> tuple[bytes, str]:
        """Returns: the bytes and the `Stripe-Signature` header of one event, signed at the shown time."""
        answer = self._get(f"webhooks/payload?event={event_id}")
        return answer["payload"].encode(), answer["signature"]

    def events(self, object_id: str = "") -> list[dict[str, Any]]:
        """List the events so far, the first one first: `id`, `type`, `object` (its id), `created`."""
        found: list[dict[str, Any]] = self._get(f"events?object={object_id}" if object_id else "events")
        return found

    # the server itself

    def fail(self, effect: str, *, method: str = "*", path: str = "*", times: int = 1, seconds: float = 0) -> None:
        """Make the next requests go wrong: `drop_before`, `drop_after`, `error_500`, `delay` (`controls.Fault`)."""
        self._post("faults", effect=effect, method=method, path=path, times=times, seconds=seconds)

    def requests(self) -> list[dict[str, Any]]:
        """Count what was asked: `method`, `path` (pattern), `key`, `status`, `is_replay`, `count`."""
        found: list[dict[str, Any]] = self._get("requests")
        return found

    def executed(self, method: str, path: str) -> int:
        """Count how often something was really done (replays left out)."""
        return sum(
            asked["count"]
            for asked in self.requests()
            if (asked["method"], asked["path"], asked["status"], asked["is_replay"]) == (method, path, 200, False)
        )

    def forget_requests(self) -> None:
        self._post("requests/forget")

    def reset(self) -> None:
        """Forget every object, event, key, fault and count; show real time; send at once."""
        self._post("reset")

    def _get(self, name: str) -> Any:
        return self._ask(urllib.request.Request(f"{self.url}/_test/{name}"))

    def _post(self, name: str, **values: Any) -> Any:
        body = json.dumps(values).encode()
        return self._ask(urllib.request.Request(f"{self.url}/_test/{name}", data=body, method="POST"))

    def _ask(self, request: urllib.request.Request) -> Any:
        try:
            with _opener.open(request, timeout=60) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as refusal:
            with refusal:
                message = json.loads(refusal.read()).get("error")
            raise ControlRefused(message) from None
