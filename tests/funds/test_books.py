import pytest

from funds.books import check_books, record_check, registered
from funds.models import BooksCheck
from tests.funds.factories import NOW, FundFactory

pytestmark = pytest.mark.django_db


def test_books_with_capital_only_are_right():
    FundFactory()
    report = check_books(NOW)
    assert str(report) == "books balanced: 1 entries, 1 transfers, 0 problems", report.problems
    assert len(registered()) > 20
