"""Give the tax receipts of a year that are still missing."""

from argparse import ArgumentParser
from collections import Counter
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand

from fres.kernel import clock
from funds.receipts import issue_receipt, why_no_receipt
from funds.receipts.tasks import gifts_without_receipt

EVERY = 200  # a line of progress after so many gifts


class Command(BaseCommand):
    help = "Give a receipt to each gift paid in a year that may have one and has none; say why the others have none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--year", type=int, required=True, help="the year of payment")

    def handle(self, *args: Any, **options: Any) -> None:
        year, at = options["year"], clock.now()
        due = gifts_without_receipt(since=date(year, 1, 1), until=date(year, 12, 31))
        total, given, reasons = due.count(), 0, Counter[str]()
        for rank, gift in enumerate(list(due), start=1):
            if issue_receipt(commitment=gift, at=at) is not None:
                given += 1
            else:
                reasons[why_no_receipt(commitment=gift, at=at)] += 1
            if rank % EVERY == 0:
                self.stdout.write(f"{rank}/{total} gifts read, {given} receipts given")
        for reason, count in reasons.most_common():
            self.stdout.write(f"{count} × {reason}")
        self.stdout.write(f"receipts {year}: {given} issued, {total - given} gifts that cannot have one")
