"""Chapters of the story beside the campaigns: one module per subject, each a tuple of dated acts.

A chapter says `ACTS`; `CHAPTERS` names the modules in the order in which acts of one day are lived. An act calls the
product's own operations, with `at` of the demonstration's clock, and says how to see that it was done already.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from funds.demonstration.region import Region

CHAPTERS: tuple[str, ...] = (
    "refund_by_transfer",
    "organisations",
    "protection",
    "applications",
    "committee",
    "pool",
    "pool_sheets",
    "founding",
    "labels",
    "campaigns",
    "tranches",
    "unwinding",
    "monitoring",
    "sources",
    "cofinancing",
    "rounds",
    "recoveries",
)


@dataclass(frozen=True)
class Act:
    """What happens on a day: `do` once, unless `is_done` answers yes (it costs a query at most)."""

    day: date
    do: Callable[["Region", datetime], None]
    is_done: Callable[["Region"], bool]


def acts() -> tuple[Act, ...]:
    """Return every act of every chapter, by day, then in the order of the chapters."""
    found = [act for name in CHAPTERS for act in import_module(f"{__name__}.{name}").ACTS]
    return tuple(sorted(found, key=lambda act: act.day))
