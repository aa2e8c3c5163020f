"""The rows that ship with the code (`data/parameters.csv`), loaded without touching what the operator changed."""

import csv
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from django.db import transaction

from fres.kernel.models import Parameter

DATA = Path(__file__).resolve().parents[2] / "data"
SEEDS = DATA / "parameters.csv"
# In the demonstration, rows of the same key and first day replace those above.
DEMONSTRATION_SEEDS = DATA / "parameters_demonstration.csv"


@dataclass(frozen=True, slots=True)
class LoadedParameters:
    added: int
    closed: int
    kept: int
    differing: tuple[str, ...]


def read_seeds(*, demonstration: bool) -> list[Parameter]:
    """Return the shipped rows, not yet written, by key and first day."""
    rows = {_identity(row): row for row in _read(SEEDS)}
    if demonstration:
        rows |= {_identity(row): row for row in _read(DEMONSTRATION_SEEDS)}
    return [rows[identity] for identity in sorted(rows)]


@transaction.atomic
def load_seeds(*, demonstration: bool) -> LoadedParameters:
    """Add the shipped rows that are missing, and close the rows that a shipped successor ends. Safe to run again.

    A row the operator changed stays as it is and is reported as differing; a shipped row that would cover days of an
    operator's row is not added, and reported too.
    """
    present = {_identity(row): row for row in Parameter.objects.all()}
    added, closed, kept, differing = [], 0, 0, []
    for seed in read_seeds(demonstration=demonstration):
        row = present.get(_identity(seed))
        if row is None:
            if any(_overlap(seed, other) for other in present.values()):
                differing.append(str(seed))
            else:
                added.append(seed)
        elif (row.value, row.unit) != (seed.value, seed.unit):
            differing.append(str(row))
        elif row.valid_to is None and seed.valid_to is not None:
            row.valid_to = seed.valid_to
            row.save(update_fields=["valid_to"])
            closed += 1
        else:
            kept += 1
    Parameter.objects.bulk_create(added)
    return LoadedParameters(len(added), closed, kept, tuple(differing))


def _read(path: Path) -> list[Parameter]:
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Parameter(
                key=row["key"],
                scope=row["scope"],
                keyed_on=Parameter.KeyedOn(row["keyed_on"]),
                value=Decimal(row["value"]),
                unit=Parameter.Unit(row["unit"]),
                valid_from=date.fromisoformat(row["valid_from"]),
                valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
                status=Parameter.Status(row["status"]),
                label=row["label"],
                source=row["source"],
            )
            for row in csv.DictReader(file, delimiter=";")
        ]


def _identity(row: Parameter) -> tuple[str, str, date]:
    return row.key, row.scope, row.valid_from


def _overlap(one: Parameter, other: Parameter) -> bool:
    return (
        (one.key, one.scope) == (other.key, other.scope)
        and one.valid_from <= (other.valid_to or date.max)
        and other.valid_from <= (one.valid_to or date.max)
    )
