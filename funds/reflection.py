"""The reflection period: until when a saver may take a commitment back, freely and without a reason. Pure."""

from datetime import UTC, datetime, time, timedelta

from fres.kernel import clock

REFLECTION_HOURS = 96
REFLECTION_DAYS = 4
_LAST_SECOND = time(23, 59, 59)


def reflection_deadline(
    committed_at: datetime, *, hours: int = REFLECTION_HOURS, days: int = REFLECTION_DAYS
) -> datetime:
    """Return the last moment at which a non-sophisticated investor may revoke a commitment.

    Args: committed_at: aware, any time zone. hours, days: the dated parameters; the defaults are today's law.
    Returns: aware, Europe/Paris; the longer of so many elapsed hours and the last second of the last calendar day.
        A week-end or a public holiday extends nothing: the period starts at the moment of the commitment.
    Raises: ValueError: committed_at is naive.
    Source: Regulation (EU) 2020/1503, art. 22(3): four calendar days (read on 2026-11-22). The longer reading is our
        choice (fact sheet §4).
    """
    local = clock.local(committed_at)
    elapsed = clock.local(committed_at.astimezone(UTC) + timedelta(hours=hours))
    end_of_day = datetime.combine(local.date() + timedelta(days=days), _LAST_SECOND, tzinfo=clock.PARIS)
    # Two moments of one time zone would be compared by their wall clock: one hour is told twice in autumn.
    return max(elapsed, end_of_day, key=lambda moment: moment.astimezone(UTC))


def is_over(deadline: datetime, at: datetime) -> bool:
    """Return whether the period has ended at `at`; its last second belongs to the saver in full."""
    return at.astimezone(UTC).replace(microsecond=0) > deadline.astimezone(UTC)


def end_of_day(moment: datetime, *, days: int) -> datetime:
    """Return the last second, in Paris, of the day `days` after that of an aware moment."""
    return datetime.combine(clock.local(moment).date() + timedelta(days=days), _LAST_SECOND, tzinfo=clock.PARIS)
