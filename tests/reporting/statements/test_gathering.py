from datetime import date

import pytest

from fres.kernel.errors import BooksBroken
from fres.kernel.models import Territory
from funds.chart import Purpose
from funds.ledger import Line, account_for, balance_cents
from funds.receipts import issue_receipt, void_receipts
from reporting.statements.content import Claim, problems
from reporting.statements.gathering import Gatherer
from tests.funds.factories import FundFactory
from tests.investors.factories import PartyFactory
from tests.reporting.money import (
    an_offer,
    contested,
    distributed,
    given_back,
    noon,
    paid,
    paid_out,
    post,
    scheduled,
    settled,
)

pytestmark = pytest.mark.django_db
ISSUED = noon(2026, 2, 1)


def statement_of(saver, entity, year, issued_at=ISSUED):
    found = list(Gatherer(entity=entity, year=year).statements([saver.pk], issued_at=issued_at))
    return found[0].statement if found else None


@pytest.fixture
def fund():
    return FundFactory()


@pytest.fixture
def saver():
    return PartyFactory()


def a_loan_over_three_years(fund, saver, amount=1200):
    """1 200 € lent at 3.50 % over 24 months at the end of 2023; paid back monthly from 10 January 2024."""
    offer = an_offer(fund=fund)
    commitment = paid(offer, saver, amount, noon(2023, 11, 6))
    loan = settled(offer, noon(2023, 12, 10))
    scheduled(loan, date(2024, 1, 10))
    return commitment, loan


def test_a_loan_goes_from_held_to_lent_to_repaid_and_each_year_opens_where_the_last_closed(fund, saver):
    commitment, loan = a_loan_over_three_years(fund, saver)
    for rank in range(1, 13):
        distributed(loan, rank, noon(2024, rank, 10))
    first, second = (statement_of(saver, fund.operator, year) for year in (2023, 2024))
    (line,) = first.commitments
    assert (line.opening_cents, line.paid_in_cents, line.closing_cents, line.lent_cents) == (0, 120000, 120000, 120000)
    assert [(one.on, one.cents) for one in first.movements] == [(date(2023, 11, 6), 120000), (date(2023, 12, 10), 0)]
    repaid = sum(one.principal_cents for one in loan.instalments.filter(rank__lte=12))
    interest = sum(one.interest_cents for one in loan.instalments.filter(rank__lte=12))
    (line,) = second.commitments
    assert (line.opening_cents, line.repaid_cents, line.closing_cents) == (120000, repaid, 120000 - repaid)
    (earned,) = second.interest
    assert earned.gross_cents == interest
    assert earned.rates == "12,80\u00a0% et 17,20\u00a0%"
    assert second.to_be_paid.closing_cents == repaid + earned.net_cents
    assert second.to_be_paid.closing_cents == balance_cents(
        entity=fund.operator, purpose=Purpose.TO_BE_PAID, party=saver, on=date(2024, 12, 31)
    )
    assert [one.year for one in second.years_ahead] == [2025]
    assert second.years_ahead[0].principal_cents == line.closing_cents
    assert [list(problems(one)) for one in (first, second)] == [[], []]
    third = statement_of(saver, fund.operator, 2025)
    assert third.opening_cents == second.closing_cents
    assert third.to_be_paid.opening_cents == second.to_be_paid.closing_cents
    assert [one.year for one in third.years_ahead] == [2025]  # late
    assert commitment.holding.principal_cents == 120000


def test_rates_that_changed_in_the_year_are_told_apart(fund, saver):
    _commitment, loan = a_loan_over_three_years(fund, saver)
    distributed(loan, 1, noon(2025, 12, 31))
    distributed(loan, 2, noon(2026, 1, 2))
    assert [one.rates for one in statement_of(saver, fund.operator, 2025).interest] == ["12,80\u00a0% et 17,20\u00a0%"]
    assert [one.rates for one in statement_of(saver, fund.operator, 2026).interest] == ["12,80\u00a0% et 18,60\u00a0%"]


