import os
import signal
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from fres.kernel.documents import check_documents, open_document
from fres.kernel.models import Document, DocumentSeries
from funds.chart import Purpose
from funds.ledger import Line, account_for
from reporting.statements import issuing
from reporting.statements.issuing import StatementsBeingIssued, YearNotOver, issue_statements
from tests.funds.factories import FundFactory
from tests.investors.factories import PartyFactory
from tests.reporting.money import an_offer, distributed, noon, paid, post, scheduled, settled

ISSUED = noon(2025, 1, 15)
LATER = noon(2025, 3, 1)


def some_savers(count, fund=None):
    """Return savers with a loan each, one instalment shared in 2024."""
    fund = fund or FundFactory()
    offer = an_offer(fund=fund)
    savers = [PartyFactory() for _ in range(count)]
    for place, saver in enumerate(savers):
        paid(offer, saver, 100 + place, noon(2023, 11, 6))
    loan = settled(offer, noon(2023, 12, 10))
    scheduled(loan, date(2024, 1, 10))
    distributed(loan, 1, noon(2024, 1, 10))
    return savers, loan


def issued():
    rows = Document.objects.filter(kind=issuing.KIND).order_by("rank")
    return list(rows.values_list("number", "owner_party", "sha256"))


@pytest.mark.django_db
def test_each_saver_has_one_statement_numbered_without_gap_in_the_order_of_their_numbers():
    savers, _loan = some_savers(3)
    tally = issue_statements(year=2024, at=ISSUED)
    assert (tally.issued, tally.problems) == (3, [])
    ordered = sorted(savers, key=lambda one: one.number)
    assert [row[:2] for row in issued()] == [
        (f"REL/2024/{rank:06d}", one.uuid) for rank, one in enumerate(ordered, start=1)
    ]
    document = Document.objects.first()
    assert document.title == "Relevé annuel 2024"
    assert document.amounts_cents["opening"] > document.amounts_cents["closing"] > 0
    assert list(check_documents()) == []


@pytest.mark.django_db
def test_a_second_run_changes_nothing():
    some_savers(3)
    issue_statements(year=2024, at=ISSUED)
    before = issued()
    tally = issue_statements(year=2024, at=LATER)
    assert (tally.issued, tally.already_there) == (0, 3)
    assert issued() == before


@pytest.mark.django_db
def test_one_saver_may_be_asked_for():
    savers, _loan = some_savers(3)
    assert issue_statements(year=2024, at=ISSUED, saver_number=savers[1].number).issued == 1
    assert issued()[0][1] == savers[1].uuid
    assert issue_statements(year=2024, at=ISSUED).issued == 2


@pytest.mark.django_db
def test_savers_of_two_entities_have_a_statement_from_each():
    some_savers(2)
    some_savers(1)
    assert issue_statements(year=2024, at=ISSUED).issued == 3
    assert Document.objects.values("about_uuid").distinct().count() == 2
    assert DocumentSeries.objects.get(code="REL", year=2024).last_number == 3


@pytest.mark.django_db
def test_a_year_that_is_not_over_has_no_statement():
    with pytest.raises(YearNotOver, match="2024"):
        issue_statements(year=2024, at=noon(2024, 12, 31))


@pytest.mark.django_db
def test_a_saver_whose_figures_disagree_gets_none_and_is_named_while_the_others_get_theirs():
    savers, loan = some_savers(3)
    due = account_for(loan.offer.books, Purpose.TO_BE_PAID, party=savers[1], offer=loan.offer)
    received = account_for(loan.offer.books, Purpose.INSTALMENTS, party=loan.borrower, offer=loan.offer)
    post(loan.offer, "distribution:ghost", [Line(received, due, 1)], noon(2024, 5, 1), ("distribution", None))
    tally = issue_statements(year=2024, at=ISSUED)
    assert tally.issued == 2
    (problem,) = tally.problems
    assert savers[1].number in problem
    assert [row[0] for row in issued()] == ["REL/2024/000001", "REL/2024/000002"]


@pytest.mark.django_db
def test_a_name_no_font_can_write_stops_one_statement_only():
    savers, _loan = some_savers(2)
    savers[0].family_name = "馬"
    savers[0].save()
    tally = issue_statements(year=2024, at=ISSUED)
    assert tally.issued == 1
    assert "no glyph" in tally.problems[0]


