"""What falls due by itself: idempotent functions run every hour, every night, and when the demonstration's clock moves.

An app declares its own in `<app>/duties.py`:

    @duty(order=20)
    def expire_commitments(at: datetime) -> str: ...   # returns one line that says what it did
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

Act = Callable[[datetime], str]


@dataclass(frozen=True, slots=True)
class Duty:
    name: str
    order: int
    act: Act


_duties: dict[str, Duty] = {}


def duty(*, order: int) -> Callable[[Act], Act]:
    """Register a duty; those of a lower order run first, those of one order by name.

    Raises: ValueError: two duties share a name, so that one of them would never run.
    """

    def register(function: Act) -> Act:
        name = f"{function.__module__}.{function.__name__}"
        if name in _duties:
            raise ValueError(f"two duties are called {name}")
        _duties[name] = Duty(name, order, function)
        return function

    return register


def all_duties() -> tuple[Duty, ...]:
    """Return every duty in the order in which they run."""
    return tuple(sorted(_duties.values(), key=lambda one: (one.order, one.name)))


def run_duties(*, at: datetime) -> list[tuple[str, str]]:
    """Run every duty as of `at`; return each name with what it did. A failure stops here: the next run starts again."""
    return [(one.name, one.act(at)) for one in all_duties()]


def run_duty(name: str, at: datetime) -> str:
    """Run one duty by name. Raises: KeyError: no such duty."""
    return _duties[name].act(at)