def test_a_gift_leaves_what_is_engaged_when_the_project_receives_it_and_its_receipt_is_told(fund, saver):
    offer = an_offer(fund=fund, gift=True, receipts=True)
    gift = paid(offer, saver, 40, noon(2024, 3, 4))
    receipt = issue_receipt(commitment=gift, at=noon(2024, 3, 5))
    settled(offer, noon(2024, 6, 1))
    statement = statement_of(saver, fund.operator, 2024)
    (line,) = statement.commitments
    assert (line.paid_in_cents, line.given_cents, line.closing_cents) == (4000, 4000, 0)
    assert line.terms == "Don"
    (told,) = statement.gifts
    assert (told.receipt_number, told.cents, told.voided_on) == (receipt.document.number, 4000, None)
    assert statement.amounts_cents["gifts"] == 4000
    assert statement.interest == ()
    assert statement.years_ahead == ()


def test_a_gift_given_back_in_part_shows_both_receipts_and_counts_the_valid_one(fund, saver):
    offer = an_offer(fund=fund, gift=True, receipts=True)
    gift = paid(offer, saver, 100, noon(2024, 3, 4))
    issue_receipt(commitment=gift, at=noon(2024, 3, 5))
    given_back(gift, 40, noon(2024, 4, 4))
    void_receipts(commitment=gift, remaining_cents=6000, at=noon(2024, 4, 4), reason="Don rendu.")
    statement = statement_of(saver, fund.operator, 2024)
    (line,) = statement.commitments
    assert (line.paid_in_cents, line.given_back_cents, line.closing_cents, line.lent_cents) == (10000, 4000, 6000, 0)
    assert [(one.cents, one.voided_on) for one in statement.gifts] == [(10000, date(2024, 4, 4)), (6000, None)]
    assert statement.amounts_cents["gifts"] == 6000


def test_a_receipt_voided_after_the_statement_was_issued_was_valid_in_it(fund, saver):
    offer = an_offer(fund=fund, gift=True, receipts=True)
    gift = paid(offer, saver, 100, noon(2024, 3, 4))
    issue_receipt(commitment=gift, at=noon(2024, 3, 5))
    void_receipts(commitment=gift, remaining_cents=0, at=noon(2025, 4, 4), reason="Débit contesté.")
    assert statement_of(saver, fund.operator, 2024, noon(2025, 1, 15)).gifts[0].voided_on is None
    assert statement_of(saver, fund.operator, 2024, noon(2025, 5, 15)).gifts[0].voided_on == date(2025, 4, 4)


def test_money_given_back_in_a_later_year_is_opening_then_movement(fund, saver):
    offer = an_offer(fund=fund)
    commitment = paid(offer, saver, 300, noon(2024, 12, 20))
    given_back(commitment, 300, noon(2025, 1, 8))
    first, second, third = (statement_of(saver, fund.operator, year) for year in (2024, 2025, 2026))
    assert (first.closing_cents, first.commitments[0].lent_cents) == (30000, 0)
    assert (second.opening_cents, second.closing_cents) == (30000, 0)
    assert second.movements[0].label.startswith("Remboursement")
    assert third is None


def test_a_debit_contested_after_payout_is_a_claim_against_which_distributions_are_kept(fund, saver):
    other = PartyFactory()
    offer = an_offer(fund=fund)
    commitment = paid(offer, saver, 200, noon(2023, 11, 6))
    paid(offer, other, 200, noon(2023, 11, 6))
    loan = settled(offer, noon(2023, 12, 10))
    scheduled(loan, date(2024, 1, 10))
    contested(commitment, noon(2024, 1, 20))
    distributed(loan, 1, noon(2024, 2, 10), kept=(saver,))
    statement = statement_of(saver, fund.operator, 2024)
    kept = statement.to_be_paid.kept_cents
    assert kept > 0
    assert statement.to_be_paid.closing_cents == 0
    assert statement.claim == Claim(contested_cents=20000, kept_cents=kept, closing_cents=20000 - kept)
    assert statement.claim.closing_cents == balance_cents(
        entity=fund.operator, purpose=Purpose.CLAIM_ON_SAVER, party=saver, on=date(2024, 12, 31)
    )
    assert statement_of(other, fund.operator, 2024).claim == Claim()
    assert list(problems(statement)) == []


