"""Events told to the application: signed as Stripe signs them, at once or when a test says so, in any order."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from tests.stripe_server.store import Object
from tests.stripe_server.world import World, real_now

RETRY_AFTER_SECONDS = (0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300)
ANSWER_TIMEOUT_SECONDS = 20
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass
class Manner:
    """How events are sent.

    Attributes:
        mode: `immediate`, or `held` until a flush.
        order: `normal`, or `shuffled` (by `seed`) within each batch.
        duplicate: how many more times each event is sent.
        delay: real seconds before the first attempt.
    """

    mode: str = "immediate"
    order: str = "normal"
    duplicate: int = 0
    delay: float = 0.0
    seed: int = 0


def sign(payload: bytes, *, secret: str, at: int) -> str:
    """Return the `Stripe-Signature` header for these bytes sent at this second."""
    signature = hmac.new(secret.encode(), f"{at}.".encode() + payload, hashlib.sha256).hexdigest()
    return f"t={at},v1={signature}"


class Webhooks:
    """Sends every event to one address, with retries, from one thread. Without an address, nothing is sent.

    What waits is kept with the objects, so a server that restarts sends it. `sending` is held during an attempt; it is
    taken before the world's lock, never after.
    """

    def __init__(self, world: World, *, url: str, secret: str) -> None:
        self.world, self.url, self.secret = world, url, secret
        self.manner = Manner()
        self.sending = threading.Lock()
        self._work = threading.Event()
        self._is_stopped = False
        self._thread: threading.Thread | None = None
        world.on_event = self.plan

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._is_stopped = True
        self._work.set()
        if self._thread is not None:
            self._thread.join(timeout=2)

    def plan(self, event: Object) -> None:
        """Queue an event (the caller holds the lock)."""
        if not self.url:
            return
        for copy_number in range(1 + self.manner.duplicate):
            self._queue(event["id"], f"del_{event['id']}_{copy_number}", is_held=self.manner.mode == "held")
        self._work.set()

    def _queue(self, event_id: str, identifier: str, *, is_held: bool) -> None:
        delivery = {"id": identifier, "event": event_id, "attempts": 0, "is_held": is_held}
        self.world.store.put("_delivery", delivery | {"at": real_now() + self.manner.delay, "status": None})

    def signed(self, event_id: str) -> tuple[bytes, str]:
        """Returns: the bytes and the signature header of one event, as they would be sent now."""
        payload = json.dumps(self.world.require("event", event_id), indent=2).encode()
        return payload, sign(payload, secret=self.secret, at=int(self.world.clock.now()))

    def waiting(self, *, is_held: bool | None = None) -> list[Object]:
        """List what is still to be sent, the oldest first."""
        found = self.world.store.newest_first("_delivery")[::-1]
        return [delivery for delivery in found if is_held is None or delivery["is_held"] == is_held]

    def flush(self) -> list[Object]:
        """Send everything that waits, held or not, now and once. Returns: what each was answered.

        What is refused is held again.
        """
        with self.world.lock:
            batch = self._ordered(self.waiting())
            for delivery in batch:
                self.world.store.drop("_delivery", delivery["id"])
        results = []
        for delivery in batch:
            status = self._post(delivery["event"])
            results.append({"event": delivery["event"], "status": status})
            if not 200 <= status < 300:
                with self.world.lock:
                    self._queue(delivery["event"], delivery["id"], is_held=True)
        with self.world.lock:
            self.world.store.commit()
        return results

    def send(self, event_ids: list[str]) -> list[Object]:
        """Send these events now, in this order, whether or not they were sent before."""
        return [{"event": event_id, "status": self._post(event_id)} for event_id in event_ids]

    def forget(self) -> None:
        self.manner = Manner()

    def _ordered(self, batch: list[Object]) -> list[Object]:
        if self.manner.order == "shuffled":
            random.Random(self.manner.seed).shuffle(batch)
        return batch

    def _post(self, event_id: str) -> int:
        """Send one event. Returns: the HTTP status, 0 when nobody answered."""
        with self.world.lock:
            payload, signature = self.signed(event_id)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature,
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }
        request = urllib.request.Request(self.url, data=payload, headers=headers, method="POST")
        try:
            with _opener.open(request, timeout=ANSWER_TIMEOUT_SECONDS) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refusal:
            refusal.close()
            return refusal.code
        except OSError:
            return 0

    def _run(self) -> None:
        while not self._is_stopped:
            delivery = self._next_due()
            if delivery is None:
                self._work.wait(timeout=0.1)
                self._work.clear()
                continue
            with self.sending:
                self._try(delivery)

    def _next_due(self) -> Object | None:
        with self.world.lock:
            due = [one for one in self.waiting(is_held=False) if one["at"] <= real_now()]
            if not due:
                return None
            return self._ordered(due)[0] if self.manner.order == "shuffled" else due[0]

    def _try(self, delivery: Object) -> None:
        if self.world.store.get("_delivery", delivery["id"]) is not delivery:
            return  # forgotten, or taken by a flush, since it was chosen
        status = self._post(delivery["event"])
        with self.world.lock:
            if self.world.store.get("_delivery", delivery["id"]) is None:
                return
            attempts = delivery["attempts"] + 1
            if 200 <= status < 300 or attempts > len(RETRY_AFTER_SECONDS):
                self.world.store.drop("_delivery", delivery["id"])
            else:
                delivery |= {"attempts": attempts, "status": status}
                delivery["at"] = real_now() + RETRY_AFTER_SECONDS[attempts - 1]
                self.world.store.put("_delivery", delivery)
            self.world.store.commit()


def manner_from(values: dict[str, Any], before: Manner) -> Manner:
    """Change the manner by these values. Raises: ValueError."""
    merged = before.__dict__ | values
    if set(merged) != set(before.__dict__):
        raise ValueError(f"unknown: {sorted(set(merged) - set(before.__dict__))}")
    if merged["mode"] not in ("immediate", "held") or merged["order"] not in ("normal", "shuffled"):
        raise ValueError("mode is immediate or held; order is normal or shuffled")
    return Manner(**merged)
