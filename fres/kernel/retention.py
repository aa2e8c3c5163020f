"""How long issued documents are kept, and what remains afterwards: number, hash and amounts (ruling B22)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Min

from fres.kernel import clock, parameters
from fres.kernel.document_files import path_of
from fres.kernel.models import Document, DocumentPurge, Parameter

BOOKS = "books.retention_years"
SWEPT_AGAIN = timedelta(days=30)

Start = Callable[[Document], date]


@dataclass(frozen=True, slots=True)
class Keeping:
    """Which dated parameter, in years, keeps a kind of document, and from the end of which year it runs."""

    parameter: str
    starts: Start


def _day_of_issue(document: Document) -> date:
    return clock.local(document.issued_at).date()


_BY_DEFAULT = Keeping(BOOKS, _day_of_issue)
_kept_by: dict[str, Keeping] = {}


def keep(kind: str, *, parameter: str = BOOKS, starts: Start = _day_of_issue) -> None:
    """Say how a kind of document is kept; one that nobody names is kept as the books are, from its issue."""
    _kept_by[kind] = Keeping(parameter, starts)


def kept_until(document: Document) -> date:
    """Return the last day on which a document may be downloaded: the delay runs from the end of a calendar year.

    The delay is the one in force on the day of issue: a later, shorter one takes nothing from what was issued before.
    """
    keeping = _kept_by.get(document.kind, _BY_DEFAULT)
    years = parameters.value_at(keeping.parameter, _day_of_issue(document)).whole
    return date(max(keeping.starts(document), _day_of_issue(document)).year + years, 12, 31)


def purge_documents(*, at: datetime) -> int:
    """Remove the bytes of every document whose delay is over; return how many. Killed anywhere, it goes on when run.

    The row that says so is written first: a document without bytes and without that row would be one that was lost.
    Bytes that another document still keeps stay.
    """
    today, done = clock.local(at).date(), 0
    keys = {BOOKS, *(keeping.parameter for keeping in _kept_by.values())}
    shortest = Parameter.objects.filter(key__in=keys).aggregate(years=Min("value"))["years"]
    if shortest is None:
        return 0
    before = datetime.combine(date(today.year - int(shortest), 1, 1), time(), tzinfo=clock.PARIS)
    for document in Document.objects.filter(purge=None, issued_at__lt=before).order_by("pk").iterator(chunk_size=500):
        until = kept_until(document)
        if until >= today:
            continue
        with transaction.atomic():
            DocumentPurge.objects.create(document=document, kept_until=until, at=at)
        done += 1
    lately = DocumentPurge.objects.filter(at__gt=at - SWEPT_AGAIN).values_list("document__sha256", flat=True)
    for sha256 in lately.distinct().order_by("document__sha256").iterator(chunk_size=500):
        if not Document.objects.filter(sha256=sha256, purge=None).exists():
            path_of(sha256).unlink(missing_ok=True)
    return done
