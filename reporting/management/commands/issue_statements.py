"""Issue the yearly statement of every saver."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from fres.kernel import clock
from fres.kernel.errors import RuleViolation
from reporting.statements.issuing import issue_statements


class Command(BaseCommand):
    help = (
        "Issue the statement of a year to each saver who has none; stopped and started again, it goes on where it was."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--year", type=int, required=True, help="a year that has ended")
        parser.add_argument("--saver", default="", help="only this saver, by number (S000123)")
        parser.add_argument("--jobs", type=int, default=1, help="processes that render")
        parser.add_argument(
            "--correct", action="store_true", help="replace each statement that would now read otherwise"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            tally = issue_statements(
                year=options["year"],
                at=clock.now(),
                saver_number=options["saver"],
                processes=options["jobs"],
                is_correcting=options["correct"],
                say=self.stdout.write,
            )
        except RuleViolation as refusal:
            raise CommandError(str(refusal)) from refusal
        for problem in tally.problems:
            self.stderr.write(problem)
        self.stdout.write(
            f"statements {options['year']}: {tally.issued} issued ({tally.corrected} corrections), "
            f"{tally.already_there} already there, {tally.without_movement} savers without movement, "
            f"{len(tally.problems)} problems"
        )
        if tally.problems:
            raise CommandError(f"{len(tally.problems)} statements could not be issued")
