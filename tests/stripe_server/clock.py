"""The time that the server shows: real time, moved; or the time of the application, read from its clock file."""

from __future__ import annotations

import json
import time
from pathlib import Path


class FollowsFile(RuntimeError):
    """The clock belongs to the application (`--clock-file`): only the application moves it."""


class Clock:
    """Shown time = shown anchor + (real time − real anchor).

    With a file (`{"real": epoch, "shown": epoch}`, written by the application), the anchors are read from it each time;
    a file that is absent, or half written, leaves the last known anchors.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.real = self.shown = 0.0

    def now(self) -> float:
        if self.path is not None:
            self._read()
        return self.shown + (time.time() - self.real)

    def set(self, shown: float) -> None:
        """Show this time from now on. Raises: FollowsFile."""
        if self.path is not None:
            raise FollowsFile(str(self.path))
        self.real, self.shown = time.time(), shown

    def _read(self) -> None:
        assert self.path is not None
        try:
            anchors = json.loads(self.path.read_text(encoding="utf-8"))
            self.real, self.shown = float(anchors["real"]), float(anchors["shown"])
        except FileNotFoundError:
            self.real = self.shown = 0.0
        except (ValueError, KeyError, TypeError):
            return
