"""The only source of time (ruling B27).

In production it is the machine's clock. In the demonstration it reads `settings.CLOCK_FILE`, shared by the web process,
the worker and the Stripe test server: `{"real": seconds, "shown": seconds}` says what hour was shown at which real one;
the shown time then runs at the real pace. Moving the clock rewrites the file.
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
from django.utils.translation import gettext as _

from fres.kernel.errors import RuleViolation

PARIS = ZoneInfo("Europe/Paris")

_frozen: datetime | None = None
_file_read: tuple[str, int, float, float] | None = None  # path, mtime in nanoseconds, real, shown


class ClockRefused(RuleViolation):
    """The clock may only be moved in the demonstration, and only forward."""

    rule = "clock"


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    if _frozen is not None:
        return _frozen
    return datetime.fromtimestamp(time.time() + _shift_seconds(), UTC)


def today() -> date:
    """Return the present date in Paris, the one that contracts and accounts go by."""
    return local(now()).date()


def local(moment: datetime) -> datetime:
    """Return the same moment as read on a clock in Paris.

    Raises: ValueError: the moment is naive, so it names no moment at all.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone cannot be placed")
    return moment.astimezone(PARIS)


def move(*, to: datetime) -> None:
    """Show `to` (aware) from now on, in every process that reads the clock file; the rows already dated stay.

    Raises: ClockRefused: there is no clock file (production), or `to` lies in the shown past.
    """
    if not settings.CLOCK_FILE:
        raise ClockRefused(_("L’horloge ne se déplace que dans la démonstration."))
    path = Path(settings.CLOCK_FILE)
    if path.exists() and to < now():
        raise ClockRefused(
            _("L’horloge n’avance que dans un sens : les écritures déjà datées resteraient devant elle.")
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(json.dumps({"real": time.time(), "shown": local(to).timestamp()}))
    draft.replace(path)


@contextmanager
def freeze(moment: datetime) -> Iterator[None]:
    """Hold the clock at `moment` (aware) in this process, every thread of it (tests, the demonstration's story)."""
    global _frozen
    before, _frozen = _frozen, local(moment).astimezone(UTC)
    try:
        yield
    finally:
        _frozen = before


def _shift_seconds() -> float:
    """Return the seconds between the shown time and the real one; the file is read again when it changes."""
    global _file_read
    path = settings.CLOCK_FILE
    if not path:
        return 0.0
    try:
        modified = os.stat(path).st_mtime_ns
    except FileNotFoundError:
        return 0.0
    if _file_read is None or _file_read[:2] != (str(path), modified):
        content = json.loads(Path(path).read_text())
        _file_read = (str(path), modified, content["real"], content["shown"])
    return _file_read[3] - _file_read[2]
