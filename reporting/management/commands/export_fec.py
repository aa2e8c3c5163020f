"""Write the accounting-entries file of each entity for one year, with its description, and check it strictly."""

from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from funds.chart import JOURNALS, OPENING_JOURNAL, edition_at, fiscal_year_bounds
from funds.management.entities import add_entity_argument, chosen_entities
from funds.models import Entry, FiscalYear, LegalEntity
from funds.pieces import missing_pieces
from funds.sealing import fiscal_year_of
from reporting.returns.fec import FecFile, closing_balances, expected_opening, write_fec
from reporting.returns.fec_checker import Expected, FecProblem, check_fec

MOST_TOLD = 50


class Command(BaseCommand):
    help = "Write <SIREN>FEC<closing date>.txt from sealed entries, and check it; exit 1 when a rule is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        add_entity_argument(parser)
        parser.add_argument("--year", type=int, required=True, help="the year in which the financial year ends")
        parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where to write the files")

    def handle(self, *args: Any, **options: Any) -> None:
        files = rows = problems = 0
        for entity in chosen_entities(options["entity"]):
            year = financial_year(entity, options["year"])
            if year is None:
                self.stdout.write(f"{entity.siren}: no entry in {options['year']}")
                continue
            file = write_fec(entity=entity, year=year, directory=options["out"], progress=self.progress)
            found = list(islice(check_file(file, entity, year), MOST_TOLD))
            left = f", {file.not_sealed} entries not sealed left out" if file.not_sealed else ""
            self.stdout.write(
                f"{file.path.name}: {file.rows} rows of {file.entries} entries{left}, sha256 {file.sha256}"
            )
            for problem in found:
                self.stdout.write(f"{file.path.name}: {problem}")
            files, rows, problems = files + 1, rows + file.rows, problems + len(found)
        self.stdout.write(f"fec: {files} files, {rows} rows, {problems} problems")
        if problems:
            raise SystemExit(1)

    def progress(self, rows: int) -> None:
        self.stdout.write(f"… {rows} rows")


def financial_year(entity: LegalEntity, closing_year: int) -> FiscalYear | None:
    """Return the financial year of an entity that ends in a year, when it holds an entry."""
    bounds = fiscal_year_bounds(entity.year_end_month, date(closing_year, entity.year_end_month, 1))
    if not Entry.objects.filter(entity=entity, accounting_date__range=bounds).exists():
        return None
    return fiscal_year_of(entity, bounds[1])


def check_file(file: FecFile, entity: LegalEntity, year: FiscalYear) -> list[FecProblem]:
    """Return what the strict checker says of our own file, against the books it came from."""
    edition = edition_at(entity.chart, year.ends_on)
    missing = missing_pieces(entity, year)
    expected = Expected(
        siren=entity.siren,
        starts_on=year.starts_on,
        ends_on=year.ends_on,
        journals=JOURNALS,
        accounts={heading.number for heading in edition.headings.values()},
        opening_journal=OPENING_JOURNAL,
        opening=expected_opening(entity, year),
        closing=None if file.not_sealed else closing_balances(entity, year.ends_on),
        has_piece=lambda piece: piece not in missing,
    )
    return list(check_fec(file.path, expected))
