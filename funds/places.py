"""Where projects are, for pages: commune, département, EPCI and the small maps, gathered in bulk."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fres.kernel import charts
from fres.kernel.models import Territory

NEIGHBOUR_POPULATION = 15_000  # towns worth a name on the map around a project


@dataclass(frozen=True)
class Place:
    """A commune as pages tell it; names are empty, and there is no map, when its code is unknown."""

    name: str = ""
    department: str = ""
    department_code: str = ""
    epci: str = ""
    population: int | None = None  # of the EPCI
    region_code: str = ""
    longitude: float | None = None
    latitude: float | None = None


def places_of(codes: Iterable[str]) -> Mapping[str, Place]:
    """Return the place of each commune code; two queries whatever their number."""
    wanted = set(codes)
    communes = {
        row.code: row
        for row in Territory.objects.filter(level=Territory.Level.COMMUNE, code__in=wanted, is_current=True)
    }
    above_codes = {row.departement_code for row in communes.values()} | {row.epci_code for row in communes.values()}
    above = {
        (row.level, row.code): row
        for row in Territory.objects.filter(
            level__in=(Territory.Level.DEPARTEMENT, Territory.Level.EPCI), code__in=above_codes, is_current=True
        )
    }
    found = {}
    for code in wanted:
        row = communes.get(code)
        if row is None:
            found[code] = Place(name=code)
            continue
        department = above.get((Territory.Level.DEPARTEMENT, row.departement_code))
        epci = above.get((Territory.Level.EPCI, row.epci_code))
        found[code] = Place(
            name=row.name,
            department=department.name if department else "",
            department_code=row.departement_code,
            epci=epci.name if epci else "",
            population=epci.population if epci and epci.population else None,
            region_code=row.region_code,
            longitude=None if row.longitude is None else float(row.longitude),
            latitude=None if row.latitude is None else float(row.latitude),
        )
    return found


def departments_of(region_code: str) -> list[Territory]:
    """Return the départements of a region, by name."""
    return list(
        Territory.objects.filter(level=Territory.Level.DEPARTEMENT, region_code=region_code, is_current=True).order_by(
            "name"
        )
    )


def locator_of(place: Place, *, departments: Iterable[Territory]) -> charts.Drawing | None:
    """Return the small map that shows where a place is in its region; None when its centre is unknown."""
    codes = sorted(row.code for row in departments)
    if place.longitude is None or place.latitude is None or place.department_code not in codes:
        return None
    return charts.locator(codes=codes, place=place.name, longitude=place.longitude, latitude=place.latitude)


def map_of(place: Place, *, departments: Iterable[Territory], title: str) -> charts.Drawing | None:
    """Return the map around a place with the towns nearby; None when its centre is unknown."""
    codes = sorted(row.code for row in departments)
    if place.longitude is None or place.latitude is None or place.department_code not in codes:
        return None
    towns = Territory.objects.filter(
        level=Territory.Level.COMMUNE, is_current=True, departement_code__in=codes,
        population__gte=NEIGHBOUR_POPULATION, longitude__isnull=False,
    ).exclude(name=place.name)  # fmt: skip
    around = [
        charts.MapPoint(town.name, float(town.longitude), float(town.latitude), 2 if town.population > 50_000 else 1)
        for town in towns
        if town.longitude is not None and town.latitude is not None
    ]
    centre = charts.MapPoint(place.name, place.longitude, place.latitude)
    return charts.place_map(codes=codes, place=centre, around=around, title=title)
