"""Questions about the set of indicators: what a form proposes, what a report counts."""

from django.db.models import QuerySet

from projects.indicators.loading import VERSION
from projects.models import Indicator


def indicators_of(version: str = VERSION) -> QuerySet[Indicator]:
    """Return the indicators of a version of the set, in order."""
    return Indicator.objects.filter(version=version)


def forecast_options(version: str = VERSION) -> list[tuple[str, str]]:
    """Return what an application may forecast, as options of a form: (code, name and unit)."""
    rows = indicators_of(version).filter(is_forecast=True)
    return [(row.code, f"{row.name} ({row.get_unit_display()})") for row in rows]


def rate_codes(version: str = VERSION) -> frozenset[str]:
    """Return the codes of the indicators that are kept as numerator and denominator."""
    return frozenset(indicators_of(version).exclude(denominator="").values_list("code", flat=True))
