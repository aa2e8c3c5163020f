"""Exports for people: streamed rows, formulas defused, and a manifest that says how many and which bytes (ruling B33).

Files for the State and for machines are written by their own writers, exactly: nothing here touches them.
"""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from django.http import StreamingHttpResponse
from djmoney.money import Money

from fres.kernel import clock
from fres.kernel.money import to_cents

Row = TypeVar("Row")

# A cell that begins so may be run as a formula by a spreadsheet.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
BYTE_ORDER_MARK = "\ufeff"  # without it, a French spreadsheet reads UTF-8 as something else
DELIMITER = ";"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, and how its cell is read from a row."""

    heading: Any
    read: Callable[[Any], Any]


@dataclass
class Manifest:
    """What was written: complete once every line has been taken."""

    name: str
    rows: int = 0
    size: int = 0
    is_complete: bool = False
    _hash: Any = field(default_factory=hashlib.sha256, repr=False)

    @property
    def sha256(self) -> str:
        return str(self._hash.hexdigest())

    def count(self, chunk: bytes) -> bytes:
        self._hash.update(chunk)
        self.size += len(chunk)
        return chunk

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values. Raises: ValueError: lines are still to come."""
        if not self.is_complete:
            raise ValueError("the export is not finished: its count and hash are not known")
        return {"file": self.name, "rows": self.rows, "bytes": self.size, "sha256": self.sha256}


def defuse(text: str) -> str:
    """Return a text that no spreadsheet runs: one that begins like a formula gets an apostrophe before it."""
    return f"'{text}" if text.lstrip(" \u00a0\u202f").startswith(FORMULA_STARTS) else text


def cell(value: Any) -> str:
    """Return a value as a person's spreadsheet in French reads it.

    Amounts (Money) and decimals have a comma and no thousands space; dates are ISO; moments are in Paris. Only texts
    are defused: "-12,50" as an amount is a number, as a text it could be a formula.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, Money):
        return cents_cell(to_cents(value))
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return f"{value:f}".replace(".", ",")
    if isinstance(value, datetime):
        return f"{clock.local(value):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        raise TypeError("no float in an export: give cents, Money or a Decimal")
    return defuse(str(value))


def cents_cell(cents: int) -> str:
    """Return whole cents as a decimal number in euros: -1234 gives "-12,34"."""
    euros, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{euros},{rest:02}"


def stream_rows(
    rows: Iterable[Row], columns: Sequence[Column], *, manifest: Manifest, chunk_rows: int = 500
) -> Iterator[bytes]:
    """Yield a CSV file (UTF-8, semicolons, headings) piece by piece, counted into the manifest; memory is flat."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=DELIMITER, lineterminator="\r\n")
    buffer.write(BYTE_ORDER_MARK)
    writer.writerow([defuse(str(column.heading)) for column in columns])
    for row in rows:
        writer.writerow([cell(column.read(row)) for column in columns])
        manifest.rows += 1
        if manifest.rows % chunk_rows == 0:
            yield manifest.count(_taken(buffer))
    yield manifest.count(_taken(buffer))
    manifest.is_complete = True


def write_file(rows: Iterable[Row], columns: Sequence[Column], path: Path) -> Manifest:
    """Write a CSV file and, beside it, `<name>.manifest.json` with its rows, size and SHA-256."""
    manifest = Manifest(path.name)
    with path.open("wb") as file:
        for chunk in stream_rows(rows, columns, manifest=manifest):
            file.write(chunk)
    beside = path.with_name(f"{path.name}.manifest.json")
    beside.write_text(json.dumps(manifest.as_dict(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return manifest


def csv_response(rows: Iterable[Row], columns: Sequence[Column], *, name: str) -> StreamingHttpResponse:
    """Return a download of the rows; pass `queryset.iterator()`, a server-side cursor, so that memory stays flat."""
    response = StreamingHttpResponse(
        stream_rows(rows, columns, manifest=Manifest(name)), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


def _taken(buffer: io.StringIO) -> bytes:
    chunk = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return chunk
