import pytest

from funds.chart import Purpose
from funds.ledger import balance_cents
from tests.funds.factories import CommitmentFactory, OfferFactory, PaymentFactory

pytestmark = pytest.mark.django_db


def test_factories_make_rows_that_the_database_accepts():
    offer = OfferFactory(gift=True, open=True, receipts=True)
    CommitmentFactory(settled=True)
    PaymentFactory(cleared=True, commitment__offer=offer)
    assert balance_cents(entity=offer.books, purpose=Purpose.PROVIDER) == 5_000_000
