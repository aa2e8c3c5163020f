"""The one reversal: any payment, undone by anything, at any later stage; the books stay right, what stands is told."""

from dataclasses import replace

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from fres.kernel.clock import freeze
from fres.kernel.messages import deliver
from fres.kernel.models import Message
from funds.chart import Purpose
from funds.closing import decide_due
from funds.ledger import balance_cents
from funds.models import Dispute, Instalment, Loan, Offer, Payment
from funds.payments.gateway import DisputeOutcome, DisputeStatus, FailureCode, RefundOutcome, RefundStatus
from funds.payments.recording import read_payment
from funds.payments.refunds import ask_refund, record_outside_refund, record_refund
from funds.payments.reversal import DebitContested, DebitFailed, held_cents, reverse_payment, taken_cents
from funds.payments.sync import write_off_claims
from funds.servicing.distribution import distribute_instalment
from funds.servicing.payouts import send_payout
from funds.states import CommitmentState, PaymentState
from funds.unwinding import cancel_financing
from tests.funds.factories import OfferFactory, euros
from tests.funds.payments.scenes import Provider, a_commitment, assert_books_right, assert_statement_adds_up
from tests.funds.servicing.scenes import a_paid_loan, a_succeeded_offer, an_approved_order, pay_instalment
from tests.investors.factories import UserFactory

pytestmark = pytest.mark.django_db

STAGES = ("opened", "processing", "cleared", "settled", "paid out", "distributed")
SETTLED = STAGES[3:]


def a_payment_at(stage: str, provider: Provider, payout_gateway) -> Payment:
    """Bring one payment of 100 € (among two) to a stage of its life, by the operations themselves."""
    if stage in SETTLED:
        if stage == "settled":
            offer = a_succeeded_offer(provider, 100, 300)
        else:
            offer = a_paid_loan(provider, payout_gateway, 100, 300).offer
        if stage == "distributed":
            first = Instalment.objects.filter(loan__offer=offer).order_by("rank")[0]
            pay_instalment(provider, first)
            distribute_instalment(instalment=first, at=provider.now)
        return offer.commitments.order_by("pk")[0].payments.get()
    offer = OfferFactory(open=True)
    provider.pay(a_commitment(offer=offer, amount=euros(300)))
    commitment = a_commitment(offer=offer)
    if stage == "cleared":
        return provider.pay(commitment)
    return provider.pay(commitment, "sepa_paid") if stage == "processing" else provider.start(commitment)


def contested(payment: Payment, at, *, status=DisputeStatus.OPEN, withdrawn=True, fee_cents=1_500) -> DebitContested:
    return DebitContested(
        DisputeOutcome(
            dispute_id=f"du_{payment.pk}",
            intent_id=payment.intent_id,
            status=status,
            amount_cents=10_000,
            fee_cents=fee_cents,
            withdrawn=withdrawn,
            opened_at=at,
        )
    )


def given_back(payment: Payment, cents: int, rank: int, at, *, status=RefundStatus.SUCCEEDED) -> RefundOutcome:
    return RefundOutcome(
        refund_id=f"re_{payment.pk}_{rank}",
        intent_id=payment.intent_id or "",
        status=status,
        amount_cents=cents,
        reference="",
        created_at=at,
        failure_code=FailureCode.ACCOUNT_CLOSED if status is RefundStatus.FAILED else None,
    )


def apply(fact: str, payment: Payment, rank: int, at) -> None:
    """Record one fact about a payment that cleared, as the provider would tell it."""
    payment = read_payment(payment.pk)
    match fact:
        case "contested":
            reverse_payment(payment=payment, fact=contested(payment, at), at=at)
        case "won":
            won = contested(payment, at, status=DisputeStatus.WON, withdrawn=False, fee_cents=0)
            reverse_payment(payment=payment, fact=won, at=at)
        case "failed":
            reverse_payment(payment=payment, fact=DebitFailed(FailureCode.INSUFFICIENT_FUNDS, at=at), at=at)
        case "all given back" | "a part given back" | "given back, come back":
            left = 10_000 - payment.refunded_cents
            cents = left if fact == "all given back" else min(left, 2_500)
            if not cents:
                return
            outcome = given_back(payment, cents, rank, at)
            refund = record_outside_refund(payment_id=payment.pk, outcome=outcome, at=at)
            if fact == "given back, come back":
                back = given_back(payment, cents, rank, at, status=RefundStatus.FAILED)
                record_refund(refund_id=refund.pk, outcome=back, at=at)
        case "written off":
            write_off_claims(at=at)


FACTS = ("contested", "won", "failed", "all given back", "a part given back", "given back, come back", "written off")


