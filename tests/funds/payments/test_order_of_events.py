"""Whatever the order of the answers, late, twice or stale, the books end the same (issue, must show 4).

First with everything the provider ever answered, recorded over HTTP then replayed in any order; then over HTTP with the
signed events themselves, permuted and doubled.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from funds.models import Commitment, Payment, ProviderEvent
from funds.payments.gateway import PaymentOutcome, RefundOutcome
from funds.payments.recording import record_outcome
from funds.payments.refunds import ask_refund, record_outside_refund, record_refund, refund_of
from funds.payments.webhooks import handle_event, receive_event
from funds.states import CommitmentState
from tests.funds.factories import euros
from tests.funds.payments.scenes import Movement, Provider, a_commitment, assert_books_right, digest

pytestmark = pytest.mark.django_db
# Shrinking an example that goes over HTTP takes minutes and tells nothing more.
SEEK = (Phase.explicit, Phase.generate)
MODEST = settings(
    max_examples=10, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@dataclass
class Story:
    """What happens to one payment: an outcome chosen on the page, days passing, and what is asked in between.

    Attributes: days: how the clock moves, one answer being kept after each. given_back: cents refunded at the
    provider's own desk before the first move. ends: the state of the commitment at the end.
    """

    outcome: str
    ends: str
    days: tuple[float, ...] = ()
    given_back: int = 0


STORIES = {
    "card": Story("card_paid", CommitmentState.CLEARED),
    "slow debit": Story("sepa_paid", CommitmentState.CLEARED, days=(2, 4)),
    "failed debit": Story("sepa_insufficient_funds", CommitmentState.CONFIRMED, days=(2, 2)),
    "contested debit": Story("sepa_disputed", CommitmentState.REFUNDED, days=(2, 4, 30)),
    "contested card": Story("card_disputed", CommitmentState.REFUNDED, days=(2, 30)),
    "partial refund": Story("card_paid", CommitmentState.CLEARED, days=(0.1, 4), given_back=3_000),
    "partial refund come back": Story("card_refund_fails", CommitmentState.CLEARED, days=(0.1, 30), given_back=3_000),
    "whole refund": Story("card_paid", CommitmentState.REFUNDED, days=(0.1, 4), given_back=10_000),
}  # fmt: skip


@dataclass
class Told:
    """Everything the provider answered along a story, in the order in which it was true."""

    payment: Payment
    commitment: Commitment
    answers: list[PaymentOutcome | RefundOutcome] = field(default_factory=list)
    at: datetime | None = None


def live_through(provider: Provider, story: Story) -> Told:
    """Live a story at the provider without recording anything of it, and keep each answer."""
    commitment = a_commitment()
    payment = provider.start(commitment)
    told = Told(payment, commitment)
    checkout_id = payment.checkout_id or ""

    def keep() -> PaymentOutcome:
        outcome = provider.gateway.read_checkout(checkout_id=checkout_id)
        told.answers.append(outcome)
        return outcome

    keep()
    provider.choose(payment, story.outcome)
    outcome = keep()
    refund: RefundOutcome | None = None
    if story.given_back:
        refund = provider.gateway.refund(
            key=f"desk-{payment.uuid}", intent_id=outcome.intent_id or "", amount_cents=story.given_back, reference=""
        )
        told.answers.append(refund)
        keep()
    for days in story.days:
        provider.advance(days=days)
        keep()
        if refund is not None:
            told.answers.append(provider.gateway.read_refund(refund_id=refund.refund_id))
    told.at = provider.now
    return told


def record(told: Told, answer: PaymentOutcome | RefundOutcome) -> None:
    """Record one answer as the handler of its event does."""
    assert told.at is not None
    if isinstance(answer, PaymentOutcome):
        record_outcome(payment_id=told.payment.pk, outcome=answer, at=told.at)
        return
    refund = refund_of(outcome=answer)
    if refund is not None:
        record_refund(refund_id=refund.pk, outcome=answer, at=told.at)
        return
    cleared = next(one for one in told.answers if isinstance(one, PaymentOutcome) and one.status == "CLEARED")
    record_outcome(payment_id=told.payment.pk, outcome=cleared, at=told.at)
    record_outside_refund(payment_id=told.payment.pk, outcome=answer, at=told.at)


End = tuple[Counter[Movement], str, str, int]


def end_of(told: Told, answers: list[PaymentOutcome | RefundOutcome], *, is_checked: bool = False) -> End:
    """Record the answers in this order, tell how the books end, and undo it all."""
    with transaction.atomic():
        for answer in answers:
            record(told, answer)
        end = tell(told)
        if is_checked:
            assert_books_right()
        transaction.set_rollback(True)
    return end


def tell(told: Told) -> End:
    told.commitment.refresh_from_db()
    told.payment.refresh_from_db()
    moved = digest(told.commitment.offer)
    return moved, told.commitment.state, told.payment.state, told.payment.refunded_cents


@pytest.mark.parametrize("name", STORIES)
def test_answers_in_any_order_and_number_end_in_the_same_books(provider: Provider, name: str):
    story = STORIES[name]
    told = live_through(provider, story)
    straight = end_of(told, told.answers, is_checked=True)
    assert straight[1] == story.ends

    @MODEST
    @given(st.permutations(told.answers), st.lists(st.sampled_from(told.answers), max_size=4))
    def in_any_order(shuffled, repeated):
        assert end_of(told, [*repeated, *shuffled]) == straight
        assert end_of(told, [*shuffled, *repeated]) == straight

    in_any_order()


@pytest.mark.parametrize("name", STORIES)
def test_signed_events_in_any_order_and_number_end_in_the_same_books(provider: Provider, name: str):
    story = STORIES[name]
    told = live_through(provider, story)
    straight = end_of(told, told.answers, is_checked=True)
    events = [one["id"] for one in provider.server.events()]

    @settings(MODEST, max_examples=4, phases=SEEK)
    @given(st.permutations(events), st.lists(st.sampled_from(events), max_size=3))
    def as_they_come(shuffled, repeated):
        with transaction.atomic():
            for event_id in [*shuffled, *repeated]:
                payload, signature = provider.server.signed(event_id)
                event = receive_event(payload=payload, signature=signature, at=provider.now, gateway=provider.gateway)
                handle_one(provider, event)
            assert tell(told) == straight
            assert not ProviderEvent.objects.filter(handled_at=None).exists()
            transaction.set_rollback(True)

    as_they_come()


def handle_one(provider: Provider, event: ProviderEvent) -> None:
    """Handle inside the example's own transaction, which only undoes it: what is checked here is the order."""
    handle_event.__wrapped__(event_pk=event.pk, at=provider.now, gateway=provider.gateway)


def test_a_refund_we_asked_for_ends_the_same_whatever_is_heard_first(provider: Provider):
    commitment = a_commitment()
    payment = provider.pay(commitment, "sepa_paid")
    provider.advance(days=6)
    provider.refresh(payment)
    refund = ask_refund(payment=payment, amount=euros(40), cause="SAVER", by=None, at=provider.now)
    sent = provider.gateway.refund(
        key=f"refund-{refund.uuid}-1", intent_id=provider.refresh(payment).intent_id or "", amount_cents=4_000,
        reference=str(refund.uuid),
    )  # fmt: skip
    told = Told(payment, commitment, [sent, provider.gateway.read_checkout(checkout_id=payment.checkout_id or "")])
    provider.advance(days=20)
    told.answers.append(provider.gateway.read_refund(refund_id=sent.refund_id))
    told.at = provider.now
    straight = end_of(told, told.answers, is_checked=True)

    @MODEST
    @given(st.permutations(told.answers * 2))
    def in_any_order(shuffled):
        assert end_of(told, shuffled) == straight

    in_any_order()
