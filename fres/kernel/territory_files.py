"""Read the open files of territories: the vintage that ships, and INSEE's yearly list of movements (ruling C2)."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from django.db import transaction

from fres.kernel.models import Territory
from fres.kernel.territories import SPLIT_COMMUNES

DATA = Path(__file__).resolve().parents[2] / "data" / "territories"
VINTAGE = date(2026, 1, 1)
BATCH = 2000

Level = Territory.Level

# A tier given to a part of a commune says nothing of an address in it: unknown below the commune (ruling C3).
_FRR_TIERS = {
    "": Territory.Frr.NONE,
    "FRR": Territory.Frr.FRR,
    "FRR+": Territory.Frr.FRR_PLUS,
    "FRR_BENEFICIAIRE": Territory.Frr.FRR_BENEFICIAIRE,
    "FRR_PARTIEL": Territory.Frr.UNKNOWN,
    "FRR_BENEFICIAIRE_PARTIEL": Territory.Frr.UNKNOWN,
    "?": Territory.Frr.UNKNOWN,
}
# What the files say of a place; whether it is still in force is said by the movements, and stays.
_FROM_FILES = (
    "name",
    "region_code",
    "departement_code",
    "epci_code",
    "parent_code",
    "seat_code",
    "zone",
    "population",
    "postal_codes",
    "frr",
    "longitude",
    "latitude",
)
_POINT = Decimal("0.00001")


@dataclass(frozen=True, slots=True)
class LoadedTerritories:
    regions: int
    departements: int
    epci: int
    ept: int
    communes: int
    arrondissements: int
    predecessors: int


@transaction.atomic
def load_territories(folder: Path = DATA) -> LoadedTerritories:
    """Write the vintage that ships, predecessors included; a second run writes the same rows again and nothing else."""
    regions = list(_regions(folder))
    departements = list(_departements(folder))
    communes = list(_communes(folder))
    epci = list(_epci(folder, communes))
    ept = list(_ept(folder, communes))
    rows = [*regions, *departements, *communes, *epci, *ept]
    for start in range(0, len(rows), BATCH):
        Territory.objects.bulk_create(
            rows[start : start + BATCH],
            update_conflicts=True,
            unique_fields=["level", "code", "vintage"],
            update_fields=_FROM_FILES,
        )
    predecessors = list(_predecessors(folder, {row.code for row in communes}))
    for start in range(0, len(predecessors), BATCH):
        Territory.objects.bulk_create(predecessors[start : start + BATCH], ignore_conflicts=True)
    arrondissements = sum(row.level == Level.ARRONDISSEMENT for row in communes)
    return LoadedTerritories(
        regions=len(regions),
        departements=len(departements),
        epci=len(epci),
        ept=len(ept),
        communes=len(communes) - arrondissements,
        arrondissements=arrondissements,
        predecessors=len(predecessors),
    )


def centre(communes: Iterable[Territory]) -> tuple[Decimal | None, Decimal | None]:
    """Return longitude and latitude of the mean of communes weighted by population, those without a point left out.

    Places where nobody is counted weigh alike. None twice when no commune has a point.
    """
    points = [row for row in communes if row.longitude is not None and row.latitude is not None]
    weights = [row.population for row in points]
    if not any(weights):
        weights = [1] * len(points)
    total = sum(weights)
    if not total:
        return None, None
    weighed = list(zip(points, weights, strict=True))
    longitude = sum((Decimal(str(row.longitude)) * weight for row, weight in weighed), start=Decimal(0))
    latitude = sum((Decimal(str(row.latitude)) * weight for row, weight in weighed), start=Decimal(0))
    return (longitude / total).quantize(_POINT), (latitude / total).quantize(_POINT)


def _read(path: Path, delimiter: str = ";") -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file, delimiter=delimiter)


def _regions(folder: Path) -> Iterator[Territory]:
    for row in _read(folder / "regions.csv"):
        yield Territory(
            level=Level.REGION,
            code=row["code"],
            name=row["nom"],
            region_code=row["code"],
            seat_code=row["chefLieu"],
            zone=row["zone"],
            vintage=VINTAGE,
        )


def _departements(folder: Path) -> Iterator[Territory]:
    for row in _read(folder / "departements.csv"):
        yield Territory(
            level=Level.DEPARTEMENT,
            code=row["code"],
            name=row["nom"],
            region_code=row["region"],
            departement_code=row["code"],
            seat_code=row["chefLieu"],
            zone=row["zone"],
            vintage=VINTAGE,
        )


def _communes(folder: Path) -> Iterator[Territory]:
    points = {
        row["code"]: (Decimal(row["lon"]), Decimal(row["lat"])) for row in _read(folder / "communes_centroides.csv")
    }
    zones = {row["code"]: row["zone"] for row in _read(folder / "departements.csv")}
    tiers = {row["code"]: row["frr_2025"] for row in _read(folder / "communes.csv")}
    for row in _read(folder / "communes.csv"):
        is_arrondissement = row["type"] == "A"
        parent = SPLIT_COMMUNES[row["departement"]] if is_arrondissement else ""
        longitude, latitude = points.get(row["code"], (None, None))
        yield Territory(
            level=Level.ARRONDISSEMENT if is_arrondissement else Level.COMMUNE,
            code=row["code"],
            name=row["nom"],
            region_code=row["region"],
            departement_code=row["departement"],
            epci_code=row["epci"],
            parent_code=parent,
            zone=zones[row["departement"]],
            population=int(row["population"] or 0),
            postal_codes=row["codes_postaux"],
            frr=_FRR_TIERS[tiers[parent or row["code"]]],
            longitude=longitude,
            latitude=latitude,
            vintage=VINTAGE,
        )


def _epci(folder: Path, communes: list[Territory]) -> Iterator[Territory]:
    by_epci: dict[str, list[Territory]] = defaultdict(list)
    for row in communes:
        if row.level == Level.COMMUNE and row.epci_code:
            by_epci[row.epci_code].append(row)
    for line in _read(folder / "epci.csv"):
        yield _grouping(Level.EPCI, line["code"], line["nom"], by_epci[line["code"]])


def _ept(folder: Path, communes: list[Territory]) -> Iterator[Territory]:
    by_code = {row.code: row for row in communes if row.level == Level.COMMUNE}
    for row in _read(folder / "ept.csv"):
        grouped = [by_code[code] for code in row["membres"].split() if code in by_code]
        yield _grouping(Level.EPT, row["code"], row["nom"], grouped)


def _grouping(level: str, code: str, name: str, grouped: list[Territory]) -> Territory:
    """A grouping may cross départements and régions: it is listed under the one where most of its people live."""
    longitude, latitude = centre(grouped)
    return Territory(
        level=level,
        code=code,
        name=name,
        region_code=_most_peopled(grouped, "region_code"),
        departement_code=_most_peopled(grouped, "departement_code"),
        zone=_most_peopled(grouped, "zone"),
        population=sum(row.population for row in grouped),
        longitude=longitude,
        latitude=latitude,
        vintage=VINTAGE,
    )


def _most_peopled(communes: list[Territory], field: str) -> str:
    people: dict[str, int] = defaultdict(int)
    for row in communes:
        people[getattr(row, field)] += row.population
    return min(people, key=lambda value: (-people[value], value)) if people else ""


def _predecessors(folder: Path, present: set[str]) -> Iterator[Territory]:
    """Old codes now inside another commune; a code that is still that of its commune is no predecessor."""
    names: dict[str, str] = {}
    led_to: dict[str, set[str]] = defaultdict(set)
    for row in _read(folder / "communes_deleguees.csv"):
        if row["code"] not in present:
            names.setdefault(row["code"], row["nom"])
            led_to[row["code"]].add(row["commune_actuelle"])
    for code, name in names.items():
        yield Territory(
            level=Level.COMMUNE,
            code=code,
            name=name,
            vintage=VINTAGE,
            is_current=False,
            successor_codes=sorted(led_to[code]),
        )


# ---- INSEE's list of movements ----


class MovementsRefused(ValueError):
    """The file is not INSEE's list of movements, or speaks of communes that we do not hold."""