@pytest.mark.parametrize("stage", STAGES)
def test_any_payment_reversed_at_any_stage_leaves_the_books_right(provider: Provider, payout_gateway, stage: str):
    payment = a_payment_at(stage, provider, payout_gateway)
    assert_books_right()
    at = provider.advance(days=400) if stage in STAGES[2:] else provider.now
    # Before it clears, a payment can only fail.
    facts = st.lists(st.sampled_from(FACTS), min_size=1, max_size=4) if stage in STAGES[2:] else st.just(["failed"])

    @settings(
        max_examples=12 if stage in STAGES[2:] else 1,
        deadline=None,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @example(["contested", "given back, come back", "won", "contested"] if stage in STAGES[2:] else ["failed"])
    @example(["contested", "all given back", "won", "given back, come back"] if stage in STAGES[2:] else ["failed"])
    @given(facts)
    def reversed_by(facts):
        with transaction.atomic(), freeze(at):
            for rank, fact in enumerate(facts):
                for _told_twice in range(2):
                    apply(fact, payment, rank, at)
            assert_books_right()
            assert_the_saver_is_owed_what_is_left(payment)
            transaction.set_rollback(True)

    reversed_by()


def assert_the_saver_is_owed_what_is_left(payment: Payment) -> None:
    """Held for the saver, less what they owe, less what was given up: what they paid less what was taken back.

    Once settled, what they paid is the holder's; only what came back of a refund is still held.
    """
    payment = read_payment(payment.pk)
    commitment = payment.commitment
    books, offer, saver = commitment.offer.books, commitment.offer, commitment.saver
    held = balance_cents(entity=books, purpose=Purpose.SAVER_MONEY, party=saver, offer=offer)
    claim = balance_cents(entity=books, purpose=Purpose.CLAIM_ON_SAVER, party=saver, offer=offer)
    lost = balance_cents(entity=books, purpose=Purpose.LOSS)
    if payment.cleared_at is not None:
        is_all_taken = taken_cents(payment) >= 10_000
        assert payment.state == (PaymentState.REVERSED if is_all_taken else PaymentState.CLEARED)
    is_settled = commitment.settled_at is not None
    paid = 10_000 if payment.cleared_at is not None and not is_settled else 0
    assert held - claim - lost == paid - taken_cents(payment)
    assert min(held, claim, lost) >= 0
    if not is_settled:
        assert held_cents(payment) == max(0, paid - taken_cents(payment))


def test_a_contested_debit_before_the_decision_is_taken_from_what_is_held_and_counts_no_more(provider: Provider):
    commitment = a_commitment()
    payment = provider.pay(commitment)
    reversal = reverse_payment(payment=payment, fact=contested(payment, provider.now), at=provider.now)
    commitment.refresh_from_db()
    assert (reversal.payment.state, commitment.state) == (PaymentState.REVERSED, CommitmentState.REFUNDED)
    assert reversal.stands == ()
    assert Dispute.objects.get().claim_cents == 0
    assert claim_on(commitment) == 0
    assert_books_right()


def test_a_contested_debit_after_the_payout_is_a_claim_on_the_saver_and_never_on_the_holder(
    provider: Provider, payout_gateway
):
    offer = a_succeeded_offer(provider, 100, 300)
    order = an_approved_order(provider, offer)
    send_payout(order_id=order.pk, at=provider.now, gateway=payout_gateway)
    commitment = offer.commitments.order_by("pk")[0]
    payment = commitment.payments.get()
    reversal = reverse_payment(payment=payment, fact=contested(payment, provider.now), at=provider.now)
    commitment.refresh_from_db()
    offer.refresh_from_db()
    order.refresh_from_db()
    assert commitment.state == CommitmentState.DISPUTED
    assert claim_on(commitment) == 10_000
    assert (offer.state, order.state, order.amount) == ("SUCCEEDED", "PAID", euros(400))
    assert commitment.holding.principal_cents == 10_000
    assert [sentence[:22] for sentence in reversal.stands] == [
        "La décision de l’offre", "Le porteur de projet g", "La part de prêt reste ", "Créance ouverte sur le",
    ]  # fmt: skip
    assert_books_right()


def test_what_is_shared_afterwards_is_kept_against_the_claim(provider: Provider, payout_gateway):
    loan = a_paid_loan(provider, payout_gateway, 100, 300)
    commitment = loan.offer.commitments.order_by("pk")[0]
    payment = commitment.payments.get()
    reverse_payment(payment=payment, fact=contested(payment, provider.now), at=provider.now)
    first = loan.instalments.order_by("rank")[0]
    pay_instalment(provider, first)
    distribution = distribute_instalment(instalment=first, at=provider.now)
    kept = distribution.lines.get(holding__commitment=commitment).kept_cents
    assert kept > 0
    assert claim_on(commitment) == 10_000 - kept
    assert_books_right()


def test_a_claim_nobody_paid_is_written_off_once_after_its_delay_less_what_was_kept(provider: Provider, payout_gateway):
    loan = a_paid_loan(provider, payout_gateway, 100, 300)
    commitment = loan.offer.commitments.order_by("pk")[0]
    payment = commitment.payments.get()
    reverse_payment(payment=payment, fact=contested(payment, provider.now), at=provider.now)
    first = loan.instalments.order_by("rank")[0]
    pay_instalment(provider, first)
    kept = distribute_instalment(instalment=first, at=provider.now).lines.get(holding__commitment=commitment).kept_cents
    assert write_off_claims(at=provider.now) == 0
    at = provider.advance(days=366)
    assert write_off_claims(at=at) == 1
    assert write_off_claims(at=at) == 0
    books = loan.offer.books
    assert claim_on(commitment) == 0
    assert balance_cents(entity=books, purpose=Purpose.LOSS) == 10_000 - kept
    with freeze(at):
        assert_books_right()


def test_a_won_dispute_puts_a_settled_commitment_back(provider: Provider):
    offer = a_succeeded_offer(provider, 100, 300)
    commitment = offer.commitments.order_by("pk")[0]
    payment = commitment.payments.get()
    reverse_payment(payment=payment, fact=contested(payment, provider.now), at=provider.now)
    won = contested(payment, provider.now, status=DisputeStatus.WON, withdrawn=False, fee_cents=0)
    reverse_payment(payment=payment, fact=won, at=provider.now)
    commitment.refresh_from_db()
    payment.refresh_from_db()
    assert (commitment.state, payment.state) == (CommitmentState.SETTLED, PaymentState.CLEARED)
    assert claim_on(commitment) == 0
    assert_books_right()


def test_a_dispute_by_the_provider_itself_is_found_by_the_sync_when_its_event_was_lost(provider: Provider):
    commitment = a_commitment()
    provider.pay(commitment, "sepa_disputed")
    provider.advance(days=6)
    provider.repair()
    provider.advance(days=29)
    provider.repair()
    commitment.refresh_from_db()
    assert commitment.state == CommitmentState.REFUNDED
    assert Dispute.objects.get().fee_cents > 0
    assert_books_right()


def test_a_refund_not_yet_sent_is_dropped_when_the_bank_takes_the_money_back_itself(provider: Provider):
    payment = provider.pay(a_commitment())
    refund = ask_refund(payment=payment, amount=euros(100), cause="SAVER", by=None, at=provider.now)
    provider.server.dispute(payment.intent_id or "")
    provider.refresh(payment)
    refund.refresh_from_db()
    assert (refund.state, refund.failure_code) == ("FAILED", "DISPUTED")
    provider.repair()
    assert provider.server.executed("POST", "/v1/refunds") == 0
    assert_books_right()


def test_a_contested_instalment_not_yet_shared_is_taken_from_what_was_received(provider: Provider, payout_gateway):
    loan = a_paid_loan(provider, payout_gateway, 100, 300)
    first = loan.instalments.order_by("rank")[0]
    payment = pay_instalment(provider, first)
    fact = contested(payment, provider.now).dispute
    total = int(payment.amount.amount * 100)
    reverse_payment(payment=payment, fact=DebitContested(replace(fact, amount_cents=total)), at=provider.now)
    offer = loan.offer
    assert balance_cents(entity=offer.books, purpose=Purpose.INSTALMENTS, party=loan.borrower, offer=offer) == 0
    assert balance_cents(entity=offer.books, purpose=Purpose.CLAIM_ON_SAVER, party=loan.borrower, offer=offer) == 0
    assert pay_instalment(provider, first).state == PaymentState.CLEARED
    assert_books_right()


def test_a_contested_instalment_already_shared_is_a_claim_on_the_borrower(provider: Provider, payout_gateway):
    loan = a_paid_loan(provider, payout_gateway, 100, 300)
    first = loan.instalments.order_by("rank")[0]
    payment = pay_instalment(provider, first)
    distribute_instalment(instalment=first, at=provider.now)
    provider.server.dispute(payment.intent_id or "")
    provider.refresh(payment)
    offer: Offer = Loan.objects.get(pk=loan.pk).offer
    claim = balance_cents(entity=offer.books, purpose=Purpose.CLAIM_ON_SAVER, party=loan.borrower, offer=offer)
    assert claim == int(payment.amount.amount * 100)
    assert_books_right()


def claim_on(commitment) -> int:
    offer = commitment.offer
    return balance_cents(entity=offer.books, purpose=Purpose.CLAIM_ON_SAVER, party=commitment.saver, offer=offer)


def test_a_dispute_won_after_the_financing_was_cancelled_is_owed_to_the_saver_and_given_back(provider, payout_gateway):
    payment = a_payment_at("settled", provider, payout_gateway)
    offer, saver, at = payment.commitment.offer, payment.commitment.saver, provider.now
    reverse_payment(payment=payment, fact=contested(payment, at), at=at)
    cancel_financing(offer=offer, by=UserFactory(), at=at, reason="Le porteur renonce.")
    won = contested(payment, at, status=DisputeStatus.WON, withdrawn=False, fee_cents=0)
    for _told_twice in range(2):
        reverse_payment(payment=payment, fact=won, at=at)
    assert balance_cents(entity=offer.books, purpose=Purpose.CLAIM_ON_SAVER, party=saver, offer=offer) == 0
    assert balance_cents(entity=offer.books, purpose=Purpose.SAVER_MONEY, party=saver, offer=offer) == 10_000
    decide_due(at=at)
    assert [refund.amount for refund in payment.refunds.all()] == [euros(100)]
    for message in Message.objects.filter(sent_at=None):
        deliver(message=message, at=at)
    assert_books_right()
    assert_statement_adds_up(saver, offer, at)
