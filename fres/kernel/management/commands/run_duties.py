"""Run what falls due."""

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from fres.kernel import clock, duties


class Command(BaseCommand):
    help = "Run every duty once, in order: expiries, reminders, closings, messages left behind."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--at", help="as of this moment (ISO 8601, Paris when no zone is given); now by default")

    def handle(self, *args: Any, **options: Any) -> None:
        at = parse_moment(options["at"]) if options["at"] else clock.now()
        done = duties.run_duties(at=at)
        for name, summary in done:
            self.stdout.write(f"{name}: {summary}")
        self.stdout.write(f"duties run: {len(done)}")


def parse_moment(text: str) -> datetime:
    """Return the moment that a person typed; in Paris when they gave no zone. Raises: CommandError: it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as problem:
        raise CommandError(f"not a moment: {text!r} (2026-11-27 or 2026-11-27T23:59)") from problem
    return moment if moment.tzinfo else moment.replace(tzinfo=clock.PARIS)
