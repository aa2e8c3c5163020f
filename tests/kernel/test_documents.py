import re
import threading
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, ProgrammingError, connection, transaction

from fres.kernel import documents
from fres.kernel.documents import (
    DocumentAlreadyReplaced,
    DocumentAltered,
    check_documents,
    issue_document,
    open_document,
    void_document,
)
from fres.kernel.models import Document, DocumentSeries, DocumentVoid

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def document_root(settings, tmp_path):
    settings.DOCUMENT_ROOT = tmp_path / "documents"
    return settings.DOCUMENT_ROOT


def issue(**values):
    defaults = {
        "series": "RELEVE",
        "year": 2026,
        "kind": "statement",
        "about": ("investors.party", uuid4()),
        "owner_party": uuid4(),
        "title": "Relevé annuel 2026",
        "at": AT,
    }
    if "render" not in values:
        defaults["content"] = b"%PDF-1.4 essai"
    return issue_document(**defaults | values)


def raises_midway(number):
    raise RuntimeError(number)


@pytest.mark.django_db
def test_numbers_follow_each_other_in_a_series_and_a_year():
    numbers = [issue().number, issue().number, issue(year=2027).number, issue(series="RECU").number, issue().number]
    assert numbers == [
        "RELEVE/2026/000001",
        "RELEVE/2026/000002",
        "RELEVE/2027/000001",
        "RECU/2026/000001",
        "RELEVE/2026/000003",
    ]


@pytest.mark.django_db
def test_the_number_may_be_printed_inside():
    document = issue(render=lambda number: f"n° {number}".encode(), number_template="{year}-{rank:04d}")
    assert open_document(document) == b"n\xc2\xb0 2026-0001"


@pytest.mark.django_db
def test_a_rendering_that_fails_leaves_no_gap():
    issue()
    with pytest.raises(RuntimeError, match="000002"):
        issue(render=raises_midway)
    assert issue().number == "RELEVE/2026/000002"


@pytest.mark.django_db
def test_a_transaction_rolled_back_gives_its_number_back():
    with pytest.raises(RuntimeError), transaction.atomic():
        issue()
        raise RuntimeError
    assert issue().number == "RELEVE/2026/000001"


@pytest.mark.django_db
@pytest.mark.parametrize("values", [{"content": None}, {"render": lambda number: b"", "content": b""}])
def test_a_document_has_its_bytes_or_the_way_to_render_them(values):
    with pytest.raises(ValueError):
        issue(**values)


@pytest.mark.django_db
def test_bytes_are_kept_under_their_hash_once_and_open_as_issued(document_root):
    first, second = issue(), issue()
    assert first.sha256 == second.sha256
    assert [path.name for path in document_root.rglob("*") if path.is_file()] == [first.sha256]
    assert open_document(second) == b"%PDF-1.4 essai"
    assert (first.size, first.mime) == (14, "application/pdf")


@pytest.mark.django_db
def test_bytes_that_changed_or_went_are_never_handed_out():
    document = issue()
    path = documents.path_of(document.sha256)
    path.write_bytes(b"%PDF-1.4 faux!")
    with pytest.raises(DocumentAltered, match="differ"):
        open_document(document)
    path.unlink()
    with pytest.raises(DocumentAltered, match="missing"):
        open_document(document)


@pytest.mark.django_db
def test_bytes_cut_short_by_a_crash_are_written_again():
    sha256 = issue().sha256
    documents.path_of(sha256).write_bytes(b"%PDF")
    assert open_document(issue()) == b"%PDF-1.4 essai"


@pytest.mark.django_db
def test_a_correction_names_what_it_replaces_and_only_once():
    first = issue()
    second = issue(supersedes=first)
    assert first.superseded_by == second
    with pytest.raises(DocumentAlreadyReplaced, match="000001"):
        issue(supersedes=first)
    assert issue(supersedes=second).number == "RELEVE/2026/000003"


@pytest.mark.django_db
def test_a_void_document_stays_and_is_voided_once():
    document = issue()
    first = void_document(document=document, reason="don rendu", at=AT)
    second = void_document(document=document, reason="autre", at=AT)
    assert (first.pk, second.reason) == (second.pk, "don rendu")
    assert open_document(document)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "act",
    [
        lambda: Document.objects.update(title="autre"),
        lambda: Document.objects.all()._raw_delete("default"),
        lambda: DocumentVoid.objects.update(reason="autre"),
        lambda: DocumentVoid.objects.all()._raw_delete("default"),
    ],
)
def test_what_is_issued_or_voided_never_changes(act):
    void_document(document=issue(), reason="erreur", at=AT)
    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        act()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "constraint"), [({"rank": 1}, "document_rank_once"), ({"rank": 0}, "document_rank_from_one")]
)
def test_the_database_refuses_a_number_given_twice_or_none(values, constraint):
    document = issue()
    copy = Document(**{field.name: getattr(document, field.name) for field in Document._meta.fields})
    copy.pk, copy.uuid = None, uuid4()
    for name, value in values.items():
        setattr(copy, name, value)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        copy.save(force_insert=True)


@pytest.mark.django_db
def test_the_check_finds_nothing_wrong_with_what_was_issued(capsys):
    issue()
    issue(series="RECU", content=b"x")
    assert list(check_documents()) == []
    call_command("check_documents")
    assert capsys.readouterr().out == "documents checked: 2 issued, 0 problems\n"


@pytest.mark.django_db
def test_the_check_names_the_document_whose_bytes_changed(capsys):
    document = issue()
    documents.path_of(document.sha256).write_bytes(b"x")
    with pytest.raises(CommandError, match="1 issued, 1 problems"):
        call_command("check_documents")
    assert document.number in capsys.readouterr().err


@pytest.mark.django_db
def test_the_check_names_the_series_with_a_gap():
    issue()
    DocumentSeries.objects.update(last_number=3)
    issue(series="VIDE", content=b"y")
    DocumentSeries.objects.create(code="JAMAIS", year=2026, last_number=1)
    found = {problem.subject: problem.problem for problem in check_documents(sample=0)}
    assert found == {
        "JAMAIS 2026": "no document for 1 numbers",
        "RELEVE 2026": "1 documents for 3 numbers",
    }


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_many_threads_issue_without_a_gap_or_a_double():
    def work():
        for _ in range(5):
            issue()
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ranks = list(Document.objects.order_by("rank").values_list("rank", flat=True))
    assert ranks == list(range(1, 31))


def test_the_number_template_is_the_one_documents_print():
    assert re.fullmatch(r"RELEVE/2026/000007", documents.NUMBER_TEMPLATE.format(series="RELEVE", year=2026, rank=7))
