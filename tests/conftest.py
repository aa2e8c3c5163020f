"""Fixtures of every test: dated values in the database, a clock that can be held, no document left behind."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings

from fres.kernel import clock as kernel_clock
from fres.kernel.models import Parameter
from fres.kernel.parameter_seeds import load_seeds

# Today of the demonstration region (ruling C6).
DEMONSTRATION_NOW = datetime(2026, 11, 23, 10, 0, tzinfo=kernel_clock.PARIS)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> None:
    with django_db_blocker.unblock():
        load_seeds(demonstration=True)


@pytest.fixture(autouse=True)
def dated_values(request: pytest.FixtureRequest) -> None:
    """A test that really commits ends by emptying every table: the next ones find the dated values again."""
    marker = request.node.get_closest_marker("django_db")
    wanted = set(request.fixturenames)
    if (marker is not None and marker.kwargs.get("transaction")) or {"transactional_db", "live_server"} & wanted:
        request.getfixturevalue("transactional_db")
    elif marker is not None or "db" in wanted:
        request.getfixturevalue("db")
    else:
        return
    if not Parameter.objects.exists():
        load_seeds(demonstration=True)


class HeldClock:
    """The kernel's clock, held; it moves only when told to."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    @property
    def now(self) -> datetime:
        return kernel_clock.now()

    def move_to(self, moment: datetime) -> datetime:
        self._stack.enter_context(kernel_clock.freeze(moment))
        return moment

    def advance(self, **duration: float) -> datetime:
        """Move by a duration of the wall clock in Paris: `days=1` over a change of hour is 23 or 25 hours."""
        local = kernel_clock.local(self.now).replace(tzinfo=None) + timedelta(**duration)
        return self.move_to(local.replace(tzinfo=kernel_clock.PARIS))


@pytest.fixture
def clock() -> Iterator[HeldClock]:
    with ExitStack() as stack:
        held = HeldClock(stack)
        held.move_to(DEMONSTRATION_NOW)
        yield held


@pytest.fixture(scope="session", autouse=True)
def documents_thrown_away() -> Iterator[None]:
    yield
    shutil.rmtree(Path(settings.DOCUMENT_ROOT), ignore_errors=True)
