"""Fixtures of every test: dated values in the database, a clock that can be held, no document left behind."""

import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.backends.signals import connection_created
from pytest_django.plugin import blocking_manager_key

from fres.kernel import clock as kernel_clock
from fres.kernel.append_only import append_only_models
from fres.kernel.parameter_seeds import load_seeds
from tests.migrated_database import migrated_database

# Today of the demonstration region (ruling C6).
DEMONSTRATION_NOW = datetime(2026, 11, 23, 10, 0, tzinfo=kernel_clock.PARIS)
_LONGEST = (Path(__file__).parent / "kill", Path(__file__).parent / "test_access.py")


def _load_shipped_rows() -> None:
    from projects.labels.loading import load_labels

    load_seeds(demonstration=True)
    load_labels()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None, django_db_blocker: pytest.FixtureRequest, request: pytest.FixtureRequest
) -> None:
    if not request.config.getvalue("reuse_db"):
        with django_db_blocker.unblock():
            settings.DATABASES["default"]["TEST"]["TEMPLATE"] = migrated_database()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> None:
    with django_db_blocker.unblock():
        _load_shipped_rows()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the longest modules first: no process is left with one of them when the others have nothing more to do."""
    items.sort(key=lambda item: not item.path.is_relative_to(_LONGEST[0]) and item.path not in _LONGEST)


_LOCKED = re.compile(r"FOR (?:NO KEY )?UPDATE", re.IGNORECASE)


@pytest.fixture(scope="session", autouse=True)
def what_never_changes_is_never_locked() -> Iterator[None]:
    """Tests run as the owner of the tables; the site may not lock a row it may not change, and would stop there."""
    tables = "|".join(model._meta.db_table for model in append_only_models())
    locked = re.compile(
        rf'FOR (?:NO KEY )?UPDATE OF "(?:{tables})"|FROM "(?:{tables})" [^()]*FOR (?:NO KEY )?UPDATE(?! OF)'
    )

    def check(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        assert not (_LOCKED.search(str(sql)) and locked.search(str(sql))), f"locks what never changes: {sql}"
        return execute(sql, params, many, context)

    def watch(connection: Any, **_signal: Any) -> None:
        if check not in connection.execute_wrappers:
            # At the bottom: who had put a wrapper on top before the connection opened will take off the top one.
            connection.execute_wrappers.insert(0, check)

    connection_created.connect(watch)
    yield
    connection_created.disconnect(watch)


# Whether a test that really commits has run in this process since the database was last as it starts.
_emptied = [False]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test that commits ends by emptying the tables Django manages: the next one finds the dated values again.

    And it finds no job, for the queue's tables are not Django's. This runs before pytest-django opens the
    transaction of the test, which would take all of it back.
    """
    marker = item.get_closest_marker("django_db")
    wanted = set(getattr(item, "fixturenames", ()))
    commits = bool(marker and marker.kwargs.get("transaction")) or bool({"transactional_db", "live_server"} & wanted)
    if marker is None and not commits and "db" not in wanted:
        return
    if _emptied[0]:
        with item.config.stash[blocking_manager_key].unblock():
            with connection.cursor() as cursor:
                cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_events, procrastinate_periodic_defers")
            _load_shipped_rows()
    _emptied[0] = commits


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
