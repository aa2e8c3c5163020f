from datetime import date, timedelta

import pytest

from funds.books_duties import check_books_each_night, seal_books
from funds.chart import Purpose
from funds.ledger import account_for
from funds.models import BooksCheck
from tests.funds.books_scenes import post
from tests.funds.factories import NOW, LegalEntityFactory

pytestmark = pytest.mark.django_db


def test_books_are_sealed_and_checked_once_a_day():
    entity = LegalEntityFactory()
    move = account_for(entity, Purpose.PROVIDER), account_for(entity, Purpose.CAPITAL), 100
    post(entity, "capital", move, on=date(2026, 11, 20))
    assert seal_books(NOW) == "1 entries sealed"
    assert seal_books(NOW) == "0 entries sealed"
    assert check_books_each_night(NOW) == "books balanced: 1 entries, 1 transfers, 0 problems"
    assert check_books_each_night(NOW + timedelta(hours=3)) == "books already checked today"
    assert check_books_each_night(NOW + timedelta(hours=20)).startswith("books balanced")
    assert BooksCheck.objects.count() == 2
