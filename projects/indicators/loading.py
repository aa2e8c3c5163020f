"""The set of indicators that ships with the code, loaded into the table that projects count with (R-018)."""

import csv
from pathlib import Path

from django.conf import settings
from django.db import transaction

from projects.models import Indicator

VERSION = "2026"  # the set that new forms ask from
PATH = Path(settings.BASE_DIR) / "data" / "indicators.csv"


@transaction.atomic
def load_indicators() -> int:
    """Add the shipped indicators that are missing, and return how many. Those that are there are never changed."""
    present = set(Indicator.objects.values_list("version", "code"))
    rows = [row for row in read_indicators() if (row.version, row.code) not in present]
    Indicator.objects.bulk_create(rows)
    return len(rows)


def read_indicators() -> list[Indicator]:
    """Return the shipped indicators, not written, in the order of the file."""
    with PATH.open(encoding="utf-8", newline="") as file:
        return [
            Indicator(
                version=row["version"],
                code=row["code"],
                rank=rank,
                domain=row["domain"],
                name=row["name"],
                rule=row["rule"],
                unit=Indicator.Unit(row["unit"]),
                aggregation=Indicator.Aggregation(row["aggregation"]),
                numerator=row["numerator"],
                denominator=row["denominator"],
                sdg=row["sdg"],
                iris=row["iris"],
                is_forecast=row["is_forecast"] == "1",
            )
            for rank, row in enumerate(csv.DictReader(file, delimiter=";"), start=1)
        ]
