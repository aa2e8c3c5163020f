"""The accounts of a compartment, in its issuer's books: each ends with the two figures of the compartment's rank.

What a compartment has in cash is what all its accounts leave: units issued and earmarked money received, less what is
placed, lost, or owed to those whose units were bought back. No account of cash is split: the money is in the issuer's
own accounts.
"""

from datetime import date
from typing import Any

from django.db import connection

from funds.chart import Purpose, heading
from funds.models import Account, Compartment

UNITS_OF = {
    Compartment.Instrument.SHARE: Purpose.UNITS_SHARE,
    Compartment.Instrument.PARTICIPATING: Purpose.UNITS_PARTICIPATING,
    Compartment.Instrument.BOND: Purpose.UNITS_BOND,
}
OWN = (
    *UNITS_OF.values(),
    Purpose.PLACED_LOANS,
    Purpose.PLACED_STAKES,
    Purpose.PLACEMENT_LOSS,
    Purpose.PROVISION,
    Purpose.PROVISION_CHARGE,
    Purpose.EARMARKED_GRANT,
)


def number_of(compartment: Compartment, purpose: Purpose) -> str:
    """Return the number of a compartment's account for one of the purposes of `OWN`."""
    return f"{heading(compartment.issuer.chart, purpose).number}{compartment.rank:02}"


def compartment_account(compartment: Compartment, purpose: Purpose) -> Account:
    """Return an account of a compartment, made at its first use; safe when two processes ask at once."""
    wanted = heading(compartment.issuer.chart, purpose)
    filters = {
        "entity": compartment.issuer, "number": number_of(compartment, purpose), "party": None, "offer": None,
        "currency": "EUR",
    }  # fmt: skip
    found = Account.objects.filter(**filters).first()
    if found is not None:
        return found
    name = f"{wanted.name} – {compartment.name}"[:160]
    Account.objects.bulk_create([Account(name=name, kind=wanted.kind, **filters)], ignore_conflicts=True)
    return Account.objects.get(**filters)


def units_account(compartment: Compartment) -> Account:
    """Return the account that carries the nominal of a compartment's units."""
    return compartment_account(compartment, UNITS_OF[Compartment.Instrument(compartment.instrument)])


def credit_cents(compartment: Compartment, *purposes: Purpose, on: date | None = None) -> int:
    """Return credits less debits of a compartment's accounts for these purposes, at the end of a day (or now)."""
    numbers = [number_of(compartment, purpose) for purpose in purposes]
    dated = ""
    values: list[Any] = [compartment.issuer_id, numbers]
    if on is not None:
        dated = "JOIN funds_entry entry ON entry.id = transfer.entry_id AND entry.accounting_date <= %s"
        values = [on, compartment.issuer_id, numbers]
    sides = [
        f"SELECT coalesce(sum(transfer.amount_cents), 0) FROM funds_transfer transfer "
        f"JOIN funds_account account ON account.id = transfer.{side}_id {dated} "
        "WHERE account.entity_id = %s AND account.number = ANY(%s)"
        for side in ("credit", "debit")
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT ({sides[0]}) - ({sides[1]})", [*values, *values])
        return int(cursor.fetchone()[0])


def capital_cents(compartment: Compartment, on: date | None = None) -> int:
    """Return the nominal of the units in circulation, as the books have it."""
    return credit_cents(compartment, UNITS_OF[Compartment.Instrument(compartment.instrument)], on=on)


def cash_cents(compartment: Compartment, on: date | None = None) -> int:
    """Return the money of a compartment that is placed nowhere and owed to nobody."""
    return credit_cents(compartment, *OWN, on=on)


def provision_cents(compartment: Compartment, on: date | None = None) -> int:
    """Return what is set aside for losses."""
    return credit_cents(compartment, Purpose.PROVISION, on=on)


def placed_cents(compartment: Compartment, on: date | None = None) -> int:
    """Return what is outstanding in projects, provisions not deducted."""
    return -credit_cents(compartment, Purpose.PLACED_LOANS, Purpose.PLACED_STAKES, on=on)


def granted_cents(compartment: Compartment, on: date | None = None) -> int:
    """Return the money that conventions earmarked to a compartment and paid."""
    return credit_cents(compartment, Purpose.EARMARKED_GRANT, on=on)
