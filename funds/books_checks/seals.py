"""Seals: numbers without gaps, a chain without a broken link, hashes that still say what was written, openings."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from funds.books import Problem, books_check, select
from funds.models import Entry, OpeningLine, Seal, Transfer
from funds.sealing import BATCH, account_balances, contents


@books_check(_("Les sceaux sont numérotés sans trou et chaînés"))
def chain_is_whole(at: datetime) -> Iterator[Problem]:
    query = """SELECT entity.siren, year.ends_on, seal.number, seal.rank, seal.previous_hash = seal.expected FROM (
            SELECT entity_id, fiscal_year_id, number, previous_hash,
                row_number() OVER (PARTITION BY entity_id, fiscal_year_id ORDER BY number) AS rank,
                coalesce(lag(hash) OVER (PARTITION BY seal.entity_id ORDER BY year.starts_on, number),
                    decode(repeat('00', 32), 'hex')) AS expected
            FROM funds_seal seal JOIN (SELECT id, starts_on FROM funds_fiscalyear) year ON year.id = fiscal_year_id
        ) seal
        JOIN funds_legalentity entity ON entity.id = seal.entity_id
        JOIN funds_fiscalyear year ON year.id = seal.fiscal_year_id
        WHERE seal.number <> seal.rank OR seal.previous_hash <> seal.expected
        ORDER BY entity.siren, year.ends_on, seal.number"""
    for siren, ends_on, number, rank, is_chained in select(query):
        where = f"seal {siren} {ends_on:%Y} number {number}"
        if number != rank:
            yield Problem(where, f"stands at rank {rank}: numbers are missing before it")
        if not is_chained:
            yield Problem(where, "does not name the hash of the seal before it")


@books_check(_("Chaque sceau est dans l’exercice de son écriture"))
def seals_are_in_their_year(at: datetime) -> Iterator[Problem]:
    query = """SELECT entry.uuid, seal.number FROM funds_seal seal
        JOIN funds_entry entry ON entry.id = seal.entry_id JOIN funds_fiscalyear year ON year.id = seal.fiscal_year_id
        WHERE entry.entity_id <> seal.entity_id OR year.entity_id <> seal.entity_id
            OR entry.accounting_date NOT BETWEEN year.starts_on AND year.ends_on"""
    for uuid, number in select(query):
        yield Problem(f"entry {uuid}", f"seal {number} is in another year or entity")


@books_check(_("Aucune écriture scellée n’a changé"))
def hashes_hold(at: datetime) -> Iterator[Problem]:
    batch: list[Seal] = []
    for seal in Seal.objects.select_related("entry__journal").order_by("pk").iterator(chunk_size=BATCH):
        batch.append(seal)
        if len(batch) == BATCH:
            yield from _altered(batch)
            batch = []
    yield from _altered(batch)


def _altered(batch: list[Seal]) -> Iterator[Problem]:
    for seal, content in zip(batch, contents(seal.entry for seal in batch), strict=True):
        if content.digest(bytes(seal.previous_hash), seal.number) != bytes(seal.hash):
            yield Problem(f"entry {seal.entry.uuid}", f"sealed number {seal.number}, changed since")


@books_check(_("Les à-nouveaux reprennent les soldes de la veille"))
def openings_repeat_balances(at: datetime) -> Iterator[Problem]:
    for entry in Entry.objects.filter(opening_lines__isnull=False).distinct().select_related("entity"):
        before = entry.accounting_date - timedelta(days=1)
        expected = {account.pk: cents for account, cents in account_balances(entry.entity, before)}
        for debit, credit, cents in Transfer.objects.filter(entry=entry).values_list(
            "debit_id", "credit_id", "amount_cents"
        ):
            expected[debit] = expected.get(debit, 0) + cents
            expected[credit] = expected.get(credit, 0) - cents
        told = {
            line.account_id: line.debit_cents - line.credit_cents for line in OpeningLine.objects.filter(entry=entry)
        }
        for account in sorted(told.keys() | expected.keys()):
            said, right = told.get(account, 0), expected.get(account, 0)
            if said != right:
                yield Problem(f"entry {entry.uuid}", f"opens account {account} with {said} cents instead of {right}")
