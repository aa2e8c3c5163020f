"""What the server knows: its objects, its time, what is due later, and the events that it must tell."""

from __future__ import annotations

import copy
import heapq
import secrets
import string
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.stripe_server import API_VERSION
from tests.stripe_server.clock import Clock
from tests.stripe_server.errors import missing
from tests.stripe_server.store import Object, Store

DAY = 24 * 3600
_ALPHABET = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Tariff:
    """What this Stripe charges, and how long its banks take. Cents, basis points and whole days."""

    card_bp: int = 150
    card_fixed_cents: int = 25
    debit_fixed_cents: int = 35
    card_dispute_cents: int = 2000
    debit_dispute_cents: int = 750
    card_available_after_days: int = 3
    debit_clears_after_days: int = 5
    debit_fails_after_days: int = 3
    dispute_after_days: int = 28
    refund_of_debit_takes_days: int = 4
    refund_fails_after_days: int = 3
    payout_takes_days: int = 2
    key_remembered_days: int = 1


class World:
    """The state of one server. Every access holds `lock`; `advance_due` fires what has become due, in order of time."""

    def __init__(self, *, clock: Clock | None = None, state: Path | None = None, public_url: str = "") -> None:
        self.lock = threading.RLock()
        self.clock = clock or Clock()
        self.store = Store(state)
        self.tariff = Tariff()
        self.public_url = public_url
        self.actions: dict[str, Callable[..., None]] = {}
        self.on_event: Callable[[Object], None] = lambda event: None
        self.current_request: Object = {"id": None, "idempotency_key": None}
        self._fired_at: int | None = None
        self._agenda: list[tuple[int, int, str]] = []
        self._last_rank = 0
        self._load()

    def _load(self) -> None:
        anchor = self.store.get("_clock", "clock")
        if anchor and self.clock.path is None:
            self.clock.real, self.clock.shown = anchor["real"], anchor["shown"]
        for due in self.store.newest_first("_due"):
            heapq.heappush(self._agenda, (due["at"], due["rank"], due["id"]))
            self._last_rank = max(self._last_rank, due["rank"])

    # time

    def now(self) -> int:
        """The shown second; while something due is being fired, the second at which it was due."""
        return self._fired_at if self._fired_at is not None else int(self.clock.now())

    def set_clock(self, shown: float) -> None:
        """Move the clock (forwards or backwards; only forwards makes anything due) and fire what became due."""
        self.clock.set(shown)
        self.store.put("_clock", {"id": "clock", "real": self.clock.real, "shown": self.clock.shown})
        self.advance_due()

    def schedule(self, at: int, action: str, **arguments: Any) -> None:
        """Do `action` (a name in `actions`) once the shown time reaches `at`."""
        self._last_rank += 1
        due: Object = {"id": f"due_{self._last_rank}", "rank": self._last_rank, "at": at, "action": action}
        self.store.put("_due", due | {"arguments": arguments})
        heapq.heappush(self._agenda, (at, self._last_rank, due["id"]))

    def advance_due(self) -> int:
        """Fire everything due, each thing at its own second. Returns how many were fired."""
        fired, until = 0, int(self.clock.now())
        request, self.current_request = self.current_request, {"id": None, "idempotency_key": None}
        try:
            while self._agenda and self._agenda[0][0] <= until:
                at, _, identifier = heapq.heappop(self._agenda)
                due = self.store.get("_due", identifier)
                if due is None:
                    continue
                self.store.drop("_due", identifier)
                self._fired_at = at
                self.actions[due["action"]](self, **due["arguments"])
                fired += 1
        finally:
            self._fired_at = None
            self.current_request = request
        return fired

    # objects

    def new_id(self, prefix: str) -> str:
        return f"{prefix}_{''.join(secrets.choice(_ALPHABET) for _ in range(24))}"

    def require(self, kind: str, identifier: str, *, param: str = "id", status: int = 404) -> Object:
        """Raises: StripeError (`resource_missing`)."""
        found = self.store.get(kind, identifier)
        if found is None:
            raise missing(kind, identifier, param=param, status=status)
        return found

    def emit(self, type: str, obj: Object) -> Object:
        """Record an event with the object as it is now, and hand it to the webhooks."""
        event = {
            "id": self.new_id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now(),
            "data": {"object": copy.deepcopy(obj)},
            "livemode": False,
            "pending_webhooks": 1,
            "request": dict(self.current_request),
            "type": type,
        }
        self.store.put("event", event)
        self.on_event(event)
        return event

    def outcome_of(self, identifier: str) -> Object:
        """What was chosen to happen to this object later (`{"outcome": …, "refund": …}`), kept apart from Stripe's."""
        return self.store.get("_fate", identifier) or {"id": identifier}

    def decide(self, identifier: str, **fate: Any) -> None:
        self.store.put("_fate", self.outcome_of(identifier) | fate)

    def reset(self) -> None:
        """Forget everything, the moved clock included."""
        self.store.clear()
        self._agenda.clear()
        if self.clock.path is None:
            self.clock.real, self.clock.shown = 0.0, 0.0
        self.store.commit()


def real_now() -> float:
    """Real seconds: for waiting and retrying, never for dating."""
    return time.time()
