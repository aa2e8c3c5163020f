"""Tranches against the account that holds them: what waits is there, to the cent, offer by offer."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from funds.books import Problem, books_check, select, told_in_cents
from funds.chart import ASSOCIATION, PCG, Purpose, heading
from funds.states import TrancheState


@books_check(_("Chaque tranche retenue est dans son compte"))
def held_tranches(at: datetime) -> Iterator[Problem]:
    numbers = sorted({heading(chart, Purpose.HELD_TRANCHES).number for chart in (PCG, ASSOCIATION)})
    query = """WITH held AS (
        SELECT account.offer_id, sum(side.cents) AS cents FROM (
            SELECT credit_id AS account_id, amount_cents AS cents FROM funds_transfer
            UNION ALL SELECT debit_id, -amount_cents FROM funds_transfer
        ) side JOIN funds_account account ON account.id = side.account_id
        WHERE account.number = ANY(%(numbers)s) GROUP BY account.offer_id HAVING sum(side.cents) <> 0
    ), waiting AS (
        SELECT offer_id, sum((amount * 100)::bigint) AS cents FROM funds_tranche
        WHERE state = ANY(%(waiting)s) GROUP BY offer_id
    ) SELECT coalesce(held.offer_id, waiting.offer_id), coalesce(held.cents, 0), coalesce(waiting.cents, 0)
    FROM held FULL JOIN waiting ON waiting.offer_id = held.offer_id WHERE held.cents IS DISTINCT FROM waiting.cents"""
    states = [TrancheState.WAITING, TrancheState.VOTING]
    for offer, said, expected in select(query, {"numbers": numbers, "waiting": states}):
        yield told_in_cents(f"offer {offer}", int(said), int(expected), what="account against tranches that wait")


@books_check(_("Les tranches d’une offre réussie font ce qui est dû au porteur"))
def tranches_add_up(at: datetime) -> Iterator[Problem]:
    query = """WITH given AS (
        SELECT offer_id, sum((amount * 100)::bigint) AS cents FROM funds_tranche
        WHERE amount IS NOT NULL AND state <> 'CANCELLED' GROUP BY offer_id
    ), posted AS (
        SELECT offer.id AS offer_id, sum(transfer.amount_cents * CASE WHEN entry.key LIKE '%%:fee' THEN -1 ELSE 1 END)
            AS cents
        FROM given JOIN funds_offer offer ON offer.id = given.offer_id
        JOIN funds_entry entry ON entry.key IN ('offer:' || offer.uuid || ':success', 'offer:' || offer.uuid || ':fee')
        JOIN funds_transfer transfer ON transfer.entry_id = entry.id GROUP BY offer.id
    ) SELECT given.offer_id, given.cents, coalesce(posted.cents, 0)
    FROM given LEFT JOIN posted ON posted.offer_id = given.offer_id WHERE given.cents IS DISTINCT FROM posted.cents"""
    for offer, said, expected in select(query, {}):
        yield told_in_cents(f"offer {offer}", int(said), int(expected), what="tranches against success less fee")
