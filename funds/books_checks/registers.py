"""Offers and their registers against the books: nothing above the maximum, every settled euro registered."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from funds.books import Problem, books_check, select, told_in_cents
from funds.states import COUNTED_CLEARED, RESERVING


@books_check(_("Aucune offre ne dépasse son maximum"))
def offers_stay_below_maximum(at: datetime) -> Iterator[Problem]:
    query = """SELECT offer.uuid, sum((commitment.amount * 100)::bigint), (offer.maximum * 100)::bigint
        FROM funds_offer offer JOIN funds_commitment commitment ON commitment.offer_id = offer.id
        WHERE commitment.state = ANY(%s)
        GROUP BY offer.id HAVING sum(commitment.amount) > offer.maximum"""
    for uuid, taken, maximum in select(query, [sorted(RESERVING | COUNTED_CLEARED)]):
        yield told_in_cents(f"offer {uuid}", int(taken), maximum, what="reserved and cleared, against the maximum")


@books_check(_("Chaque offre réussie a versé exactement les engagements encaissés"))
def successes_settle_commitments(at: datetime) -> Iterator[Problem]:
    query = """WITH settled AS (
        SELECT 'offer:' || offer.uuid || ':success' AS key, sum((commitment.amount * 100)::bigint) AS cents
        FROM funds_commitment commitment JOIN funds_offer offer ON offer.id = commitment.offer_id
        WHERE commitment.settled_at IS NOT NULL GROUP BY offer.id
    ), posted AS (
        SELECT entry.key, sum(transfer.amount_cents) AS cents
        FROM funds_entry entry JOIN funds_transfer transfer ON transfer.entry_id = entry.id
        WHERE entry.key LIKE 'offer:%%:success' GROUP BY entry.id
    ) SELECT coalesce(settled.key, posted.key), posted.cents, settled.cents
    FROM settled FULL JOIN posted ON posted.key = settled.key WHERE posted.cents IS DISTINCT FROM settled.cents"""
    for key, said, expected in select(query, []):
        yield told_in_cents(key, said, expected, what="entry against settled commitments")


@books_check(_("Le registre de chaque prêt égale la somme prêtée"))
def registers_add_up(at: datetime) -> Iterator[Problem]:
    query = """SELECT loan.uuid, loan.principal_cents, coalesce(register.cents, 0), coalesce(settled.cents, 0)
        FROM funds_loan loan
        LEFT JOIN (
            SELECT loan_id, sum(principal_cents) AS cents FROM funds_holding GROUP BY loan_id
        ) register ON register.loan_id = loan.id
        LEFT JOIN (
            SELECT offer_id, sum((amount * 100)::bigint) AS cents FROM funds_commitment
            WHERE settled_at IS NOT NULL GROUP BY offer_id
        ) settled ON settled.offer_id = loan.offer_id
        WHERE loan.principal_cents <> coalesce(register.cents, 0)
            OR loan.principal_cents <> coalesce(settled.cents, 0)"""
    for uuid, principal, held, settled in select(query):
        message = f"principal {principal}, register {held}, settled commitments {settled} cents"
        yield Problem(f"loan {uuid}", message)


@books_check(_("Chaque échéancier rembourse exactement le capital"))
def schedules_repay_principal(at: datetime) -> Iterator[Problem]:
    query = """SELECT loan.uuid, sum(instalment.principal_cents), loan.principal_cents
        FROM funds_loan loan JOIN funds_instalment instalment ON instalment.loan_id = loan.id
        WHERE NOT EXISTS (SELECT 1 FROM funds_instalmentreplacement gone WHERE gone.instalment_id = instalment.id)
        GROUP BY loan.id HAVING sum(instalment.principal_cents) <> loan.principal_cents"""
    for uuid, said, expected in select(query):
        yield told_in_cents(f"loan {uuid}", int(said), expected, what="schedule against principal")
