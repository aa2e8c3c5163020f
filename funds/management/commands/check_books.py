"""Recompute the books, name every row that is wrong, keep the result, exit 1 unless all is right."""

from typing import Any

from django.core.management.base import BaseCommand

from fres.kernel import clock
from funds.books import check_books, record_check


class Command(BaseCommand):
    help = "Recompute books, registers and payments against each other; exit 1 on any problem, with the rows named."

    def handle(self, *args: Any, **options: Any) -> None:
        report = check_books(clock.now())
        record_check(report)
        for finding in report.problems:
            self.stdout.write(str(finding))
        self.stdout.write(str(report))
        if not report.is_right:
            raise SystemExit(1)
