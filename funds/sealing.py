"""From draft to validated books: seals in gapless order, closed months, opened years (rulings A1, A2).

Each seal holds the SHA-256 of the seal before it and of everything its entry says, so that a change anywhere shows
everywhere after it. The chain of a year starts from the last seal of the year before.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Max, Min
from django.utils.translation import gettext as _

from fres.kernel import clock
from fres.kernel.errors import RuleViolation
from funds.chart import OPENING_JOURNAL, RESULT_KINDS, Purpose, fiscal_year_bounds, next_month
from funds.ledger import SEALING_LOCK, Line, account_for, wait_for_postings, write_entry
from funds.models import Account, Entry, FiscalYear, LegalEntity, OpeningLine, PeriodClosing, Seal, Transfer
from investors.models import User

BATCH = 2_000
NO_HASH = bytes(32)


class MonthNotOver(RuleViolation):
    """A month is closed once it is over."""

    rule = "MONTH_NOT_OVER"


class PreviousYearOpen(RuleViolation):
    """Opening balances are carried forward once every month of the year before is closed."""

    rule = "PREVIOUS_YEAR_OPEN"


class EntriesNotSealed(RuleViolation):
    """A month is closed once every entry in it is validated."""

    rule = "ENTRIES_NOT_SEALED"


@dataclass(frozen=True)
class Content:
    """Everything that a seal vouches for, apart from its place in the chain."""

    entry: Entry
    transfers: list[tuple[int, int, int]]  # debit, credit, cents
    opening_lines: list[tuple[int, int, int]]  # account, debit cents, credit cents

    def digest(self, previous_hash: bytes, number: int) -> bytes:
        """Return the hash of a seal: of the previous one's hash, then of the entry written as canonical JSON."""
        entry = self.entry
        text = {
            "number": number,
            "uuid": str(entry.uuid),
            "journal": entry.journal.code,
            "key": entry.key,
            "accounting_date": entry.accounting_date.isoformat(),
            "value_date": entry.value_date.isoformat(),
            "label": entry.label,
            "piece_ref": entry.piece_ref,
            "piece_date": entry.piece_date.isoformat(),
            "source": [entry.source_type, str(entry.source_uuid or "")],
            "content": bytes(entry.content_hash).hex(),
            "reverses": entry.reverses_id or 0,
            "posted_at": entry.posted_at.astimezone(UTC).isoformat(),
            "transfers": self.transfers,
            "opening_lines": self.opening_lines,
        }
        canonical = json.dumps(text, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(previous_hash + canonical.encode()).digest()


def contents(entries: Iterable[Entry]) -> Iterator[Content]:
    """Yield the contents of entries in their order, with two queries for them all."""
    entries = list(entries)
    ids = [entry.pk for entry in entries]
    moved: defaultdict[int, list[tuple[int, int, int]]] = defaultdict(list)
    opened: defaultdict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for pk, debit, credit, cents in (
        Transfer.objects.filter(entry_id__in=ids)
        .order_by("pk")
        .values_list("entry_id", "debit_id", "credit_id", "amount_cents")
    ):
        moved[pk].append((debit, credit, cents))
    brought = OpeningLine.objects.filter(entry_id__in=ids).order_by("pk")
    for pk, account, debit, credit in brought.values_list("entry_id", "account_id", "debit_cents", "credit_cents"):
        opened[pk].append((account, debit, credit))
    for entry in entries:
        yield Content(entry, moved[entry.pk], opened[entry.pk])


def fiscal_year_of(entity: LegalEntity, on: date) -> FiscalYear:
    """Return the financial year of an entity that holds a date, made at its first use."""
    starts_on, ends_on = fiscal_year_bounds(entity.year_end_month, on)
    year, _created = FiscalYear.objects.get_or_create(entity=entity, starts_on=starts_on, defaults={"ends_on": ends_on})
    return year


def seal_entries(*, entity: LegalEntity, at: datetime, batch: int = BATCH) -> int:
    """Give a number and a chained hash to every entry of an entity that has none, oldest year first.

    A year waits for its opening entry when an earlier year has entries: opening balances are number one. One process
    seals an entity at a time; each batch is a transaction, so a stopped run goes on where it was. Posting never waits,
    but for the first seal of a year. Returns: how many entries were sealed.
    """
    sealed = 0
    for year in _years_ready(entity):
        waiting = _unsealed(entity, year, until=clock.local(at).date())
        for start in range(0, len(waiting), batch):
            sealed += _seal_batch(entity=entity, year=year, ids=waiting[start : start + batch], at=at)
    return sealed


def _years_ready(entity: LegalEntity) -> Iterator[FiscalYear]:
    """Yield the years that hold entries and may be sealed, oldest first; looked up as the run goes on."""
    dates = Entry.objects.filter(entity=entity).aggregate(first=Min("accounting_date"), last=Max("accounting_date"))
    on = dates["first"]
    while on is not None and on <= dates["last"]:
        year = fiscal_year_of(entity, on)
        in_year = Entry.objects.filter(entity=entity, accounting_date__range=(year.starts_on, year.ends_on))
        is_first = year.starts_on <= dates["first"]
        if in_year.exists():
            if not is_first and opening_entry(year) is None:
                return
            yield year
        on = year.ends_on + timedelta(days=1)


def opening_entry(year: FiscalYear) -> Entry | None:
    """Return the entry that brought the balances of the year before forward, once it was posted."""
    return Entry.objects.filter(entity_id=year.entity_id, key=_opening_key(year)).first()


def _opening_key(year: FiscalYear) -> str:
    return f"opening:{year.starts_on.isoformat()}"


def _unsealed(entity: LegalEntity, year: FiscalYear, *, until: date) -> list[int]:
    """Return the entries without a seal, the opening one first, then in the order they were written.

    None dated after `until`: what is validated is not dated later than its validation (fact sheet §6, column 16).
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT entry.id FROM funds_entry entry
            WHERE entry.entity_id = %s AND entry.accounting_date BETWEEN %s AND %s
                AND NOT EXISTS (SELECT FROM funds_seal seal WHERE seal.entry_id = entry.id)
            ORDER BY entry.key <> %s, entry.id""",
            [entity.pk, year.starts_on, min(year.ends_on, until), _opening_key(year)],
        )
        return [pk for (pk,) in cursor.fetchall()]


