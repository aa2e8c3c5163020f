"""The accounting-entries file (FEC) of one entity and financial year, written from sealed entries only.

Source: LPF art. A47 A-1; our choices (UTF-8 without BOM, `|`, LF, 18 columns, debit and credit) are in the fact sheet
on tax and accounting, §6. Texts carry numbers of parties, never their names (ruling B22).
"""

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import BinaryIO

from fres.kernel import clock
from fres.kernel.errors import BooksBroken
from funds.chart import JOURNALS, OPENING_JOURNAL, RESULT_KINDS, Purpose, edition_at, heading
from funds.models import Account, Entry, FiscalYear, LegalEntity, Seal
from funds.sealing import account_balances, contents

SEPARATOR = "|"
COLUMNS = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib",
    "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet", "ValidDate", "Montantdevise",
    "Idevise",
)  # fmt: skip
MEANINGS = (
    "Code du journal", "Libellé du journal", "Numéro de l’écriture, continu dans l’exercice, à-nouveaux en premier",
    "Date de comptabilisation", "Numéro de compte", "Libellé du compte",
    "Numéro de compte auxiliaire (numéro du tiers)",
    "Libellé du compte auxiliaire", "Référence de la pièce justificative", "Date de la pièce justificative",
    "Libellé de l’écriture", "Débit, en euros", "Crédit, en euros", "Lettrage (non tenu)",
    "Date de lettrage (non tenu)", "Date de validation", "Montant en devise (sans objet)",
    "Identifiant de la devise (sans objet)",
)  # fmt: skip
BATCH = 2_000
Opened = tuple[str, str]  # account number, auxiliary number
_UNFIT = re.compile(r"[|\x00-\x1f\x7f]")


class FecTextRefused(BooksBroken):
    """A text of the books cannot stand in the file: it holds a separator or a control character (ruling B33)."""


@dataclass(frozen=True)
class FecFile:
    """A written file, its description, and what the writer counted."""

    path: Path
    description: Path
    rows: int
    entries: int
    not_sealed: int
    sha256: str


def file_name(entity: LegalEntity, year: FiscalYear) -> str:
    """Return the name the law gives the file, without its extension: SIREN, FEC, closing date."""
    return f"{entity.siren}FEC{year.ends_on:%Y%m%d}"


def write_fec(
    *, entity: LegalEntity, year: FiscalYear, directory: Path, progress: Callable[[int], None] = lambda rows: None
) -> FecFile:
    """Write the file of a year and its description; an interrupted run leaves no half file under the right name.

    Args: progress: called with the number of rows written, now and then.
    Raises: FecTextRefused, OSError.
    """
    directory.mkdir(parents=True, exist_ok=True)
    name = file_name(entity, year)
    rows = 0

    def write(file: BinaryIO) -> None:
        nonlocal rows
        file.write((SEPARATOR.join(COLUMNS) + "\n").encode())
        for row in fec_rows(entity=entity, year=year):
            file.write((SEPARATOR.join(row) + "\n").encode())
            rows += 1
            if rows % 100_000 == 0:
                progress(rows)

    path = directory / f"{name}.txt"
    sha256 = _write_whole(path, write)
    description = directory / f"{name}_description.txt"
    _write_whole(description, lambda file: file.write(_description(entity, year, rows, sha256).encode()))
    dated = Entry.objects.filter(entity=entity, accounting_date__range=(year.starts_on, year.ends_on))
    sealed = Seal.objects.filter(entity=entity, fiscal_year=year).count()
    return FecFile(path, description, rows, sealed, dated.filter(seal=None).count(), sha256)


def fec_rows(*, entity: LegalEntity, year: FiscalYear) -> Iterator[tuple[str, ...]]:
    """Yield the 18 columns of each line, in the order of seals; one line per account and side of an entry."""
    accounts = _Accounts(entity)
    seals = Seal.objects.filter(entity=entity, fiscal_year=year).select_related("entry__journal").order_by("number")
    batch: list[Seal] = []
    for seal in seals.iterator(chunk_size=BATCH):
        batch.append(seal)
        if len(batch) == BATCH:
            yield from _rows_of(batch, accounts)
            batch = []
    yield from _rows_of(batch, accounts)


class _Accounts:
    """The accounts of an entity, read as they are met."""

    def __init__(self, entity: LegalEntity) -> None:
        self.entity = entity
        self.known: dict[int, tuple[str, str, str, str]] = {}

    def read(self, wanted: set[int]) -> None:
        missing = wanted - self.known.keys()
        found = Account.objects.filter(pk__in=missing).values_list("pk", "number", "name", "party__number")
        for pk, number, name, party in found:
            self.known[pk] = (number, name, party or "", f"Tiers {party}" if party else "")


