import pytest

from fres.kernel.money import from_cents
from funds.solvency import solvency
from tests.funds.factories import NOW, FundFactory

pytestmark = pytest.mark.django_db


def test_capital_is_not_shown_as_money_held_for_others():
    FundFactory()
    page = solvency(on=NOW.date())
    assert page.totals.held == page.totals.owed == from_cents(0)
    assert page.entities[1].rows[0].held_total == from_cents(5_000_000)