def lock_sealing(entity: LegalEntity) -> None:
    """Let one process at a time give numbers in an entity's books, until the end of its transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [SEALING_LOCK, entity.pk])


@transaction.atomic
def _seal_batch(*, entity: LegalEntity, year: FiscalYear, ids: list[int], at: datetime) -> int:
    lock_sealing(entity)
    last = Seal.objects.filter(entity=entity, fiscal_year=year).order_by("-number").first()
    if last is None:
        wait_for_postings(entity)  # from the first seal of a year, nothing may be posted in the years before
        before = Seal.objects.filter(entity=entity, fiscal_year__starts_on__lt=year.starts_on)
        previous = before.order_by("-fiscal_year__starts_on", "-number").first()
        number, hash_ = 0, bytes(previous.hash) if previous else NO_HASH
    else:
        number, hash_ = last.number, bytes(last.hash)
        at = max(at, last.sealed_at)  # numbers and validation dates go the same way, whatever the clock does
    already = set(Seal.objects.filter(entry_id__in=ids).values_list("entry_id", flat=True))
    entries = Entry.objects.filter(pk__in=set(ids) - already).select_related("journal").in_bulk()
    seals = []
    for content in contents(entries[pk] for pk in ids if pk in entries):
        number += 1
        previous_hash, hash_ = hash_, content.digest(hash_, number)
        seals.append(
            Seal(
                entry=content.entry, entity=entity, fiscal_year=year, number=number, previous_hash=previous_hash,
                hash=hash_, sealed_at=at,
            )
        )  # fmt: skip
    Seal.objects.bulk_create(seals, batch_size=2_000)
    return len(seals)


def months_to_close(entity: LegalEntity, through: date) -> list[date]:
    """Return the open months up to the one that holds `through`, oldest first, from the first month with an entry."""
    first = Entry.objects.filter(entity=entity).aggregate(first=Min("accounting_date"))["first"]
    if first is None:
        return []
    closed = set(PeriodClosing.objects.filter(entity=entity).values_list("month", flat=True))
    month, months = first.replace(day=1), []
    while month <= through:
        if month not in closed:
            months.append(month)
        month = next_month(month)
    return months


def close_months(*, entity: LegalEntity, through: date, by: User | None, at: datetime) -> list[date]:
    """Close every open month up to the one that holds `through`, in order; returns them. Safe to run twice.

    Each month is sealed, then closed; the last month of a financial year opens the next one with its balances.
    Raises: MonthNotOver: one of them is not over in Paris on the day of `at`.
    """
    months = months_to_close(entity, through)
    for month in months:
        close_month(entity=entity, month=month, by=by, at=at)
        year = fiscal_year_of(entity, month)
        if next_month(month) > year.ends_on:
            open_fiscal_year(entity=entity, starts_on=year.ends_on + timedelta(days=1), at=at)
    return months


def close_month(*, entity: LegalEntity, month: date, by: User | None, at: datetime) -> PeriodClosing:
    """Close one month for good: sealed whole, then no entry may be dated in it. `month` is its first day.

    Raises: MonthNotOver. EntriesNotSealed: an entry of the month has no seal (its year waits for its opening).
    """
    after = next_month(month)
    if clock.local(at).date() < after:
        raise MonthNotOver(
            _("Le mois de %(month)s n’est pas terminé.") % {"month": month.strftime("%m/%Y")},
            next_step=_("Il pourra être clos à partir du %(day)s.") % {"day": after.strftime("%d/%m/%Y")},
        )
    with transaction.atomic():
        wait_for_postings(entity)
        seal_entries(entity=entity, at=at)
        dated = Entry.objects.filter(entity=entity, accounting_date__gte=month, accounting_date__lt=after, seal=None)
        if (left := dated.count()) > 0:
            raise EntriesNotSealed(
                _("%(count)s écritures de %(month)s ne sont pas validées.")
                % {"count": left, "month": month.strftime("%m/%Y")},
                next_step=_("Fermez d’abord l’exercice précédent : ses soldes ouvrent celui-ci."),
            )
        closing, _created = PeriodClosing.objects.get_or_create(
            entity=entity, month=month, defaults={"closed_by": by, "closed_at": at}
        )
    return closing


@transaction.atomic
def open_fiscal_year(*, entity: LegalEntity, starts_on: date, at: datetime) -> Entry:
    """Bring the balances of a closed year forward as the first entry of the next; idempotent.

    Income and expenses are moved to the result of the year, so that they start at zero; what every other account holds
    is repeated in opening lines, which move nothing. Raises: PreviousYearOpen. ValueError: not the first day of a year.
    """
    year = fiscal_year_of(entity, starts_on)
    if year.starts_on != starts_on:
        raise ValueError(f"{starts_on} is not the first day of a financial year of {entity.siren}")
    found = opening_entry(year)
    if found is not None:
        return found
    wait_for_postings(entity)
    if months := months_to_close(entity, starts_on - timedelta(days=1)):
        raise PreviousYearOpen(
            _("Le mois de %(month)s est encore ouvert.") % {"month": months[0].strftime("%m/%Y")},
            next_step=_("Fermez tous les mois de l’exercice précédent."),
        )
    before = starts_on - timedelta(days=1)
    balances = dict(account_balances(entity, before))
    lines = _result_lines(entity, balances)
    for line in lines:
        balances[line.debit] = balances.get(line.debit, 0) + line.amount_cents
        balances[line.credit] = balances.get(line.credit, 0) - line.amount_cents
    entry = write_entry(
        entity=entity, journal=OPENING_JOURNAL, key=_opening_key(year), transfers=lines, accounting_date=starts_on,
        value_date=starts_on, label="À-nouveaux", piece_ref=f"Bilan {before.isoformat()}", piece_date=before,
        source=("fiscal_year", None), at=at,
    )  # fmt: skip
    OpeningLine.objects.bulk_create(
        [
            OpeningLine(entry=entry, account=account, debit_cents=max(cents, 0), credit_cents=max(-cents, 0))
            for account, cents in sorted(balances.items(), key=lambda item: (item[0].number, item[0].pk))
            if cents
        ],
        batch_size=2_000,
    )
    return entry


def account_balances(entity: LegalEntity, on: date) -> Iterator[tuple[Account, int]]:
    """Yield the accounts of an entity that hold something at the end of an accounting day: debits less credits."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT account_id, sum(cents)::bigint FROM (
                SELECT debit_id AS account_id, amount_cents AS cents, entry_id FROM funds_transfer
                UNION ALL
                SELECT credit_id, -amount_cents, entry_id FROM funds_transfer
            ) side JOIN funds_entry entry ON entry.id = side.entry_id
            WHERE entry.entity_id = %s AND entry.accounting_date <= %s
            GROUP BY account_id HAVING sum(cents) <> 0""",
            [entity.pk, on],
        )
        found = dict(cursor.fetchall())
    for account in Account.objects.filter(pk__in=found).order_by("pk").iterator(chunk_size=2_000):
        yield account, found[account.pk]


def _result_lines(entity: LegalEntity, balances: dict[Account, int]) -> list[Line]:
    """Return the transfers that empty income and expenses into the result of the year (a profit, or a loss)."""
    results = {account: cents for account, cents in balances.items() if account.kind in RESULT_KINDS}
    if not results:
        return []
    purpose = Purpose.LOSS_OF_YEAR if sum(results.values()) > 0 else Purpose.PROFIT
    result = account_for(entity, purpose)
    return [
        Line(result, account, cents) if cents > 0 else Line(account, result, -cents)
        for account, cents in sorted(results.items(), key=lambda item: item[0].pk)
    ]