@pytest.mark.django_db
def test_a_correction_names_the_statement_it_replaces_and_only_what_changed_is_corrected():
    savers, loan = some_savers(3)
    issue_statements(year=2024, at=ISSUED)
    assert issue_statements(year=2024, at=LATER, is_correcting=True).issued == 0
    late = an_offer(fund=loan.offer.fund)
    paid(late, savers[2], 50, noon(2024, 12, 30))
    tally = issue_statements(year=2024, at=LATER, is_correcting=True)
    assert (tally.issued, tally.corrected, tally.already_there) == (1, 1, 2)
    new = Document.objects.get(rank=4)
    assert new.supersedes.owner_party == new.owner_party == savers[2].uuid
    assert issue_statements(year=2024, at=LATER, is_correcting=True).issued == 0
    assert issue_statements(year=2024, at=LATER).already_there == 3


def issue_then_undo(**options):
    """Issue, keep what was issued, and bring the database back to what it was."""
    with transaction.atomic():
        issue_statements(year=2024, at=ISSUED, **options)
        found = issued()
        contents = [open_document(document) for document in Document.objects.order_by("rank")]
        transaction.set_rollback(True)
    return found, contents


@pytest.mark.django_db
def test_the_same_data_give_the_same_bytes_twice_and_with_any_number_of_processes(monkeypatch):
    some_savers(5)
    first = issue_then_undo()
    assert issue_then_undo() == first
    monkeypatch.setattr(issuing, "BATCH", 2)
    assert issue_then_undo() == first
    assert issue_then_undo(processes=2) == first
    assert len(first[0]) == 5


@pytest.mark.django_db
def test_progress_is_told_and_one_line_sums_up(clock, capsys):
    clock.move_to(ISSUED)
    some_savers(2)
    call_command("issue_statements", year=2024)
    lines = capsys.readouterr().out.splitlines()
    assert "2/2 savers read" in lines[0]
    assert lines[-1] == (
        "statements 2024: 2 issued (0 corrections), 0 already there, 0 savers without movement, 0 problems"
    )


@pytest.mark.django_db
def test_the_command_fails_when_a_saver_could_not_be_served(clock, capsys):
    clock.move_to(ISSUED)
    savers, _loan = some_savers(1)
    savers[0].family_name = "馬"
    savers[0].save()
    with pytest.raises(CommandError, match="1 statements"):
        call_command("issue_statements", year=2024)
    with pytest.raises(CommandError, match="n’est pas finie"):
        call_command("issue_statements", year=2025)


# A real end of the process


def killed_at(step, count):
    """Issue in a child process that is killed at a step, the `count`-th time it is reached; return its wait status."""
    connection.close()
    child = os.fork()
    if child == 0:
        reached = 0

        def dying(real):
            def call(*args, **options):
                nonlocal reached
                reached += 1
                if reached == count:
                    os.kill(os.getpid(), signal.SIGKILL)
                return real(*args, **options)

            return call

        module, name = step
        setattr(module, name, dying(getattr(module, name)))
        try:
            issue_statements(year=2024, at=ISSUED)
        finally:
            os._exit(0)
    return os.waitpid(child, 0)[1]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("step", "count"),
    [
        (("reporting.statements.rendering", "store_many"), 2),
        (("reporting.statements.issuing", "issue_rendered"), 2),
        (("fres.kernel.bulk_documents", "number_of"), 5),
    ],
)
def test_a_killed_run_goes_on_where_it_was_and_ends_as_if_it_had_not_been_killed(step, count, monkeypatch):
    import importlib

    monkeypatch.setattr(issuing, "BATCH", 2)
    some_savers(5)
    whole = issue_then_undo()
    status = killed_at((importlib.import_module(step[0]), step[1]), count)
    assert os.WIFSIGNALED(status)
    assert len(issued()) < 5
    issue_statements(year=2024, at=ISSUED)
    assert issued() == whole[0]
    assert list(check_documents()) == []


@pytest.mark.django_db(transaction=True)
def test_two_runs_of_one_year_do_not_go_together():
    some_savers(1)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [issuing._RUN_LOCK, 2024])
            with pytest.raises(StatementsBeingIssued):
                issue_statements(year=2024, at=ISSUED)
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [issuing._RUN_LOCK, 2024])
    finally:
        other.close()
    assert issue_statements(year=2024, at=ISSUED).issued == 1
