"""Tranches: held to the cent in their own account, released by a vote on evidence, paid by two people."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fres.kernel.models import Message
from funds.books import check_books
from funds.campaigns import refusals
from funds.campaigns.tranches import (
    Count,
    close_vote,
    close_votes_due,
    count_of,
    draw,
    publish_evidence,
    split_tranches,
    vote_on_tranche,
    voters_of,
)
from funds.chart import Purpose
from funds.closing import decide_offer
from funds.fici.publishing import current_version, record_reading
from funds.ledger import balance_cents
from funds.models import Loan, PayoutOrder
from funds.payments.gateway import TransferOutcome
from funds.servicing.payouts import PayoutRefused, approve_payout, payable_cents, prepare_payout, record_payout
from funds.servicing.selectors import computation_of, due_payouts
from funds.states import TrancheState
from tests.funds.campaign_scenes import a_saver, clear, commit
from tests.funds.campaigns.scenes import an_offer_with_sheet
from tests.funds.factories import NOW, euros
from tests.funds.servicing.factories import PayeeAccountFactory
from tests.investors.factories import UserFactory

AFTER = NOW + timedelta(days=6)
VOTED = AFTER + timedelta(days=12)


def a_success(*lent, tranches=(400, 600), **fields):
    """A loan of 1 000 € in tranches, lent in full by savers of these euros, decided."""
    total = sum(lent)
    offer = an_offer_with_sheet(
        minimum=euros(total), maximum=euros(total), ticket_maximum=euros(total), tranches=tranches,
        holder_fee_bp=200, **fields,
    )  # fmt: skip
    savers = []
    for amount in lent:
        saver = a_saver()
        record_reading(version=current_version(offer), user=saver.user, at=NOW)
        clear(commit(offer, saver, euros(amount)), at=AFTER)
        savers.append(saver)
    return decide_offer(offer=offer, at=AFTER), savers


def held(offer):
    owner = offer.project.organisation.party
    return balance_cents(entity=offer.books, purpose=Purpose.HELD_TRANCHES, party=owner, offer=offer)


def pay(offer, at=AFTER):
    party = offer.project.organisation.party
    if not hasattr(party, "payee_account"):
        PayeeAccountFactory(party=party)
        party.refresh_from_db()
    order = prepare_payout(offer=offer, by=UserFactory(), at=at)
    order = approve_payout(order=order, by=UserFactory(), at=at)
    outcome = TransferOutcome(
        transfer_id=f"tr_{order.uuid}", reversed_cents=0, reference=str(order.uuid), account_id=order.payee.provider_id,
        amount_cents=int(order.amount.amount * 100), sent_at=at,
    )  # fmt: skip
    return record_payout(order_id=order.pk, outcome=outcome, at=at)


def books_are_clean():
    Message.objects.update(sent_at=VOTED)
    assert check_books(at=VOTED).problems == ()


@given(total=st.integers(6, 10**9), planned=st.lists(st.integers(1, 10**9), min_size=1, max_size=6))
def test_the_tranches_of_any_sum_add_up_to_the_cent_and_none_is_empty(total, planned):
    amounts = split_tranches(total, planned)
    assert sum(amounts) == total and min(amounts) >= 1 and len(amounts) == len(planned)


@pytest.mark.parametrize(("total", "planned"), [(100, []), (1, [1, 1])])
def test_a_sum_without_tranches_or_too_small_is_not_split(total, planned):
    with pytest.raises(ValueError):
        split_tranches(total, planned)


@pytest.mark.parametrize(("count", "abstains", "agrees"), [
    (Count(0, 0, 5), False, True), (Count(3, 2, 5), True, True), (Count(2, 3, 0), False, False),
    (Count(2, 2, 0), False, False), (Count(0, 3, 4), False, True),
])  # fmt: skip
def test_silence_counts_as_the_offer_says(count, abstains, agrees):
    assert (count.is_released("ABSTAINS"), count.is_released("AGREES")) == (abstains, agrees)


def test_anyone_can_draw_again():
    keys = [f"S{rank:05d}" for rank in range(50)]
    assert draw("graine", keys, 5) == draw("graine", reversed(keys), 5) != draw("autre", keys, 5)


@pytest.mark.django_db
def test_on_success_the_first_tranche_is_owed_and_the_rest_waits_in_its_account():
    offer, _savers = a_success(600, 400)
    amounts = [int(one.amount.amount * 100) for one in offer.tranches.all()]
    assert amounts == [39_200, 58_800]  # 1 000 € less 2 %
    assert [one.state for one in offer.tranches.all()] == [TrancheState.RELEASED, TrancheState.WAITING]
    assert (payable_cents(offer), held(offer)) == (39_200, 58_800)
    books_are_clean()


@pytest.mark.django_db
def test_a_tranche_is_paid_after_evidence_and_vote_and_never_before():
    offer, (large, small) = a_success(600, 400)
    order = pay(offer)
    assert order.tranche.rank == 1 and Loan.objects.get(offer=offer).first_due_on is not None
    assert computation_of(order).held == euros(588)
    with pytest.raises(PayoutRefused, match="Aucune tranche libérée"):
        prepare_payout(offer=offer, by=UserFactory(), at=AFTER)
    assert due_payouts() == []
    tranche = offer.tranches.get(rank=2)
    with pytest.raises(refusals.CampaignRefused, match="preuve"):
        publish_evidence(tranche=tranche, text=" ", by=UserFactory(), at=AFTER)
    tranche = publish_evidence(tranche=tranche, text="Facture du poseur.", by=UserFactory(), at=AFTER)
    assert Message.objects.filter(template="campaigns/vote").count() == 2
    vote_on_tranche(tranche=tranche, party=small, is_for=True, by=small.user, at=AFTER)
    vote_on_tranche(tranche=tranche, party=large, is_for=False, by=large.user, at=AFTER)
    vote_on_tranche(tranche=tranche, party=large, is_for=True, by=large.user, at=AFTER)  # changed: the last counts
    assert count_of(tranche) == Count(100_000, 0, 0)
    with pytest.raises(refusals.VoteRefused, match="court encore"):
        close_vote(tranche=tranche, at=tranche.vote_ends_at)
    assert close_votes_due(at=VOTED) == (1, 0)
    assert (payable_cents(offer), held(offer)) == (58_800, 0)
    assert [line.net for line in due_payouts()] == [euros(588)]
    assert pay(offer, at=VOTED).tranche.rank == 2
    assert [one.state for one in offer.tranches.all()] == [TrancheState.PAID, TrancheState.PAID]
    assert PayoutOrder.objects.filter(offer=offer).count() == 2
    books_are_clean()


@pytest.mark.django_db
def test_a_refused_release_keeps_the_money_and_new_evidence_opens_another_round():
    offer, (large, small) = a_success(600, 400)
    tranche = offer.tranches.get(rank=2)
    tranche = publish_evidence(tranche=tranche, text="Une photo.", by=UserFactory(), at=AFTER)
    vote_on_tranche(tranche=tranche, party=large, is_for=False, by=large.user, at=AFTER)
    vote_on_tranche(tranche=tranche, party=small, is_for=True, by=small.user, at=AFTER)
    assert close_vote(tranche=tranche, at=VOTED).state == TrancheState.WAITING
    assert held(offer) == 58_800
    tranche = publish_evidence(tranche=tranche, text="La facture.", by=UserFactory(), at=VOTED)
    assert (tranche.round, count_of(tranche)) == (2, Count(0, 0, 100_000))
    books_are_clean()


@pytest.mark.django_db
def test_only_lenders_vote_only_for_themselves_and_only_while_it_runs():
    offer, (lender,) = a_success(1_000)
    tranche = offer.tranches.get(rank=2)
    stranger = a_saver()
    with pytest.raises(refusals.VoteRefused, match="Aucun vote"):
        vote_on_tranche(tranche=tranche, party=lender, is_for=True, by=lender.user, at=AFTER)
    tranche = publish_evidence(tranche=tranche, text="Facture.", by=UserFactory(), at=AFTER)
    with pytest.raises(refusals.VoteRefused, match="Seuls les prêteurs"):
        vote_on_tranche(tranche=tranche, party=stranger, is_for=True, by=stranger.user, at=AFTER)
    with pytest.raises(refusals.VoteRefused, match="n’agissez pas"):
        vote_on_tranche(tranche=tranche, party=lender, is_for=True, by=stranger.user, at=AFTER)
    with pytest.raises(refusals.VoteRefused):
        late = tranche.vote_ends_at + timedelta(seconds=1)
        vote_on_tranche(tranche=tranche, party=lender, is_for=True, by=lender.user, at=late)
    assert not tranche.votes.exists()


@pytest.mark.django_db
def test_drawn_delegates_have_one_voice_each():
    offer, savers = a_success(500, 300, 200, delegates=2)
    drawn = voters_of(offer)
    assert len(drawn) == 2 and set(drawn.values()) == {1}
    tranche = publish_evidence(tranche=offer.tranches.get(rank=2), text="Facture.", by=UserFactory(), at=AFTER)
    left_out = next(saver for saver in savers if saver.pk not in drawn)
    with pytest.raises(refusals.VoteRefused):
        vote_on_tranche(tranche=tranche, party=left_out, is_for=True, by=left_out.user, at=AFTER)


@pytest.mark.django_db
def test_an_earlier_tranche_comes_first():
    offer, _savers = a_success(1_000, tranches=(400, 300, 300))
    with pytest.raises(refusals.CampaignRefused, match="précédente"):
        publish_evidence(tranche=offer.tranches.get(rank=3), text="Fini.", by=UserFactory(), at=AFTER)


@pytest.mark.django_db
def test_the_check_of_the_books_sees_a_tranche_that_is_not_in_its_account():
    offer, _savers = a_success(1_000)
    offer.tranches.filter(rank=2).update(amount=euros(500))
    Message.objects.update(sent_at=VOTED)
    found = {str(one.check) for one in check_books(at=VOTED).problems}
    assert "Chaque tranche retenue est dans son compte" in found
    assert "Les tranches d’une offre réussie font ce qui est dû au porteur" in found
