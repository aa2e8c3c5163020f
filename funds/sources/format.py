"""The format of partners' files, version 1: its columns, its template, and a reader that keeps one line in memory.

The same columns come as CSV (UTF-8, semicolons, a heading) or as JSON (an array of objects, or one object a line). In
JSON a line's number is the rank of its object. The page `sources:format` prints what stands here.
"""

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, BinaryIO

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

FORMAT = "FRES-SOURCES@1"
TOTALS = {"TOTAL_COLLECTE": "COLLECTE", "TOTAL_CREDIT": "CREDIT", "TOTAL_PLACEMENT": "PLACEMENT"}
COLUMNS: dict[str, Any] = {
    "format": gettext_lazy("« FRES-SOURCES@1 » sur chaque ligne."),
    "siren": gettext_lazy("Le SIREN du partenaire, neuf chiffres, le même partout."),
    "periode": gettext_lazy("Une année terminée (2025) ou un trimestre terminé (2026-T3), la même partout."),
    "nature": gettext_lazy(
        "COLLECTE, CREDIT, PLACEMENT ou EPARGNANTS ; puis TOTAL_COLLECTE, TOTAL_CREDIT, TOTAL_PLACEMENT, une ligne"
        " chacun dès que la nature est présente."
    ),
    "canal": gettext_lazy("Le code de l’instrument ; vide sur une ligne de total."),
    "commune": gettext_lazy(
        "Le code officiel de la commune de l’épargnant ou de l’emprunteur, cinq signes, pour COLLECTE et CREDIT."
    ),
    "classe": gettext_lazy("PARTICULIERS, TPE ou ENTREPRISES_SOCIALES, pour COLLECTE et CREDIT."),
    "montant": gettext_lazy(
        "L’encours en euros à la fin de la période, deux décimales au plus, sans espace : 1250,40. Le montant médian"
        " pour EPARGNANTS."
    ),
    "nombre": gettext_lazy("Le nombre d’épargnants ou d’emprunteurs, pour COLLECTE, CREDIT et EPARGNANTS."),
    "siren_destinataire": gettext_lazy("Pour PLACEMENT : le SIREN de la source qui a reçu l’argent."),
    "canal_destinataire": gettext_lazy("Pour PLACEMENT : le canal de cette source."),
}
NAMES = tuple(COLUMNS)
LONGEST_LINE = 20_000
_PERIOD = re.compile(r"^(20[0-9]{2})(?:-T([1-4]))?$")
_AMOUNT = re.compile(r"^[0-9]{1,13}(?:[.,][0-9]{1,2})?$")
_BLANKS = " \t\r\n"


class FileBroken(Exception):
    """The file cannot be read further. `line` is where; `column` which one, if any; the message says why, in French."""

    def __init__(self, line: int, reason: str, column: str = "") -> None:
        self.line, self.column = line, column
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class RawLine:
    """One line as it was sent: every column is there, as text without blanks around it."""

    number: int
    values: dict[str, str]


