"""`check_books` recomputes what the books, the registers and the tables of payments say of each other (design §4).

A check is a generator that yields what is wrong, declared in a module `books_checks` of its app:

    @books_check(_("Chaque remboursement parti a son écriture"))
    def refunds(at: datetime) -> Iterator[Problem]: ...
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import connection
from django.utils.module_loading import autodiscover_modules

from fres.kernel import clock
from fres.kernel.one_view import one_view
from funds.models import BooksCheck, Entry, Transfer

MOST_TOLD = 200  # of one check: past that, the books need more than a list


@dataclass(frozen=True)
class Problem:
    """What is wrong, and with which row: a table and a uuid or number, never a name."""

    where: str
    message: str


@dataclass(frozen=True)
class Finding:
    check: str
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.check}: {self.where}: {self.message}"


@dataclass(frozen=True)
class BooksReport:
    """One run of every check."""

    checked_at: datetime
    entries: int
    transfers: int
    problems: tuple[Finding, ...]

    @property
    def is_right(self) -> bool:
        return not self.problems

    def __str__(self) -> str:
        figures = f"{self.entries} entries, {self.transfers} transfers, {len(self.problems)} problems"
        return f"books {'balanced' if self.is_right else 'NOT balanced'}: {figures}"


Check = Callable[[datetime], Iterable[Problem]]
_checks: dict[object, Check] = {}


def books_check(name: object) -> Callable[[Check], Check]:
    """Register a check under the French sentence that holds when it finds nothing: the public page shows it.

    Raises: ValueError: two checks share a name, so that one of them would never run.
    """

    def register(function: Check) -> Check:
        if name in _checks:
            raise ValueError(f"two checks of the books are called {name}")
        _checks[name] = function  # a lazy text: it is read when it is told
        return function

    return register


def registered() -> dict[object, Check]:
    """Return every check by name, once the `books_checks` modules of the apps are loaded."""
    autodiscover_modules("books_checks")
    return dict(_checks)


def check_books(at: datetime | None = None) -> BooksReport:
    """Run every check on one consistent view of the database; nothing is written (see `record_check`).

    Outside a transaction the view is a snapshot (REPEATABLE READ), so that what is posted meanwhile is not half seen.
    """
    moment = at or clock.now()
    findings: list[Finding] = []
    with one_view():
        entries, transfers = Entry.objects.count(), Transfer.objects.count()
        for name, check in registered().items():
            found = iter(check(moment))
            told = [Finding(str(name), problem.where, problem.message) for problem in islice(found, MOST_TOLD)]
            if len(told) == MOST_TOLD and next(found, None) is not None:
                told.append(Finding(str(name), "…", f"more than {MOST_TOLD} rows"))
            findings += told
    return BooksReport(checked_at=moment, entries=entries, transfers=transfers, problems=tuple(findings))


def record_check(report: BooksReport) -> BooksCheck:
    """Keep a report for good, whatever it says: the solvency page shows the failures too."""
    return BooksCheck.objects.create(
        checked_at=report.checked_at,
        entries=report.entries,
        transfers=report.transfers,
        problems=[asdict(finding) for finding in report.problems],
    )


def select(sql: str, parameters: Any = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a query that returns only what is wrong."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        while rows := cursor.fetchmany(500):
            yield from rows


def told_in_cents(where: str, said: int | None, expected: int | None, *, what: str) -> Problem:
    """Return the problem of two amounts that differ; None stands for nothing written at all."""
    return Problem(where, f"{what}: {'nothing' if said is None else said} against {expected or 0} cents")
