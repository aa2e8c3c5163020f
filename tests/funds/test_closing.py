"""Decisions on cleared money: success to the project, failure with every euro returned (ruling B1)."""

from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError

from fres.kernel.clock import PARIS
from fres.kernel.models import Message, TransitionLog
from funds import closing
from funds.books import check_books
from funds.chart import Purpose
from funds.closing import TooEarlyToDecide, decide_due, decide_offer, fee_cents, return_money
from funds.commitments import confirm_due, expire_unpaid, revoke_commitment
from funds.ledger import balance_cents
from funds.models import Entry, Holding, Loan, Refund
from funds.offers import cancel_offer
from funds.payments.gateway import PaymentStatus
from funds.payments.refunds import ask_refund
from funds.selectors import offer_figures
from funds.states import CommitmentState, OfferState, WaitingState
from funds.waiting import join_waiting_list
from tests.funds.campaign_scenes import NOW, a_saver, answer, clear, commit, process
from tests.funds.factories import OfferFactory, euros
from tests.investors.factories import UserFactory

pytestmark = pytest.mark.django_db
REFLECTED = datetime(2026, 11, 28, 3, 0, tzinfo=PARIS)
CLOSED = datetime(2027, 1, 1, 3, 0, tzinfo=PARIS)
LAST_DAY = datetime(2027, 1, 26, 3, 0, tzinfo=PARIS)


@pytest.fixture(autouse=True)
def books_stay_balanced():
    yield
    report = check_books(LAST_DAY)
    assert [str(one) for one in report.problems if "message" not in str(one).lower()] == []


@pytest.fixture
def offer():
    return OfferFactory(open=True, minimum=euros(1_000), maximum=euros(10_000))


def cleared(offer, *amounts):
    """Commit and clear, each by another saver."""
    made = [commit(offer, a_saver(), euros(amount)) for amount in amounts]
    return [clear(one, at=REFLECTED) for one in made]


def again(row):
    row.refresh_from_db()
    return row


def of_savers(offer, purpose=Purpose.SAVER_MONEY, **owner):
    return balance_cents(entity=offer.books, purpose=purpose, offer=offer, **owner)


def test_success_gives_the_cleared_money_to_the_project_in_one_entry(offer):
    commitments = cleared(offer, 600, 400, 250)
    decided = decide_offer(offer=offer, at=CLOSED)
    assert decided.state == OfferState.SUCCEEDED
    assert (decided.decided_at, decided.financing_state) == (CLOSED, "CONTRACTING")
    assert {again(one).state for one in commitments} == {CommitmentState.SETTLED}
    assert {one.settled_at for one in commitments} == {CLOSED}
    owner = offer.project.organisation.party
    assert of_savers(offer) == 0
    assert of_savers(offer, Purpose.HOLDER_MONEY, party=owner) == 125_000
    entry = Entry.objects.get(key=f"offer:{offer.uuid}:success")
    assert sorted(entry.transfers.values_list("amount_cents", flat=True)) == [25_000, 40_000, 60_000]


def test_success_of_a_loan_writes_its_register_to_the_cent(offer):
    commitments = cleared(offer, 600, 400)
    decide_offer(offer=offer, at=CLOSED)
    loan = Loan.objects.get(offer=offer)
    assert loan.principal_cents == 100_000
    assert {one.commitment_id: one.principal_cents for one in Holding.objects.all()} == {
        commitments[0].pk: 60_000,
        commitments[1].pk: 40_000,
    }


def test_the_minimum_to_the_cent_succeeds_and_a_cent_less_fails(offer):
    other = OfferFactory(open=True, minimum=euros(1_000), maximum=euros(10_000))
    cleared(offer, 1_000)
    cleared(other, "999.99")
    assert decide_offer(offer=offer, at=CLOSED).state == OfferState.SUCCEEDED
    assert decide_offer(offer=other, at=CLOSED).state == OfferState.FAILED


