"""Small stories told in entries, for tests of the ledger, the seals and the State's file."""

from datetime import UTC, date, datetime, time

from funds.chart import Purpose
from funds.ledger import Line, account_for, post_entry

PARIS_NOON = time(11, 0, tzinfo=UTC)


def noon(on):
    return datetime.combine(on, PARIS_NOON)


def post(entity, key, *moves, on=date(2026, 3, 10), journal="OD", at=None, **changes):
    """Post an entry whose moves are (debit account, credit account, cents)."""
    fields = {
        "entity": entity,
        "journal": journal,
        "key": key,
        "transfers": [Line(*move) for move in moves],
        "accounting_date": on,
        "value_date": on,
        "label": f"Écriture {key}",
        "piece_ref": f"Pièce {key}",
        "piece_date": on,
        "source": ("test", None),
        "at": at or noon(on),
    }
    return post_entry(**(fields | changes))


def a_year_of_movements(entity, saver, year):
    """Post a gift of 40 €, a fee, the payout's fee income and a refund, all in one year."""
    provider = account_for(entity, Purpose.PROVIDER)
    held = account_for(entity, Purpose.SAVER_MONEY, party=saver)
    fees = account_for(entity, Purpose.PROVIDER_FEES)
    earned = account_for(entity, Purpose.HOLDER_FEE)
    post(entity, f"gift:{year}", (provider, held, 4_000), on=date(year, 3, 10), journal="PS")
    post(entity, f"fee:{year}", (fees, provider, 85), on=date(year, 3, 10), journal="PS")
    post(entity, f"earned:{year}", (provider, earned, 1_250), on=date(year, 6, 30))
    post(entity, f"refund:{year}", (held, provider, 1_500), (held, provider, 500), on=date(year, 11, 2), journal="PS")
