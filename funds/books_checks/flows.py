"""Payments, refunds, disputes, payouts and distributions against the entries their keys name."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from funds.books import Problem, books_check, select, told_in_cents

# An entry's amount by its key: what was posted, less nothing (a reversal is an entry of its own).
_POSTED = """posted AS (
    SELECT entry.key, entry.entity_id, sum(transfer.amount_cents) AS cents,
        EXISTS (SELECT FROM funds_entry reversal WHERE reversal.reverses_id = entry.id) AS is_reversed
    FROM funds_entry entry JOIN funds_transfer transfer ON transfer.entry_id = entry.id
    WHERE entry.key LIKE %(like)s GROUP BY entry.id
)"""


@books_check(_("Chaque encaissement a son écriture"))
def collected_payments(at: datetime) -> Iterator[Problem]:
    query = f"""WITH {_POSTED}, collected AS (
        SELECT 'payment:' || uuid || ':cleared' AS key, (amount * 100)::bigint AS cents
        FROM funds_payment WHERE cleared_at IS NOT NULL
    ) SELECT coalesce(collected.key, posted.key), posted.cents, collected.cents
    FROM collected FULL JOIN posted ON posted.key = collected.key WHERE posted.cents IS DISTINCT FROM collected.cents"""
    for key, said, expected in select(query, {"like": "payment:%:cleared"}):
        yield told_in_cents(key, said, expected, what="entry against payment")


@books_check(_("Chaque frais du prestataire a son écriture"))
def provider_fees(at: datetime) -> Iterator[Problem]:
    query = f"""WITH {_POSTED}, kept AS (
        SELECT 'payment:' || uuid || ':fee' AS key, fee_cents AS cents FROM funds_payment WHERE fee_cents <> 0
        UNION ALL SELECT 'dispute:' || uuid || ':fee', fee_cents FROM funds_dispute WHERE fee_cents <> 0
    ) SELECT coalesce(kept.key, posted.key), posted.cents, kept.cents
    FROM kept FULL JOIN posted ON posted.key = kept.key WHERE posted.cents IS DISTINCT FROM kept.cents"""
    for key, said, expected in select(query, {"like": "%:fee"}):
        if not key.startswith("offer:"):
            yield told_in_cents(key, said, expected, what="entry against fee")


@books_check(_("Chaque remboursement parti a son écriture"))
def refunds(at: datetime) -> Iterator[Problem]:
    query = f"""WITH {_POSTED}, given AS (
        SELECT 'refund:' || uuid AS key, (amount * 100)::bigint AS cents FROM funds_refund
        WHERE state IN ('PENDING', 'DONE')
    ), standing AS (SELECT * FROM posted WHERE NOT is_reversed AND key NOT LIKE '%%:failed')
    SELECT coalesce(given.key, standing.key), standing.cents, given.cents
    FROM given FULL JOIN standing ON standing.key = given.key WHERE standing.cents IS DISTINCT FROM given.cents"""
    for key, said, expected in select(query, {"like": "refund:%"}):
        yield told_in_cents(key, said, expected, what="entry against refund")


@books_check(_("Chaque remboursement par virement a ses écritures"))
def bank_refunds(at: datetime) -> Iterator[Problem]:
    query = f"""WITH {_POSTED}, ordered AS (
        SELECT 'bank_refund:' || request.uuid AS key, (signed.amount * 100)::bigint AS cents,
            request.state = 'STOPPED' AS is_stopped
        FROM funds_bankrefundorder signed JOIN funds_bankrefund request ON request.id = signed.bank_refund_id
        UNION ALL
        SELECT 'bank_refund:' || request.uuid || ':sent', (signed.amount * 100)::bigint, false
        FROM funds_bankrefundsending sending JOIN funds_bankrefundorder signed ON signed.id = sending.order_id
        JOIN funds_bankrefund request ON request.id = signed.bank_refund_id
    ), moved AS (SELECT * FROM posted WHERE key NOT LIKE '%%:stopped')
    SELECT coalesce(ordered.key, moved.key), moved.cents, ordered.cents
    FROM ordered FULL JOIN moved ON moved.key = ordered.key
    WHERE moved.cents IS DISTINCT FROM ordered.cents OR moved.is_reversed IS DISTINCT FROM ordered.is_stopped"""
    for key, said, expected in select(query, {"like": "bank_refund:%"}):
        yield told_in_cents(key, said, expected, what="entry against transfer order, or stopped and not reversed")
    unsigned = """SELECT request.uuid, request.state FROM funds_bankrefund request
        LEFT JOIN funds_bankrefundorder signed ON signed.bank_refund_id = request.id
        LEFT JOIN funds_bankrefundsending sending ON sending.order_id = signed.id
        WHERE (request.state IN ('APPROVED', 'SENT') AND signed.id IS NULL)
            OR (request.state = 'SENT') <> (sending.id IS NOT NULL)
            OR (signed.id IS NOT NULL AND request.state NOT IN ('APPROVED', 'SENT', 'STOPPED'))"""
    for uuid, state in select(unsigned):
        yield Problem(f"bank refund {uuid}", f"{state}, which its order and the bank's line do not say")


@books_check(_("Chaque paiement dit ce qui a été rendu"))
def refunded_amounts(at: datetime) -> Iterator[Problem]:
    query = """SELECT payment.uuid, payment.refunded_cents, coalesce(sum((refund.amount * 100)::bigint), 0)
        FROM funds_payment payment LEFT JOIN funds_refund refund
            ON refund.payment_id = payment.id AND refund.state IN ('PENDING', 'DONE')
        GROUP BY payment.id
        HAVING payment.refunded_cents <> coalesce(sum((refund.amount * 100)::bigint), 0)
            OR payment.refunded_cents > (payment.amount * 100)::bigint"""
    for uuid, said, expected in select(query):
        yield told_in_cents(f"payment {uuid}", said, int(expected), what="given back")


@books_check(_("Chaque débit contesté a son écriture"))
def disputes(at: datetime) -> Iterator[Problem]:
    query = f"""WITH {_POSTED}, contested AS (
        SELECT 'dispute:' || uuid AS key, (amount * 100)::bigint AS cents, won_at IS NOT NULL AS is_won
        FROM funds_dispute
    ), taken AS (SELECT * FROM posted WHERE key ~ '^dispute:[0-9a-f-]{{36}}$')
    SELECT coalesce(contested.key, taken.key), taken.cents, contested.cents
    FROM contested FULL JOIN taken ON taken.key = contested.key
    WHERE taken.cents IS DISTINCT FROM contested.cents OR taken.is_reversed IS DISTINCT FROM contested.is_won"""
    for key, said, expected in select(query, {"like": "dispute:%"}):
        yield told_in_cents(key, said, expected, what="entry against dispute, or won and not reversed")


@books_check(_("Chaque recouvrement a son écriture"))
def recoveries(at: datetime) -> Iterator[Problem]:
    query = f"""WITH {_POSTED}, paid AS (
        SELECT 'recovery:' || uuid AS key, (amount * 100)::bigint AS cents, undone_at IS NOT NULL AS is_undone
        FROM funds_claimrecovery
    ), received AS (SELECT * FROM posted WHERE key NOT LIKE '%%:undone')
    SELECT coalesce(paid.key, received.key), received.cents, paid.cents
    FROM paid FULL JOIN received ON received.key = paid.key
    WHERE received.cents IS DISTINCT FROM paid.cents OR received.is_reversed IS DISTINCT FROM paid.is_undone"""
    for key, said, expected in select(query, {"like": "recovery:%"}):
        yield told_in_cents(key, said, expected, what="entry against bank line, or undone and not reversed")
    query = """WITH returned AS (
        SELECT split_part(entry.key, ':', 2) AS payment, sum(transfer.amount_cents) AS cents
        FROM funds_entry entry JOIN funds_transfer transfer ON transfer.entry_id = entry.id
        WHERE entry.key LIKE 'payment:%%:overpaid:%%' GROUP BY 1
    ), recovered AS (
        SELECT payment.uuid::text AS payment, sum((recovery.amount * 100)::bigint) AS cents
        FROM funds_claimrecovery recovery JOIN funds_payment payment ON payment.id = recovery.payment_id
        WHERE recovery.undone_at IS NULL GROUP BY 1
    ) SELECT returned.payment, returned.cents, coalesce(recovered.cents, 0)
    FROM returned LEFT JOIN recovered ON recovered.payment = returned.payment
    WHERE returned.cents > coalesce(recovered.cents, 0)"""
    for uuid, said, recovered in select(query):
        yield told_in_cents(f"payment {uuid}", int(said), int(recovered), what="owed back of what was recovered")


@books_check(_("Chaque versement à un porteur a son écriture"))
def payouts(at: datetime) -> Iterator[Problem]:
    query = f"""WITH {_POSTED}, paid AS (
        SELECT 'payout:' || uuid AS key, (amount * 100)::bigint AS cents FROM funds_payoutorder WHERE state = 'PAID'
    ), left_us AS (SELECT * FROM posted WHERE key ~ '^payout:[0-9a-f-]{{36}}$')
    SELECT coalesce(paid.key, left_us.key), left_us.cents, paid.cents
    FROM paid FULL JOIN left_us ON left_us.key = paid.key WHERE left_us.cents IS DISTINCT FROM paid.cents"""
    for key, said, expected in select(query, {"like": "payout:%"}):
        yield told_in_cents(key, said, expected, what="entry against payout")


@books_check(_("Chaque échéance est répartie au centime près"))
def distributions(at: datetime) -> Iterator[Problem]:
    query = f"""WITH {_POSTED}, shared AS (
        SELECT 'distribution:' || distribution.uuid AS key,
            sum(line.principal_cents + line.interest_cents + line.kept_cents) AS cents,
            sum(line.principal_cents) AS principal, sum(line.interest_cents) AS interest,
            instalment.principal_cents AS due_principal, instalment.interest_cents AS due_interest
        FROM funds_distribution distribution
        JOIN funds_instalment instalment ON instalment.id = distribution.instalment_id
        JOIN funds_distributionline line ON line.distribution_id = distribution.id
        GROUP BY distribution.id, instalment.id
    ) SELECT coalesce(shared.key, posted.key), posted.cents, shared.cents,
        shared.principal + shared.interest, shared.due_principal + shared.due_interest
    FROM shared FULL JOIN posted ON posted.key = shared.key
    WHERE posted.cents IS DISTINCT FROM shared.cents
        OR shared.principal IS DISTINCT FROM shared.due_principal
        OR shared.interest IS DISTINCT FROM shared.due_interest"""
    for key, said, expected, total, due in select(query, {"like": "distribution:%"}):
        if said != expected:
            yield told_in_cents(key, said, expected, what="entry against lines")
        else:
            yield told_in_cents(key, total, due, what="lines against instalment")
