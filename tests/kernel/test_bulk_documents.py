from datetime import UTC, datetime
from uuid import uuid4

import pytest

from fres.kernel.bulk_documents import Rendered, SeriesMoved, issue_rendered, last_rank, number_of
from fres.kernel.document_files import store_many
from fres.kernel.documents import check_documents, issue_document
from fres.kernel.models import Document

pytestmark = pytest.mark.django_db
AT = datetime(2026, 1, 15, 9, tzinfo=UTC)


def some_rendered(count, first=1):
    contents = [f"%PDF {rank}".encode() for rank in range(first, first + count)]
    hashes = store_many(contents)
    return [
        Rendered(
            rank=rank, sha256=sha256, size=len(content), about=("test", uuid4()), owner_party=None, title="Essai",
            amounts_cents={"total": rank},
        )
        for rank, sha256, content in zip(range(first, first + count), hashes, contents, strict=True)
    ]  # fmt: skip


def issued(rendered):
    return issue_rendered(series="ESS", year=2025, kind="test", rendered=rendered, at=AT)


def test_rows_written_together_follow_the_series_as_those_written_one_by_one():
    assert issued(some_rendered(3)) == 3
    one = issue_document(
        series="ESS", year=2025, kind="test", about=("test", uuid4()), owner_party=None, title="Essai", at=AT,
        content=b"%PDF",
    )  # fmt: skip
    assert one.number == number_of(series="ESS", year=2025, rank=4) == "ESS/2025/000004"
    assert issued(some_rendered(2, first=5)) == 2
    assert last_rank(series="ESS", year=2025) == 6
    assert [document.rank for document in Document.objects.order_by("rank")] == [1, 2, 3, 4, 5, 6]
    assert list(check_documents()) == []


def test_a_batch_whose_numbers_were_given_out_meanwhile_writes_nothing():
    issued(some_rendered(2))
    with pytest.raises(SeriesMoved, match="the next number is 3"):
        issued(some_rendered(2, first=2))
    assert Document.objects.count() == 2


def test_a_batch_with_a_hole_writes_nothing():
    first, _hole, third = some_rendered(3)
    with pytest.raises(SeriesMoved):
        issued([first, third])
    assert last_rank(series="ESS", year=2025) == 0


def test_nothing_to_issue_opens_no_series():
    assert issued([]) == 0
    assert last_rank(series="ESS", year=2025) == 0
