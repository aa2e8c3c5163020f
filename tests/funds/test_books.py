"""Each check has a test in which what it guards is broken behind the ledger's back, as a fault or a thief would."""

from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from fres.kernel import clock
from fres.kernel.models import Message
from funds.books import Problem, books_check, check_books, record_check, registered
from funds.chart import Purpose
from funds.ledger import account_for, reverse_entry
from funds.models import (
    BooksCheck,
    Dispute,
    Distribution,
    DistributionLine,
    Entry,
    Holding,
    Instalment,
    Loan,
    OpeningLine,
    PeriodClosing,
    Refund,
    Seal,
)
from funds.sealing import close_months, seal_entries
from tests.funds.books_scenes import noon, post
from tests.funds.factories import (
    NOW,
    CommitmentFactory,
    FundFactory,
    LegalEntityFactory,
    OfferFactory,
    PaymentFactory,
    euros,
)

pytestmark = pytest.mark.django_db
ON = date(2026, 11, 20)


def run(statement, *parameters):
    """Write behind the triggers, as the owner of the tables can."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, parameters)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def broken():
    return {finding.check for finding in check_books(NOW).problems}


@pytest.fixture
def offer():
    return OfferFactory(open=True)


@pytest.fixture
def payment(offer):
    """A cleared payment of 100 €, with its entry."""
    payment = PaymentFactory(cleared=True, commitment=CommitmentFactory(cleared=True, offer=offer))
    collect(payment)
    return payment


def collect(payment, cents=10_000):
    offer, saver = payment.commitment.offer, payment.commitment.saver
    held = account_for(offer.books, Purpose.SAVER_MONEY, party=saver, offer=offer)
    return post(
        offer.books, f"payment:{payment.uuid}:cleared", (account_for(offer.books, Purpose.PROVIDER), held, cents), on=ON
    )


@pytest.fixture
def loan(payment):
    """The loan of 100 € that one payment became, with one instalment shared."""
    commitment, offer = payment.commitment, payment.commitment.offer
    saver, holder = commitment.saver, offer.project.organisation.party
    of = {"offer": offer}
    move = (
        account_for(offer.books, Purpose.SAVER_MONEY, party=saver, **of),
        account_for(offer.books, Purpose.HOLDER_MONEY, party=holder, **of),
    )
    post(offer.books, f"offer:{offer.uuid}:success", (*move, 10_000), on=ON)
    type(commitment).objects.filter(pk=commitment.pk).update(state="SETTLED", settled_at=NOW)
    loan = Loan.objects.create(
        offer=offer, borrower=holder, principal_cents=10_000, rate_bp=350, months=1, signed_at=NOW
    )
    holding = Holding.objects.create(loan=loan, commitment=commitment, party=saver, principal_cents=10_000)
    instalment = Instalment.objects.create(
        loan=loan, rank=1, due_on=ON, principal_cents=10_000, interest_cents=29, balance_after_cents=0
    )
    received = account_for(offer.books, Purpose.INSTALMENTS, party=holder, **of)
    post(offer.books, "instalment", (account_for(offer.books, Purpose.PROVIDER), received, 10_029), on=ON)
    distribution = Distribution.objects.create(instalment=instalment, distributed_at=NOW)
    DistributionLine.objects.create(
        distribution=distribution, holding=holding, principal_cents=10_000, interest_cents=29
    )
    due = account_for(offer.books, Purpose.TO_BE_PAID, party=saver, **of)
    post(offer.books, f"distribution:{distribution.uuid}", (received, due, 10_029), on=ON)
    return loan


def test_right_books_have_no_problem(loan):
    seal_entries(entity=loan.offer.books, at=NOW)
    report = check_books(NOW)
    assert report.problems == ()
    assert str(report) == "books balanced: 5 entries, 5 transfers, 0 problems"


def test_an_entry_without_transfers_is_found(payment):
    run("DELETE FROM funds_transfer WHERE entry_id = (SELECT max(id) FROM funds_entry)")
    assert "Chaque écriture déplace de l’argent" in broken()


def test_a_transfer_into_another_entity_is_found(payment):
    foreign = account_for(LegalEntityFactory(), Purpose.SAVER_MONEY)
    run("UPDATE funds_transfer SET credit_id = %s WHERE id = (SELECT max(id) FROM funds_transfer)", foreign.pk)
    assert "Aucun mouvement ne sort des livres d’une entité" in broken()


def test_a_reversal_of_another_amount_is_found(payment):
    entry = Entry.objects.get(key=f"payment:{payment.uuid}:cleared")
    reverse_entry(entry=entry, key="undone", label="Annulation", source=("test", None), at=NOW)
    run("UPDATE funds_transfer SET amount_cents = 9999 WHERE id = (SELECT max(id) FROM funds_transfer)")
    assert "Chaque contre-passation est l’exact contraire de son écriture" in broken()


def test_an_entry_slipped_into_a_closed_month_is_found(payment):
    PeriodClosing.objects.create(entity=payment.commitment.offer.books, month=date(2026, 11, 1), closed_at=noon(ON))
    run("UPDATE funds_entry SET posted_at = %s WHERE id = (SELECT max(id) FROM funds_entry)", noon(ON) + timedelta(1))
    assert broken() == {"Rien n’est daté dans un mois déjà clos"}


SEAL_FAULTS = {
    "UPDATE funds_seal SET number = 7 WHERE number = 2": {"Les sceaux sont numérotés sans trou et chaînés"},
    "DELETE FROM funds_seal WHERE number = 1": {"Les sceaux sont numérotés sans trou et chaînés"},
    "UPDATE funds_entry SET label = 'autre'": {"Aucune écriture scellée n’a changé"},
    "UPDATE funds_entry SET piece_ref = 'autre'": {"Aucune écriture scellée n’a changé"},
    "UPDATE funds_transfer SET amount_cents = amount_cents + 1 WHERE id = (SELECT max(id) FROM funds_transfer)": {
        "Aucune écriture scellée n’a changé"
    },
}


@pytest.mark.parametrize("fault", SEAL_FAULTS, ids=range(len(SEAL_FAULTS)))
def test_a_change_after_sealing_is_found(payment, fault):
    seal_entries(entity=payment.commitment.offer.books, at=NOW)
    assert Seal.objects.count() == 2
    run(fault)
    assert SEAL_FAULTS[fault] <= broken()


def test_a_hash_written_again_breaks_the_chain(payment):
    seal_entries(entity=payment.commitment.offer.books, at=NOW)
    run("UPDATE funds_seal SET hash = %s WHERE number = 1", bytes(32))
    assert {"Aucune écriture scellée n’a changé", "Les sceaux sont numérotés sans trou et chaînés"} <= broken()


def test_a_seal_in_another_year_is_found(payment):
    entity = payment.commitment.offer.books
    seal_entries(entity=entity, at=NOW)
    run("UPDATE funds_fiscalyear SET starts_on = '2026-12-01', ends_on = '2027-11-30'")
    assert "Chaque sceau est dans l’exercice de son écriture" in broken()


def test_opening_lines_that_do_not_repeat_balances_are_found():
    entity = LegalEntityFactory()
    post(
        entity, "old", (account_for(entity, Purpose.PROVIDER), account_for(entity, Purpose.CAPITAL), 100),
        on=date(2025, 12, 1),
    )  # fmt: skip
    close_months(entity=entity, through=date(2025, 12, 31), by=None, at=NOW)
    run("UPDATE funds_openingline SET debit_cents = 90 WHERE debit_cents = 100")
    assert OpeningLine.objects.count() == 2
    assert broken() == {"Les à-nouveaux reprennent les soldes de la veille"}


def test_a_debt_below_zero_is_found(payment):
    offer = payment.commitment.offer
    held = account_for(offer.books, Purpose.SAVER_MONEY, party=payment.commitment.saver, offer=offer)
    other = account_for(offer.books, Purpose.SAVER_MONEY)
    post(offer.books, "too much", (held, other, 10_001), on=ON)
    assert broken() == {"Aucune dette et aucune créance n’est négative"}


def test_less_held_than_owed_is_found(payment):
    entity = payment.commitment.offer.books
    post(
        entity, "spent", (account_for(entity, Purpose.PROVIDER_FEES), account_for(entity, Purpose.PROVIDER), 5_000_001),
        on=ON,
    )  # fmt: skip
    assert broken() == {"L’argent détenu couvre l’argent dû"}


def test_a_payment_without_entry_and_an_entry_without_payment_are_found(payment):
    PaymentFactory(cleared=True)
    assert broken() == {"Chaque encaissement a son écriture"}


def test_a_payment_of_another_amount_is_found(payment):
    type(payment).objects.filter(pk=payment.pk).update(amount=euros("100.01"))
    assert "Chaque encaissement a son écriture" in broken()


def test_a_fee_without_entry_is_found(payment):
    type(payment).objects.filter(pk=payment.pk).update(fee_cents=35)
    assert broken() == {"Chaque frais du prestataire a son écriture"}


def test_a_refund_without_entry_is_found_twice(payment):
    Refund.objects.create(
        payment=payment, amount=euros(40), cause="SAVER", state="PENDING", asked_at=NOW, provider_id="re_1"
    )
    assert broken() == {"Chaque remboursement parti a son écriture", "Chaque paiement dit ce qui a été rendu"}


def test_an_entry_of_a_refund_that_failed_is_found_until_reversed(payment):
    offer = payment.commitment.offer
    refund = Refund.objects.create(payment=payment, amount=euros(40), cause="SAVER", state="FAILED", asked_at=NOW)
    held = account_for(offer.books, Purpose.SAVER_MONEY, party=payment.commitment.saver, offer=offer)
    entry = post(offer.books, f"refund:{refund.uuid}", (held, account_for(offer.books, Purpose.PROVIDER), 4_000), on=ON)
    assert broken() == {"Chaque remboursement parti a son écriture"}
    reverse_entry(entry=entry, key=f"{entry.key}:failed", label="Revenu", source=("refund", refund.uuid), at=NOW)
    assert broken() == set()


def test_a_dispute_without_entry_is_found(payment):
    Dispute.objects.create(payment=payment, provider_id="du_1", amount=euros(100), opened_at=NOW, recorded_at=NOW)
    assert broken() == {"Chaque débit contesté a son écriture"}


def test_a_payout_entry_without_payout_is_found(payment):
    entity = payment.commitment.offer.books
    move = account_for(entity, Purpose.CAPITAL), account_for(entity, Purpose.PROVIDER), 1
    post(entity, f"payout:{payment.uuid}", move, on=ON)
    assert broken() == {"Chaque versement à un porteur a son écriture"}


def test_an_offer_above_its_maximum_is_found(payment):
    CommitmentFactory(offer=payment.commitment.offer, amount=euros(9_901))
    assert broken() == {"Aucune offre ne dépasse son maximum"}


def test_a_settled_commitment_outside_of_the_success_is_found(payment):
    type(payment.commitment).objects.filter(pk=payment.commitment.pk).update(state="SETTLED", settled_at=NOW)
    assert broken() == {"Chaque offre réussie a versé exactement les engagements encaissés"}


def test_a_register_that_does_not_add_up_is_found(loan):
    run("UPDATE funds_holding SET principal_cents = principal_cents + 1")
    assert broken() == {"Le registre de chaque prêt égale la somme prêtée"}


def test_a_schedule_that_does_not_repay_the_principal_is_found(loan):
    run("UPDATE funds_loan SET principal_cents = principal_cents + 1")
    assert "Chaque échéancier rembourse exactement le capital" in broken()


def test_a_cent_lost_in_a_distribution_is_found(loan):
    run("UPDATE funds_distributionline SET interest_cents = interest_cents - 1")
    assert broken() == {"Chaque échéance est répartie au centime près"}


def test_a_distribution_that_shares_less_than_the_instalment_is_found(loan):
    run("UPDATE funds_distributionline SET interest_cents = interest_cents - 1")
    run("UPDATE funds_transfer SET amount_cents = amount_cents - 1 WHERE id = (SELECT max(id) FROM funds_transfer)")
    assert broken() == {"Chaque échéance est répartie au centime près"}


def test_a_legal_message_that_did_not_leave_is_found():
    Message.objects.create(
        key="due", to="a@exemple.invalid", template="x", is_legal=True, queued_at=NOW - timedelta(days=2)
    )
    assert broken() == {"Les messages dus par la loi sont partis"}


def test_a_check_is_registered_once():
    with pytest.raises(ValueError, match="two checks"):
        books_check(next(iter(registered())))(lambda at: iter(()))


def test_a_check_that_finds_too_much_stops_telling(monkeypatch):
    monkeypatch.setattr("funds.books._checks", {"flood": lambda at: (Problem(str(n), "x") for n in range(10**9))})
    assert len(check_books(NOW).problems) == 201


def test_the_command_names_the_rows_keeps_the_check_and_fails(payment):
    out = StringIO()
    with clock.freeze(NOW):
        call_command("check_books", stdout=out)
        assert out.getvalue().splitlines()[-1] == "books balanced: 2 entries, 2 transfers, 0 problems"
        lost = PaymentFactory(cleared=True)
        with pytest.raises(SystemExit) as stopped:
            call_command("check_books", stdout=out)
    assert stopped.value.code == 1
    assert str(lost.uuid) in out.getvalue()
    kept = BooksCheck.objects.order_by("pk")
    assert [len(check.problems) for check in kept] == [0, 1]


def test_books_with_capital_only_are_right():
    FundFactory()
    record_check(check_books(NOW))
    assert BooksCheck.objects.get().problems == []
