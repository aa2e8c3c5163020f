"""The books under many hands: one entry a key, gapless seals while others post, a month that closes for good."""

import threading
from datetime import date
from unittest import mock

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from funds.chart import Purpose
from funds.ledger import EntryKeyReused, MonthClosed, account_for
from funds.models import Account, Entry, PeriodClosing, Seal, Transfer
from funds.sealing import NO_HASH, close_month, contents, seal_entries
from tests.concurrency.threads import at_once
from tests.funds.books_scenes import noon, post
from tests.funds.factories import LegalEntityFactory

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]
ON = date(2026, 3, 10)


@pytest.fixture
def entity():
    return LegalEntityFactory()


@pytest.fixture
def move(entity):
    return account_for(entity, Purpose.PROVIDER), account_for(entity, Purpose.CAPITAL), 100


def test_one_key_from_eight_threads_is_one_entry(entity, move):
    results = at_once(*[lambda: post(entity, "gift", move)] * 8)
    assert len({entry.pk for entry in results}) == 1
    assert (Entry.objects.count(), Transfer.objects.count()) == (1, 1)


def test_one_key_with_two_contents_is_one_entry_and_the_others_are_refused(entity, move):
    results = at_once(*[lambda cents=cents: post(entity, "gift", (*move[:2], cents)) for cents in (1, 2, 3, 4)])
    assert sum(isinstance(result, EntryKeyReused) for result in results) == 3
    assert Entry.objects.count() == 1


def test_one_account_asked_for_by_eight_threads_is_made_once(entity):
    results = at_once(*[lambda: account_for(entity, Purpose.BANK)] * 8)
    assert len({account.pk for account in results}) == 1
    assert Account.objects.filter(number="5121").count() == 1


def test_seals_have_no_gap_while_others_post(entity, move):
    def poster(name):
        return lambda: [post(entity, f"{name}:{rank}", move) for rank in range(25)]

    def sealer():
        return sum(seal_entries(entity=entity, at=noon(ON), batch=3) for _ in range(15))

    results = at_once(poster("a"), poster("b"), poster("c"), sealer, sealer)
    assert [result for result in results if isinstance(result, BaseException)] == []
    seal_entries(entity=entity, at=noon(ON))
    chain = list(Seal.objects.order_by("number"))
    assert [seal.number for seal in chain] == list(range(1, 76))
    assert [bytes(seal.previous_hash) for seal in chain] == [NO_HASH, *(bytes(seal.hash) for seal in chain[:-1])]


def closing_while_posting(entity, move):
    """Hold a posting open while its month is closed, then let it end; return what the closing and a late one got."""
    written, may_end = threading.Event(), threading.Event()

    def slow_posting():
        with transaction.atomic():
            entry = post(entity, "slow", move)
            written.set()
            may_end.wait(20)
        return entry

    def closing():
        written.wait(20)
        threading.Timer(0.5, may_end.set).start()
        return close_month(entity=entity, month=date(2026, 3, 1), by=None, at=noon(date(2026, 4, 1)))

    return at_once(slow_posting, closing)


def test_a_month_closes_only_after_the_postings_under_way_and_with_their_seals(entity, move):
    results = closing_while_posting(entity, move)
    assert [result for result in results if isinstance(result, BaseException)] == []
    assert Entry.objects.filter(seal=None).count() == 0
    with pytest.raises(MonthClosed):
        post(entity, "late", move)


def test_control_without_the_lock_an_entry_slips_into_a_closed_month_unsealed(entity, move):
    with mock.patch("funds.sealing.wait_for_postings"):
        closing_while_posting(entity, move)
    assert PeriodClosing.objects.count() == 1
    assert Entry.objects.filter(seal=None).count() == 1


def test_a_posting_that_waited_for_a_closing_sees_the_month_closed(entity, move):
    locked, may_end = threading.Event(), threading.Event()

    def slow_closing():
        with transaction.atomic():
            close_month(entity=entity, month=date(2026, 3, 1), by=None, at=noon(date(2026, 4, 1)))
            locked.set()
            may_end.wait(20)

    def posting():
        locked.wait(20)
        threading.Timer(0.5, may_end.set).start()
        return post(entity, "late", move)

    _, result = at_once(slow_closing, posting)
    assert isinstance(result, MonthClosed)


def test_control_without_its_lock_sealing_gives_a_number_twice(entity, move):
    for rank in range(40):
        post(entity, f"entry:{rank}", move)
    together = threading.Barrier(2)

    def contents_once_both_have_counted(entries):
        together.wait(20)
        return contents(entries)

    with (
        mock.patch("funds.sealing.lock_sealing"),
        mock.patch("funds.sealing.wait_for_postings"),
        mock.patch("funds.sealing.contents", contents_once_both_have_counted),
    ):
        results = at_once(*[lambda: seal_entries(entity=entity, at=noon(ON))] * 2)
    assert sum(isinstance(result, IntegrityError) for result in results) == 1


def test_posting_takes_one_message(entity, move):
    post(entity, "first", move)
    with CaptureQueriesContext(connection) as sent:
        post(entity, "second", move)
    assert len(sent) == 1
