from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.db.models import ProtectedError, Sum
from django.db.utils import DatabaseError, IntegrityError, ProgrammingError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fres.kernel.management.commands import prepare_database
from funds.chart import DEBIT_KINDS, JOURNALS, Purpose
from funds.ledger import (
    EntryAlreadyReversed,
    EntryKeyReused,
    EntryMalformed,
    MonthClosed,
    account_for,
    accounts_for,
    balance_cents,
    first_open_day,
    movements,
    reverse_entry,
)
from funds.models import Account, Entry, Journal, OpeningLine, Seal, Transfer
from funds.sealing import close_months, open_fiscal_year, seal_entries
from tests.funds.books_scenes import noon, post
from tests.funds.factories import CommitmentFactory, LegalEntityFactory, OfferFactory, PaymentFactory
from tests.investors.factories import PartyFactory

pytestmark = pytest.mark.django_db
ON = date(2026, 3, 10)
POSTABLE = [purpose for purpose in Purpose if purpose not in (Purpose.PROFIT, Purpose.LOSS_OF_YEAR)]


@pytest.fixture
def entity():
    return LegalEntityFactory()


@pytest.fixture
def cash(entity):
    return account_for(entity, Purpose.PROVIDER)


@pytest.fixture
def held(entity):
    return account_for(entity, Purpose.SAVER_MONEY, party=PartyFactory())


def test_factories_make_rows_that_the_database_accepts():
    offer = OfferFactory(gift=True, open=True, receipts=True)
    CommitmentFactory(settled=True)
    PaymentFactory(cleared=True, commitment__offer=offer)
    assert balance_cents(entity=offer.books, purpose=Purpose.PROVIDER) == 5_000_000


def test_an_entry_is_written_whole_with_its_transfers_in_order(entity, cash, held):
    entry = post(entity, "gift", (cash, held, 4_000), (cash, held, 25))
    stored = Entry.objects.get(key="gift")
    assert stored == entry and stored.journal.name == JOURNALS["OD"]
    assert [
        (transfer.debit, transfer.credit, transfer.amount_cents) for transfer in stored.transfers.order_by("pk")
    ] == [
        (cash, held, 4_000),
        (cash, held, 25),
    ]
    for field in ("uuid", "label", "value_date", "piece_ref", "content_hash", "posted_at", "source_type", "journal_id"):
        assert getattr(entry, field) == getattr(stored, field), field


def test_the_same_key_with_the_same_content_is_the_same_entry(entity, cash, held):
    first = post(entity, "gift", (cash, held, 4_000))
    assert post(entity, "gift", (cash, held, 4_000)) == first
    assert Transfer.objects.count() == 1


def test_a_replay_on_another_day_is_the_same_entry(entity, cash, held):
    first = post(entity, "gift", (cash, held, 4_000))
    again = post(
        entity, "gift", (cash, held, 4_000), on=ON + timedelta(days=1), value_date=ON, label="Écriture reprise"
    )
    assert again == first and again.accounting_date == ON


