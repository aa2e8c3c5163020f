"""Find places and follow them through mergers and splits (labels-territories-impact §4, rulings C1–C3)."""

import re
from datetime import date

from django.db.models import QuerySet

from fres.kernel.models import Territory

# A priority district (QPV) of 2024: département on three signs, rank on two, then new, modified or identical.
QPV_CODE = re.compile(r"^QN([0-9]{3}|02[AB])[0-9]{2}[NMI]$")
# Communes whose municipal arrondissements have codes of their own, by département.
SPLIT_COMMUNES = {"75": "75056", "69": "69123", "13": "13055"}


def is_qpv_code(code: str) -> bool:
    """Return whether a text has the form of a priority district's code; whether it exists is for the imported list."""
    return QPV_CODE.match(code) is not None


def current(level: str) -> QuerySet[Territory]:
    """Return the places of a level in force, by name."""
    return Territory.objects.filter(level=level, is_current=True).order_by("name", "code")


def commune(code: str) -> Territory | None:
    """Return the commune in force with this code, or the arrondissement's commune; None when there is none any more."""
    row = Territory.objects.filter(
        level__in=[Territory.Level.COMMUNE, Territory.Level.ARRONDISSEMENT], code=code, is_current=True
    ).first()
    if row is not None and row.level == Territory.Level.ARRONDISSEMENT:
        return commune(row.parent_code)
    return row


def successors(code: str) -> list[Territory]:
    """Return the communes in force that an old or present code leads to, by code; none when the code is unknown.

    A code still in force leads to itself; a split one to each part.
    """
    found: dict[str, Territory] = {}
    seen: set[str] = set()
    waiting = [code]
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        row = commune(one)
        if row is not None:
            found[row.code] = row
            continue
        for old in Territory.objects.filter(level=Territory.Level.COMMUNE, code=one, is_current=False):
            waiting.extend(old.successor_codes)
    return [found[key] for key in sorted(found)]


def commune_on(code: str, on: date) -> Territory | None:
    """Return the commune as it was on a day. Before the first vintage every row is undated: the oldest one answers."""
    rows = Territory.objects.filter(level=Territory.Level.COMMUNE, code=code).order_by("valid_from", "vintage", "pk")
    fitting = [
        row
        for row in rows
        if (row.valid_from is None or row.valid_from <= on) and (row.valid_to is None or on <= row.valid_to)
    ]
    return fitting[-1] if fitting else None


def communes_of_postal_code(postal_code: str) -> QuerySet[Territory]:
    """Return the communes in force that a postal code serves: often several, never guessed."""
    return current(Territory.Level.COMMUNE).filter(postal_codes__regex=rf"(^| ){re.escape(postal_code)}( |$)")


def members(epci_code: str) -> QuerySet[Territory]:
    """Return the communes of an intercommunality, by name."""
    return current(Territory.Level.COMMUNE).filter(epci_code=epci_code)
