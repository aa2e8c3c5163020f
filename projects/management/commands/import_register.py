"""Import a file of the national register, then verify the organisations it knows or does not know."""

from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from fres.kernel import clock
from projects.organisations.register import organisations_to_verify, verify_organisation
from projects.organisations.register_files import RegisterFileUnreadable, import_register


class Command(BaseCommand):
    help = "Import a register file (CSV of the INSEE or of the RNA), then verify who waits. Safe to run again."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--as-of", type=date.fromisoformat, required=True, metavar="DATE", help="state of the file")
        parser.add_argument("--source", default="", help="what the page names as the register; the file's name if none")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            done = import_register(path, source=options["source"] or path.name, as_of=options["as_of"])
        except (OSError, RegisterFileUnreadable, UnicodeDecodeError) as problem:
            raise CommandError(str(problem)) from problem
        at = clock.now()
        waiting = list(organisations_to_verify())
        answered = sum(verify_organisation(organisation=one, at=at).register_checked_at is not None for one in waiting)
        self.stdout.write(
            f"register imported: {done.read} lines read, {done.written} written, {done.refused} refused; "
            f"{answered} of {len(waiting)} organisations verified"
        )