@dataclass(frozen=True, slots=True)
class ImportedMovements:
    ended: int
    begun: int
    ignored: int


_COLUMNS = {"MOD", "DATE_EFF", "TYPECOM_AV", "COM_AV", "TYPECOM_AP", "COM_AP", "LIBELLE_AP"}


@transaction.atomic
def import_movements(path: Path) -> ImportedMovements:
    """Apply a list of movements of communes (INSEE's `mvt_commune_AAAA.csv`) to the places in force, day by day.

    A commune that ends keeps its row, dated, with its successors; one that begins or changes gets a row of the vintage
    that follows. Merged populations add up; a split leaves them to the next census table. Movements up to the shipped
    vintage, and those of delegated or associated communes, are ignored; so are days already applied: safe to run again.
    Raises: MovementsRefused: missing columns, a date that is none, an old commune that was never loaded.
    """
    days: dict[date, list[dict[str, str]]] = defaultdict(list)
    ignored = 0
    for row in _read(path, delimiter=","):
        missing = _COLUMNS - set(row)
        if missing:
            raise MovementsRefused(f"missing columns: {', '.join(sorted(missing))}")
        try:
            effective_on = date.fromisoformat(row["DATE_EFF"])
        except ValueError as problem:
            raise MovementsRefused(f"not a date: {row['DATE_EFF']!r}") from problem
        if effective_on <= VINTAGE or {row["TYPECOM_AV"], row["TYPECOM_AP"]} != {"COM"}:
            ignored += 1
        else:
            days[effective_on].append(row)
    ended = begun = 0
    for effective_on in sorted(days):
        ends, begins = _apply(effective_on, days[effective_on])
        ended, begun = ended + ends, begun + begins
    return ImportedMovements(ended=ended, begun=begun, ignored=ignored)


