"""The chapter of the sheets of the pot: published once the first units are out, and again on the books of November."""

from datetime import date, datetime

from funds.demonstration.chapters import Act
from funds.demonstration.region import Region
from funds.models import Compartment
from funds.pool.sheets import current_sheet, publish_pool_sheet

FIRST, AGAIN = date(2025, 2, 24), date(2026, 11, 16)


def _publish(region: Region, at: datetime) -> None:
    for compartment in Compartment.objects.filter(fund=region.fund).order_by("pk"):
        publish_pool_sheet(compartment=compartment, by=region.manager, at=at)


def _is_published(*, since: date) -> bool:
    """Whether every compartment has a sheet of that day or later; so it is where there is none."""
    sheets = [current_sheet(one) for one in Compartment.objects.all()]
    return all(sheet is not None and sheet.issued_at.date() >= since for sheet in sheets)


ACTS = (
    Act(FIRST, _publish, lambda region: _is_published(since=FIRST)),
    Act(AGAIN, _publish, lambda region: _is_published(since=AGAIN)),
)
