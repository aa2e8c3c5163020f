"""The map of the directory: how many organisations in each département, and where the towns are."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from django.utils.translation import gettext as _

from fres.kernel import charts, territories
from fres.kernel.models import Territory

_BOUNDS = (Decimal(1), Decimal(3), Decimal(6), Decimal(11))


def directory_map(commune_codes: Iterable[str], *, title: str, header: str) -> charts.Drawing | None:
    """Return the map of a region with a count for each département; None when nothing can be placed.

    The region is the one where most of the communes lie. Two queries.
    """
    counted = Counter(commune_codes)
    communes = list(territories.current(Territory.Level.COMMUNE).filter(code__in=counted))
    if not communes:
        return None
    regions: Counter[str] = Counter()
    for commune in communes:
        regions[commune.region_code] += counted[commune.code]
    region = regions.most_common(1)[0][0]
    inside = [commune for commune in communes if commune.region_code == region]
    departements = territories.current(Territory.Level.DEPARTEMENT).filter(region_code=region)
    outlines = charts.all_outlines()
    codes = [row.code for row in departements if row.code in outlines]
    if not codes:
        return None
    number = dict.fromkeys(codes, 0)
    for commune in inside:
        if commune.departement_code in number:
            number[commune.departement_code] += counted[commune.code]
    points = [
        charts.MapPoint(
            commune.name, float(commune.longitude), float(commune.latitude), min(1 + counted[commune.code] / 2, 4)
        )
        for commune in inside
        if commune.longitude is not None and commune.latitude is not None
    ]
    return charts.choropleth(
        codes=codes,
        values={code: Decimal(count) for code, count in number.items()},
        written={code: str(count) for code, count in number.items()},
        bounds=_BOUNDS,
        title=title,
        headers=(_("Département"), header),
        points=points,
    )
