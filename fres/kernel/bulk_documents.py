"""Issue documents by the hundred: their bytes were rendered and stored beforehand, their rows are written together.

`issue_document` locks a series, renders, stores and writes one document at a time. At a year end, the numbers are
foreseen instead, other processes render, and each batch commits only if nothing else was numbered meanwhile.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from fres.kernel.documents import NUMBER_TEMPLATE
from fres.kernel.errors import BooksBroken
from fres.kernel.models import Document, DocumentSeries


class SeriesMoved(BooksBroken):
    """The series gave out a number that a batch had foreseen for itself: nothing of the batch is written."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A document whose bytes are on the disk under `sha256`, waiting for its row.

    `supersedes`: primary key of the document that it corrects.
    """

    rank: int
    sha256: str
    size: int
    about: tuple[str, UUID]
    owner_party: UUID | None
    title: str
    amounts_cents: Mapping[str, int]
    supersedes: int | None = None


def last_rank(*, series: str, year: int) -> int:
    """Return the rank last given in a series, 0 before the first."""
    found = DocumentSeries.objects.filter(code=series, year=year).values_list("last_number", flat=True).first()
    return found or 0


def number_of(*, series: str, year: int, rank: int) -> str:
    """Return the number that a rank has in a series."""
    return NUMBER_TEMPLATE.format(series=series, year=year, rank=rank)


@transaction.atomic
def issue_rendered(
    *,
    series: str,
    year: int,
    kind: str,
    rendered: Sequence[Rendered],
    at: datetime,
    mime: str = "application/pdf",
) -> int:
    """Write the rows of documents already rendered under the numbers that follow the last one; return how many.

    Args: rendered: in the order of their ranks, without a gap. at: aware, when they are issued.
    Raises: SeriesMoved: the ranks do not follow the last one given.
    """
    if not rendered:
        return 0
    DocumentSeries.objects.get_or_create(code=series, year=year)
    locked = DocumentSeries.objects.select_for_update().get(code=series, year=year)
    first, last = locked.last_number + 1, locked.last_number + len(rendered)
    if [one.rank for one in rendered] != list(range(first, last + 1)):
        raise SeriesMoved(f"series {locked}: the next number is {first}, not {rendered[0].rank}")
    Document.objects.bulk_create(
        [
            Document(
                series=locked,
                rank=one.rank,
                number=number_of(series=series, year=year, rank=one.rank),
                kind=kind,
                title=one.title,
                mime=mime,
                size=one.size,
                sha256=one.sha256,
                about_type=one.about[0],
                about_uuid=one.about[1],
                owner_party=one.owner_party,
                amounts_cents=dict(one.amounts_cents),
                issued_at=at,
                supersedes_id=one.supersedes,
            )
            for one in rendered
        ]
    )
    locked.last_number = last
    locked.save(update_fields=["last_number"])
    return len(rendered)