def test_failure_owes_every_cleared_euro_back_by_the_way_it_came(offer):
    commitments = cleared(offer, 300, 200)
    decide_offer(offer=offer, at=CLOSED)
    assert {again(one).state for one in commitments} == {CommitmentState.REFUND_DUE}
    refunds = Refund.objects.order_by("amount")
    assert [(one.amount, one.cause, one.state) for one in refunds] == [
        (euros(200), "OFFER_FAILED", "ASKED"),
        (euros(300), "OFFER_FAILED", "ASKED"),
    ]
    assert of_savers(offer) == 50_000, "until it has left, it is still owed to the savers"
    assert Message.objects.filter(template="offers/failed", is_legal=True).count() == 2
    assert not Loan.objects.exists()


def test_money_in_reflection_or_unpaid_does_not_count(offer):
    cleared(offer, 500)
    commit(offer, a_saver(), euros(5_000))
    with pytest.raises(TooEarlyToDecide):
        decide_offer(offer=offer, at=CLOSED)


def test_nothing_is_decided_before_the_last_commitment(offer):
    cleared(offer, 5_000)
    with pytest.raises(TooEarlyToDecide):
        decide_offer(offer=offer, at=offer.closes_at)
    assert decide_offer(offer=offer, at=offer.closes_at + timedelta(seconds=1)).state == OfferState.SUCCEEDED


def test_an_offer_filled_with_cleared_money_is_decided_at_once(offer):
    cleared(offer, 5_000, 4_980)
    assert decide_due(at=REFLECTED) == (0, 0)
    last = commit(offer, a_saver(), euros(20), at=REFLECTED)
    assert decide_due(at=REFLECTED) == (0, 0), "the last euros are only in reflection"
    after = REFLECTED + timedelta(days=6)
    clear(last, at=after)
    assert decide_due(at=after) == (1, 0)


def test_a_running_reflection_is_waited_for_even_on_the_last_day(offer):
    cleared(offer, 1_000)
    late = commit(offer, a_saver(), euros(50), at=NOW)
    late.reflection_ends_at = LAST_DAY + timedelta(hours=5)
    late.save(update_fields=["reflection_ends_at"])
    with pytest.raises(TooEarlyToDecide):
        decide_offer(offer=offer, at=LAST_DAY)


def test_a_payment_under_way_is_waited_for_until_the_last_day_then_comes_back_when_it_clears(offer):
    cleared(offer, 1_000)
    slow = commit(offer, a_saver(), euros(400))
    confirm_due(at=REFLECTED)
    payment = process(again(slow), at=REFLECTED)
    assert decide_due(at=CLOSED) == (0, 0)
    assert decide_due(at=LAST_DAY) == (1, 0)
    assert Loan.objects.get(offer=offer).principal_cents == 100_000
    assert again(slow).state == CommitmentState.PROCESSING
    answer(payment, PaymentStatus.CLEARED, LAST_DAY, cleared_at=LAST_DAY)
    assert again(slow).state == CommitmentState.REFUND_DUE
    assert Refund.objects.get().amount == euros(400)


def test_a_commitment_not_paid_by_the_last_day_is_ended_not_asked_for(offer):
    cleared(offer, 1_000)
    unpaid = commit(offer, a_saver(), euros(400))
    confirm_due(at=REFLECTED)
    assert decide_due(at=CLOSED) == (0, 0)
    unpaid.refresh_from_db()
    unpaid.pay_before = LAST_DAY + timedelta(days=1)
    unpaid.save(update_fields=["pay_before"])
    assert decide_due(at=LAST_DAY) == (1, 0)
    assert again(unpaid).state == CommitmentState.CANCELLED
    assert Message.objects.filter(template="offers/cancelled").count() == 1


def test_expired_money_frees_the_decision(offer):
    cleared(offer, 1_000)
    commit(offer, a_saver(), euros(400))
    confirm_due(at=REFLECTED)
    expire_unpaid(at=CLOSED)
    assert decide_due(at=CLOSED) == (1, 0)


def test_deciding_again_changes_nothing(offer):
    cleared(offer, 1_000)
    decide_offer(offer=offer, at=CLOSED)
    logs, entries = TransitionLog.objects.count(), Entry.objects.count()
    assert decide_offer(offer=offer, at=LAST_DAY).decided_at == CLOSED
    assert decide_due(at=LAST_DAY) == (0, 0)
    assert (TransitionLog.objects.count(), Entry.objects.count()) == (logs, entries)


