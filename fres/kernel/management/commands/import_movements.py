"""Apply INSEE's yearly list of movements of communes."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from fres.kernel.territory_files import MovementsRefused, import_movements


class Command(BaseCommand):
    help = "Apply a list of movements of communes (INSEE, mvt_commune_AAAA.csv). Safe to run again."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            imported = import_movements(options["file"])
        except (OSError, MovementsRefused, UnicodeDecodeError) as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(
            f"movements imported: {imported.ended} communes ended or changed, {imported.begun} begun, "
            f"{imported.ignored} lines ignored"
        )