def test_what_was_paid_out_lowers_what_is_due(fund, saver):
    _commitment, loan = a_loan_over_three_years(fund, saver)
    distributed(loan, 1, noon(2024, 1, 10))
    paid_out(loan.offer, saver, 1000, noon(2024, 2, 1))
    owed = statement_of(saver, fund.operator, 2024).to_be_paid
    assert owed.paid_cents == 1000
    assert owed.closing_cents == owed.principal_cents + owed.net_interest_cents - 1000


def test_two_commitments_of_one_saver_to_one_offer_are_two_lines_that_add_up(fund, saver):
    offer = an_offer(fund=fund)
    for amount in (100, 250):
        paid(offer, saver, amount, noon(2024, 3, 4))
    settled(offer, noon(2024, 6, 1))
    statement = statement_of(saver, fund.operator, 2024)
    assert [one.closing_cents for one in statement.commitments] == [10000, 25000]
    assert [one.lent_cents for one in statement.commitments] == [10000, 25000]


def test_a_success_after_the_year_leaves_the_money_held_at_its_end(fund, saver):
    offer = an_offer(fund=fund)
    paid(offer, saver, 100, noon(2024, 12, 20))
    settled(offer, noon(2025, 1, 15))
    statement = statement_of(saver, fund.operator, 2024)
    assert (statement.closing_cents, statement.commitments[0].lent_cents) == (10000, 0)
    assert statement.years_ahead == ()


def test_a_place_is_told_with_what_it_belongs_to(fund, saver):
    for level, code, name in (
        ("COMMUNE", "62498", "Lens"),
        ("EPCI", "246200364", "CA de Lens-Liévin"),
        ("DEPARTEMENT", "62", "Pas-de-Calais"),
    ):
        Territory.objects.create(
            level=level, code=code, name=name, epci_code="246200364", departement_code="62", vintage=date(2026, 1, 1)
        )
    paid(an_offer(fund=fund), saver, 100, noon(2024, 3, 4))
    (line,) = statement_of(saver, fund.operator, 2024).commitments
    assert (line.place, line.territory) == ("Lens", "CA de Lens-Liévin, Pas-de-Calais")
    assert line.label == "FRES-HDF 2024"


def test_a_saver_without_anything_has_no_statement(fund, saver):
    assert statement_of(saver, fund.operator, 2024) is None


def test_another_entity_s_books_are_not_read(fund, saver):
    paid(an_offer(fund=fund), saver, 100, noon(2024, 3, 4))
    assert statement_of(saver, FundFactory().operator, 2024) is None


def test_many_savers_cost_the_queries_of_one(fund, django_assert_max_num_queries):
    offer = an_offer(fund=fund)
    savers = [PartyFactory() for _ in range(12)]
    for one in savers:
        paid(offer, one, 100, noon(2024, 3, 4))
    with django_assert_max_num_queries(9):
        found = list(Gatherer(entity=fund.operator, year=2024).statements([one.pk for one in savers], issued_at=ISSUED))
    assert [one.statement.saver_number for one in found] == sorted(one.number for one in savers)


# What does not agree is refused


def test_a_settlement_that_is_not_what_the_commitments_say_is_refused(fund, saver):
    offer = an_offer(fund=fund)
    commitment = paid(offer, saver, 100, noon(2024, 3, 4))
    settled(offer, noon(2024, 6, 1))
    offer.commitments.filter(pk=commitment.pk).update(settled_at=None, state="CLEARED")
    with pytest.raises(BooksBroken, match="10000 cents left"):
        statement_of(saver, fund.operator, 2024)


def test_a_debt_to_the_saver_that_no_register_explains_is_refused(fund, saver):
    _commitment, loan = a_loan_over_three_years(fund, saver)
    distributed(loan, 1, noon(2024, 1, 10))
    due = account_for(fund.operator, Purpose.TO_BE_PAID, party=saver, offer=loan.offer)
    received = account_for(fund.operator, Purpose.INSTALMENTS, party=loan.borrower, offer=loan.offer)
    post(loan.offer, "distribution:ghost", [Line(received, due, 1)], noon(2024, 5, 1), ("distribution", None))
    with pytest.raises(BooksBroken, match=saver.number):
        statement_of(saver, fund.operator, 2024)