def _rows_of(batch: list[Seal], accounts: _Accounts) -> Iterator[tuple[str, ...]]:
    held = list(contents(seal.entry for seal in batch))
    accounts.read(
        {pk for content in held for line in content.transfers for pk in line[:2]}
        | {line[0] for content in held for line in content.opening_lines}
    )
    for seal, content in zip(batch, held, strict=True):
        entry = content.entry
        start = (
            entry.journal.code,
            entry.journal.name,
            str(seal.number),
            _day(entry.accounting_date),
        )
        validated = _day(clock.local(seal.sealed_at).date())
        if entry.journal.code == OPENING_JOURNAL:
            sides = {(line[0], bool(line[2])): line[1] or line[2] for line in content.opening_lines}
        else:
            sides = {}
            for debit, credit, cents in content.transfers:
                sides[debit, False] = sides.get((debit, False), 0) + cents
                sides[credit, True] = sides.get((credit, True), 0) + cents
        for (account, is_credit), cents in sides.items():
            amounts = ("0,00", _amount(cents)) if is_credit else (_amount(cents), "0,00")
            piece = (entry.piece_ref, _day(entry.piece_date), entry.label)
            yield _checked((*start, *accounts.known[account], *piece, *amounts, "", "", validated, "", ""))


def _checked(row: tuple[str, ...]) -> tuple[str, ...]:
    for column, text in zip(COLUMNS, row, strict=True):
        if _UNFIT.search(text):
            raise FecTextRefused(f"{column} of entry {row[2]} holds a separator or a control character")
    return row


def _day(on: date) -> str:
    return f"{on:%Y%m%d}"


def _amount(cents: int) -> str:
    return f"{cents // 100},{cents % 100:02d}"


def closing_balances(entity: LegalEntity, on: date) -> dict[Opened, int]:
    """Return the ledger's balances on an evening by account and auxiliary number: debits less credits, in cents."""
    balances: dict[Opened, int] = {}
    party_numbers = dict(Account.objects.filter(entity=entity).values_list("pk", "party__number"))
    for account, cents in account_balances(entity, on):
        key = (account.number, party_numbers[account.pk] or "")
        balances[key] = balances.get(key, 0) + cents
    return {key: cents for key, cents in balances.items() if cents}


def expected_opening(entity: LegalEntity, year: FiscalYear) -> dict[Opened, int]:
    """Return last year's closing balances as they open this one: income and expenses in the result of the year."""
    balances: dict[Opened, int] = {}
    result = 0
    kinds = dict(Account.objects.filter(entity=entity).values_list("number", "kind"))
    for (number, party), cents in closing_balances(entity, year.starts_on - timedelta(days=1)).items():
        if kinds[number] in RESULT_KINDS:
            result += cents
        else:
            balances[number, party] = cents
    if result:
        purpose = Purpose.LOSS_OF_YEAR if result > 0 else Purpose.PROFIT
        key = (heading(entity.chart, purpose).number, "")
        balances[key] = balances.get(key, 0) + result
    return {key: cents for key, cents in balances.items() if cents}


def _description(entity: LegalEntity, year: FiscalYear, rows: int, sha256: str) -> str:
    """Return the description that goes with the file: its form, its fields, the journals and the chart."""
    edition = edition_at(entity.chart, year.ends_on)
    accounts = Account.objects.filter(entity=entity).order_by("number").values_list("number", "name").distinct()
    lines = [
        f"Description du fichier des écritures comptables {file_name(entity, year)}.txt",
        "",
        f"Entité : {entity.name}, SIREN {entity.siren}",
        f"Exercice : du {year.starts_on:%d/%m/%Y} au {year.ends_on:%d/%m/%Y}",
        f"Lignes, sans l’en-tête : {rows}",
        f"Empreinte SHA-256 : {sha256}",
        "",
        "Forme : fichier à plat, UTF-8 sans BOM, une ligne d’en-tête, champs séparés par |, lignes terminées par LF ;",
        "dates AAAAMMJJ, décimales séparées par une virgule, débit et crédit dans deux colonnes, montants en euros.",
        "Écritures validées seulement, dans l’ordre de leur validation. Une erreur est corrigée par contre-passation.",
        "Les comptes auxiliaires portent le numéro du tiers, jamais son nom.",
        "",
        "Champs",
        *(
            f"{rank:2d} {name} : {meaning}"
            for rank, (name, meaning) in enumerate(zip(COLUMNS, MEANINGS, strict=True), 1)
        ),
        "",
        "Journaux",
        *(f"{code} {name}" for code, name in sorted(JOURNALS.items())),
        "",
        f"Plan de comptes ({edition.code})",
        *(f"{number} {name}" for number, name in accounts),
    ]
    return "\n".join(lines) + "\n"


def _write_whole(path: Path, write: Callable[[BinaryIO], object]) -> str:
    """Write a file under its name only once it is complete; return the SHA-256 of its bytes."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        with draft.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        draft.replace(path)
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()
    return sha256