@pytest.mark.parametrize(
    "change",
    [
        {"journal": "BQ"}, {"value_date": ON - timedelta(days=1)}, {"piece_ref": "autre"},
        {"source": ("payment", None)},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_the_same_key_with_another_content_is_refused(entity, cash, held, change):
    post(entity, "gift", (cash, held, 4_000))
    with pytest.raises(EntryKeyReused):
        post(entity, "gift", (cash, held, 4_000), **change)


def test_the_same_key_with_another_amount_or_account_is_refused(entity, cash, held):
    post(entity, "gift", (cash, held, 4_000))
    for move in ((cash, held, 4_001), (held, cash, 4_000)):
        with pytest.raises(EntryKeyReused):
            post(entity, "gift", move)


def test_the_same_key_in_the_books_of_another_entity_is_another_entry(entity, cash, held):
    other = LegalEntityFactory()
    post(entity, "gift", (cash, held, 4_000))
    post(other, "gift", (account_for(other, Purpose.PROVIDER), account_for(other, Purpose.CAPITAL), 1))
    assert Entry.objects.filter(key="gift").count() == 2


@pytest.mark.parametrize("cents", [0, -1, 10.0, "10"])
def test_an_amount_is_whole_cents_above_zero(entity, cash, held, cents):
    with pytest.raises(EntryMalformed):
        post(entity, "gift", (cash, held, cents))


def test_an_entry_moves_something_between_two_accounts_of_its_own_entity(entity, cash, held):
    foreign = account_for(LegalEntityFactory(), Purpose.PROVIDER)
    with pytest.raises(EntryMalformed):
        post(entity, "empty")
    with pytest.raises(EntryMalformed):
        post(entity, "itself", (cash, cash, 1))
    for move in ((foreign, held, 1), (cash, foreign, 1)):
        with pytest.raises(EntryMalformed):
            post(entity, "foreign", move)
    assert not Entry.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"label": "a|b"}, {"label": "a\nb"}, {"label": "camille@exemple.invalid"}, {"label": "a" * 201}, {"label": " "},
        {"piece_ref": ""}, {"piece_ref": "a\tb"}, {"journal": "XX"}, {"piece_date": ON + timedelta(days=1)},
        {"accounting_date": ON + timedelta(days=1)},
    ],
    ids=str,
)  # fmt: skip
def test_texts_and_dates_that_the_books_refuse(entity, cash, held, change):
    with pytest.raises(EntryMalformed):
        post(entity, "gift", (cash, held, 1), **change)


def test_an_account_is_made_once_and_named_after_the_chart_of_its_entity():
    association, party = LegalEntityFactory(association=True), PartyFactory()
    account = account_for(association, Purpose.INCOME_TAX_WITHHELD, party=party)
    assert (account.number, account.kind) == ("4471", "LIABILITY")
    assert account_for(association, Purpose.INCOME_TAX_WITHHELD, party=party) == account
    assert account_for(association, Purpose.INCOME_TAX_WITHHELD) != account


def test_accounts_of_many_parties_come_in_three_queries(entity, django_assert_max_num_queries):
    parties, offer = PartyFactory.create_batch(5), OfferFactory()
    first = account_for(entity, Purpose.SAVER_MONEY, party=parties[0], offer=offer)
    with django_assert_max_num_queries(3):
        accounts = accounts_for(entity, Purpose.SAVER_MONEY, parties=parties, offer=offer)
    assert accounts[parties[0].pk] == first
    assert sorted(accounts) == sorted(party.pk for party in parties)
    assert accounts[parties[4].pk] == account_for(entity, Purpose.SAVER_MONEY, party=parties[4], offer=offer)


def test_balances_are_told_by_owner_and_by_day(entity, cash):
    one, two = PartyFactory(), PartyFactory()
    offer = OfferFactory()
    post(entity, "one", (cash, account_for(entity, Purpose.SAVER_MONEY, party=one, offer=offer), 100))
    post(entity, "two", (cash, account_for(entity, Purpose.SAVER_MONEY, party=two), 30), on=ON + timedelta(days=5))
    told = {"entity": entity, "purpose": Purpose.SAVER_MONEY}
    assert balance_cents(**told) == 130
    assert balance_cents(**told, party=one) == 100
    assert balance_cents(**told, offer=offer) == 100
    assert balance_cents(**told, on=ON) == 100
    assert balance_cents(entity=entity, purpose=Purpose.PROVIDER, on=ON + timedelta(days=5)) == 130
    assert balance_cents(**told, party=PartyFactory()) == 0
    assert [one.amount_cents for one in movements(entity=entity, purpose=Purpose.SAVER_MONEY)] == [100, 30]


