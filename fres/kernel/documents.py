"""Issue documents: number, bytes, hash (design D9, ruling A11).

Bytes are content-addressed files under `settings.DOCUMENT_ROOT`, on the disk before the row that names them commits.
A transaction rolled back may leave a file that no row names, never a row without its file.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max, Min
from django.utils.translation import gettext as _
from django.utils.translation import override

from fres.kernel.document_files import path_of, store_bytes
from fres.kernel.errors import BooksBroken, RuleViolation
from fres.kernel.models import Document, DocumentSeries, DocumentVoid

NUMBER_TEMPLATE = "{series}/{year}/{rank:06d}"


class DocumentAlreadyReplaced(RuleViolation):
    """An issued document is replaced once: the next correction names the last of the chain."""

    rule = "document-replaced"


class DocumentPurged(RuleViolation):
    """Its retention is over: the bytes are gone on purpose, the number, hash and amounts remain (ruling B22)."""

    rule = "B22"


class DocumentAltered(BooksBroken):
    """The bytes on the disk are not those that were issued, or are gone."""


@transaction.atomic
def issue_document(
    *,
    series: str,
    year: int,
    kind: str,
    about: tuple[str, UUID],
    owner_party: UUID | None,
    title: str,
    at: datetime,
    mime: str = "application/pdf",
    content: bytes | None = None,
    render: Callable[[str], bytes] | None = None,
    supersedes: Document | None = None,
    amounts_cents: Mapping[str, int] | None = None,
    number_template: str = NUMBER_TEMPLATE,
) -> Document:
    """Give the next number of a series, store the bytes, and write the row that proves both.

    The row of the series is locked from the number to the end of the outer transaction: numbers have no gap, and
    documents of one series are issued one at a time.

    Args: content: the bytes; or render: given the number, returns them, when the number is printed inside (one of
        the two). title: names no person (ruling B22). amounts_cents: what it certifies, whole cents by name, kept when
        the bytes go. supersedes: the issued document that this one corrects. number_template: may use series, year and
        rank.
    Raises: DocumentAlreadyReplaced: `supersedes` was corrected before. ValueError: neither content nor render, or both.
    """
    if (content is None) == (render is None):
        raise ValueError("a document has either its content or the function that renders it")
    if supersedes is not None and Document.objects.filter(supersedes=supersedes).exists():
        raise DocumentAlreadyReplaced(
            _("Le document %(number)s a déjà été remplacé.") % {"number": supersedes.number},
            next_step=_("Corrigez le dernier de la suite."),
        )
    DocumentSeries.objects.get_or_create(code=series, year=year)
    locked = DocumentSeries.objects.select_for_update().get(code=series, year=year)
    locked.last_number += 1
    locked.save(update_fields=["last_number"])
    number = number_template.format(series=series, year=year, rank=locked.last_number)
    if content is None:
        with override(settings.LANGUAGE_CODE):  # legal documents are in French, whoever asked for them (D13)
            content = render(number)  # type: ignore[misc]
    return Document.objects.create(
        series=locked,
        rank=locked.last_number,
        number=number,
        kind=kind,
        title=title,
        mime=mime,
        size=len(content),
        sha256=store_bytes(content),
        about_type=about[0],
        about_uuid=about[1],
        owner_party=owner_party,
        amounts_cents=dict(amounts_cents or {}),
        issued_at=at,
        supersedes=supersedes,
    )


def open_document(document: Document) -> bytes:
    """Return the bytes as they were issued.

    Raises: DocumentPurged: their retention is over. DocumentAltered: they are missing or no longer have the hash
        written when they were issued.
    """
    if hasattr(document, "purge"):
        raise DocumentPurged(
            _("Le document %(number)s était conservé jusqu’au %(day)s.")
            % {"number": document.number, "day": document.purge.kept_until.strftime("%d/%m/%Y")},
            next_step=_("Son numéro, son empreinte et ses montants restent inscrits."),
        )
    try:
        content = path_of(document.sha256).read_bytes()
    except FileNotFoundError as missing:
        raise DocumentAltered(f"document {document.uuid}: the file is missing") from missing
    if hashlib.sha256(content).hexdigest() != document.sha256:
        raise DocumentAltered(f"document {document.uuid}: the bytes differ from those issued")
    return content


def void_document(*, document: Document, reason: str, at: datetime, by: Any = None) -> DocumentVoid:
    """Say that an issued document no longer has effect; a second call changes nothing and returns the first row.

    Args: by: the acting user, None when an operation of the system voids it.
    """
    row, _created = DocumentVoid.objects.get_or_create(
        document=document, defaults={"reason": reason, "at": at, "by": by}
    )
    return row


@dataclass(frozen=True, slots=True)
class DocumentProblem:
    """What `check_documents` found wrong, with the number or series that it concerns."""

    subject: str
    problem: str


def check_documents(*, sample: int | None = None) -> Iterator[DocumentProblem]:
    """Yield every issued document whose bytes are gone or changed, and every series with a gap.

    Args: sample: read the bytes of the last so many only; None reads them all.
    """
    counted = DocumentSeries.objects.annotate(
        issued=Count("documents"), first=Min("documents__rank"), last=Max("documents__rank")
    ).order_by("code", "year")
    for series in counted:
        if series.issued and (series.first, series.last, series.issued) != (1, series.last_number, series.last_number):
            yield DocumentProblem(str(series), f"{series.issued} documents for {series.last_number} numbers")
        elif not series.issued and series.last_number:
            yield DocumentProblem(str(series), f"no document for {series.last_number} numbers")
    rows = Document.objects.filter(purge=None).select_related("purge").order_by("-pk")
    for document in rows[:sample] if sample is not None else rows.iterator(chunk_size=1000):
        try:
            open_document(document)
        except DocumentAltered as problem:
            yield DocumentProblem(document.number, str(problem))
