"""The only door to the books: entries are written whole, once each, and never change.

Posting is one round trip and takes no lock that another posting would wait for: a shared advisory lock only tells
`close_month` that somebody is writing. Numbers and hashes come afterwards, from `funds/sealing.py` (ruling A2).
"""

import hashlib
import json
import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from weakref import WeakSet

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from fres.kernel import clock
from fres.kernel.errors import BooksBroken, RuleViolation
from funds.chart import DEBIT_KINDS, JOURNALS, Purpose, heading, next_month
from funds.models import Account, Entry, Journal, LegalEntity, PeriodClosing, Transfer
from investors.models import Party

POSTING_LOCK = 18_002  # first key of the advisory locks; the second is the entity
SEALING_LOCK = 18_003
_UNFIT = re.compile(r"[|@\x00-\x1f\x7f]")  # what the State's file refuses in a text, and e-mail addresses


class EntryKeyReused(BooksBroken):
    """The key of an entry came back with another content: two operations took themselves for the same."""


class EntryMalformed(BooksBroken):
    """What was to be posted is no entry: empty, with an amount that is not positive, or across two entities."""


class EntryAlreadyReversed(BooksBroken):
    """An entry is reversed once; a second reversal under another key would undo nothing real."""


class MonthClosed(RuleViolation):
    """Nothing more may be dated in a closed month, nor in a year after which another was sealed."""

    rule = "MONTH_CLOSED"


@dataclass(frozen=True)
class Line:
    """Whole cents, above zero, from one account (debit) to another (credit) of the same entity."""

    debit: Account
    credit: Account
    amount_cents: int


def account_for(entity: LegalEntity, purpose: Purpose, *, party: Party | None = None, offer: Any = None) -> Account:
    """Return the account of a purpose, made at its first use; safe when two processes ask at once."""
    wanted = heading(entity.chart, purpose)
    filters = {"entity": entity, "number": wanted.number, "party": party, "offer": offer, "currency": "EUR"}
    found = Account.objects.filter(**filters).first()
    if found is not None:
        return found
    Account.objects.bulk_create([Account(name=wanted.name, kind=wanted.kind, **filters)], ignore_conflicts=True)
    return Account.objects.get(**filters)


def accounts_for(
    entity: LegalEntity, purpose: Purpose, *, parties: Iterable[Party], offer: Any = None
) -> dict[int, Account]:
    """Return the accounts of many parties for one purpose, by the party's primary key, in three queries at most."""
    wanted = heading(entity.chart, purpose)
    ids = sorted({party.pk for party in parties})
    owned = Account.objects.filter(entity=entity, number=wanted.number, offer=offer, currency="EUR", party_id__in=ids)
    found = _by_party(owned)
    missing = [
        Account(entity=entity, number=wanted.number, name=wanted.name, kind=wanted.kind, party_id=pk, offer=offer)
        for pk in ids
        if pk not in found
    ]
    if missing:
        Account.objects.bulk_create(missing, ignore_conflicts=True, batch_size=2_000)
        found = _by_party(owned.all())
    return found


def _by_party(accounts: Iterable[Account]) -> dict[int, Account]:
    return {account.party_id: account for account in accounts if account.party_id is not None}


def post_entry(
    *,
    entity: LegalEntity,
    journal: str,
    key: str,
    transfers: Sequence[Line],
    accounting_date: date,
    value_date: date,
    label: str,
    piece_ref: str,
    piece_date: date,
    source: tuple[str, uuid.UUID | None],
    at: datetime,
    reverses: Entry | None = None,
) -> Entry:
    """Write one entry in the books of one entity, once; the same key again returns the entry that exists.

    A replay may come on another day, so the accounting date, the label and the voucher's date are not compared; the
    journal, the value date, the voucher, the source, what it reverses and the transfers are.

    Args:
        journal: a code of `chart.JOURNALS`. key: unique in the entity, like "payment:<uuid>:cleared".
        accounting_date, piece_date: Paris dates, not after the one of `at`. value_date: when the money counts.
        label: no name of a person, no `|`, `@` or line break. source: kind and uuid of the row it comes from.
        at: aware; when it is written.
    Raises:
        EntryKeyReused: the key exists with another content. EntryMalformed: no transfer, an amount below one cent,
        an account of another entity or currency, a date to come, a text that does not fit.
        MonthClosed: the accounting date is in a closed month. EntryAlreadyReversed: `reverses` was reversed before.
    """
    if not transfers:
        raise EntryMalformed(f"entry {key} moves nothing")
    for line in transfers:
        if not isinstance(line.amount_cents, int) or line.amount_cents <= 0:
            raise EntryMalformed(f"entry {key} moves {line.amount_cents} cents")
        if line.debit.pk == line.credit.pk:
            raise EntryMalformed(f"entry {key} moves money from account {line.debit} to itself")
        if {line.debit.entity_id, line.credit.entity_id} != {entity.pk}:
            raise EntryMalformed(f"entry {key} reaches the books of another entity than {entity.siren}")
        if line.debit.currency != line.credit.currency:
            raise EntryMalformed(f"entry {key} mixes currencies")
    return write_entry(
        entity=entity, journal=journal, key=key, transfers=transfers, accounting_date=accounting_date,
        value_date=value_date, label=label, piece_ref=piece_ref, piece_date=piece_date, source=source, at=at,
        reverses=reverses,
    )  # fmt: skip