def test_a_reversal_nets_to_zero_and_names_what_it_undoes(entity, cash, held):
    entry = post(entity, "gift", (cash, held, 4_000))
    undone = {"entry": entry, "key": "gift:undone", "label": "Annulation", "source": ("test", None)}
    reversal = reverse_entry(**undone, at=noon(date(2026, 4, 2)))
    assert reversal.reverses == entry
    assert balance_cents(entity=entity, purpose=Purpose.PROVIDER) == 0
    assert reverse_entry(**undone, at=noon(date(2026, 4, 9))) == reversal
    with pytest.raises(EntryAlreadyReversed):
        reverse_entry(**undone | {"key": "gift:again"}, at=noon(date(2026, 4, 2)))


moves = st.lists(
    st.tuples(
        st.sampled_from(POSTABLE), st.sampled_from(POSTABLE), st.integers(1, 10**12), st.integers(0, 300)
    ).filter(lambda move: move[0] is not move[1]),
    max_size=12,
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=moves)
def test_any_entries_balance_and_their_reversals_leave_nothing(entity, moves):
    with transaction.atomic():
        expected = dict.fromkeys(Purpose, 0)
        entries = []
        for rank, (debit, credit, cents, days) in enumerate(moves):
            accounts = account_for(entity, debit), account_for(entity, credit)
            entries.append(post(entity, f"move:{rank}", (*accounts, cents), on=date(2026, 1, 5) + timedelta(days=days)))
            expected[debit] += cents
            expected[credit] -= cents
        signs = {purpose: 1 if account_for(entity, purpose).kind in DEBIT_KINDS else -1 for purpose in Purpose}
        balances = {purpose: signs[purpose] * balance_cents(entity=entity, purpose=purpose) for purpose in Purpose}
        assert balances == expected
        assert sum(balances.values()) == 0
        for entry in entries:
            reverse_entry(
                entry=entry, key=f"{entry.key}:undone", label="Annulation", source=("test", None),
                at=noon(date(2026, 11, 23)),
            )  # fmt: skip
        assert not any(balance_cents(entity=entity, purpose=purpose) for purpose in Purpose)
        transaction.set_rollback(True)


def refuses(error, act, message=None):
    with pytest.raises(error, match=message), transaction.atomic():
        act()


def protects(act):
    refuses(DatabaseError, act, message="pgtrigger: Cannot (update or delete|update|delete) rows")


def test_the_database_refuses_what_the_ledger_would_never_write(entity, cash, held):
    entry = post(entity, "gift", (cash, held, 4_000))
    row = {"entry": entry, "debit": cash, "credit": held}
    refuses(IntegrityError, lambda: Transfer.objects.create(**row, amount_cents=0))
    refuses(IntegrityError, lambda: Transfer.objects.create(**row, amount_cents=-1))
    refuses(IntegrityError, lambda: Transfer.objects.create(entry=entry, debit=cash, credit=cash, amount_cents=1))
    refuses(IntegrityError, lambda: Entry.objects.create(**_copy(entry)))
    refuses(IntegrityError, lambda: Account.objects.create(entity=entity, number="517", name="x", kind="ASSET"))
    refuses(IntegrityError, lambda: Journal.objects.create(entity=entity, code="OD", name="x"))
    refuses(IntegrityError, lambda: OpeningLine.objects.create(entry=entry, account=cash))
    refuses(
        IntegrityError, lambda: OpeningLine.objects.create(entry=entry, account=cash, debit_cents=1, credit_cents=1)
    )


def _copy(entry):
    names = [field.name for field in Entry._meta.concrete_fields if field.name not in ("id", "uuid")]
    return {name: getattr(entry, name) for name in names}


