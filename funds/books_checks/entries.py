"""Each entry moves something, inside the books of one entity, and says what it said when it was written."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from funds.books import Problem, books_check, select


@books_check(_("Chaque écriture déplace de l’argent"))
def entries_move_something(at: datetime) -> Iterator[Problem]:
    query = """SELECT entry.key, entry.uuid FROM funds_entry entry
        WHERE NOT EXISTS (SELECT FROM funds_transfer WHERE entry_id = entry.id)
            AND NOT EXISTS (SELECT FROM funds_openingline WHERE entry_id = entry.id)"""
    for key, uuid in select(query):
        yield Problem(f"entry {uuid}", f"{key} has no transfer")


@books_check(_("Aucun mouvement ne sort des livres d’une entité"))
def transfers_stay_inside(at: datetime) -> Iterator[Problem]:
    query = """SELECT entry.key, entry.uuid, transfer.id, transfer.amount_cents FROM funds_transfer transfer
        JOIN funds_entry entry ON entry.id = transfer.entry_id
        JOIN funds_account debit ON debit.id = transfer.debit_id
        JOIN funds_account credit ON credit.id = transfer.credit_id
        WHERE debit.entity_id <> entry.entity_id OR credit.entity_id <> entry.entity_id
            OR debit.id = credit.id OR transfer.amount_cents <= 0 OR debit.currency <> credit.currency"""
    for key, uuid, transfer, cents in select(query):
        yield Problem(
            f"entry {uuid}", f"transfer {transfer} of {key} ({cents} cents) leaves the entity or moves nothing"
        )


@books_check(_("Chaque contre-passation est l’exact contraire de son écriture"))
def reversals_are_opposites(at: datetime) -> Iterator[Problem]:
    query = """WITH side AS (
            SELECT entry_id, debit_id AS account_id, amount_cents AS cents FROM funds_transfer
            UNION ALL SELECT entry_id, credit_id, -amount_cents FROM funds_transfer
        ), pair AS (
            SELECT reversal.uuid, side.account_id, side.cents FROM funds_entry reversal
                JOIN side ON side.entry_id IN (reversal.id, reversal.reverses_id)
            WHERE reversal.reverses_id IS NOT NULL
        )
        SELECT uuid, account_id, sum(cents) FROM pair GROUP BY uuid, account_id HAVING sum(cents) <> 0"""
    for uuid, account, cents in select(query):
        yield Problem(f"entry {uuid}", f"its reversal leaves {cents} cents on account {account}")


@books_check(_("Rien n’est daté dans un mois déjà clos"))
def months_stay_closed(at: datetime) -> Iterator[Problem]:
    query = """SELECT entry.uuid, entry.key, closing.month FROM funds_entry entry
        JOIN funds_periodclosing closing ON closing.entity_id = entry.entity_id
            AND closing.month = date_trunc('month', entry.accounting_date)::date
        WHERE entry.posted_at > closing.closed_at"""
    for uuid, key, month in select(query):
        yield Problem(f"entry {uuid}", f"{key} is dated in {month:%m/%Y}, which was closed")
