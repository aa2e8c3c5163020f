"""The catalogue of tools of the territory: loading it, and finding those that fit (R-015, R-017, R-044)."""

import csv
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from djmoney.money import Money

from projects.models import Tool

SHIPPED = Path(__file__).resolve().parents[2] / "data" / "tools_demonstration.csv"


@dataclass(frozen=True, slots=True)
class LoadedTools:
    added: int
    changed: int
    kept: int


@transaction.atomic
def load_tools(path: Path = SHIPPED) -> LoadedTools:
    """Write the tools of a file, by their code; those the file does not name stay. Safe to run again."""
    added = changed = kept = 0
    for values in read_tools(path):
        row = Tool.objects.filter(code=values["code"]).first()
        if row is None:
            Tool.objects.create(**values)
            added += 1
        elif any(getattr(row, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(row, name, value)
            row.save()
            changed += 1
        else:
            kept += 1
    return LoadedTools(added, changed, kept)


def read_tools(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a file as values of `Tool`; amounts are whole euros, lists are separated by spaces."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            {
                "code": row["code"],
                "name": row["name"],
                "operator": row["operator"],
                "instrument": row["instrument"],
                "stages": row["stages"].split(),
                "departement_codes": row["departements"].split(),
                "conditions": row["conditions"],
                "minimum": _euros(row["minimum"]),
                "maximum": _euros(row["maximum"]),
                "contact": row["contact"],
                "website": row["website"],
                "is_invented": row["is_invented"] == "yes",
                "checked_on": date.fromisoformat(row["checked_on"]),
            }
            for row in csv.DictReader(file, delimiter=";")
        ]


def offered_tools() -> QuerySet[Tool]:
    return Tool.objects.filter(is_offered=True)


def fitting_tools(*, stage: str = "", departement: str = "", amount: int | None = None) -> QuerySet[Tool]:
    """Return the tools on offer for a stage, a place and a need in whole euros; what is not asked does not narrow.

    A tool that names no département covers them all; one without amounts (advice) fits any need.
    """
    found = offered_tools()
    if stage:
        found = found.filter(stages__contains=[stage])
    if departement:
        found = found.filter(Q(departement_codes=[]) | Q(departement_codes__contains=[departement]))
    if amount is not None:
        need = Decimal(amount)
        found = found.filter(Q(minimum=None) | Q(minimum__lte=need)).filter(Q(maximum=None) | Q(maximum__gte=need))
    return found


def _euros(text: str) -> Money | None:
    return Money(Decimal(text), "EUR") if text else None