def reverse_entry(*, entry: Entry, key: str, label: str, source: tuple[str, uuid.UUID | None], at: datetime) -> Entry:
    """Post the opposite of an entry, dated the day of `at`, naming the one it undoes. Idempotent by key.

    Raises: EntryAlreadyReversed, and what `post_entry` raises.
    """
    lines = [
        Line(debit=transfer.credit, credit=transfer.debit, amount_cents=transfer.amount_cents)
        for transfer in entry.transfers.select_related("debit", "credit").order_by("pk")
    ]
    on = clock.local(at).date()
    already = Entry.objects.filter(entity_id=entry.entity_id, key=key).first()
    return post_entry(
        entity=entry.entity,
        journal=entry.journal.code,
        key=key,
        transfers=lines,
        accounting_date=on,
        value_date=already.value_date if already else on,  # a replay on another day is the same reversal
        label=label,
        piece_ref=entry.piece_ref,
        piece_date=on,
        source=source,
        at=at,
        reverses=entry,
    )


def first_open_day(entity: LegalEntity, on: date) -> date:
    """Return `on`, or the first day of the first open month after it when its month is closed."""
    closed = set(
        PeriodClosing.objects.filter(entity=entity, month__gte=on.replace(day=1)).values_list("month", flat=True)
    )
    while on.replace(day=1) in closed:
        on = next_month(on)
    return on


def balance_cents(
    *, entity: LegalEntity, purpose: Purpose, party: Party | None = None, offer: Any = None, on: date | None = None
) -> int:
    """Return what the accounts of a purpose hold, in cents, at the end of an accounting day (or now).

    Without `party` or `offer`, all of them together. Liabilities, equity and income are told credits less debits;
    assets and expenses debits less credits.
    """
    wanted = heading(entity.chart, purpose)
    conditions = ["account.entity_id = %s", "account.number = %s"]
    values: list[Any] = [entity.pk, wanted.number]
    for column, owner in (("party_id", party), ("offer_id", offer)):
        if owner is not None:
            conditions.append(f"account.{column} = %s")
            values.append(owner.pk)
    dated = ""
    if on is not None:
        dated = "JOIN funds_entry entry ON entry.id = transfer.entry_id AND entry.accounting_date <= %s"
        values = [on, *values, on, *values]
    else:
        values = [*values, *values]
    where = " AND ".join(conditions)
    sides = [
        f"SELECT coalesce(sum(transfer.amount_cents), 0) FROM funds_transfer transfer "
        f"JOIN funds_account account ON account.id = transfer.{side}_id {dated} WHERE {where}"
        for side in ("debit", "credit")
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT ({sides[0]}) - ({sides[1]})", values)
        balance = int(cursor.fetchone()[0])
    return balance if wanted.kind in DEBIT_KINDS else -balance


def wait_for_postings(entity: LegalEntity) -> None:
    """Hold every posting in an entity's books until the end of the transaction, once those under way have ended."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a lock that lasts until the end of a transaction needs one")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [POSTING_LOCK, entity.pk])


# One message holds the lock and the writing, so that a lone posting is a transaction of its own and waits for the disk
# once; each statement has its own snapshot, so a month that was being closed is seen closed. The writing is prepared
# once in each session: planning it costs twice what running it does. The comment tells what hides in EXECUTE.
_PREPARED: WeakSet[Any] = WeakSet()
_PREPARE = """
PREPARE fres_post_entry (bigint, date, text, uuid, text, date, text, text, date, text, uuid, bytea, bigint, timestamptz,
    date, bigint[], bigint[], bigint[]) AS
WITH closed AS (
    SELECT 1 FROM funds_periodclosing WHERE entity_id = $1 AND month = $15
    UNION ALL
    SELECT 1 FROM funds_fiscalyear year JOIN funds_seal seal
        ON seal.entity_id = year.entity_id AND seal.fiscal_year_id = year.id AND seal.number = 1
    WHERE year.entity_id = $1 AND year.starts_on > $2
), book AS (
    SELECT id FROM funds_journal WHERE entity_id = $1 AND code = $3
), entry AS (
    INSERT INTO funds_entry (uuid, entity_id, journal_id, key, accounting_date, value_date, label, piece_ref,
        piece_date, source_type, source_uuid, content_hash, reverses_id, posted_at)
    SELECT $4, $1, book.id, $5, $2, $6, $7, $8, $9, $10, $11, $12, $13, $14
    FROM book WHERE NOT EXISTS (SELECT FROM closed)
    ON CONFLICT DO NOTHING RETURNING id
), moved AS (
    INSERT INTO funds_transfer (entry_id, debit_id, credit_id, amount_cents)
    SELECT entry.id, line.debit, line.credit, line.cents
    FROM entry, unnest($16, $17, $18) WITH ORDINALITY AS line(debit, credit, cents, rank)
    ORDER BY line.rank
)
SELECT (SELECT id FROM entry), (SELECT id FROM book), EXISTS (SELECT FROM closed)
"""
_POST = (
    "/* INSERT INTO funds_entry */ SELECT pg_advisory_xact_lock_shared(%s, %s); "
    f"EXECUTE fres_post_entry({', '.join(['%s'] * 18)})"
)


def write_entry(
    *,
    entity: LegalEntity,
    journal: str,
    key: str,
    transfers: Sequence[Line],
    accounting_date: date,
    value_date: date,
    label: str,
    piece_ref: str,
    piece_date: date,
    source: tuple[str, uuid.UUID | None],
    at: datetime,
    reverses: Entry | None = None,
) -> Entry:
    """Write an entry whose lines were checked: for `post_entry`, and for a year's opening, which may move nothing."""
    written_on = clock.local(at).date()
    if accounting_date > written_on or piece_date > written_on:
        raise EntryMalformed(f"entry {key} is dated after {written_on}, the day it is written")
    for text, longest in ((key, 120), (label, 200), (piece_ref, 80)):
        if not text.strip() or len(text) > longest or _UNFIT.search(text):
            raise EntryMalformed(f"entry {key}: a text is empty, too long or has a character the books refuse")
    if journal not in JOURNALS:
        raise EntryMalformed(f"entry {key}: there is no journal {journal}")
    source_type, source_uuid = source
    content = {
        "journal": journal,
        "key": key,
        "value_date": value_date.isoformat(),
        "piece_ref": piece_ref,
        "source": [source_type, str(source_uuid or "")],
        "reverses": reverses.key if reverses else "",
        "transfers": [[line.debit.pk, line.credit.pk, line.amount_cents] for line in transfers],
    }
    content_hash = hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).digest()
    row = Entry(
        uuid=uuid.uuid4(), entity=entity, key=key, accounting_date=accounting_date, value_date=value_date, label=label,
        piece_ref=piece_ref, piece_date=piece_date, source_type=source_type, source_uuid=source_uuid,
        content_hash=content_hash, reverses=reverses, posted_at=at,
    )  # fmt: skip
    values = [
        entity.pk, accounting_date, journal, row.uuid, key, value_date, label, piece_ref, piece_date, source_type,
        source_uuid, content_hash, reverses.pk if reverses else None, at, accounting_date.replace(day=1),
        [line.debit.pk for line in transfers], [line.credit.pk for line in transfers],
        [line.amount_cents for line in transfers],
    ]  # fmt: skip
    pk, journal_pk, is_closed = _insert(entity.pk, values)
    if journal_pk is None:
        Journal.objects.bulk_create(
            [Journal(entity=entity, code=journal, name=JOURNALS[journal])], ignore_conflicts=True
        )
        pk, journal_pk, is_closed = _insert(entity.pk, values)
    if pk is not None and journal_pk is not None:
        row.pk, row.journal_id = pk, journal_pk
        row._state.adding, row._state.db = False, connection.alias
        return row
    return _existing(row, is_closed=is_closed)


