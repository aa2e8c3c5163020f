"""The inbox: what is forged, stale or of the wrong mode is refused and counted; the rest is stored once, then asked."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from funds.models import Payment, ProviderEvent, RefusedEvents
from funds.payments.gateway import GatewayUnreachable
from funds.payments.webhooks import handle_event
from funds.states import CommitmentState, PaymentState
from tests.funds.payments.scenes import Provider, a_commitment, assert_books_right
from tests.stripe_server.webhooks import sign

pytestmark = pytest.mark.django_db


@pytest.fixture
def door(provider: Provider, settings, clock):
    """Post to the webhook as the provider does; the site's clock is the provider's."""
    settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE = provider.server.secret_key, provider.server.url
    settings.STRIPE_WEBHOOK_SECRET = provider.server.webhook_secret

    def post(payload: bytes, signature: str) -> int:
        clock.move_to(provider.now)
        client = Client(enforce_csrf_checks=True)
        response = client.post(
            reverse("funds:webhook"), payload, content_type="application/json", headers={"Stripe-Signature": signature}
        )
        return response.status_code

    return post


def paid_unheard(provider: Provider) -> Payment:
    payment = provider.start(a_commitment())
    provider.choose(payment, "card_paid")
    return payment


def signed(provider: Provider, payload: bytes, *, secret: str = "") -> str:
    return sign(payload, secret=secret or provider.server.webhook_secret, at=int(provider.server.now()))


def test_an_event_is_stored_once_answered_at_once_and_handled_afterwards(provider: Provider, door):
    payment = paid_unheard(provider)
    event = provider.server.events()[-1]
    assert door(*provider.server.signed(event["id"])) == 200
    assert door(*provider.server.signed(event["id"])) == 200
    stored = ProviderEvent.objects.get()
    payment.refresh_from_db()
    assert (stored.handled_at, payment.state) == (None, PaymentState.OPENED)
    handle_event(event_pk=stored.pk, at=provider.now, gateway=provider.gateway)
    payment.refresh_from_db()
    payment.commitment.refresh_from_db()
    assert (payment.state, payment.commitment.state) == (PaymentState.CLEARED, CommitmentState.CLEARED)
    asked = provider.server.requests()
    handle_event(event_pk=stored.pk, at=provider.now, gateway=provider.gateway)
    assert provider.server.requests() == asked
    assert_books_right()


def test_a_forged_event_is_refused_and_counted_and_nothing_else_is_written(provider: Provider, door):
    payment = paid_unheard(provider)
    payload, signature = provider.server.signed(provider.server.events()[-1]["id"])
    forgeries = [
        (payload, ""),
        (payload, signature[:-4] + "0000"),
        (payload + b" ", signature),
        (payload, signed(provider, payload, secret="whsec_not_ours")),
        (b"not json", signed(provider, b"not json")),
        (b"", ""),
    ]
    for forged in forgeries:
        assert door(*forged) == 400
    assert not ProviderEvent.objects.exists()
    refused = RefusedEvents.objects.get()
    assert (refused.reason, refused.count) == ("FORGED", len(forgeries))
    payment.refresh_from_db()
    assert payment.state == PaymentState.OPENED


def test_an_old_signature_is_refused_and_counted(provider: Provider, door):
    paid_unheard(provider)
    payload, signature = provider.server.signed(provider.server.events()[-1]["id"])
    provider.advance(minutes=6)
    assert door(payload, signature) == 400
    assert RefusedEvents.objects.get().reason == "STALE"
    assert not ProviderEvent.objects.exists()


def test_an_event_of_real_money_is_refused_by_a_platform_under_test(provider: Provider, door):
    paid_unheard(provider)
    payload, _signature = provider.server.signed(provider.server.events()[-1]["id"])
    live = json.loads(payload) | {"livemode": True}
    body = json.dumps(live).encode()
    assert door(body, signed(provider, body)) == 400
    assert RefusedEvents.objects.get().reason == "WRONG_MODE"


def test_refusals_are_counted_by_day(provider: Provider, door):
    for _day in range(2):
        for _again in range(3):
            assert door(b"{}", "t=1,v1=0") == 400
        provider.advance(days=1)
    assert list(RefusedEvents.objects.order_by("on").values_list("count", flat=True)) == [3, 3]


def test_an_event_about_something_that_is_not_ours_is_handled_and_says_so(provider: Provider, door):
    opened = provider.gateway.open_checkout(
        key="another platform",
        amount_cents=5_000,
        description="Autre chose",
        success_url="http://site.test/a",
        cancel_url="http://site.test/b",
        payer_email="someone@example.org",
        reference="not a row",
        expires_at=provider.now + timedelta(hours=3),
    )
    provider.server.choose(opened.checkout_id, "card_paid")
    for event in provider.server.events():
        assert door(*provider.server.signed(event["id"])) == 200
    provider.repair()
    assert set(ProviderEvent.objects.values_list("outcome", flat=True)) == {"not ours"}


def test_an_event_faster_than_our_own_answer_finds_the_row_by_its_reference(provider: Provider, door):
    payment = paid_unheard(provider)
    Payment.objects.filter(pk=payment.pk).update(state="ASKED", checkout_id=None, checkout_url="", intent_id=None)
    for event in provider.server.events():
        assert door(*provider.server.signed(event["id"])) == 200
    provider.repair()
    payment.refresh_from_db()
    assert payment.state == PaymentState.CLEARED
    assert_books_right()


def test_an_event_the_provider_would_not_explain_waits_for_the_next_run(provider: Provider, door):
    payment = paid_unheard(provider)
    assert door(*provider.server.signed(provider.server.events()[-1]["id"])) == 200
    stored = ProviderEvent.objects.get()
    provider.server.fail("drop_before", method="GET", times=3)
    with pytest.raises(GatewayUnreachable):
        handle_event(event_pk=stored.pk, at=provider.now, gateway=provider.gateway)
    stored.refresh_from_db()
    assert stored.handled_at is None
    provider.repair()
    payment.refresh_from_db()
    assert payment.state == PaymentState.CLEARED
