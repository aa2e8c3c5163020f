"""Offers that succeed, holders that are paid, instalments that come back: the rows others start from."""

from collections.abc import Callable

from funds.closing import decide_offer
from funds.models import Instalment, Loan, Offer, PayeeAccount, PayoutOrder
from funds.payments.charging import start_payment
from funds.servicing.payouts import approve_payout, open_payee_account, prepare_payout, send_payout
from tests.funds.factories import OPERATOR_CAPITAL_CENTS, OfferFactory, euros
from tests.funds.payments.scenes import Provider, a_commitment
from tests.investors.factories import PartyFactory, TaxResidenceFactory, UserFactory
from tests.projects.factories import MembershipFactory

AFTER_CLEARING = {"days": 4}  # a card's money is at our disposal at the provider after three


def a_succeeded_offer(
    provider: Provider,
    *amounts: int,
    gift: bool = False,
    months: int = 3,
    fund_cents: int = OPERATOR_CAPITAL_CENTS,
    before_decision: Callable[[Offer], None] | None = None,
    **given,
) -> Offer:
    """Return an offer that was filled by card payments of these euros, and decided; the money is available."""
    if fund_cents:  # without it, fees would be missing when the holder is paid
        provider.server.fund(fund_cents)
    terms = {} if gift else {"months": months, "rate_bp": 600}
    offer = OfferFactory(
        open=True, gift=gift, minimum=euros(sum(amounts)), maximum=euros(sum(amounts)), ticket_minimum=euros(1),
        **(terms | given),
    )  # fmt: skip
    for amount in amounts:
        saver = PartyFactory()
        TaxResidenceFactory(party=saver)
        provider.pay(a_commitment(offer=offer, amount=euros(amount), saver=saver))
    if before_decision is not None:
        before_decision(offer)
    decide_offer(offer=offer, at=provider.now)
    if not fund_cents:
        provider.advance(**AFTER_CLEARING)
    offer.refresh_from_db()
    return offer


def a_ready_payee(provider: Provider, offer: Offer) -> PayeeAccount:
    party = offer.project.organisation.party
    payee = open_payee_account(party=party, at=provider.now, gateway=provider.gateway)
    provider.server.verify_account(payee.provider_id)
    return open_payee_account(party=party, at=provider.now, gateway=provider.gateway)


def an_approved_order(provider: Provider, offer: Offer) -> PayoutOrder:
    a_ready_payee(provider, offer)
    order = prepare_payout(offer=offer, by=UserFactory(), at=provider.now)
    return approve_payout(order=order, by=UserFactory(), at=provider.now)


def a_paid_loan(provider: Provider, payout_gateway, *amounts: int, **given) -> Loan:
    offer = a_succeeded_offer(provider, *amounts, **given)
    order = an_approved_order(provider, offer)
    send_payout(order_id=order.pk, at=provider.now, gateway=payout_gateway)
    return Loan.objects.get(offer=offer)


def pay_instalment(provider: Provider, instalment: Instalment, outcome: str = "card_paid"):
    """Have the holder pay an instalment on the hosted page, and come back."""
    organisation = instalment.loan.offer.project.organisation
    member = organisation.memberships.first() or MembershipFactory(
        organisation=organisation, is_legal_representative=True
    )
    payment = start_payment(instalment=instalment, by=member.user, at=provider.now, gateway=provider.gateway)
    provider.choose(payment, outcome)
    return provider.refresh(payment)
