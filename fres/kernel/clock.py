"""The only source of time (ruling B27).

In the demonstration, a small file says which moment is shown at which real moment; the web process, the worker and
the Stripe test server read the same file. In production the setting is empty and time is time.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings

PARIS = ZoneInfo("Europe/Paris")

_frozen: list[datetime] = []
_cached: tuple[float, float, float] = (-1.0, 0.0, 0.0)  # mtime of the file, real anchor, shown anchor


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    if _frozen:
        return _frozen[-1]
    return datetime.fromtimestamp(_seconds(), tz=UTC)


def today() -> date:
    """Return today's date in Paris."""
    return local(now()).date()


def local(moment: datetime) -> datetime:
    """Return an aware moment in Paris time. Raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return moment.astimezone(PARIS)


def move(*, to: datetime) -> None:
    """Show the moment `to` from now on, in every process that reads the clock file.

    Raises: RuntimeError: there is no clock file (production): time cannot be moved.
    """
    if not settings.CLOCK_FILE:
        raise RuntimeError("time cannot be moved here: there is no clock file")
    file = Path(settings.CLOCK_FILE)
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps({"real": time.time(), "shown": to.timestamp()}))
    draft.replace(file)


@contextmanager
def freeze(moment: datetime) -> Iterator[None]:
    """Hold the clock still at an aware moment, for this process only (tests, the demonstration's story)."""
    local(moment)
    _frozen.append(moment.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.pop()


def _seconds() -> float:
    global _cached
    if not settings.CLOCK_FILE:
        return time.time()
    try:
        modified = os.stat(settings.CLOCK_FILE).st_mtime_ns
    except FileNotFoundError:
        return time.time()
    if _cached[0] != modified:
        anchors = json.loads(Path(settings.CLOCK_FILE).read_text())
        _cached = (modified, float(anchors["real"]), float(anchors["shown"]))
    return _cached[2] + (time.time() - _cached[1])
