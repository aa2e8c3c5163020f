"""What the tables of payments refuse, whoever writes."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction

from funds.models import Dispute, Payment, ProviderEvent, Refund, RefusedEvents
from tests.funds.factories import CommitmentFactory, PaymentFactory, euros

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def refused(constraint: str, make) -> None:
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        make()
    assert constraint in str(refusal.value)


def test_a_payment_is_of_a_positive_amount():
    refused("payment_amount_positive", lambda: PaymentFactory(amount=euros(0)))


def test_a_payment_has_exactly_one_purpose():
    refused("payment_has_one_purpose", lambda: Payment.objects.create(amount=euros(1), asked_at=AT))


def test_a_commitment_has_one_payment_alive():
    commitment = CommitmentFactory(confirmed=True)
    PaymentFactory(commitment=commitment)
    refused("payment_one_alive_per_commitment", lambda: PaymentFactory(commitment=commitment))
    PaymentFactory(commitment=commitment, state="FAILED")


def test_a_payment_is_dated_when_it_cleared_and_only_then():
    refused("payment_cleared_iff_dated", lambda: PaymentFactory(state="CLEARED"))
    refused("payment_cleared_iff_dated", lambda: PaymentFactory(cleared_at=AT))


def test_a_refund_is_positive_numbered_once_accepted_and_dated_once_done():
    payment = PaymentFactory(cleared=True)

    def refund(**given) -> Refund:
        return Refund.objects.create(payment=payment, cause="SAVER", asked_at=AT, **({"amount": euros(1)} | given))

    refused("refund_amount_positive", lambda: refund(amount=euros(0)))
    refused("refund_accepted_has_provider_number", lambda: refund(state="PENDING"))
    refused("refund_done_has_date", lambda: refund(state="DONE", provider_id="re_1"))


def test_a_dispute_is_positive_and_claims_nothing_negative():
    payment = PaymentFactory(cleared=True)

    def dispute(**given) -> Dispute:
        values = {"amount": euros(1), "provider_id": "du_1", "opened_at": AT, "recorded_at": AT}
        return Dispute.objects.create(payment=payment, **(values | given))

    refused("dispute_amount_positive", lambda: dispute(amount=euros(0)))
    refused("dispute_claim_not_negative", lambda: dispute(claim_cents=-1))


def test_an_event_is_stored_once_and_refusals_are_one_row_a_day_and_reason():
    def event() -> ProviderEvent:
        return ProviderEvent.objects.create(event_id="evt_1", kind="x", created_at=AT, received_at=AT)

    event()
    refused("event_id", event)
    RefusedEvents.objects.create(on=AT.date(), reason="FORGED", last_at=AT)
    refused(
        "refused_events_counted_once", lambda: RefusedEvents.objects.create(on=AT.date(), reason="FORGED", last_at=AT)
    )
