"""Duties: idempotent acts the passing of time requires. Each finds what is due by itself and may run at any moment.

A process killed anywhere leaves rows that say what was under way: the next run of the duties ends it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

Act = Callable[[datetime], str]


@dataclass(frozen=True)
class Duty:
    order: int
    name: str
    act: Act


_duties: dict[str, Duty] = {}


def duty(*, order: int) -> Callable[[Act], Act]:
    """Register a function `(at) -> summary line`; lower orders run first."""

    def register(act: Act) -> Act:
        name = f"{act.__module__}.{act.__qualname__}"
        _duties[name] = Duty(order, name, act)
        return act

    return register


def all_duties() -> list[Duty]:
    return sorted(_duties.values(), key=lambda duty: (duty.order, duty.name))


def run_duties(*, at: datetime) -> list[tuple[str, str]]:
    """Run every duty once, in order, and return (name, summary) pairs."""
    return [(duty.name, duty.act(at)) for duty in all_duties()]
