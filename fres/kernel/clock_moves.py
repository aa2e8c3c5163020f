"""Move the demonstration's clock as time would have gone: each night's duties run on the way, in order."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from fres.kernel import clock, duties

NIGHT = time(3, 0)


def nights_between(start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield each 3 o'clock of Paris strictly after `start` and before `end` (both aware)."""
    day = clock.local(start).date()
    while True:
        night = datetime.combine(day, NIGHT, tzinfo=clock.PARIS)
        if night >= end:
            return
        if night > start:
            yield night
        day += timedelta(days=1)


def move_clock(*, to: datetime) -> Iterator[tuple[datetime, str, str]]:
    """Move the clock to `to` (aware) and run every duty at each night crossed and on arrival.

    Yields: moment, duty, what it did. The clock stands at each night while its duties run: what they write is dated
    that night. Interrupted, it stays where it had come to, and can go on from there.
    Raises: ClockRefused: not a demonstration, or a move backwards.
    """
    for moment in (*nights_between(clock.now(), to), to):
        clock.move(to=moment)
        for name, summary in duties.run_duties(at=moment):
            yield moment, name, summary
