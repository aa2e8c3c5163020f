"""The sync finds what events did not tell, and one bad row holds no other back."""

import pytest

from fres.kernel.errors import BooksBroken
from funds.models import Payment
from funds.payments import duties
from funds.payments.sync import handle_events, sync_payments
from funds.states import PaymentState
from tests.funds.payments.scenes import Provider, a_commitment, assert_books_right

pytestmark = pytest.mark.django_db


def test_payments_whose_events_were_all_lost_are_found(provider: Provider):
    chosen = {"card_paid": "CLEARED", "sepa_paid": "CLEARED", "sepa_insufficient_funds": "FAILED", "": "EXPIRED"}
    payments = {outcome: provider.start(a_commitment()) for outcome in chosen}
    for outcome, payment in payments.items():
        if outcome:
            provider.choose(payment, outcome)
    provider.advance(days=6)
    report = sync_payments(at=provider.now, gateway=provider.gateway)
    assert (report.changed, report.unanswered, report.broken) == (4, [], [])
    for outcome, payment in payments.items():
        payment.refresh_from_db()
        assert payment.state == chosen[outcome], outcome
    assert sync_payments(at=provider.now, gateway=provider.gateway).changed == 0
    assert_books_right()


def test_a_row_that_contradicts_the_provider_is_listed_and_the_others_go_on(provider: Provider, settings):
    wrong, right = provider.start(a_commitment()), provider.start(a_commitment())
    for payment in (wrong, right):
        provider.choose(payment, "card_paid")
    Payment.objects.filter(pk=wrong.pk).update(amount=1)
    report = sync_payments(at=provider.now, gateway=provider.gateway)
    right.refresh_from_db()
    assert right.state == PaymentState.CLEARED
    assert report.broken == [f"payment {wrong.pk}: BooksBroken"]
    settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE = provider.server.secret_key, provider.server.url
    with pytest.raises(BooksBroken, match=f"payment {wrong.pk}"):
        duties.ask_payments_again(provider.now)


def test_a_provider_that_answers_nothing_is_soon_left_in_peace(provider: Provider):
    payments = [provider.pay(a_commitment(), "sepa_paid") for _row in range(5)]
    provider.server.forget_requests()
    provider.server.fail("drop_before", method="GET", times=1_000)
    report = sync_payments(at=provider.now, gateway=provider.gateway)
    assert report.asked == 3
    assert f"{len(payments) - 3} more payments: not asked" in report.unanswered


def test_nothing_waits_when_no_event_came(provider: Provider):
    assert str(handle_events(at=provider.now, gateway=provider.gateway)) == "0 asked, 0 changed, 0 unanswered"
