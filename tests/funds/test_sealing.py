from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from fres.kernel import clock
from funds.books import check_books
from funds.chart import Purpose
from funds.ledger import account_for
from funds.models import PeriodClosing, Seal
from funds.sealing import (
    NO_HASH,
    EntriesNotSealed,
    MonthNotOver,
    PreviousYearOpen,
    close_month,
    close_months,
    open_fiscal_year,
    seal_entries,
)
from tests.funds.books_scenes import noon, post
from tests.funds.factories import LegalEntityFactory

pytestmark = pytest.mark.django_db
ON = date(2026, 3, 10)


@pytest.fixture
def entity():
    return LegalEntityFactory()


@pytest.fixture
def move(entity):
    return account_for(entity, Purpose.PROVIDER), account_for(entity, Purpose.CAPITAL), 100


def seals(entity):
    return list(Seal.objects.filter(entity=entity).order_by("fiscal_year__starts_on", "number"))


def test_seals_number_entries_without_gaps_and_chain_them(entity, move):
    for rank in range(5):
        post(entity, f"entry:{rank}", move, on=ON - timedelta(days=rank))
    assert seal_entries(entity=entity, at=noon(ON), batch=2) == 5
    assert seal_entries(entity=entity, at=noon(ON), batch=2) == 0
    chain = seals(entity)
    assert [seal.number for seal in chain] == [1, 2, 3, 4, 5]
    assert [bytes(seal.previous_hash) for seal in chain] == [NO_HASH, *(bytes(seal.hash) for seal in chain[:-1])]
    assert len({bytes(seal.hash) for seal in chain}) == 5


def test_an_entry_is_not_validated_before_its_date_and_dates_of_validation_never_go_back(entity, move):
    post(entity, "today", move, on=ON)
    post(entity, "tomorrow", move, on=ON + timedelta(days=1))
    assert seal_entries(entity=entity, at=noon(ON)) == 1
    post(entity, "again", move, on=ON)
    assert seal_entries(entity=entity, at=noon(ON) - timedelta(hours=2)) == 1
    assert seals(entity)[1].sealed_at == noon(ON)


def test_each_entity_has_its_own_numbers(entity, move):
    other = LegalEntityFactory()
    post(entity, "one", move)
    post(other, "one", (account_for(other, Purpose.PROVIDER), account_for(other, Purpose.CAPITAL), 1))
    assert [seal_entries(entity=one, at=noon(ON)) for one in (entity, other)] == [1, 1]
    assert [seal.number for seal in Seal.objects.all()] == [1, 1]


def test_a_year_waits_for_its_opening_which_is_number_one(entity, move):
    post(entity, "old", move, on=date(2025, 12, 30))
    post(entity, "new", move, on=ON)
    assert seal_entries(entity=entity, at=noon(ON)) == 1
    close_months(entity=entity, through=date(2025, 12, 31), by=None, at=noon(ON))
    assert seal_entries(entity=entity, at=noon(ON)) == 2
    chain = seals(entity)
    assert [(seal.number, seal.entry.key) for seal in chain] == [
        (1, "old"), (1, "opening:2026-01-01"), (2, "new"),
    ]  # fmt: skip
    assert bytes(chain[1].previous_hash) == bytes(chain[0].hash)
    assert check_books(noon(ON)).problems == ()


def test_a_month_is_closed_only_once_over_and_a_year_opened_only_once_the_one_before_is_closed(entity, move):
    post(entity, "old", move, on=date(2025, 11, 30))
    with pytest.raises(MonthNotOver):
        close_month(entity=entity, month=date(2025, 12, 1), by=None, at=noon(date(2025, 12, 31)))
    close_months(entity=entity, through=date(2025, 11, 30), by=None, at=noon(date(2025, 12, 31)))
    with pytest.raises(PreviousYearOpen) as refusal:
        open_fiscal_year(entity=entity, starts_on=date(2026, 1, 1), at=noon(date(2026, 1, 2)))
    assert "12/2025" in refusal.value.message
    with pytest.raises(ValueError, match="first day"):
        open_fiscal_year(entity=entity, starts_on=date(2026, 2, 1), at=noon(date(2026, 2, 2)))


def test_a_month_with_entries_that_wait_for_an_opening_is_not_closed(entity, move):
    post(entity, "old", move, on=date(2025, 12, 30))
    post(entity, "new", move, on=date(2026, 1, 3))
    with pytest.raises(EntriesNotSealed):
        close_month(entity=entity, month=date(2026, 1, 1), by=None, at=noon(date(2026, 2, 2)))


def test_a_financial_year_may_end_in_june():
    entity = LegalEntityFactory(year_end_month=6)
    move = account_for(entity, Purpose.PROVIDER), account_for(entity, Purpose.HOLDER_FEE), 100
    post(entity, "old", move, on=date(2025, 6, 30))
    close_months(entity=entity, through=date(2025, 6, 1), by=None, at=noon(date(2025, 7, 1)))
    post(entity, "new", move, on=date(2025, 7, 1))
    seal_entries(entity=entity, at=noon(date(2025, 7, 1)))
    assert [(str(seal.fiscal_year.ends_on), seal.number) for seal in seals(entity)] == [
        ("2025-06-30", 1), ("2026-06-30", 1), ("2026-06-30", 2),
    ]  # fmt: skip


def test_the_commands_say_what_they_did_in_their_last_line(entity, move):
    post(entity, "old", move, on=date(2025, 11, 30))
    out = StringIO()
    with clock.freeze(noon(date(2026, 1, 5))):
        call_command("seal", entity=entity.siren, stdout=out)
        call_command("close_period", through="2025-12", stdout=out)
        call_command("close_period", through="2025-12", stdout=out)
        with pytest.raises(CommandError):
            call_command("close_period", through="2026-01", stdout=out)
        with pytest.raises(CommandError):
            call_command("close_period", through="janvier", stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[1] == "sealed: 1 entries in the books of 1 entities"
    assert lines[-2:] == ["closed: 2 months", "closed: 0 months"]
    assert PeriodClosing.objects.count() == 2
