"""Loans, instalments, payee accounts and payout orders as rows, for tests that need no provider."""

from datetime import date

import factory

from funds.models import Holding, Instalment, Loan, PayeeAccount, PayoutOrder
from tests.funds.factories import NOW, CommitmentFactory, OfferFactory, euros
from tests.investors.factories import PartyFactory, UserFactory


class LoanFactory(factory.django.DjangoModelFactory):
    """A loan of 1 000 € at 6 % over three months, paid; its register and instalments are made apart."""

    class Meta:
        model = Loan

    offer = factory.SubFactory(OfferFactory, succeeded=True, financing_state="MONITORED", months=3, rate_bp=600)
    borrower = factory.LazyAttribute(lambda loan: loan.offer.project.organisation.party)
    principal_cents = 100_000
    rate_bp = 600
    months = 3
    signed_at = NOW
    first_due_on = date(2026, 12, 23)


class HoldingFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Holding

    loan = factory.SubFactory(LoanFactory)
    party = factory.SubFactory(PartyFactory)
    principal_cents = 100_000
    commitment = factory.LazyAttribute(
        lambda holding: CommitmentFactory(
            offer=holding.loan.offer, saver=holding.party, settled=True, amount=euros(holding.principal_cents // 100)
        )
    )


class InstalmentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Instalment

    loan = factory.SubFactory(LoanFactory)
    rank = 1
    due_on = date(2026, 12, 23)
    principal_cents = 33_167
    interest_cents = 500
    balance_after_cents = 66_833


class PayeeAccountFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = PayeeAccount

    party = factory.SubFactory(PartyFactory, legal=True)
    provider_id = factory.Sequence(lambda n: f"acct_test_{n}")
    can_receive = True
    checked_at = NOW


class PayoutOrderFactory(factory.django.DjangoModelFactory):
    """An order that waits for its second person."""

    class Meta:
        model = PayoutOrder

    offer = factory.SubFactory(OfferFactory, succeeded=True, financing_state="CONTRACTING")
    payee = factory.LazyAttribute(lambda order: PayeeAccountFactory(party=order.offer.project.organisation.party))
    amount = euros(1_000)
    prepared_by = factory.SubFactory(UserFactory)
    prepared_at = NOW
