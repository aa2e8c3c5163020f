"""Closing, payout and distribution, killed at every step: the restart ends in the same books, nothing is paid twice."""

from contextlib import suppress

import pytest

from fres.kernel.messages import deliver, waiting_messages
from fres.kernel.models import Message
from fres.kernel.states import TransitionRefused
from funds.closing import decide_due, decide_offer
from funds.contracts.issuing import issue_missing_contracts
from funds.models import DistributionLine, Instalment, Loan, Offer, PayoutOrder
from funds.payments.sync import send_refunds
from funds.servicing.distribution import distribute_due, distribute_instalment
from funds.servicing.notices import tell_distributed, tell_missing
from funds.servicing.payouts import PayoutRefused, approve_payout, prepare_payout, send_due, send_payout
from funds.states import PayoutState
from tests.funds.factories import OfferFactory, euros
from tests.funds.payments.scenes import Provider, a_commitment, assert_books_right, digest
from tests.funds.servicing.scenes import a_paid_loan, a_ready_payee, a_succeeded_offer, pay_instalment
from tests.investors.factories import UserFactory
from tests.kill.harness import kill_everywhere

pytestmark = [pytest.mark.django_db(transaction=True)]


def tell_offer(offer: Offer) -> object:
    """Tell an offer's end: states, register, contract, orders and books; and who was told what."""
    offer.refresh_from_db()
    loan = Loan.objects.filter(offer=offer).first()
    register = loan and (
        sorted(loan.holdings.values_list("principal_cents", flat=True)),
        list(loan.instalments.values_list("rank", "principal_cents", "interest_cents").order_by("rank")),
        loan.contract is not None,
    )
    commitments = list(offer.commitments.order_by("pk").values_list("state", flat=True))
    refunds = sorted(offer.commitments.filter(payments__refunds__isnull=False).values_list("payments__refunds__state"))
    orders = list(offer.payout_orders.order_by("pk").values_list("state", flat=True))
    names = sorted(Message.objects.filter(about_type="offer", about_uuid=offer.uuid).values_list("template", flat=True))
    return offer.state, offer.financing_state, commitments, refunds, register, orders, names, digest(offer)


def a_cleared_offer(provider: Provider, *amounts: int, minimum: int = 0, gift: bool = False) -> Offer:
    raised = sum(amounts)
    offer = OfferFactory(
        open=True, gift=gift, minimum=euros(minimum or raised), maximum=euros(max(raised, minimum)),
        ticket_minimum=euros(1), **({} if gift else {"months": 2, "rate_bp": 600}),
    )  # fmt: skip
    for amount in amounts:
        provider.pay(a_commitment(offer=offer, amount=euros(amount)))
    return offer


def test_a_success_killed_anywhere_is_decided_once_with_its_register_and_contract(provider: Provider):
    def decide(offer: Offer) -> None:
        decide_offer(offer=offer, at=provider.now)

    def restart(offer: Offer) -> None:
        decide_due(at=provider.now)
        issue_missing_contracts(provider.now)
        tell_missing(at=provider.now)

    report = kill_everywhere(
        prepare=lambda: a_cleared_offer(provider, 60, 40), act=decide, repair=restart, tell=tell_offer,
        server=provider.server,
    )  # fmt: skip
    assert report.points >= 15
    assert not report.asked
    assert_books_right()


def test_a_failure_killed_anywhere_gives_every_euro_back_once(provider: Provider):
    def prepare() -> Offer:
        offer = a_cleared_offer(provider, 60, minimum=500, gift=True)
        offer.closes_at, offer.settles_on = provider.now, provider.now.date()
        offer.save(update_fields=["closes_at", "settles_on"])
        provider.advance(hours=1)
        return offer

    def decide(offer: Offer) -> None:
        decide_offer(offer=offer, at=provider.now)
        send_refunds(at=provider.now, gateway=provider.gateway)

    def restart(offer: Offer) -> None:
        decide_due(at=provider.now)
        provider.repair()

    report = kill_everywhere(prepare=prepare, act=decide, repair=restart, tell=tell_offer, server=provider.server)
    assert report.asked == {"/v1/refunds": 1}
    assert report.points >= 20
    for message in waiting_messages():
        deliver(message=message, at=provider.now)
    assert_books_right()


def test_a_payout_killed_anywhere_is_paid_once(provider: Provider, payout_gateway):
    def prepare() -> Offer:
        offer = a_succeeded_offer(provider, 60, 40)
        a_ready_payee(provider, offer)
        offer.people = (UserFactory(), UserFactory())
        return offer

    def pay(offer: Offer) -> None:
        first, second = offer.people
        with suppress(PayoutRefused):  # prepared already, before the death
            prepare_payout(offer=offer, by=first, at=provider.now)
        order = PayoutOrder.objects.get(offer=offer)
        with suppress(TransitionRefused):
            approve_payout(order=order, by=second, at=provider.now)
        send_payout(order_id=order.pk, at=provider.now, gateway=payout_gateway)

    def restart(offer: Offer) -> None:
        send_due(at=provider.now, gateway=payout_gateway)
        with suppress(PayoutRefused):  # the books owe nothing more: it was paid
            pay(offer)
        tell_missing(at=provider.now)

    report = kill_everywhere(prepare=prepare, act=pay, repair=restart, tell=tell_offer, server=provider.server)
    assert report.asked == {"/v1/transfers": 1}
    assert report.points >= 20
    assert report.of_kind("HTTP") >= 4
    assert set(PayoutOrder.objects.values_list("state", flat=True)) == {PayoutState.PAID}
    assert_books_right()


def test_an_instalment_killed_while_it_is_shared_is_shared_once(provider: Provider, payout_gateway):
    def prepare() -> Instalment:
        loan = a_paid_loan(provider, payout_gateway, 60, 40, months=2)
        instalment = loan.instalments.get(rank=1)
        pay_instalment(provider, instalment)
        return instalment

    def share(instalment: Instalment) -> None:
        tell_distributed(distribution=distribute_instalment(instalment=instalment, at=provider.now), at=provider.now)

    def restart(instalment: Instalment) -> None:
        distribute_due(at=provider.now)
        tell_missing(at=provider.now)

    def tell(instalment: Instalment) -> object:
        lines = DistributionLine.objects.filter(distribution__instalment=instalment).order_by("pk")
        return list(lines.values_list("principal_cents", "interest_cents", "income_tax_cents")), tell_offer(
            instalment.loan.offer
        )

    report = kill_everywhere(prepare=prepare, act=share, repair=restart, tell=tell, server=provider.server)
    assert not report.asked
    assert report.points >= 8
    assert_books_right()