def test_nothing_in_the_books_can_be_changed_or_deleted(entity, cash, held):
    entry = post(entity, "gift", (cash, held, 4_000))
    seal_entries(entity=entity, at=noon(ON))
    transfer, seal = entry.transfers.get(), Seal.objects.get()
    entry.label = "autre"
    protects(entry.save)
    refuses(ProtectedError, entry.delete)
    protects(transfer.delete)
    protects(lambda: Transfer.objects.filter(pk=transfer.pk).update(amount_cents=1))
    protects(lambda: Seal.objects.filter(pk=seal.pk).update(number=9))
    protects(lambda: Seal.objects.all()._raw_delete("default"))
    for statement in (
        "UPDATE funds_transfer SET amount_cents = 1",
        "DELETE FROM funds_transfer",
        "UPDATE funds_entry SET key = 'x'",
        "DELETE FROM funds_seal",
        "DELETE FROM funds_account",
    ):
        protects(lambda statement=statement: _run(statement))


def test_an_account_may_be_renamed_but_stays_what_it_is(cash):
    Account.objects.filter(pk=cash.pk).update(name="Prestataire")
    protects(lambda: Account.objects.filter(pk=cash.pk).update(number="5121"))
    protects(lambda: Account.objects.filter(pk=cash.pk).update(kind="EXPENSE"))


def _run(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def application_role():
    """The rights that `prepare_database` gives, taken by this session."""
    with connection.cursor() as cursor:
        prepare_database.create_role(cursor)
    prepare_database.set_rights()
    _run("SET LOCAL ROLE fres_app")
    yield
    if not connection.needs_rollback:
        _run("RESET ROLE")


def test_the_application_can_post_and_seal(entity, cash, held, application_role):
    post(entity, "gift", (cash, held, 4_000))
    assert seal_entries(entity=entity, at=noon(ON)) == 1


@pytest.mark.parametrize("table", ["entry", "transfer", "seal", "periodclosing", "openingline", "bookscheck"])
@pytest.mark.parametrize(
    "statement", ["UPDATE funds_{} SET id = id", "DELETE FROM funds_{}", "TRUNCATE funds_{} CASCADE"]
)
def test_the_application_has_no_right_to_change_the_books(application_role, table, statement):
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        _run(statement.format(table))


def test_nothing_is_dated_in_a_closed_month_but_a_replay_still_answers(entity, cash, held):
    entry = post(entity, "gift", (cash, held, 4_000))
    closed = close_months(entity=entity, through=ON, by=None, at=noon(date(2026, 4, 1)))
    assert closed == [date(2026, 3, 1)]
    with pytest.raises(MonthClosed) as refusal:
        post(entity, "late", (cash, held, 1), on=date(2026, 3, 31), at=noon(date(2026, 4, 2)))
    assert "03/2026" in refusal.value.message and refusal.value.next_step
    assert post(entity, "gift", (cash, held, 4_000), at=noon(date(2026, 4, 2))) == entry
    assert first_open_day(entity, date(2026, 3, 31)) == date(2026, 4, 1)
    post(entity, "late", (cash, held, 1), on=first_open_day(entity, date(2026, 3, 31)))


def test_nothing_is_dated_before_a_year_that_has_seals(entity, cash, held):
    post(entity, "gift", (cash, held, 4_000))
    seal_entries(entity=entity, at=noon(ON))
    with pytest.raises(MonthClosed):
        post(entity, "old", (cash, held, 1), on=date(2025, 12, 31))


def test_opening_a_year_twice_gives_the_same_entry(entity, cash, held):
    post(entity, "gift", (cash, held, 4_000), on=date(2025, 3, 10))
    close_months(entity=entity, through=date(2025, 12, 1), by=None, at=noon(date(2026, 1, 2)))
    opening = open_fiscal_year(entity=entity, starts_on=date(2026, 1, 1), at=noon(date(2026, 2, 2)))
    assert Entry.objects.filter(journal__code="AN").get() == opening
    assert opening.transfers.count() == 0
    assert OpeningLine.objects.aggregate(debit=Sum("debit_cents"), credit=Sum("credit_cents")) == {
        "debit": 4_000,
        "credit": 4_000,
    }
