"""The crowd beside the cast: balanced, sealed, the same each time, taken up after a death, read at year end."""

import hashlib
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from fres.kernel import clock as kernel_clock
from fres.kernel.documents import open_document
from fres.kernel.models import Document, Message
from funds.books import check_books
from funds.demonstration import crowd, crowd_plan, story
from funds.demonstration.crowd_plan import KEEPER, Course, gift_promises, holder_of, loan_promises
from funds.models import Commitment, Entry, LegalEntity, PeriodClosing, Transfer
from funds.states import CommitmentState, FinancingState
from investors.models import Party
from reporting.statements import issuing
from tests.funds.test_demonstration import few_territories  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("few_territories", "shown_clock")]
SAVERS = 30


@pytest.fixture
def shown_clock(settings, tmp_path, monkeypatch) -> None:
    settings.CLOCK_FILE = str(tmp_path / "clock.json")
    monkeypatch.setattr(kernel_clock, "_file_read", None)


def demo(**options) -> str:
    said = StringIO()
    call_command("demo", without_story=True, stdout=said, **options)
    return said.getvalue()


def digest_of_books() -> str:
    """What was booked when, between whom and for how much; numbers given by sequences left out."""
    sides = [f"{side}__{field}" for side in ("debit", "credit") for field in ("number", "party__email", "offer__slug")]
    rows = Transfer.objects.values_list("entry__entity__siren", "entry__accounting_date", *sides, "amount_cents")
    return hashlib.sha256(json.dumps(sorted(map(str, rows))).encode()).hexdigest()


def test_thirty_savers_have_two_years_of_balanced_history_written_once(tmp_path):
    told = demo(savers=SAVERS)
    assert "books balanced" in told
    assert told.splitlines()[-1].startswith("crowd ready: 30 savers, 30 of them made in")
    states = set(Commitment.objects.values_list("state", flat=True))
    assert states >= {CommitmentState.SETTLED, CommitmentState.EXPIRED}
    keeper = LegalEntity.objects.get(siren=KEEPER.siren)
    loan = keeper.accounts.filter(offer__lane="PROJECT")[0].offer
    assert loan.financing_state == FinancingState.EXITING
    assert not Entry.objects.filter(entity=keeper, seal=None).exists()
    for year in (2024, 2025, 2026):
        files = StringIO()
        call_command("export_fec", year=year, entity=KEEPER.siren, out=tmp_path, stdout=files)
        assert "0 problems" in files.getvalue()
    before = Entry.objects.count(), Party.objects.count(), PeriodClosing.objects.count()
    assert "already there: 30" in demo(savers=SAVERS)
    assert (Entry.objects.count(), Party.objects.count(), PeriodClosing.objects.count()) == before
    with pytest.raises(CommandError, match="books are closed"):
        demo(savers=SAVERS + 1)
    assert check_books(kernel_clock.now()).is_right


def test_nobody_is_told_today_what_happened_years_ago():
    demo(savers=5)
    story.jobs.run_pending()
    old = ("servicing/succeeded", "servicing/paid", "servicing/distributed")
    assert not Message.objects.filter(template__in=old).exists()


def test_an_interrupted_crowd_is_taken_up_and_ends_in_the_same_books(monkeypatch):
    monkeypatch.setattr(crowd, "BLOCK", 5)
    monkeypatch.setattr(crowd_plan, "BLOCK", 5)
    with transaction.atomic():
        demo(savers=8)
        whole = digest_of_books()
        transaction.set_rollback(True)

    class Killed(Exception):
        pass

    def die(line: str) -> None:
        raise Killed

    region = crowd_region()
    with pytest.raises(Killed):
        crowd.make_crowd(region=region, count=8, say=die)  # after its first block
    assert Party.objects.filter(user__email__startswith="foule").count() == 5
    assert "3 of them made" in demo(savers=8)
    assert digest_of_books() == whole


def crowd_region():
    from funds.demonstration.region import found_without_story

    return found_without_story(today=story.TODAY)


@pytest.mark.parametrize(("count", "why"), [(-1, "from 1 to"), (crowd_plan.MOST + 1, "from 1 to")])
def test_a_crowd_that_cannot_be_is_refused_and_nothing_is_written(count, why):
    with pytest.raises(CommandError, match=why):
        demo(savers=count)
    assert not LegalEntity.objects.filter(siren=KEEPER.siren).exists()


def test_a_crowd_whose_past_is_still_to_come_is_refused():
    with pytest.raises(CommandError, match="still to come"):
        demo(savers=3, today="2025-06-01T10:00")


def test_the_statements_of_the_crowd_resume_after_a_kill_and_are_the_same_bytes_twice(monkeypatch):
    demo(savers=SAVERS)
    monkeypatch.setattr(issuing, "BATCH", 10)
    at = kernel_clock.now()
    with transaction.atomic():
        assert issuing.issue_statements(year=2025, at=at).issued == SAVERS
        whole = issued()
        transaction.set_rollback(True)

    class Killed(Exception):
        pass

    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if "10 statements issued" in line:
            raise Killed

    with pytest.raises(Killed):
        issuing.issue_statements(year=2025, at=at, say=say)
    assert 0 < Document.objects.filter(kind=issuing.KIND).count() < SAVERS
    assert "30 savers read" in said[-1]
    tally = issuing.issue_statements(year=2025, at=at)
    assert (tally.issued + tally.already_there, tally.problems) == (SAVERS, [])
    assert issued() == whole
    assert issuing.issue_statements(year=2024, at=at).problems == []


def issued() -> list[tuple[str, bytes]]:
    documents = Document.objects.filter(kind=issuing.KIND).order_by("rank")
    return [(document.number, open_document(document)) for document in documents]


def test_the_plan_of_a_rank_never_changes_and_everyone_moves_something_in_2025():
    for block in (0, 7, 399):
        lent = loan_promises(block, 50)
        assert lent == loan_promises(block, 50)
        gives = gift_promises(block, lent)
        assert gives == gift_promises(block, lent)
        paid = {one.saver for one in lent if one.course is Course.PAID}
        assert paid | {one.saver for one in gives} == {one.saver for one in lent}
    sirens = {holder_of(block).siren for block in range(400)}
    assert len(sirens) == 400