def _insert(entity_pk: int, values: list[Any]) -> tuple[int | None, int | None, bool]:
    with connection.cursor() as cursor:
        if connection.connection not in _PREPARED:
            cursor.execute(_PREPARE)
            _PREPARED.add(connection.connection)
        cursor.execute(_POST, [POSTING_LOCK, entity_pk, *values])
        cursor.nextset()
        pk, journal_pk, is_closed = cursor.fetchone()
    return pk, journal_pk, is_closed


def _existing(row: Entry, *, is_closed: bool) -> Entry:
    """Return the entry that already has the key, or say why nothing was written."""
    found = Entry.objects.filter(entity_id=row.entity_id, key=row.key).first()
    if found is not None:
        if bytes(found.content_hash) != row.content_hash:
            raise EntryKeyReused(f"entry {row.key} exists in the books of {row.entity.siren} with another content")
        return found
    if is_closed:
        raise MonthClosed(
            _("Le mois de %(month)s est clos : rien ne peut plus y être daté.")
            % {"month": row.accounting_date.strftime("%m/%Y")},
            next_step=_("Datez l’écriture du premier jour ouvert, avec la date réelle en date de valeur."),
        )
    if row.reverses_id and Entry.objects.filter(reverses_id=row.reverses_id).exists():
        raise EntryAlreadyReversed(f"entry {row.reverses_id} was already reversed")
    raise BooksBroken(f"entry {row.key} could not be written")


def movements(*, entity: LegalEntity, purpose: Purpose, party: Party | None = None, offer: Any = None) -> Any:
    """Return the transfers that touch the accounts of a purpose, oldest first, with their entries (a queryset)."""
    accounts = Account.objects.filter(entity=entity, number=heading(entity.chart, purpose).number)
    if party is not None:
        accounts = accounts.filter(party=party)
    if offer is not None:
        accounts = accounts.filter(offer=offer)
    touched = Transfer.objects.filter(Q(debit__in=accounts) | Q(credit__in=accounts))
    return touched.select_related("entry", "debit", "credit").order_by("entry__accounting_date", "pk")
