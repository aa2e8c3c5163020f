"""Move the clock of the demonstration forward."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from fres.kernel import clock
from fres.kernel.clock import ClockRefused
from fres.kernel.clock_moves import move_clock
from fres.kernel.management.commands.run_duties import parse_moment


class Command(BaseCommand):
    help = "Move the demonstration's clock forward, running the duties of each night crossed."

    def add_arguments(self, parser: Any) -> None:
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument("--days", type=int, help="so many days from now, at the same hour of Paris")
        where.add_argument("--to", help="this moment (ISO 8601, Paris when no zone is given)")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMONSTRATION:
            raise CommandError("the clock is moved in the demonstration only")
        if options["to"]:
            target = parse_moment(options["to"])
        else:
            target = clock.local(clock.now()) + timedelta(days=options["days"])
        ran = 0
        try:
            for moment, name, summary in move_clock(to=target):
                ran += 1
                if options["verbosity"] > 1:
                    self.stdout.write(f"{clock.local(moment):%Y-%m-%d %H:%M} {name}: {summary}")
        except ClockRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"clock moved to {clock.local(target):%Y-%m-%d %H:%M} (Paris), {ran} duties run")
