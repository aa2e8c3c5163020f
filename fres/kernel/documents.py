"""Issuing documents: number, bytes and hash in one transaction; nothing issued ever changes (D9, A11)."""

import hashlib
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from fres.kernel.errors import BooksBroken
from fres.kernel.models import Document, DocumentSeries, DocumentVoid

NUMBER = "{series}/{year}/{rank:06d}"


@transaction.atomic
def issue_document(
    *,
    series: str,
    year: int,
    kind: str,
    title: str,
    render: Callable[[str], bytes],
    about: tuple[str, UUID],
    owner_party: UUID | None,
    at: datetime,
    mime: str = "application/pdf",
    amounts_cents: dict[str, int] | None = None,
    supersedes: Document | None = None,
    number_template: str = NUMBER,
) -> Document:
    """Give the next number of the series, render the bytes with it, keep them, and record the document.

    The series' row is locked until the transaction ends: numbers have no gap even when it is rolled back.
    The bytes are on disk, synced, before the row can be committed. `render` receives the number.
    """
    DocumentSeries.objects.get_or_create(code=series, year=year)
    counter = DocumentSeries.objects.select_for_update().get(code=series, year=year)
    counter.last_number += 1
    number = number_template.format(series=series, year=year, rank=counter.last_number)
    content = render(number)
    sha256 = store_bytes(content)
    counter.save(update_fields=["last_number"])
    return Document.objects.create(
        series=counter,
        rank=counter.last_number,
        number=number,
        kind=kind,
        title=title,
        about_type=about[0],
        about_uuid=about[1],
        owner_party=owner_party,
        mime=mime,
        sha256=sha256,
        size=len(content),
        amounts_cents=amounts_cents or {},
        issued_at=at,
        supersedes=supersedes,
    )


def void_document(*, document: Document, reason: str, at: datetime, by: Any = None) -> DocumentVoid:
    """Record that a document no longer holds. Voiding twice returns the first record."""
    void, _created = DocumentVoid.objects.get_or_create(document=document, defaults={"reason": reason, "at": at, "by": by})
    return void


def open_document(document: Document) -> bytes:
    """Return the bytes of a document. Raises BooksBroken when they are not what was issued."""
    content = path_of(document.sha256).read_bytes()
    if hashlib.sha256(content).hexdigest() != document.sha256:
        raise BooksBroken(f"the bytes of document {document.number} have changed")
    return content


def path_of(sha256: str) -> Path:
    return Path(settings.DOCUMENT_ROOT) / sha256[:2] / sha256[2:4] / sha256


def store_bytes(content: bytes) -> str:
    """Keep bytes under the name of their SHA-256, synced to disk; the same bytes are kept once."""
    sha256 = hashlib.sha256(content).hexdigest()
    target = path_of(sha256)
    if target.exists():
        return sha256
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f"{sha256}.{os.getpid()}.part")
    with draft.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(target)
    directory = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    return sha256
