"""What a holder owes of an instalment taken back after it was shared: recovered by transfer, once, whatever follows."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from djmoney.money import Money
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fres.kernel import clock
from fres.kernel.access import Role
from fres.kernel.clock import freeze
from fres.kernel.errors import RuleViolation
from fres.kernel.models import Message
from funds.chart import Purpose
from funds.ledger import balance_cents
from funds.models import ClaimRecovery, Entry, Payment, Refund
from funds.payments.claims import open_claims
from funds.payments.gateway import DisputeStatus, FailureCode
from funds.payments.recording import offer_of, payer_of, read_payment
from funds.payments.recoveries import RecoveryFourEyes, RecoveryRefused, RecoveryTooLarge, undo_recovery
from funds.payments.refunds import record_outside_refund, record_refund
from funds.payments.reversal import DebitFailed, held_cents, reverse_payment
from funds.payments.sync import write_off_claims
from funds.states import PaymentState
from tests.funds.payments.bank_refund_scenes import staff
from tests.funds.payments.recovery_scenes import a_claim, a_shared_instalment, claim, contested, every_claim, recovered
from tests.funds.payments.scenes import Provider, assert_books_right
from tests.funds.payments.test_reversal import given_back

pytestmark = pytest.mark.django_db


def account(payment: Payment, purpose: Purpose) -> int:
    offer = offer_of(payment)
    return balance_cents(entity=offer.books, purpose=purpose, party=payer_of(payment), offer=offer)


def whole(purpose: Purpose, payment: Payment) -> int:
    return balance_cents(entity=offer_of(payment).books, purpose=purpose)


def test_a_claim_is_paid_in_two_transfers_and_the_lenders_keep_what_they_were_given(provider: Provider, payout_gateway):
    payment = a_claim(provider, payout_gateway)
    total = claim(payment).open_cents
    assert total == int(payment.amount.amount * 100)
    given_before = whole(Purpose.TO_BE_PAID, payment)
    recovered(payment, 4_000, at=provider.now)
    assert [one.open_cents for one in open_claims()] == [total - 4_000]
    recovered(payment, total - 4_000, at=provider.now, reference="VIR 2")
    told = claim(payment)
    assert (told.recovered_cents, told.open_cents, told.lost_cents) == (total, 0, 0)
    assert account(payment, Purpose.CLAIM_ON_SAVER) == 0
    assert whole(Purpose.BANK, payment) == total
    assert whole(Purpose.TO_BE_PAID, payment) == given_before
    assert open_claims() == []
    assert [one.payment for one in every_claim()] == [payment]
    assert_books_right()


def test_the_holder_is_told_of_the_claim_once_and_of_each_transfer(provider: Provider, payout_gateway):
    payment = a_claim(provider, payout_gateway)
    contested(payment, provider.now)
    recovered(payment, 4_000, at=provider.now)
    told = Message.objects.filter(template__in=("payments/claim", "payments/recovered")).order_by("pk")
    owed = int(payment.amount.amount * 100)
    assert [(one.template, one.context["amount_cents"], one.context.get("left_cents")) for one in told] == [
        ("payments/claim", owed, None), ("payments/recovered", 4_000, owed - 4_000),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"cents": 999_999}, RecoveryTooLarge),
        ({"cents": 0}, RecoveryRefused),
        ({"cents": -100}, RecoveryRefused),
        ({"cents": 100, "reference": "  "}, RecoveryRefused),
        ({"cents": 100, "reference": "VIR | 1"}, RecoveryRefused),
        ({"cents": 100, "reference": "V" * 81}, RecoveryRefused),
        ({"cents": 100, "on": date(2020, 1, 1)}, RecoveryRefused),
        ({"cents": 100, "on": date(2099, 1, 1)}, RecoveryRefused),
    ],
)
def test_a_line_that_cannot_be_is_refused_and_nothing_is_written(provider: Provider, payout_gateway, given, refusal):
    payment = a_claim(provider, payout_gateway)
    before = Entry.objects.count()
    with pytest.raises(refusal) as refused:
        recovered(payment, at=provider.now, **given)
    assert refused.value.next_step
    assert (ClaimRecovery.objects.count(), Entry.objects.count()) == (0, before)


def test_a_fraction_of_a_cent_is_refused(provider: Provider, payout_gateway):
    from funds.payments.recoveries import record_recovery

    payment = a_claim(provider, payout_gateway)
    on, by = clock.local(provider.now).date(), staff(Role.TREASURER)
    with pytest.raises(RecoveryRefused, match="fraction"):
        record_recovery(
            payment=payment, amount=Money(Decimal("0.001"), "EUR"), received_on=on, reference="VIR", by=by,
            at=provider.now,
        )  # fmt: skip


def test_one_line_of_the_bank_pays_one_claim_and_nothing_is_recovered_where_nothing_is_owed(
    provider: Provider, payout_gateway
):
    first = a_claim(provider, payout_gateway)
    second = a_shared_instalment(provider, payout_gateway, rank=2, loan=first.instalment.loan)
    with pytest.raises(RecoveryRefused, match="rien n’est dû"):
        recovered(second, 100, at=provider.now)
    contested(second, provider.now)
    recovered(first, 1_000, at=provider.now)
    with pytest.raises(RecoveryRefused, match="déjà rattachée"):
        recovered(second, 1_000, at=provider.now)
    recovered(second, 2_000, at=provider.now, reference="VIR 2")
    assert [one.recovered_cents for one in open_claims()] == [1_000, 2_000]
    assert_books_right()


def test_nobody_of_the_borrower_records_its_own_transfer(provider: Provider, payout_gateway):
    payment = a_claim(provider, payout_gateway)
    member = payment.instalment.loan.offer.project.organisation.memberships.first()
    with pytest.raises(RecoveryFourEyes):
        recovered(payment, 100, at=provider.now, by=member.user)


def test_a_line_misread_is_undone_by_another_and_attached_again(provider: Provider, payout_gateway):
    payment = a_claim(provider, payout_gateway)
    treasurer, other = staff(Role.TREASURER), staff(Role.TREASURER)
    recovery = recovered(payment, 4_000, at=provider.now, by=treasurer)
    with pytest.raises(RecoveryFourEyes):
        undo_recovery(recovery=recovery, reason="Montant mal lu", by=treasurer, at=provider.now)
    with pytest.raises(RecoveryRefused):
        undo_recovery(recovery=recovery, reason=" ", by=other, at=provider.now)
    undo_recovery(recovery=recovery, reason="Montant mal lu", by=other, at=provider.now)
    assert claim(payment).recovered_cents == 0
    with pytest.raises(RecoveryRefused):
        undo_recovery(recovery=recovery, reason="Montant mal lu", by=other, at=provider.now)
    recovered(payment, 400, at=provider.now, by=treasurer)
    assert claim(payment).recovered_cents == 400
    assert_books_right()


def test_the_database_refuses_that_one_person_undoes_their_own_line(provider: Provider, payout_gateway):
    recovery = recovered(a_claim(provider, payout_gateway), 100, at=provider.now)
    with pytest.raises(IntegrityError, match="undone_by_another"), transaction.atomic():
        ClaimRecovery.objects.filter(pk=recovery.pk).update(
            undone_by=recovery.recorded_by, undone_at=provider.now, undone_reason="x"
        )


def test_a_dispute_won_after_a_recovery_gives_the_holder_back_what_they_paid(provider: Provider, payout_gateway):
    payment = a_shared_instalment(provider, payout_gateway)
    provider.server.dispute(payment.intent_id or "")
    provider.refresh(payment)
    recovered(payment, 4_000, at=provider.now)
    contested_row = Payment.objects.get(pk=payment.pk).dispute
    provider.server.end_dispute(contested_row.provider_id, is_won=True)
    provider.refresh(payment)
    payment = read_payment(payment.pk)
    refund = Refund.objects.get(payment=payment)
    assert (payment.state, refund.cause, refund.amount.amount) == (PaymentState.CLEARED, "WON_BACK", 40)
    assert held_cents(payment) == 4_000
    told = claim(payment)
    assert (told.open_cents, told.taken_cents, told.returned_cents, told.kept_cents) == (0, 0, 4_000, 4_000)
    assert_books_right()
    provider.repair()
    provider.advance(days=6)
    provider.repair()
    refund.refresh_from_db()
    assert refund.state == "DONE"
    assert held_cents(read_payment(payment.pk)) == 0
    assert_books_right()
    with pytest.raises(RecoveryRefused):
        undo_recovery(recovery=ClaimRecovery.objects.get(), reason="x", by=staff(Role.TREASURER), at=provider.now)


def test_an_instalment_won_back_after_another_payment_of_it_was_shared_goes_back_whole(
    provider: Provider, payout_gateway
):
    from funds.servicing.distribution import distribute_instalment
    from tests.funds.servicing.scenes import a_paid_loan, pay_instalment

    loan = a_paid_loan(provider, payout_gateway, 100, 300)
    instalment = loan.instalments.get(rank=1)
    first = pay_instalment(provider, instalment)
    contested(first, provider.now)
    pay_instalment(provider, instalment)
    distribute_instalment(instalment=instalment, at=provider.now)
    assert every_claim() == []
    contested(first, provider.now, status=DisputeStatus.WON)
    assert Refund.objects.get(payment=first).amount == first.amount
    assert_books_right()


def test_a_claim_given_up_is_still_recovered_and_the_loss_shrinks(provider: Provider, payout_gateway):
    payment = a_claim(provider, payout_gateway)
    total = claim(payment).open_cents
    recovered(payment, 1_000, at=provider.now)
    at = provider.advance(days=366)
    with freeze(at):
        assert write_off_claims(at=at) == 1
        assert whole(Purpose.LOSS, payment) == total - 1_000
        assert claim(payment).owed_cents == total - 1_000
        assert open_claims() == []
        recovered(payment, 2_000, at=at, reference="VIR 2")
        assert whole(Purpose.LOSS, payment) == total - 3_000
        with pytest.raises(RecoveryTooLarge):
            recovered(payment, total, at=at, reference="VIR 3")
        assert_books_right()


def test_two_claims_of_one_loan_are_given_up_each_for_its_own_rest(provider: Provider, payout_gateway):
    first = a_claim(provider, payout_gateway)
    second = a_shared_instalment(provider, payout_gateway, rank=2, loan=first.instalment.loan)
    contested(second, provider.now)
    rests = []
    for payment, cents in ((first, 4_000), (second, 1_000)):
        recovered(payment, cents, at=provider.now, reference=f"VIR {cents}")
        rests.append(claim(payment).open_cents)
    at = provider.advance(days=366)
    with freeze(at):
        assert write_off_claims(at=at) == 2
        assert [claim(one).lost_cents for one in (first, second)] == rests
        assert_books_right()


FACTS = (
    "contested", "won", "failed", "part recovered", "rest recovered", "undone", "written off", "a part given back",
    "given back, come back", "refunds sent",
)  # fmt: skip


def apply(fact: str, payment: Payment, rank: int, at) -> None:
    payment = read_payment(payment.pk)
    told = claim(payment)
    match fact:
        case "contested":
            contested(payment, at)
        case "won":
            contested(payment, at, status=DisputeStatus.WON)
        case "failed":
            reverse_payment(payment=payment, fact=DebitFailed(FailureCode.INSUFFICIENT_FUNDS, at=at), at=at)
        case "part recovered" | "rest recovered":
            cents = told.owed_cents if fact == "rest recovered" else 1_500
            recovered(payment, cents, at=at, reference=f"VIR {rank}")
        case "undone":
            last = ClaimRecovery.objects.filter(undone_at=None).order_by("-pk").first()
            if last is not None:
                undo_recovery(recovery=last, reason="Mal lu", by=staff(Role.TREASURER), at=at)
        case "written off":
            write_off_claims(at=at)
        case "refunds sent":
            for refund in payment.refunds.filter(state="ASKED"):
                cents = int(refund.amount.amount * 100)
                outcome = given_back(payment, cents, 100 + refund.pk, at)
                record_refund(refund_id=refund.pk, outcome=outcome, at=at)
        case _:
            left = int(payment.amount.amount * 100) - payment.refunded_cents
            cents = min(left, 2_500)
            if not cents:
                return
            refund = record_outside_refund(payment_id=payment.pk, outcome=given_back(payment, cents, rank, at), at=at)
            if fact == "given back, come back":
                from funds.payments.gateway import RefundStatus

                back = given_back(payment, cents, rank, at, status=RefundStatus.FAILED)
                record_refund(refund_id=refund.pk, outcome=back, at=at)


def test_in_any_order_no_euro_is_recovered_twice_and_the_books_stay_right(provider: Provider, payout_gateway):
    payment = a_shared_instalment(provider, payout_gateway)
    at = provider.advance(days=400)
    shared = whole(Purpose.TO_BE_PAID, payment)

    @settings(
        max_examples=40,
        deadline=None,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(st.lists(st.sampled_from(FACTS), min_size=2, max_size=7))
    def lived(facts):
        with transaction.atomic(), freeze(at):
            for rank, fact in enumerate(["contested", *facts]):
                try:
                    with transaction.atomic():
                        apply(fact, payment, rank, at)
                except RuleViolation as refused:
                    assert refused.next_step
                told = claim(payment)
                assert min(told.open_cents, told.lost_cents, told.kept_cents, told.recovered_cents) >= 0, facts
                # What the bank has, less what it is owed for, is what is still missing: no euro is counted twice.
                assert told.recovered_cents - told.returned_cents == told.taken_cents - told.owed_cents, facts
                rows = sum(int(one.amount.amount * 100) for one in ClaimRecovery.objects.filter(undone_at=None))
                assert whole(Purpose.BANK, payment) == rows == told.recovered_cents, facts
                assert account(payment, Purpose.CLAIM_ON_SAVER) == told.open_cents
            assert whole(Purpose.TO_BE_PAID, payment) == shared
            assert_books_right()
            transaction.set_rollback(True)

    lived()


def test_a_claim_whose_debit_was_refused_after_it_cleared_is_recovered_too(provider: Provider, payout_gateway):
    payment = a_shared_instalment(provider, payout_gateway)
    reverse_payment(payment=payment, fact=DebitFailed(FailureCode.INSUFFICIENT_FUNDS, at=provider.now), at=provider.now)
    total = claim(payment).open_cents
    recovered(payment, total, at=provider.now + timedelta(minutes=1))
    assert claim(payment).owed_cents == 0
    assert_books_right()
