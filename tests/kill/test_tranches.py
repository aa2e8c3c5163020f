"""The payout and the return of a tranche, killed at every step: the restart ends in the same books, once."""

from contextlib import suppress
from datetime import timedelta

import pytest

from fres.kernel.states import TransitionRefused
from funds.campaigns.refusals import ReturnRefused
from funds.campaigns.tranche_returns import approve_return, prepare_return
from funds.campaigns.tranches import close_vote, publish_evidence, vote_on_tranche
from funds.models import DistributionLine, Offer, OfferFile, PayoutOrder, Tranche, TrancheReturn
from funds.servicing.payouts import PayoutRefused, approve_payout, prepare_payout, send_due, send_payout
from funds.states import PayoutState, TrancheState
from tests.funds.factories import euros
from tests.funds.payments.scenes import Provider, assert_books_right, digest
from tests.funds.servicing.scenes import a_ready_payee, a_succeeded_offer
from tests.investors.factories import UserFactory
from tests.kill.harness import kill_everywhere

pytestmark = [pytest.mark.django_db(transaction=True)]
VOTE = timedelta(days=12)


def tell(offer: Offer) -> object:
    tranches = list(offer.tranches.order_by("rank").values_list("state", "amount"))
    orders = list(offer.payout_orders.order_by("pk").values_list("state", "amount"))
    lines = DistributionLine.objects.filter(holding__loan__offer=offer).order_by("pk")
    due = list(offer.loan.instalments.order_by("rank").values_list("principal_cents", "interest_cents"))
    return tranches, orders, list(lines.values_list("principal_cents", flat=True)), due, digest(offer)


def an_offer_in_tranches(provider: Provider, payout_gateway, *, is_for: bool) -> Offer:
    """Two tranches: the first paid; the second voted on, and its vote closed."""

    def plan(offer: Offer) -> None:
        OfferFile.objects.create(offer=offer, created_by=UserFactory(), created_at=provider.now)
        for rank, amount in enumerate((40, 60), start=1):
            Tranche.objects.create(offer=offer, rank=rank, planned=euros(amount), milestone="Étape", proof="Facture")

    offer = a_succeeded_offer(provider, 60, 40, before_decision=plan)
    a_ready_payee(provider, offer)
    order = prepare_payout(offer=offer, by=UserFactory(), at=provider.now)
    order = approve_payout(order=order, by=UserFactory(), at=provider.now)
    send_payout(order_id=order.pk, at=provider.now, gateway=payout_gateway)
    tranche = publish_evidence(tranche=offer.tranches.get(rank=2), text="Facture.", by=UserFactory(), at=provider.now)
    for lender in [one.saver for one in offer.commitments.select_related("saver__user")]:
        vote_on_tranche(tranche=tranche, party=lender, is_for=is_for, by=lender.user, at=provider.now)
    close_vote(tranche=tranche, at=provider.now + VOTE)
    offer.people = (UserFactory(), UserFactory())
    return offer


def test_the_payout_of_a_tranche_killed_anywhere_is_paid_once(provider: Provider, payout_gateway):
    def pay(offer: Offer) -> None:
        first, second = offer.people
        with suppress(PayoutRefused):  # prepared already, before the death
            prepare_payout(offer=offer, by=first, at=provider.now)
        order = PayoutOrder.objects.get(offer=offer, tranche__rank=2)
        with suppress(TransitionRefused):
            approve_payout(order=order, by=second, at=provider.now)
        send_payout(order_id=order.pk, at=provider.now, gateway=payout_gateway)

    def restart(offer: Offer) -> None:
        send_due(at=provider.now, gateway=payout_gateway)
        with suppress(PayoutRefused):
            pay(offer)

    report = kill_everywhere(
        prepare=lambda: an_offer_in_tranches(provider, payout_gateway, is_for=True), act=pay, repair=restart,
        tell=tell, server=provider.server,
    )  # fmt: skip
    assert report.asked == {"/v1/transfers": 1}
    assert report.points >= 20
    assert set(PayoutOrder.objects.values_list("state", flat=True)) == {PayoutState.PAID}
    assert_books_right()


def test_the_return_of_a_tranche_killed_anywhere_is_made_once(provider: Provider, payout_gateway):
    def give_back(offer: Offer) -> None:
        first, second = offer.people
        tranche = offer.tranches.get(rank=2)
        with suppress(ReturnRefused):  # prepared already, before the death
            prepare_return(tranche=tranche, reason="Refusée.", by=first, at=provider.now)
        with suppress(TransitionRefused):
            approve_return(tranche_return=TrancheReturn.objects.get(tranche=tranche), by=second, at=provider.now)

    report = kill_everywhere(
        prepare=lambda: an_offer_in_tranches(provider, payout_gateway, is_for=False), act=give_back,
        repair=give_back, tell=tell, server=provider.server,
    )  # fmt: skip
    assert not report.asked
    assert report.points >= 10
    assert set(Tranche.objects.filter(rank=2).values_list("state", flat=True)) == {TrancheState.GIVEN_BACK}
    assert_books_right()
