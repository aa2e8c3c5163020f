"""Bytes go at the end of their dated retention; number, hash and amounts stay (ruling B22)."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from django.db import ProgrammingError, transaction
from django.urls import reverse

from fres.kernel.document_files import path_of
from fres.kernel.documents import DocumentPurged, check_documents, issue_document, open_document
from fres.kernel.models import Document, DocumentPurge
from fres.kernel.retention import kept_until, purge_documents
from tests.investors.factories import PartyFactory
from tests.investors.sessions import sign_in

pytestmark = pytest.mark.django_db
ISSUED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def document_root(settings, tmp_path):
    settings.DOCUMENT_ROOT = tmp_path / "documents"


def issued(kind: str = "statement", content: bytes = b"%PDF-1.4 one", **values) -> Document:
    return issue_document(
        series=kind.upper(), year=2026, kind=kind, about=("test", uuid4()), title="Relevé annuel 2025", at=ISSUED,
        content=content, amounts_cents={"held": 100}, **{"owner_party": uuid4()} | values,
    )  # fmt: skip


@pytest.mark.parametrize(("kind", "last"), [("statement", date(2036, 12, 31)), ("gift_receipt", date(2032, 12, 31))])
def test_a_document_is_kept_to_the_end_of_the_year_its_delay_ends_in(kind, last):
    document = issued(kind)
    assert kept_until(document) == last
    assert purge_documents(at=datetime(last.year, 12, 31, 12, tzinfo=UTC)) == 0
    assert open_document(document) == b"%PDF-1.4 one"
    assert purge_documents(at=datetime(last.year + 1, 1, 1, 12, tzinfo=UTC)) == 1
    document = Document.objects.get(pk=document.pk)
    assert not path_of(document.sha256).exists()
    assert (document.amounts_cents, document.number) == ({"held": 100}, f"{kind.upper()}/2026/000001")
    with pytest.raises(DocumentPurged, match="conservé jusqu’au"):
        open_document(document)
    assert not list(check_documents())


def test_bytes_that_another_document_keeps_stay():
    receipt, statement = issued("gift_receipt"), issued("statement")
    assert receipt.sha256 == statement.sha256
    assert purge_documents(at=datetime(2033, 1, 2, tzinfo=UTC)) == 1
    assert open_document(statement) == b"%PDF-1.4 one"


def test_killed_between_the_row_and_the_file_the_next_run_removes_the_file():
    document = issued()
    at = datetime(2037, 1, 2, tzinfo=UTC)
    DocumentPurge.objects.create(document=document, kept_until=date(2036, 12, 31), at=at)
    assert path_of(document.sha256).exists()
    assert purge_documents(at=at) == 0
    assert not path_of(document.sha256).exists()


def test_that_a_document_was_purged_never_changes():
    DocumentPurge.objects.create(document=issued(), kept_until=date(2036, 12, 31), at=ISSUED)
    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        DocumentPurge.objects.update(kept_until=date(2040, 1, 1))


def test_a_download_after_its_time_answers_gone_with_a_page_that_says_so(client):
    saver = PartyFactory()
    document = issued(owner_party=saver.uuid)
    purge_documents(at=datetime(2037, 1, 2, tzinfo=UTC))
    sign_in(client, saver.user)
    response = client.get(reverse("reporting:document", args=[document.uuid]))
    assert response.status_code == 410
    assert document.sha256 in response.content.decode()
    assert "Plus conservé" in client.get(reverse("reporting:documents")).content.decode()
