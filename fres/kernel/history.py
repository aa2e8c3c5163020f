"""The audit trail: each change of a row is kept by a trigger, with who was acting (design D6)."""

from collections.abc import Callable
from typing import Any

import pghistory


def track_every_change(*, exclude: list[str] | None = None) -> Callable[[Any], Any]:
    """Return the decorator that keeps every insertion, update and deletion of a model's rows, for good."""
    events = (pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
    return pghistory.track(*events, exclude=exclude or [], append_only=True)