def _apply(effective_on: date, movements: list[dict[str, str]]) -> tuple[int, int]:
    before: dict[str, set[str]] = defaultdict(set)
    after: dict[str, set[str]] = defaultdict(set)
    names: dict[str, str] = {}
    for line in movements:
        before[line["COM_AP"]].add(line["COM_AV"])
        after[line["COM_AV"]].add(line["COM_AP"])
        names[line["COM_AP"]] = line["LIBELLE_AP"]
    already = set(
        Territory.objects.filter(level=Level.COMMUNE, code__in=before, valid_from=effective_on).values_list(
            "code", flat=True
        )
    )
    for code in already:
        for old in before.pop(code):
            after[old].discard(code)
    after = defaultdict(set, {code: leads_to for code, leads_to in after.items() if leads_to})
    present = {
        row.code: row
        for row in Territory.objects.select_for_update().filter(level=Level.COMMUNE, code__in=after, is_current=True)
    }
    unknown = set(after) - set(present)
    if unknown:
        raise MovementsRefused(f"{effective_on}: communes not in force here: {', '.join(sorted(unknown))}")
    begun = [
        _successor(code, names[code], effective_on, [present[old] for old in sorted(olds)], after)
        for code, olds in sorted(before.items())
    ]
    for code, row in present.items():
        row.is_current = False
        row.valid_to = effective_on - timedelta(days=1)
        row.successor_codes = sorted(after[code])
    Territory.objects.bulk_update(present.values(), ["is_current", "valid_to", "successor_codes"])
    Territory.objects.bulk_create(begun)
    return len(present), len(begun)


def _successor(
    code: str, name: str, effective_on: date, olds: list[Territory], after: Mapping[str, set[str]]
) -> Territory:
    same = next((old for old in olds if old.code == code), None)
    main = same or max(olds, key=lambda old: (old.population, old.code))
    whole = all(after[old.code] == {code} for old in olds)
    tiers = {old.frr for old in olds}
    longitude, latitude = centre(olds) if whole else (main.longitude, main.latitude) if same else (None, None)
    return Territory(
        level=Level.COMMUNE,
        code=code,
        name=name,
        region_code=main.region_code,
        departement_code=code[:3] if code.startswith("97") else code[:2],
        epci_code=main.epci_code,
        zone=main.zone,
        population=sum(old.population for old in olds) if whole else same.population if same else 0,
        postal_codes=" ".join(sorted({postal for old in olds for postal in old.postal_codes.split()}))[:200],
        frr=tiers.pop() if len(tiers) == 1 else Territory.Frr.UNKNOWN,
        longitude=longitude,
        latitude=latitude,
        vintage=date(effective_on.year + ((effective_on.month, effective_on.day) != (1, 1)), 1, 1),
        valid_from=effective_on,
    )
