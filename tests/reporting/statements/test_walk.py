"""One euro by the real operations, from the hosted payment page to the statement that proves it."""

from datetime import UTC, datetime

import pytest

from fres.kernel.documents import check_documents
from fres.kernel.models import Document
from funds.chart import Purpose
from funds.ledger import balance_cents
from funds.models import GiftReceipt
from funds.payments.refunds import ask_gift_refund
from funds.receipts.duties import issue_missing_receipts
from funds.servicing.distribution import distribute_due
from reporting.statements.gathering import Gatherer
from reporting.statements.issuing import issue_statements
from tests.funds.factories import OfferFactory, euros
from tests.funds.payments.scenes import a_commitment, assert_books_right
from tests.funds.servicing.scenes import a_paid_loan, pay_instalment

pytestmark = pytest.mark.django_db
ISSUED = datetime(2027, 1, 20, 9, tzinfo=UTC)


def statements(entity, savers):
    gathered = Gatherer(entity=entity, year=2026).statements([one.pk for one in savers], issued_at=ISSUED)
    return {one.statement.saver_number: one.statement for one in gathered}


def test_a_loan_paid_back_and_contested_agrees_with_the_books_to_the_cent(provider, payout_gateway):
    loan = a_paid_loan(provider, payout_gateway, 100, 250, months=3)
    contested, other = (one.party for one in loan.holdings.order_by("pk"))
    provider.server.dispute(contested.commitments.get().payments.get().intent_id)
    provider.repair()
    pay_instalment(provider, loan.instalments.get(rank=1))
    assert distribute_due(at=provider.now) == 1
    entity = loan.offer.books
    found = statements(entity, (contested, other))
    for party in (contested, other):
        told = found[party.number]
        for figure, purpose in (
            (told.to_be_paid.closing_cents, Purpose.TO_BE_PAID),
            (told.claim.closing_cents, Purpose.CLAIM_ON_SAVER),
            (told.closing_cents - sum(line.lent_cents for line in told.commitments), Purpose.SAVER_MONEY),
        ):
            assert figure == balance_cents(entity=entity, purpose=purpose, party=party)
        assert sum(one.principal_cents for one in told.years_ahead) == told.closing_cents
    assert found[contested.number].claim.contested_cents == 10_000
    assert found[contested.number].to_be_paid.closing_cents == 0
    assert found[other.number].interest[0].rates == "12,80\u00a0% et 18,60\u00a0%"
    assert loan.contract is not None
    tally = issue_statements(year=2026, at=ISSUED)
    assert (tally.issued, tally.problems) == (2, [])
    assert list(check_documents()) == []
    assert_books_right()


def test_a_gift_has_its_receipt_then_loses_it_when_it_is_given_back(provider):
    offer = OfferFactory(gift=True, open=True, receipts=True)
    gift = a_commitment(offer=offer, amount=euros(40))
    provider.pay(gift)
    assert issue_missing_receipts(provider.now).startswith("1 receipts")
    receipt = GiftReceipt.objects.get(commitment=gift)
    assert receipt.amount_cents == 4000
    gift.refresh_from_db()
    ask_gift_refund(commitment=gift, by=gift.by, at=provider.now)
    provider.repair()
    assert Document.objects.get(pk=receipt.document_id).void.reason
    assert issue_missing_receipts(provider.now).startswith("0 receipts")
    told = statements(offer.books, [gift.saver])[gift.saver.number]
    (line,) = told.commitments
    assert (line.paid_in_cents, line.given_back_cents, line.closing_cents) == (4000, 4000, 0)
    assert told.gifts[0].voided_on is not None
    assert told.amounts_cents["gifts"] == 0
    assert_books_right()
