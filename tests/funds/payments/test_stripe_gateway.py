"""The port, through the official SDK, against the Stripe test server over real HTTP. No database."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from funds.payments import gateway as port
from funds.payments import stripe_gateway
from funds.payments.gateway import (
    Balance,
    CheckoutOpened,
    DisputeStatus,
    EventObject,
    FailureCode,
    ForgedEvent,
    GatewayRefused,
    GatewayUnreachable,
    Means,
    PaymentOutcome,
    PaymentStatus,
    RefundStatus,
    RefusalCode,
    StaleEvent,
    WrongMode,
    explain,
)
from funds.payments.stripe_gateway import StripeGateway
from tests.stripe_server.process import StripeServer
from tests.stripe_server.webhooks import sign

AMOUNT = 10_000


@pytest.fixture
def now(server: StripeServer) -> Callable[[], datetime]:
    return lambda: datetime.fromtimestamp(server.now(), UTC)


@pytest.fixture
def opened(gateway: StripeGateway, now: Callable[[], datetime]) -> Callable[..., CheckoutOpened]:
    """Open the payment page of one of our rows."""

    def open_checkout(reference: str = "row-1", **changes: Any) -> CheckoutOpened:
        given: dict[str, Any] = {
            "key": f"payment-{reference}",
            "amount_cents": AMOUNT,
            "description": "Prêt à Soleil de Gohelle",
            "success_url": "http://site.test/ok?s={CHECKOUT_SESSION_ID}",
            "cancel_url": "http://site.test/no",
            "payer_email": "saver@example.org",
            "reference": reference,
            "expires_at": now() + timedelta(hours=12),
        }
        return gateway.open_checkout(**given | changes)

    return open_checkout


@pytest.fixture
def chosen(server: StripeServer, gateway: StripeGateway, opened: Callable[..., CheckoutOpened]) -> Callable[..., Any]:
    """Open a page, press a button, read the outcome."""

    def choose(outcome: str, reference: str = "row-1") -> PaymentOutcome:
        checkout = opened(reference)
        server.choose(checkout.checkout_id, outcome)
        return gateway.read_checkout(checkout_id=checkout.checkout_id)

    return choose


def again(gateway: StripeGateway, payment: PaymentOutcome) -> PaymentOutcome:
    """Read by the intent, and check that reading by the checkout says the same."""
    assert payment.intent_id is not None
    assert payment.checkout_id is not None
    by_intent = gateway.read_payment(intent_id=payment.intent_id)
    assert by_intent == gateway.read_checkout(checkout_id=payment.checkout_id)
    return by_intent


# payments


def test_a_page_that_nobody_has_paid_on_is_open(gateway, opened, now):
    checkout = opened()
    assert checkout.url.startswith("http://")
    assert abs(checkout.expires_at - now() - timedelta(hours=12)) < timedelta(seconds=3)
    outcome = gateway.read_checkout(checkout_id=checkout.checkout_id)
    assert (outcome.status, outcome.amount_cents, outcome.reference) == (PaymentStatus.OPEN, AMOUNT, "row-1")
    assert (outcome.intent_id, outcome.charge_id, outcome.means, outcome.failure_code) == (None, None, None, None)


def test_a_page_asked_twice_with_the_same_key_is_one_page(server, opened, now):
    expires_at = now() + timedelta(hours=12)
    assert opened(expires_at=expires_at) == opened(expires_at=expires_at)
    assert server.executed("POST", "/v1/checkout/sessions") == 1
    with pytest.raises(GatewayRefused) as refusal:
        opened(expires_at=expires_at, amount_cents=AMOUNT + 1)
    assert refusal.value.code is RefusalCode.KEY_REUSED


def test_a_card_is_cleared_at_once_with_its_fee(chosen, now):
    outcome = chosen("card_paid")
    assert (outcome.status, outcome.means, outcome.fee_cents) == (PaymentStatus.CLEARED, Means.CARD, 175)
    assert outcome.means_details.last_figures == "4242"
    assert abs(outcome.cleared_at - now()) < timedelta(seconds=5)
    assert outcome.processing_since is None


@pytest.mark.parametrize(
    ("button", "code"),
    [
        ("card_declined", FailureCode.CARD_DECLINED),
        ("card_insufficient_funds", FailureCode.INSUFFICIENT_FUNDS),
    ],
)
def test_a_card_refused_leaves_the_page_open_and_the_next_card_pays(server, gateway, chosen, button, code):
    outcome = chosen(button)
    assert (outcome.status, outcome.failure_code, outcome.fee_cents) == (PaymentStatus.OPEN, code, 0)
    server.choose(outcome.checkout_id, "card_paid")
    paid = again(gateway, outcome)
    assert (paid.status, paid.failure_code, paid.intent_id) == (PaymentStatus.CLEARED, None, outcome.intent_id)


def test_three_d_secure_clears_or_leaves_the_page_open(server, gateway, chosen):
    outcome = chosen("card_challenge")
    assert (outcome.status, outcome.failure_code) == (PaymentStatus.OPEN, None)
    server.authenticate(outcome.checkout_id, is_authenticated=False)
    failed = again(gateway, outcome)
    assert (failed.status, failed.failure_code) == (PaymentStatus.OPEN, FailureCode.AUTHENTICATION_FAILED)
    server.choose(outcome.checkout_id, "card_challenge")
    server.authenticate(outcome.checkout_id)
    assert again(gateway, outcome).status is PaymentStatus.CLEARED


def test_a_debit_is_processing_for_five_days_then_cleared(server, gateway, chosen):
    outcome = chosen("sepa_paid")
    assert (outcome.status, outcome.means) == (PaymentStatus.PROCESSING, Means.SEPA_DEBIT)
    assert (outcome.fee_cents, outcome.cleared_at) == (0, None)
    assert outcome.means_details.last_figures == "2606"
    assert re.fullmatch(r"FRES\w+", outcome.means_details.mandate_reference)
    server.advance(days=4.9)
    assert again(gateway, outcome) == outcome
    server.advance(days=0.2)
    cleared = again(gateway, outcome)
    assert (cleared.status, cleared.fee_cents) == (PaymentStatus.CLEARED, 35)
    assert cleared.processing_since == outcome.processing_since
    assert cleared.cleared_at is not None
    assert cleared.processing_since is not None
    assert timedelta(days=5) <= cleared.cleared_at - cleared.processing_since < timedelta(days=5, seconds=2)


@pytest.mark.parametrize(
    ("button", "code"),
    [
        ("sepa_insufficient_funds", FailureCode.INSUFFICIENT_FUNDS),
        ("sepa_account_closed", FailureCode.ACCOUNT_CLOSED),
        ("sepa_mandate_refused", FailureCode.MANDATE_REFUSED),
    ],
)
def test_a_debit_that_bounces_fails_after_three_days(server, gateway, chosen, button, code):
    outcome = chosen(button)
    server.advance(days=2.9)
    assert again(gateway, outcome).status is PaymentStatus.PROCESSING
    server.advance(days=0.2)
    failed = again(gateway, outcome)
    assert (failed.status, failed.failure_code) == (PaymentStatus.FAILED, code)
    assert (failed.fee_cents, failed.cleared_at) == (0, None)
    assert gateway.read_balance() == Balance(available_cents=0, pending_cents=0)


def test_a_debit_disputed_weeks_later_stays_cleared_and_shows_its_dispute(server, gateway, chosen):
    outcome = chosen("sepa_disputed")
    server.advance(days=32.9)
    assert again(gateway, outcome).disputes == ()
    server.advance(days=0.2)
    disputed = again(gateway, outcome)
    assert disputed.status is PaymentStatus.CLEARED
    (dispute,) = disputed.disputes
    assert (dispute.status, dispute.withdrawn) == (DisputeStatus.LOST, True)
    assert (dispute.amount_cents, dispute.fee_cents, dispute.intent_id) == (AMOUNT, 750, outcome.intent_id)
    assert gateway.read_dispute(dispute_id=dispute.dispute_id) == dispute
    assert gateway.read_balance().available_cents == AMOUNT - 35 - AMOUNT - 750


def test_a_card_dispute_is_open_then_lost_or_won(server, gateway, chosen):
    outcomes = [chosen("card_disputed", f"row-{rank}") for rank in range(2)]
    server.advance(days=28)
    first, second = (again(gateway, one).disputes[0] for one in outcomes)
    assert (first.status, first.withdrawn, first.fee_cents) == (DisputeStatus.OPEN, True, 2_000)
    server.end_dispute(second.dispute_id, is_won=True)
    server.advance(days=15)
    assert gateway.read_dispute(dispute_id=first.dispute_id).status is DisputeStatus.LOST
    won = gateway.read_dispute(dispute_id=second.dispute_id)
    assert (won.status, won.withdrawn, won.fee_cents) == (DisputeStatus.WON, False, 0)


def test_a_page_expires_alone_or_when_told_and_never_once_paid(server, gateway, opened, chosen):
    alone, told = opened("row-1"), opened("row-2")
    assert gateway.expire_checkout(checkout_id=told.checkout_id).status is PaymentStatus.EXPIRED
    assert gateway.expire_checkout(checkout_id=told.checkout_id).status is PaymentStatus.EXPIRED
    server.advance(hours=13)
    assert gateway.read_checkout(checkout_id=alone.checkout_id).status is PaymentStatus.EXPIRED
    paid, slow = chosen("card_paid", "row-3"), chosen("sepa_paid", "row-4")
    assert gateway.expire_checkout(checkout_id=paid.checkout_id).status is PaymentStatus.CLEARED
    assert gateway.expire_checkout(checkout_id=slow.checkout_id).status is PaymentStatus.PROCESSING
    with pytest.raises(GatewayRefused) as refusal:
        gateway.expire_checkout(checkout_id="cs_test_unknown")
    assert refusal.value.code is RefusalCode.NOT_FOUND


def test_a_page_left_after_a_refused_card_expires_too(server, gateway, chosen):
    outcome = chosen("card_declined")
    expired = gateway.expire_checkout(checkout_id=outcome.checkout_id)
    assert (expired.status, expired.failure_code) == (PaymentStatus.EXPIRED, FailureCode.CARD_DECLINED)


def test_only_the_means_asked_for_are_offered(server, opened):
    checkout = opened(means=(Means.SEPA_DEBIT,))
    with pytest.raises(RuntimeError, match="does not accept card"):
        server.choose(checkout.checkout_id, "card_paid")
    server.choose(checkout.checkout_id, "sepa_paid")


def test_an_amount_out_of_range_or_an_expiry_out_of_bounds_is_refused(opened, now):
    for amount_cents in (49, 100_000_000):
        with pytest.raises(GatewayRefused) as refusal:
            opened(amount_cents=amount_cents)
        assert refusal.value.code is RefusalCode.AMOUNT_OUT_OF_RANGE
    for hours in (0.1, 25):
        with pytest.raises(GatewayRefused) as refusal:
            opened(expires_at=now() + timedelta(hours=hours))
        assert refusal.value.code is RefusalCode.INVALID
        assert "expires_at" in refusal.value.detail


# what was asked and not answered


def test_a_lost_answer_is_asked_again_and_the_thing_done_once(server, gateway, opened, now):
    expires_at = now() + timedelta(hours=12)
    server.fail("drop_after", path="/v1/checkout/sessions")
    checkout = opened(expires_at=expires_at)
    assert server.executed("POST", "/v1/checkout/sessions") == 1
    found = gateway.find_checkout_by_reference(
        reference="row-1", since=now() - timedelta(hours=1), until=now() + timedelta(hours=1)
    )
    assert found == gateway.read_checkout(checkout_id=checkout.checkout_id)


@pytest.mark.parametrize("effect", ["drop_before", "drop_after", "error_500"])
def test_no_answer_at_all_is_unreachable_and_the_same_key_is_good_later(server, opened, now, effect):
    expires_at = now() + timedelta(hours=12)
    server.fail(effect, path="/v1/checkout/sessions", times=stripe_gateway.NETWORK_RETRIES + 1)
    with pytest.raises(GatewayUnreachable):
        opened(expires_at=expires_at)
    opened(expires_at=expires_at)
    assert server.executed("POST", "/v1/checkout/sessions") == 1


def test_a_provider_that_is_down_is_unreachable():
    gateway = StripeGateway(
        secret_key="sk_test_fres0001", webhook_secret="whsec", api_base="http://127.0.0.1:9", live=False
    )
    with pytest.raises(GatewayUnreachable):
        gateway.read_balance()


def test_a_wrong_key_is_not_allowed(server):
    gateway = StripeGateway(secret_key="sk_live_fres0001", webhook_secret="", api_base=server.url, live=True)
    with pytest.raises(GatewayRefused) as refusal:
        gateway.read_balance()
    assert refusal.value.code is RefusalCode.NOT_ALLOWED


def test_a_row_is_found_by_its_reference_or_was_never_asked(gateway, opened, now):
    since, until = now() - timedelta(hours=1), now() + timedelta(hours=1)
    checkout = opened("row-7")
    found = gateway.find_checkout_by_reference(reference="row-7", since=since, until=until)
    assert found.checkout_id == checkout.checkout_id
    assert gateway.find_checkout_by_reference(reference="row-8", since=since, until=until) is None
    early = since - timedelta(days=1)
    assert gateway.find_checkout_by_reference(reference="row-7", since=early, until=since) is None


def test_all_payments_of_a_period_are_found_over_several_pages(server, gateway, opened, now, monkeypatch):
    monkeypatch.setattr(stripe_gateway, "PAGE", 3)
    since = now() - timedelta(minutes=1)
    references = [f"row-{rank}" for rank in range(8)]
    for reference in references:
        checkout = opened(reference)
        if reference in ("row-2", "row-5"):
            server.choose(checkout.checkout_id, "sepa_paid")
    found = list(gateway.find_payments(since=since, until=now() + timedelta(minutes=1)))
    assert [one.reference for one in found] == references[::-1]
    processing = [one.reference for one in found if one.status is PaymentStatus.PROCESSING]
    assert processing == ["row-5", "row-2"]
    assert list(gateway.find_payments(since=since - timedelta(days=1), until=since)) == []


# refunds


def test_refunds_in_part_are_counted_and_one_cent_more_is_refused(gateway, chosen):
    payment = chosen("card_paid")
    first = gateway.refund(key="refund-1", intent_id=payment.intent_id, amount_cents=4_000, reference="refund-1")
    assert (first.status, first.amount_cents, first.reference) == (RefundStatus.SUCCEEDED, 4_000, "refund-1")
    assert again(gateway, payment).refunded_cents == 4_000
    with pytest.raises(GatewayRefused) as refusal:
        gateway.refund(key="refund-2", intent_id=payment.intent_id, amount_cents=6_001, reference="refund-2")
    assert refusal.value.code is RefusalCode.REFUND_TOO_LARGE
    gateway.refund(key="refund-3", intent_id=payment.intent_id, amount_cents=6_000, reference="refund-3")
    with pytest.raises(GatewayRefused) as refusal:
        gateway.refund(key="refund-4", intent_id=payment.intent_id, amount_cents=1, reference="refund-4")
    assert refusal.value.code is RefusalCode.REFUND_TOO_LARGE


def test_a_refund_asked_twice_is_made_once_and_found_by_its_reference(server, gateway, chosen):
    payment = chosen("card_paid")
    asked = {"key": "refund-1", "intent_id": payment.intent_id, "amount_cents": 100, "reference": "refund-1"}
    assert gateway.refund(**asked) == gateway.refund(**asked)
    assert server.executed("POST", "/v1/refunds") == 1
    found = gateway.find_refund(intent_id=payment.intent_id, reference="refund-1")
    assert found == gateway.read_refund(refund_id=found.refund_id)
    assert gateway.find_refund(intent_id=payment.intent_id, reference="refund-2") is None


def test_the_refund_of_a_debit_takes_days(server, gateway, chosen):
    payment = chosen("sepa_paid")
    server.advance(days=5)
    refund = gateway.refund(key="refund-1", intent_id=payment.intent_id, amount_cents=AMOUNT, reference="refund-1")
    assert refund.status is RefundStatus.PENDING
    server.advance(days=4)
    assert gateway.read_refund(refund_id=refund.refund_id).status is RefundStatus.SUCCEEDED


@pytest.mark.parametrize(
    ("button", "code"),
    [("card_refund_fails", FailureCode.ACCOUNT_CLOSED), ("sepa_refund_fails", FailureCode.UNKNOWN)],
)
def test_a_refund_to_a_closed_means_comes_back(server, gateway, chosen, button, code):
    payment = chosen(button)
    server.advance(days=5)
    refund = gateway.refund(key="refund-1", intent_id=payment.intent_id, amount_cents=AMOUNT, reference="refund-1")
    server.advance(days=3)
    failed = gateway.read_refund(refund_id=refund.refund_id)
    assert (failed.status, failed.failure_code) == (RefundStatus.FAILED, code)
    assert again(gateway, payment).refunded_cents == 0


def test_a_disputed_payment_is_not_refunded_besides(server, gateway, chosen):
    payment = chosen("sepa_paid")
    server.advance(days=5)
    server.dispute(payment.intent_id)
    with pytest.raises(GatewayRefused) as refusal:
        gateway.refund(key="refund-1", intent_id=payment.intent_id, amount_cents=1, reference="refund-1")
    assert refusal.value.code is RefusalCode.DISPUTED


# payees


@pytest.fixture
def payee(gateway: StripeGateway) -> port.PayeeAccount:
    return gateway.open_payee_account(
        key="payee-1", legal_name="Fournil de Lens", email="fournil@example.org", siren="123456782"
    )


def test_a_payee_receives_only_once_verified(server, gateway, payout_gateway, payee):
    server.fund(5_000)
    assert payee.can_receive is False
    transfer = {"key": "order-1", "account_id": payee.account_id, "amount_cents": 4_000, "reference": "order-1"}
    with pytest.raises(GatewayRefused) as refusal:
        payout_gateway.transfer(**transfer)
    assert refusal.value.code is RefusalCode.PAYEE_NOT_READY
    address = gateway.onboard_payee(
        account_id=payee.account_id, return_url="http://site.test/done", refresh_url="http://site.test/again"
    )
    assert address.startswith(server.url)
    server.verify_account(payee.account_id)
    assert payout_gateway.read_payee_account(account_id=payee.account_id).can_receive is True
    with pytest.raises(GatewayRefused):
        payout_gateway.transfer(**transfer)  # the provider gives its first answer to this key again
    sent = payout_gateway.transfer(**transfer | {"key": "order-1-again"})
    assert (sent.amount_cents, sent.reversed_cents, sent.reference) == (4_000, 0, "order-1")
    assert gateway.find_transfer(reference="order-1") == sent
    assert gateway.find_transfer(reference="order-2") is None
    assert gateway.read_balance() == Balance(available_cents=1_000, pending_cents=0)
    back = payout_gateway.reverse_transfer(key="reversal-1", transfer_id=sent.transfer_id, amount_cents=1_500)
    assert (back.transfer_id, back.reversed_cents) == (sent.transfer_id, 1_500)


def test_a_transfer_lost_on_the_way_is_made_once(server, payout_gateway, payee):
    server.fund(5_000)
    server.verify_account(payee.account_id)
    server.fail("drop_after", path="/v1/transfers")
    payout_gateway.transfer(key="order-1", account_id=payee.account_id, amount_cents=4_000, reference="order-1")
    assert server.executed("POST", "/v1/transfers") == 1
    assert payout_gateway.read_balance().available_cents == 1_000


def test_money_not_yet_available_is_not_sent(server, payout_gateway, payee, chosen):
    server.verify_account(payee.account_id)
    chosen("card_paid")
    assert payout_gateway.read_balance() == Balance(available_cents=0, pending_cents=AMOUNT - 175)
    with pytest.raises(GatewayRefused) as refusal:
        payout_gateway.transfer(key="order-1", account_id=payee.account_id, amount_cents=1, reference="order-1")
    assert refusal.value.code is RefusalCode.BALANCE_INSUFFICIENT
    server.advance(days=3)
    payout_gateway.transfer(key="order-1b", account_id=payee.account_id, amount_cents=1, reference="order-1")


def test_the_payout_key_can_do_nothing_else(payout_gateway, chosen):
    payment = chosen("card_paid")
    with pytest.raises(GatewayRefused) as refusal:
        payout_gateway.refund(key="refund-1", intent_id=payment.intent_id, amount_cents=1, reference="refund-1")
    assert refusal.value.code is RefusalCode.NOT_ALLOWED


# events


def all_events(server: StripeServer, gateway: StripeGateway, now: datetime) -> list[port.ProviderEvent]:
    signed = [server.signed(event["id"]) for event in server.events()]
    return [gateway.parse_event(payload=payload, signature=signature, now=now) for payload, signature in signed]


def test_events_name_what_must_be_read_again(server, gateway, payee, chosen, now):
    payment = chosen("sepa_disputed")
    server.fund(5_000)
    server.verify_account(payee.account_id)
    server.advance(days=5)
    refund = gateway.refund(key="refund-1", intent_id=payment.intent_id, amount_cents=100, reference="refund-1")
    sent = gateway.transfer(key="order-1", account_id=payee.account_id, amount_cents=100, reference="order-1")
    server.advance(days=28)
    dispute = again(gateway, payment).disputes[0]
    events = all_events(server, gateway, now())
    assert {(event.object_kind, event.object_id) for event in events} == {
        (EventObject.CHECKOUT, payment.checkout_id),
        (EventObject.PAYMENT, payment.intent_id),
        (EventObject.REFUND, refund.refund_id),
        (EventObject.TRANSFER, sent.transfer_id),
        (EventObject.PAYEE_ACCOUNT, payee.account_id),
        (EventObject.DISPUTE, dispute.dispute_id),
        (EventObject.OTHER, None),  # the mandate
    }
    assert len({event.event_id for event in events}) == len(events)
    assert all(event.is_live is False for event in events)
    assert {event.kind for event in events} >= {"charge.dispute.created", "refund.created", "payment_intent.succeeded"}


def test_whatever_the_order_and_the_number_of_deliveries_reading_again_says_the_same(server, gateway, chosen, now):
    server.hold_webhooks()
    payment = chosen("sepa_disputed")
    server.advance(days=40)
    final = again(gateway, payment)
    events = all_events(server, gateway, now())
    for seed in range(3):
        late = random.Random(seed).choices(events, k=2 * len(events))
        for event in late:
            if event.object_kind is EventObject.PAYMENT:
                assert gateway.read_payment(intent_id=str(event.object_id)) == final
            if event.object_kind is EventObject.CHECKOUT:
                assert gateway.read_checkout(checkout_id=str(event.object_id)) == final


def test_a_forged_event_is_refused(server, gateway, chosen, now):
    chosen("card_paid")
    payload, signature = server.signed(server.events()[0]["id"])
    forgeries = [
        (payload + b" ", signature),
        (payload, signature[:-1] + ("0" if signature[-1] != "0" else "1")),
        (payload, ""),
        (payload, "nonsense"),
        (payload, "t=1"),
        (payload, "v1=é,t=1"),
        (payload.replace(b"false", b"true"), signature),
        (payload, sign(payload, secret="whsec_other", at=int(server.now()))),
        (b"\xff\xfe", signature),
    ]
    for forged, signed in forgeries:
        with pytest.raises(ForgedEvent):
            gateway.parse_event(payload=forged, signature=signed, now=now())


def test_a_rightly_signed_nonsense_is_refused_as_forged(server, gateway, now):
    for payload in (b"", b"[]", b"{}", b'"text"', b'{"data": {"object": {}}}', b"not json"):
        signature = sign(payload, secret=server.webhook_secret, at=int(server.now()))
        with pytest.raises(ForgedEvent):
            gateway.parse_event(payload=payload, signature=signature, now=now())


def test_an_event_replayed_later_or_dated_ahead_is_stale(server, gateway, chosen, now):
    chosen("card_paid")
    payload, signature = server.signed(server.events()[0]["id"])
    for minutes in (-6, 6):
        with pytest.raises(StaleEvent):
            gateway.parse_event(payload=payload, signature=signature, now=now() + timedelta(minutes=minutes))
    for minutes in (-4, 4):
        gateway.parse_event(payload=payload, signature=signature, now=now() + timedelta(minutes=minutes))


def test_an_event_of_the_other_mode_is_refused(server, gateway, chosen, now):
    chosen("card_paid")
    payload, signature = server.signed(server.events()[0]["id"])
    live = StripeGateway(secret_key="sk_live_x", webhook_secret=server.webhook_secret, api_base=server.url, live=True)
    with pytest.raises(WrongMode):
        live.parse_event(payload=payload, signature=signature, now=now())
    payload = json.dumps(json.loads(payload) | {"livemode": True}).encode()
    signature = sign(payload, secret=server.webhook_secret, at=int(server.now()))
    assert live.parse_event(payload=payload, signature=signature, now=now()).is_live is True
    with pytest.raises(WrongMode):
        gateway.parse_event(payload=payload, signature=signature, now=now())


def test_without_a_webhook_secret_every_event_is_refused(server, payout_gateway, chosen, now):
    chosen("card_paid")
    payload, signature = server.signed(server.events()[0]["id"])
    with pytest.raises(ForgedEvent):
        payout_gateway.parse_event(payload=payload, signature=signature, now=now())


# words and settings


@pytest.mark.parametrize("code", [*FailureCode, *RefusalCode])
def test_every_code_is_explained_in_french_with_a_next_step(code):
    sentence = str(explain(code))
    assert sentence.count(".") >= 2, "what happened, then the next step"
    assert "'" not in sentence
    assert not re.search(r"[^\u00a0\u202f\d][:;?!€%]", sentence), (
        "a space that does not break stands before these signs"
    )
    assert not re.search(r"stripe", sentence, re.IGNORECASE)


def test_errors_speak_to_the_saver_and_keep_the_detail_for_the_log():
    refusal = GatewayRefused(RefusalCode.DISPUTED, "Charge ch_1 has been charged back")
    assert str(refusal) == str(explain(RefusalCode.DISPUTED))
    assert refusal.detail == "Charge ch_1 has been charged back"
    assert "ne payez pas une seconde fois" in str(GatewayUnreachable("timeout"))


def test_the_port_does_not_name_the_provider():
    for name in vars(port):
        assert "stripe" not in name.lower()


def test_the_gateways_of_the_settings_use_their_own_keys(server, settings):
    settings.STRIPE_SECRET_KEY, settings.STRIPE_PAYOUT_KEY = server.secret_key, server.payout_key
    settings.STRIPE_WEBHOOK_SECRET, settings.STRIPE_API_BASE = server.webhook_secret, server.url
    gateway = stripe_gateway.gateway_from_settings()
    assert gateway is stripe_gateway.gateway_from_settings()
    assert gateway.read_balance() == stripe_gateway.payout_gateway_from_settings().read_balance()
    assert stripe_gateway.is_live_key("rk_live_x")
    assert not stripe_gateway.is_live_key("sk_test_x")
    settings.STRIPE_SECRET_KEY = "sk_live_fres0001"
    real: Any = stripe_gateway.gateway_from_settings()
    assert real.live is True
