"""Render statements and store their bytes, here or in other processes. Needs no database and no model.

A worker process is started afresh, not forked: it never holds the database's connection, and it reads no settings but
where documents are kept.
"""

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.utils import translation

from fres.kernel.document_files import store_many
from reporting.statements.content import Statement
from reporting.statements.pdf import render
from reporting.statements.worker import prepare

SLICE = 25  # statements sent to a worker at once


@dataclass(frozen=True, slots=True)
class Draft:
    """A statement with the number foreseen for it and the address printed to check it."""

    statement: Statement
    number: str
    check_address: str


@dataclass(frozen=True, slots=True)
class Stored:
    """Bytes that are on the disk: their hash and size."""

    sha256: str
    size: int


def store(drafts: Sequence[Draft]) -> list[Stored]:
    """Render and store statements, in order; the bytes are on the disk when this returns."""
    with translation.override("fr"):
        contents = [render(draft.statement, number=draft.number, check_address=draft.check_address) for draft in drafts]
    hashes = store_many(contents)
    return [Stored(sha256, len(content)) for sha256, content in zip(hashes, contents, strict=True)]


class Renderer:
    """Renders batches with one or several processes; `submit` never waits, `result` does."""

    def __init__(self, pool: ProcessPoolExecutor | None) -> None:
        self._pool = pool

    def submit(self, drafts: Sequence[Draft]) -> "Batch":
        """Start rendering drafts; in this very process when there is no other."""
        if self._pool is None:
            return Batch([], store(drafts))
        slices = [drafts[start : start + SLICE] for start in range(0, len(drafts), SLICE)]
        return Batch([self._pool.submit(store, part) for part in slices], [])


class Batch:
    """What was asked of a renderer."""

    def __init__(self, futures: list, done: list[Stored]) -> None:
        self._futures, self._done = futures, done

    def result(self) -> list[Stored]:
        """Return what was stored, in the order of the drafts; an error of a worker is raised here."""
        return self._done + [stored for future in self._futures for stored in future.result()]


@contextmanager
def renderer(processes: int) -> Iterator[Renderer]:
    """Give a renderer of so many processes; they end with the block."""
    if processes <= 1:
        yield Renderer(None)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        processes, mp_context=context, initializer=prepare, initargs=(str(settings.DOCUMENT_ROOT),)
    ) as pool:
        try:
            yield Renderer(pool)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
