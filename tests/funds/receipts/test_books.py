import pytest

from fres.kernel.documents import issue_document
from funds.books_checks.receipts import one_valid_receipt_a_gift, receipts_say_what_remains
from funds.models import GiftReceipt
from funds.receipts import issue_receipt, void_receipts
from tests.funds.factories import NOW
from tests.funds.receipts.test_issuing import a_gift

pytestmark = pytest.mark.django_db


def found(check):
    return [problem.where for problem in check(NOW)]


def test_a_receipt_of_what_was_paid_is_right():
    issue_receipt(commitment=a_gift(), at=NOW)
    assert found(receipts_say_what_remains) == []


def test_a_receipt_left_valid_after_the_money_went_back_is_found():
    gift = a_gift()
    receipt = issue_receipt(commitment=gift, at=NOW)
    gift.payments.update(refunded_cents=1500)
    assert found(receipts_say_what_remains) == [f"receipt {receipt.document.number}"]
    void_receipts(commitment=gift, remaining_cents=2500, at=NOW, reason="Don rendu.")
    assert found(receipts_say_what_remains) == []
    gift.payments.update(state="REVERSED")
    assert len(found(receipts_say_what_remains)) == 1


def test_two_valid_receipts_of_one_gift_are_found():
    gift = a_gift()
    receipt = issue_receipt(commitment=gift, at=NOW)
    assert found(one_valid_receipt_a_gift) == []
    document = issue_document(
        series="TEST", year=2026, kind="gift_receipt", about=("commitment", gift.uuid), owner_party=gift.saver.uuid,
        title="Reçu", at=NOW, content=b"%PDF",
    )  # fmt: skip
    GiftReceipt.objects.create(
        commitment=gift, beneficiary=receipt.beneficiary, donor=gift.saver, amount_cents=4000, paid_on=NOW.date(),
        issued_at=NOW, document=document,
    )  # fmt: skip
    assert found(one_valid_receipt_a_gift) == [f"commitment {gift.uuid}"]
