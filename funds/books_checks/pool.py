"""The pool against the books: units × nominal, placements, withdrawals, matches, local currency, guarantees."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from fres.kernel.money import to_cents
from funds.books import Problem, books_check, select, told_in_cents
from funds.models import Compartment, GuaranteeEnvelope, LocalCurrency
from funds.pool.accounts import capital_cents, cash_cents, placed_cents
from funds.pool.guarantees import figures_of
from funds.pool.mirror import in_circulation_cents
from funds.pool.placing import outstanding
from funds.pool.register import holders


@books_check(_("Les parts du pot, à leur nominal, font le capital de chaque compartiment"))
def units_make_capital(at: datetime) -> Iterator[Problem]:
    rows = list(Compartment.objects.select_related("issuer").order_by("pk"))
    held = holders(rows)
    for row in rows:
        units = sum(held.get(row.pk, {}).values())
        expected = units * to_cents(row.nominal)
        if capital_cents(row) != expected:
            yield told_in_cents(f"compartment {row.uuid}", capital_cents(row), expected, what="capital against units")
        if any(one < 0 for one in held.get(row.pk, {}).values()):
            yield Problem(f"compartment {row.uuid}", "a holder has fewer than no units")
        if cash_cents(row) < 0:
            yield Problem(f"compartment {row.uuid}", f"has {cash_cents(row)} cents in cash")


@books_check(_("Les placements du pot sont ceux des comptes"))
def placements_are_booked(at: datetime) -> Iterator[Problem]:
    for row in Compartment.objects.select_related("issuer").order_by("pk"):
        expected = sum(one.cents for one in outstanding(row))
        if placed_cents(row) != expected:
            yield told_in_cents(f"compartment {row.uuid}", placed_cents(row), expected, what="placed against register")
        if any(one.cents < 0 for one in outstanding(row)):
            yield Problem(f"compartment {row.uuid}", "a project paid back more than it had")


@books_check(_("Chaque souscription émise et chaque rachat dû ont leurs parts et leur écriture"))
def units_have_their_cause(at: datetime) -> Iterator[Problem]:
    query = """SELECT 'subscription ' || subscription.uuid FROM funds_subscription subscription
        LEFT JOIN funds_unitmove move ON move.subscription_id = subscription.id
        LEFT JOIN funds_poolpayment payment ON payment.subscription_id = subscription.id
            AND payment.state = 'CLEARED' AND NOT payment.is_surplus
        WHERE (subscription.state = 'ISSUED') <> (move.id IS NOT NULL)
            OR (subscription.state = 'ISSUED' AND (move.units <> subscription.units OR payment.id IS NULL))
        UNION ALL
        SELECT 'redemption ' || request.uuid FROM funds_redemptionrequest request
        JOIN funds_compartment compartment ON compartment.id = request.compartment_id
        LEFT JOIN funds_unitmove move ON move.redemption_id = request.id
        WHERE (request.state = 'TO_BE_PAID') <> (move.id IS NOT NULL)
            OR (request.state = 'TO_BE_PAID' AND (move.units <> request.units
                OR request.from_reserve_cents + request.from_entrants_cents
                    <> (request.units * compartment.nominal * 100)::bigint))"""
    for (where,) in select(query):
        yield Problem(where, "its units, its payment or its sources do not say the same")


@books_check(_("Chaque encaissement du pot a son écriture"))
def pool_payments_are_booked(at: datetime) -> Iterator[Problem]:
    query = """WITH wanted AS (
        SELECT 'subscription:' || subscription.uuid || ':issued' AS key, (payment.amount * 100)::bigint AS cents
        FROM funds_poolpayment payment JOIN funds_subscription subscription ON subscription.id = payment.subscription_id
        WHERE payment.state = 'CLEARED' AND NOT payment.is_surplus
        UNION ALL SELECT 'pool_payment:' || uuid || ':surplus', (amount * 100)::bigint FROM funds_poolpayment
        WHERE state = 'CLEARED' AND is_surplus
        UNION ALL SELECT 'pool_payment:' || uuid || ':cost', fee_cents FROM funds_poolpayment WHERE fee_cents <> 0
        UNION ALL SELECT 'pool_payment:' || uuid || ':contested', contested_cents FROM funds_poolpayment
        WHERE contested_cents <> 0
    ), posted AS (
        SELECT entry.key, sum(transfer.amount_cents) AS cents
        FROM funds_entry entry JOIN funds_transfer transfer ON transfer.entry_id = entry.id
        WHERE entry.key LIKE 'subscription:%%' OR entry.key LIKE 'pool_payment:%%' GROUP BY entry.id
    ) SELECT coalesce(wanted.key, posted.key), posted.cents, wanted.cents
    FROM wanted FULL JOIN posted ON posted.key = wanted.key WHERE posted.cents IS DISTINCT FROM wanted.cents"""
    for key, said, expected in select(query, []):
        yield told_in_cents(key, said, expected, what="entry against payment")


@books_check(_("Chaque abondement a son écriture, dans sa dotation et sous son plafond"))
def matches_are_booked(at: datetime) -> Iterator[Problem]:
    booked = """SELECT match.uuid, sum(transfer.amount_cents), (match.amount * 100)::bigint
        FROM funds_match match JOIN funds_transfer transfer ON transfer.entry_id = match.entry_id
        GROUP BY match.id HAVING sum(transfer.amount_cents) <> (match.amount * 100)::bigint"""
    for uuid, said, expected in select(booked):
        yield told_in_cents(f"match {uuid}", int(said), expected, what="entry against match")
    above = """SELECT fund.uuid, coalesce(match.offer_id::text, 'all'), sum(match.amount)
        FROM funds_matchingfund fund JOIN funds_match match ON match.matching_fund_id = fund.id
        LEFT JOIN funds_matchrelease release ON release.match_id = match.id
        WHERE release.id IS NULL GROUP BY GROUPING SETS ((fund.id), (fund.id, match.offer_id))
        HAVING sum(match.amount) > CASE WHEN grouping(match.offer_id) = 1 THEN fund.budget ELSE fund.cap END"""
    for uuid, offer, _cents in select(above):
        yield Problem(f"matching fund {uuid}", f"reserved more than its budget or its cap ({offer})")


@books_check(_("La réserve de chaque monnaie locale égale ses unités en circulation"))
def reserves_hold_units(at: datetime) -> Iterator[Problem]:
    query = """SELECT coalesce(sum(CASE WHEN account.id = transfer.debit_id THEN transfer.amount_cents
            ELSE -transfer.amount_cents END), 0)
        FROM funds_account account JOIN funds_transfer transfer
            ON account.id IN (transfer.debit_id, transfer.credit_id)
        WHERE account.number = '5128' AND account.entity_id = %s"""
    by_keeper: dict[int, int] = {}
    for currency in LocalCurrency.objects.order_by("pk"):
        by_keeper[currency.keeper_id] = by_keeper.get(currency.keeper_id, 0) + in_circulation_cents(currency)
    for keeper, circulating in by_keeper.items():
        for (reserve,) in select(query, [keeper]):
            if int(reserve) != circulating:
                yield told_in_cents(f"entity {keeper}", int(reserve), circulating, what="reserve against units")


@books_check(_("Aucune enveloppe ne garantit ni ne paie plus qu’elle ne peut"))
def envelopes_hold(at: datetime) -> Iterator[Problem]:
    for envelope in GuaranteeEnvelope.objects.order_by("pk"):
        figures = figures_of(envelope)
        if figures.called_cents > figures.endowment_cents:
            yield Problem(f"envelope {envelope.uuid}", "called more than its endowment")
        if figures.guaranteed_cents > figures.ceiling_cents:
            yield Problem(f"envelope {envelope.uuid}", "guarantees more than its multiple allows")
