"""What accounts may never show: a debt below zero, or less held than owed."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from funds.books import Problem, books_check, select
from funds.chart import Purpose
from funds.models import LegalEntity
from funds.solvency import balances_by_number, position

NEVER_NEGATIVE = (
    Purpose.SAVER_MONEY,
    Purpose.REFUND_TO_SEND,
    Purpose.HOLDER_MONEY,
    Purpose.HELD_TRANCHES,
    Purpose.INSTALMENTS,
    Purpose.TO_BE_PAID,
    Purpose.CLAIM_ON_SAVER,
)


@books_check(_("Aucune dette et aucune créance n’est négative"))
def nothing_below_zero(at: datetime) -> Iterator[Problem]:
    from funds.chart import ASSOCIATION, PCG, heading

    numbers = sorted({heading(chart, purpose).number for chart in (PCG, ASSOCIATION) for purpose in NEVER_NEGATIVE})
    query = """SELECT account.id, account.number, side.cents FROM (
            SELECT account_id, sum(cents) AS cents FROM (
                SELECT debit_id AS account_id, amount_cents AS cents FROM funds_transfer
                UNION ALL SELECT credit_id, -amount_cents FROM funds_transfer
            ) both_sides GROUP BY account_id
        ) side JOIN funds_account account ON account.id = side.account_id
        WHERE account.number = ANY(%s)
            AND CASE WHEN account.kind = 'ASSET' THEN side.cents ELSE -side.cents END < 0"""
    for account, number, cents in select(query, [numbers]):
        yield Problem(f"account {account}", f"{number} stands at {cents} cents (debits less credits)")


@books_check(_("L’argent détenu couvre l’argent dû"))
def held_covers_owed(at: datetime) -> Iterator[Problem]:
    for entity in LegalEntity.objects.order_by("pk"):
        place = position(entity, balances_by_number(entity))
        if place.held_cents < place.owed_cents:
            message = f"holds {place.held_cents} cents and owes {place.owed_cents}"
            yield Problem(f"entity {entity.siren}", message)