def test_a_failure_killed_half_way_is_finished_by_the_next_duty(offer, monkeypatch):
    commitments = cleared(offer, 100, 200, 300)
    whole, done = closing._owe_back, []

    def dies_after_one(commitment, *, at):
        if done:
            raise DatabaseError("the process was killed")
        done.append(commitment)
        return whole(commitment, at=at)

    with monkeypatch.context() as broken:
        broken.setattr(closing, "_owe_back", dies_after_one)
        with pytest.raises(DatabaseError):
            decide_offer(offer=offer, at=CLOSED)
    assert again(offer).state == OfferState.FAILED
    assert Refund.objects.count() == 1
    decide_due(at=CLOSED)
    assert {again(one).state for one in commitments} == {CommitmentState.REFUND_DUE}
    assert Refund.objects.count() == 3
    decide_due(at=CLOSED)
    assert Refund.objects.count() == 3


def test_a_partial_refund_under_way_is_waited_for_and_never_settled(offer):
    (commitment, _other) = cleared(offer, 1_000, 500)
    payment = commitment.payments.get()
    ask_refund(payment=payment, amount=euros(300), cause="SAVER", by=None, at=REFLECTED)
    with pytest.raises(TooEarlyToDecide):
        decide_offer(offer=offer, at=CLOSED)


def test_the_waiting_list_ends_with_the_decision():
    offer = OfferFactory(open=True, minimum=euros(500), maximum=euros(1_000))
    full = commit(offer, a_saver(), euros(1_000))
    saver = a_saver()
    place = join_waiting_list(offer=offer, saver=saver, amount=euros(100), by=saver.user, at=NOW)
    clear(full, at=REFLECTED)
    decide_offer(offer=offer, at=REFLECTED)
    assert again(place).state == WaitingState.LAPSED


def test_a_cancelled_offer_gives_everything_back_and_ends_the_rest(offer):
    paid, reflecting = cleared(offer, 700)[0], commit(offer, a_saver(), euros(100), at=REFLECTED)
    cancelled = cancel_offer(offer=offer, by=UserFactory(), at=REFLECTED, reason="Projet abandonné")
    assert cancelled.state == OfferState.CANCELLED
    assert again(paid).state == CommitmentState.REFUND_DUE
    assert again(reflecting).state == CommitmentState.CANCELLED
    assert Refund.objects.get().cause == "OFFER_CANCELLED"
    assert return_money(offer=offer, at=REFLECTED) == 0


def test_the_fee_announced_to_the_holder_includes_its_vat_to_the_cent():
    offer = OfferFactory(open=True, minimum=euros(1_000), maximum=euros(10_000), holder_fee_bp=250)
    cleared(offer, "1000.10")
    assert fee_cents(offer, 100_010, at=CLOSED) == (2_083, 417)
    decide_offer(offer=offer, at=CLOSED)
    owner = offer.project.organisation.party
    assert of_savers(offer, Purpose.HOLDER_MONEY, party=owner) == 100_010 - 2_500
    assert balance_cents(entity=offer.books, purpose=Purpose.HOLDER_FEE) == 2_083
    assert balance_cents(entity=offer.books, purpose=Purpose.VAT) == 417


def test_a_gift_campaign_succeeds_without_a_loan():
    offer = OfferFactory(gift=True, open=True, minimum=euros(50), maximum=euros(10_000))
    clear(commit(offer, a_saver(), euros(60)))
    assert decide_offer(offer=offer, at=CLOSED).state == OfferState.SUCCEEDED
    assert not Loan.objects.exists()


def test_a_commitment_revoked_leaves_no_trace_in_the_decision(offer):
    cleared(offer, 1_000)
    gone = commit(offer, a_saver(), euros(5_000))
    revoke_commitment(commitment=gone, by=gone.by, at=NOW)
    assert decide_offer(offer=offer, at=CLOSED).state == OfferState.SUCCEEDED
    assert offer_figures(offer).cleared_cents == 100_000
