"""An instalment shared: to the cent, levies only on residents' interest, claims kept, once."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from procrastinate.contrib.django.models import ProcrastinateJob

from fres.kernel.models import Message
from funds.chart import Purpose
from funds.ledger import balance_cents
from funds.models import Distribution, DistributionLine, Entry
from funds.servicing import tasks
from funds.servicing.amortisation import schedule
from funds.servicing.distribution import (
    Holder,
    InstalmentNotHeld,
    distribute_due,
    distribute_instalment,
    share_instalment,
)
from funds.servicing.levies import levies_at
from funds.servicing.notices import tell_distributed
from funds.states import CommitmentState, FinancingState, PaymentState
from tests.funds.factories import NOW
from tests.funds.payments.scenes import assert_books_right, assert_statement_adds_up
from tests.funds.servicing.scenes import a_paid_loan, pay_instalment
from tests.investors.factories import TaxResidenceFactory

SAME_EVERYWHERE = SimpleNamespace(on=lambda gross: (gross * 128 // 1_000, gross * 186 // 1_000))


def _holders(parts, claims=()):
    owed = dict(enumerate(claims))
    return [
        Holder(
            holding_id=rank, party_id=rank, outstanding_cents=part, claim_cents=owed.get(rank, 0),
            is_withheld=rank % 3 != 0,
        )
        for rank, part in enumerate(parts)
    ]  # fmt: skip


parts_of_a_loan = st.lists(st.integers(1, 500_000), min_size=1, max_size=30)


@settings(max_examples=60, deadline=None)
@given(parts_of_a_loan, st.integers(0, 1_500), st.integers(1, 36))
def test_a_loan_shared_instalment_by_instalment_gives_each_holder_their_capital_and_loses_nothing(parts, rate, months):
    lines = schedule(principal_cents=sum(parts), rate_bp=rate, months=months, first_due_on=NOW.date())
    outstanding = list(parts)
    for line in lines:
        shares = share_instalment(
            principal_cents=line.principal_cents, interest_cents=line.interest_cents,
            holders=_holders(outstanding), levies=SAME_EVERYWHERE,
        )  # fmt: skip
        assert sum(one.principal_cents for one in shares) == line.principal_cents
        assert sum(one.interest_cents for one in shares) == line.interest_cents
        for one in shares:
            outstanding[one.holding_id] -= one.principal_cents
            assert outstanding[one.holding_id] >= 0
            assert one.net_cents >= one.principal_cents
            assert one.holding_id % 3 != 0 or one.income_tax_cents == one.social_levy_cents == 0
    assert set(outstanding) == {0}


@given(parts_of_a_loan, st.lists(st.integers(0, 100_000), max_size=30))
def test_what_is_kept_never_exceeds_the_claim_nor_the_net(parts, claims):
    total = sum(parts)
    shares = share_instalment(
        principal_cents=total // 2, interest_cents=total // 100, holders=_holders(parts, claims), levies=SAME_EVERYWHERE
    )
    for one in shares:
        claim = claims[one.holding_id] if one.holding_id < len(claims) else 0
        assert one.kept_cents == min(claim, one.net_cents)


def test_one_saver_with_two_parts_has_one_claim():
    holders = [
        Holder(holding_id=rank, party_id=7, outstanding_cents=500, claim_cents=600, is_withheld=False)
        for rank in (1, 2)
    ]
    shares = share_instalment(principal_cents=1_000, interest_cents=0, holders=holders, levies=SAME_EVERYWHERE)
    assert [one.kept_cents for one in shares] == [500, 100]


@pytest.fixture
def loan(db, provider, payout_gateway):
    return a_paid_loan(provider, payout_gateway, 600, 300, 100)


def _receive(provider, loan, rank=1):
    instalment = loan.instalments.get(rank=rank)
    pay_instalment(provider, instalment)
    return instalment


def test_levies_are_withheld_on_residents_only(loan, provider):
    first, second, third = loan.holdings.order_by("pk")
    second.party.tax_residences.update(valid_to=provider.now.date())
    TaxResidenceFactory(party=second.party, country="BE", valid_from=provider.now.date())
    distribution = distribute_instalment(instalment=_receive(provider, loan), at=provider.now)
    lines = {line.holding_id: line for line in distribution.lines.all()}
    levies = levies_at(provider.now.date())
    for holding in (first, third):
        line = lines[holding.pk]
        assert (line.income_tax_cents, line.social_levy_cents) == levies.on(line.interest_cents)
        assert line.rates_used == levies.rows
    assert lines[second.pk].interest_cents > 0
    assert (lines[second.pk].income_tax_cents, lines[second.pk].social_levy_cents) == (0, 0)
    assert lines[second.pk].rates_used == {}
    for holding in (first, second, third):
        owed = balance_cents(entity=loan.offer.books, purpose=Purpose.TO_BE_PAID, party=holding.party, offer=loan.offer)
        assert owed == lines[holding.pk].net_cents
    assert_books_right()


def test_shared_twice_it_is_shared_once(loan, provider):
    instalment = _receive(provider, loan)
    once = distribute_instalment(instalment=instalment, at=provider.now)
    assert distribute_instalment(instalment=instalment, at=provider.now + timedelta(days=1)).pk == once.pk
    assert distribute_due(at=provider.now) == 0
    assert Entry.objects.filter(key__startswith="distribution:").count() == 1


def test_an_instalment_nobody_paid_is_not_shared(loan, provider):
    with pytest.raises(InstalmentNotHeld):
        distribute_instalment(instalment=loan.instalments.get(rank=1), at=provider.now)
    assert Distribution.objects.count() == 0


def test_a_later_instalment_waits_for_the_earlier_one(loan, provider):
    _receive(provider, loan, rank=2)
    with pytest.raises(InstalmentNotHeld, match="plus ancienne"):
        distribute_instalment(instalment=loan.instalments.get(rank=2), at=provider.now)
    assert distribute_due(at=provider.now) == 0
    _receive(provider, loan, rank=1)
    assert distribute_due(at=provider.now) == 2
    assert_books_right()


def test_a_debit_contested_before_it_was_shared_is_paid_and_shared_again(loan, provider):
    instalment = loan.instalments.get(rank=1)
    payment = pay_instalment(provider, instalment, "sepa_disputed")
    provider.advance(days=10)
    assert provider.refresh(payment).state == PaymentState.CLEARED
    provider.advance(days=80)
    assert provider.refresh(payment).state == PaymentState.REVERSED
    with pytest.raises(InstalmentNotHeld):
        distribute_instalment(instalment=instalment, at=provider.now)
    pay_instalment(provider, instalment)
    assert distribute_due(at=provider.now) == 1
    assert_books_right()


def test_a_saver_who_contested_their_debit_has_their_share_kept_against_the_claim(loan, provider):
    offer = loan.offer
    holding = loan.holdings.order_by("pk").first()
    payment = holding.commitment.payments.get()
    provider.server.dispute(payment.intent_id)
    provider.repair()
    holding.commitment.refresh_from_db()
    assert holding.commitment.state == CommitmentState.DISPUTED
    claim = balance_cents(entity=offer.books, purpose=Purpose.CLAIM_ON_SAVER, party=holding.party, offer=offer)
    assert claim == 60_000
    distribution = distribute_instalment(instalment=_receive(provider, loan), at=provider.now)
    line = distribution.lines.get(holding=holding)
    assert line.kept_cents == line.net_cents > 0
    left = balance_cents(entity=offer.books, purpose=Purpose.CLAIM_ON_SAVER, party=holding.party, offer=offer)
    assert left == claim - line.kept_cents
    owed = balance_cents(entity=offer.books, purpose=Purpose.TO_BE_PAID, party=holding.party, offer=offer)
    assert owed == 0
    others = DistributionLine.objects.filter(distribution=distribution).exclude(holding=holding)
    assert {one.kept_cents for one in others} == {0}
    assert_books_right()


def test_what_was_kept_against_a_claim_is_to_be_paid_once_the_bank_gives_the_debit_back(loan, provider):
    offer, holding = loan.offer, loan.holdings.order_by("pk").first()
    payment = holding.commitment.payments.get()
    dispute = provider.server.dispute(payment.intent_id)
    provider.repair()
    distribution = distribute_instalment(instalment=_receive(provider, loan), at=provider.now)
    kept = distribution.lines.get(holding=holding).kept_cents
    provider.server.end_dispute(dispute["id"], is_won=True)
    for _told_twice in range(2):
        provider.repair()
    holding.commitment.refresh_from_db()
    assert holding.commitment.state == CommitmentState.SETTLED
    stands = {
        purpose: balance_cents(entity=offer.books, purpose=purpose, party=holding.party, offer=offer)
        for purpose in (Purpose.CLAIM_ON_SAVER, Purpose.TO_BE_PAID)
    }
    assert stands == {Purpose.CLAIM_ON_SAVER: 0, Purpose.TO_BE_PAID: kept}
    assert_books_right()
    assert_statement_adds_up(holding.party, offer, provider.now)


def test_every_holder_is_told_once_whoever_tells(loan, provider):
    distribution = distribute_instalment(instalment=_receive(provider, loan), at=provider.now)
    arguments = {"distribution_uuid": str(distribution.uuid)}
    assert ProcrastinateJob.objects.filter(task_name="tell_instalment_distributed", args=arguments).exists()
    tasks.tell_distribution_job.func(**arguments)
    assert Message.objects.filter(template="servicing/distributed").count() == 3
    assert tell_distributed(distribution=distribution, at=provider.now) == 0


def test_the_last_instalment_starts_the_exit_of_the_financing(loan, provider):
    for rank in (1, 2, 3):
        distribute_instalment(instalment=_receive(provider, loan, rank), at=provider.now)
    loan.offer.refresh_from_db()
    assert loan.offer.financing_state == FinancingState.EXITING