def period_end(period: str) -> date | None:
    """Return the last day of a year ("2025") or of a quarter ("2026-T3"); None when it is neither."""
    found = _PERIOD.match(period)
    if found is None:
        return None
    month = 3 * int(found[2] or 4)
    return date(int(found[1]) + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def cents_of(text: str) -> int | None:
    """Return an amount of the format as whole cents; None when it is not one."""
    if _AMOUNT.match(text) is None:
        return None
    return int(Decimal(text.replace(",", ".")).scaleb(2))


def read_lines(file: BinaryIO) -> Iterator[RawLine]:
    """Yield the lines of a file opened at its start, in memory that does not grow with it.

    Raises: FileBroken: it is not text in UTF-8, not the format's columns, or not well formed.
    """
    start = file.read(64)
    file.seek(0)
    return _read_json(file) if start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{") else _read_csv(file)


def _read_csv(file: BinaryIO) -> Iterator[RawLine]:
    heading: list[str] = []
    for number, cells in _cells(file):
        if not heading:
            heading = [cell.strip().lower() for cell in cells]
            _check_columns(heading, number)
        elif len(cells) != len(heading):
            raise FileBroken(
                number,
                _("%(found)d colonnes au lieu de %(wanted)d.") % {"found": len(cells), "wanted": len(heading)},
            )
        elif any(cell.strip() for cell in cells):
            yield RawLine(number, {name: cell.strip() for name, cell in zip(heading, cells, strict=True)})
    if not heading:
        raise FileBroken(1, _("Le fichier est vide."))


def _cells(file: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            raise FileBroken(number, _("Cette ligne est trop longue : une ligne se termine par un retour."))
        text = _decoded(line, number)
        try:
            cells = next(csv.reader([text.rstrip("\r\n")], delimiter=";", strict=True), [])
        except csv.Error:
            raise FileBroken(number, _("Les guillemets de cette ligne ne se referment pas.")) from None
        if cells:
            yield number, cells


def _check_columns(heading: list[str], number: int) -> None:
    for name in heading:
        if name not in COLUMNS:
            raise FileBroken(
                number, _("Cette colonne n’est pas du format. Le séparateur est le point-virgule."), name[:40]
            )
        if heading.count(name) > 1:
            raise FileBroken(number, _("Cette colonne est là deux fois."), name)
    for name in NAMES:
        if name not in heading:
            raise FileBroken(number, _("Cette colonne manque."), name)


def _read_json(file: BinaryIO) -> Iterator[RawLine]:
    decoder = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_pairs)
    buffer, rank, is_array, is_closed, is_over = "", 0, False, False, False
    carried = b""
    wants_comma = False
    while True:
        buffer = buffer.lstrip(_BLANKS)
        if rank == 0 and not is_array and buffer[:1] == "[":
            is_array, buffer = True, buffer[1:]
            continue
        if wants_comma and buffer:
            if is_array and buffer[0] == "]":
                is_closed, buffer = True, buffer[1:]
            elif is_array and buffer[0] != ",":
                raise FileBroken(rank, _("Une virgule manque après cet objet."))
            else:
                buffer = buffer[1:] if is_array else buffer
            wants_comma = False
            continue
        if is_closed and buffer:
            raise FileBroken(rank, _("Quelque chose suit la fin du tableau."))
        if buffer and not is_closed:
            try:
                value, end = decoder.raw_decode(buffer)
            except json.JSONDecodeError:
                if is_over or len(buffer) > LONGEST_LINE:
                    raise FileBroken(rank + 1, _("Cet objet JSON est mal formé, ou trop long.")) from None
            except RecursionError:
                raise FileBroken(rank + 1, _("Cet objet JSON est mal formé, ou trop long.")) from None
            else:
                rank, buffer, wants_comma = rank + 1, buffer[end:], True
                yield _line_of(value, rank)
                continue
        if is_over:
            break
        chunk = carried + file.read(16_384)
        is_over = len(chunk) == len(carried)
        # A sign of several bytes may be cut by the end of the chunk: it waits for the next one.
        kept = len(chunk) if is_over else _whole_signs(chunk)
        buffer, carried = buffer + _decoded(chunk[:kept], rank + 1), chunk[kept:]
    if is_array and not is_closed:
        raise FileBroken(rank, _("Le tableau n’est pas refermé : le fichier est coupé."))
    if rank == 0:
        raise FileBroken(1, _("Le fichier est vide."))


def _whole_signs(chunk: bytes) -> int:
    for back in range(1, min(4, len(chunk)) + 1):
        byte = chunk[-back]
        if byte < 0x80:
            break
        if byte >= 0xC0:
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(chunk) - back if back < length else len(chunk)
    return len(chunk)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        found["\0twice"] = next(name for name, _value in pairs if [one for one, _ in pairs].count(name) > 1)
    return found


def _line_of(value: Any, rank: int) -> RawLine:
    if not isinstance(value, dict):
        raise FileBroken(rank, _("Chaque ligne est un objet JSON."))
    if "\0twice" in value:
        raise FileBroken(rank, _("Cette colonne est là deux fois."), str(value["\0twice"])[:40])
    for name, cell in value.items():
        if name not in COLUMNS:
            raise FileBroken(rank, _("Cette colonne n’est pas du format."), name[:40])
        if not (cell is None or (isinstance(cell, str) and not isinstance(cell, bool))):
            raise FileBroken(rank, _("Une valeur est un texte ou un nombre."), name)
    return RawLine(rank, {name: (value.get(name) or "").strip() for name in NAMES})


def _decoded(content: bytes, line: int) -> str:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise FileBroken(line, _("Cette ligne n’est pas du texte en UTF-8 : enregistrez en « CSV UTF-8 ».")) from None
    if "\0" in text:
        raise FileBroken(line, _("Cette ligne contient un octet nul : ce n’est pas du texte."))
    return text.removeprefix("\ufeff") if line == 1 else text
