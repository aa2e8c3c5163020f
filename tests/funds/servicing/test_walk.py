"""One euro from the decision of an offer to the saver it comes back to, against the Stripe test server."""

import pytest

from funds.chart import Purpose
from funds.ledger import balance_cents
from funds.models import Distribution, Loan, PayoutOrder
from funds.servicing.distribution import distribute_instalment
from funds.states import FinancingState, PayoutState
from tests.funds.payments.scenes import assert_books_right
from tests.funds.servicing.scenes import a_paid_loan, pay_instalment

pytestmark = pytest.mark.django_db


def test_a_holder_is_paid_and_every_instalment_comes_back(provider, payout_gateway):
    loan = a_paid_loan(provider, payout_gateway, 600, 300, 100)
    offer = loan.offer
    assert PayoutOrder.objects.get(offer=offer).state == PayoutState.PAID
    assert offer.financing_state == FinancingState.MONITORED
    assert loan.instalments.count() == 3
    assert_books_right()
    for instalment in loan.instalments.all():
        pay_instalment(provider, instalment)
        distribute_instalment(instalment=instalment, at=provider.now)
        assert_books_right()
    assert Distribution.objects.count() == 3
    interest = sum(one.interest_cents for one in loan.instalments.all())
    withheld = [
        balance_cents(entity=offer.books, purpose=purpose)
        for purpose in (Purpose.INCOME_TAX_WITHHELD, Purpose.SOCIAL_LEVIES)
    ]
    owed = balance_cents(entity=offer.books, purpose=Purpose.TO_BE_PAID, offer=offer)
    assert owed + sum(withheld) == 100_000 + interest
    offer.refresh_from_db()
    assert offer.financing_state == FinancingState.EXITING
    assert Loan.objects.get(pk=loan.pk).contract is not None
