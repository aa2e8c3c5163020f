"""Deadlines of §6: days that stop running while the holder is asked something. Pure: dates in, dates out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Pause:
    """Days during which the clock stood still: from the day it stopped to the day it started again (None: not yet)."""

    stopped_on: date
    resumed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Deadline:
    """A deadline as of a day. While paused, `due_on` is where it would fall if the clock started again that day."""

    due_on: date
    days: int
    paused_days: int
    is_paused: bool
    days_left: int  # negative once late

    @property
    def is_late(self) -> bool:
        """Whether the day has passed; a stopped clock is never late by itself."""
        return not self.is_paused and self.days_left < 0

    @property
    def days_late(self) -> int:
        """Days since it fell due, 0 when it has not."""
        return max(0, -self.days_left) if self.is_late else 0


def deadline_of(*, started_on: date, days: int, pauses: Sequence[Pause], today: date) -> Deadline:
    """Return where a period of `days` calendar days stands on a day, pauses left out.

    The first day is not counted: what starts on the 1st with 15 days is due on the 16th, that day included. Pauses may
    overlap or touch: a day is left out once. The day the clock stops is counted as run, the day it starts again is not
    run yet: a pause from the 3rd to the 8th moves the end by five days.
    Raises: ValueError: a negative period, or a pause that ends before it starts.
    """
    if days < 0:
        raise ValueError("a period of time is not negative")
    spans = sorted((pause.stopped_on, pause.resumed_on or max(today, pause.stopped_on)) for pause in pauses)
    paused, reached = 0, started_on
    for stopped_on, resumed_on in spans:
        if resumed_on < stopped_on:
            raise ValueError("a pause ends before it starts")
        begin = max(stopped_on, reached)
        if resumed_on > begin:
            paused += (resumed_on - begin).days
            reached = resumed_on
    due_on = started_on + timedelta(days=days + paused)
    return Deadline(
        due_on=due_on,
        days=days,
        paused_days=paused,
        is_paused=any(pause.resumed_on is None for pause in pauses),
        days_left=(due_on - today).days,
    )


def days_after(day: date, days: int) -> date:
    """Return the last day of a right that lasts `days` days after `day`, that last day included."""
    return day + timedelta(days=days)


def months_after(day: date, months: int) -> date:
    """Return the same day of the month `months` later, or the last day of that month when it is shorter."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    following = date(year + month // 12, month % 12 + 1, 1)
    return min(date(year, month, 1) + timedelta(days=day.day - 1), following - timedelta(days=1))
