"""Wordings that are shown word for word: one file a text and version, its digest, and where its words come from.

`data/texts/register.csv` says of each text whether the law imposes its words, and whether we have them: a rule whose
official wording is awaited is not counted as enforced (ruling B5).
"""

import csv
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

VERSION = "2026-11"
AWAITED = "awaited"
WORDINGS = ("own", AWAITED, "official")


@dataclass(frozen=True)
class ShownText:
    """One text as it stands on the page: `key`, `version`, `body`, and the SHA-256 of the body's UTF-8 bytes."""

    key: str
    version: str
    body: str
    digest: str


@dataclass(frozen=True)
class Entry:
    """What the register says of a text. `wording`: ours by choice (own), ours for want of the law's, or the law's."""

    key: str
    version: str
    wording: str
    source: str


@cache
def read_text(key: str, version: str = "") -> ShownText:
    """Return a locked text, in the version in force when none is named.

    Raises: FileNotFoundError: no such text in that version.
    """
    version = version or (_register()[key].version if key in _register() else VERSION)
    body = (_folder() / f"{key}@{version}.txt").read_text(encoding="utf-8").strip()
    return ShownText(key, version, body, hashlib.sha256(body.encode()).hexdigest())


def awaits_wording(key: str) -> bool:
    """Return whether the law imposes words that the version in force does not have. Raises: KeyError: no such text."""
    return _register()[key].wording == AWAITED


def register() -> tuple[Entry, ...]:
    """Return every text of the register, in the version in force, in the order of the file."""
    return tuple(_register().values())


@cache
def _register() -> dict[str, Entry]:
    with (_folder() / "register.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["key"]: Entry(**row) for row in csv.DictReader(file, delimiter=";")
        }  # the last line of a key counts


def _folder() -> Path:
    return settings.BASE_DIR / "data" / "texts"
