"""Reading a register file: CSV with the INSEE's column names, or ours. Streamed, whatever its size."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.db import transaction
from stdnum.exceptions import ValidationError
from stdnum.fr import siren as siren_number

from projects.models import RegisterEntry

# Our names, then those of the INSEE's stock files and of the national directory of associations.
_COLUMNS = {
    "siren": ("siren",),
    "siret": ("siret", "siretSiege", "siret_siege"),
    "rna": ("rna", "identifiantAssociationUniteLegale", "id"),
    "name": ("name", "denominationUniteLegale", "nom_complet", "titre"),
    "legal_category": ("legal_category", "categorieJuridiqueUniteLegale", "nature_juridique"),
    "commune_code": ("commune_code", "codeCommuneEtablissement", "adrs_codeinsee"),
    "state": ("state", "etatAdministratifUniteLegale", "position"),
    "ess": ("ess", "economieSocialeSolidaireUniteLegale"),
    "address": ("address", "adresse"),
    "directors": ("directors", "dirigeants"),
    "insolvency": ("insolvency", "procedure_collective"),
}
_ENDED = frozenset({"C", "F", "D", "S"})  # closed, shut (INSEE); dissolved, deleted (associations)
_BATCH = 5_000
_WRITTEN = ["rna", "siret", "name", "legal_category", "commune_code", "is_active", "is_ess", "source", "as_of"]
_WRITTEN += ["address", "directors", "insolvency"]


class RegisterFileUnreadable(Exception):
    """The file lacks the columns that name a legal person."""


@dataclass(frozen=True, slots=True)
class ImportedRegisterFile:
    read: int
    written: int
    refused: int


def read_register(path: Path, *, source: str, as_of: date) -> Iterator[RegisterEntry | None]:
    """Yield one unsaved row for each line; None for a line whose numbers are wrong or whose name is missing.

    Raises: RegisterFileUnreadable: no column of a number, or none of a name.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        head = file.readline()
        file.seek(0)
        delimiter = max(";,\t", key=head.count)
        reader = csv.DictReader(file, delimiter=delimiter)
        present = set(reader.fieldnames or ())
        names = {ours: next((one for one in theirs if one in present), "") for ours, theirs in _COLUMNS.items()}
        if not names["name"] or not (names["siren"] or names["rna"]):
            raise RegisterFileUnreadable("no column names a SIREN or an RNA, and a name")
        for line in reader:
            values = {ours: (line.get(column) or "").strip() if column else "" for ours, column in names.items()}
            yield _entry(values, source=source, as_of=as_of)


def import_register(path: Path, *, source: str, as_of: date) -> ImportedRegisterFile:
    """Write the rows of a file, replacing what an older file told of the same number. By batches, each in one piece.

    Raises: RegisterFileUnreadable. Safe to run again.
    """
    read = written = refused = 0
    batch: dict[tuple[str, str], RegisterEntry] = {}
    for entry in read_register(path, source=source, as_of=as_of):
        read += 1
        if entry is None:
            refused += 1
            continue
        batch[(entry.siren, "" if entry.siren else entry.rna)] = entry
        if len(batch) >= _BATCH:
            written += _write(batch.values())
            batch = {}
    return ImportedRegisterFile(read, written + _write(batch.values()), refused)


def _entry(values: dict[str, str], *, source: str, as_of: date) -> RegisterEntry | None:
    siren = values["siren"].replace(" ", "").zfill(9) if values["siren"] else ""
    rna = values["rna"] if values["rna"].startswith("W") else ""
    if siren:
        try:
            siren_number.validate(siren)
        except ValidationError:
            return None
    if not values["name"] or not (siren or rna):
        return None
    return RegisterEntry(
        siren=siren,
        rna=rna[:10],
        siret=values["siret"][:14],
        name=values["name"][:200],
        legal_category=values["legal_category"][:4],
        commune_code=values["commune_code"][:5],
        is_active=values["state"].upper() not in _ENDED,
        is_ess={"O": True, "N": False}.get(values["ess"].upper()),
        address=values["address"][:200],
        directors=values["directors"][:400],
        insolvency=values["insolvency"][:200],
        source=source[:120],
        as_of=as_of,
    )


@transaction.atomic
def _write(entries: Iterable[RegisterEntry]) -> int:
    rows = list(entries)
    for key in ("siren", "rna"):
        numbered = {getattr(row, key): row for row in rows if (row.siren if key == "siren" else not row.siren)}
        mine = RegisterEntry.objects.filter(**{f"{key}__in": list(numbered)})
        if key == "rna":
            mine = mine.filter(siren="")
        present = {getattr(row, key): row for row in mine}
        for number, row in numbered.items():
            if number in present:
                row.pk = present[number].pk
        older = [row for number, row in numbered.items() if number in present and row.as_of >= present[number].as_of]
        RegisterEntry.objects.bulk_update(older, _WRITTEN, batch_size=1_000)
        RegisterEntry.objects.bulk_create(row for number, row in numbered.items() if number not in present)
    return len(rows)
