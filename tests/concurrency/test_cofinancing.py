"""The last euro of a need, and of a share of a convention, brought by two at once: one is written."""

import threading

import pytest

from funds.books import check_books
from funds.cofinancing import tables
from funds.cofinancing.tables import AboveNeed, totals_of
from funds.founding.conventions import paid_of_share_cents, record_convention_payment
from funds.founding.errors import ConventionRefused
from tests.concurrency.threads import at_once
from tests.funds.cofinancing.test_tables import a_line, a_table, confirm
from tests.funds.factories import euros
from tests.funds.founding.scenes import DAY, NOW, a_convention
from tests.investors.factories import UserFactory

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


def two_lines():
    table = a_table(need=1_000)
    return table, a_line(table, asked=600), a_line(table, asked=600, financer="Fondation")


def test_two_financers_who_confirm_at_once_never_exceed_the_need():
    table, one, other = two_lines()
    results = at_once(lambda: confirm(one, 600), lambda: confirm(other, 600))
    assert sum(isinstance(result, AboveNeed) for result in results) == 1
    assert totals_of(table).confirmed_cents == 60_000


def test_without_the_lock_they_would(monkeypatch):
    table, one, other = two_lines()
    both_counted, real = threading.Barrier(2), tables.totals_of

    def counted(*given):
        totals = real(*given)
        both_counted.wait(30)
        return totals

    monkeypatch.setattr(tables, "totals_of", counted)
    monkeypatch.setattr(tables, "lock_row", lambda row: type(row)._base_manager.get(pk=row.pk))
    results = at_once(lambda: confirm(one, 600), lambda: confirm(other, 600))
    assert not any(isinstance(result, Exception) for result in results), results
    assert real(table).confirmed_cents == 120_000


def test_two_transfers_recorded_at_once_never_exceed_their_share():
    (share,) = a_convention().shares.all()  # 3 000 €
    by = UserFactory()

    def pay(reference):
        return record_convention_payment(
            share=share, amount=euros(2_000), received_on=DAY, reference=reference, by=by, at=NOW
        )

    results = at_once(lambda: pay("VIR-1"), lambda: pay("VIR-2"))
    assert sum(isinstance(result, ConventionRefused) for result in results) == 1
    assert paid_of_share_cents(share) == 200_000 and check_books(NOW).is_right
