"""Live the demonstration region up to its today."""

import time
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from fres.kernel import clock
from fres.kernel.management.commands.run_duties import parse_moment
from funds.books import BooksReport, check_books, record_check
from funds.demonstration import cast
from funds.demonstration.crowd import CrowdRefused, make_crowd
from funds.demonstration.crowd_plan import KEEPER
from funds.demonstration.provider import ProviderPages
from funds.demonstration.region import find_region, found_without_story
from funds.demonstration.story import (
    TODAY,
    Story,
    is_told,
    open_current_campaigns,
    show_last_moment,
)
from funds.models import Commitment, LegalEntity, Offer


class Command(BaseCommand):
    help = "Live the demonstration region, from January 2024 to its today. Run again, it goes on or does nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--today", help=f"where the story stops (ISO 8601); {TODAY:%Y-%m-%dT%H:%M} by default")
        parser.add_argument(
            "--savers", type=int, default=0, help="how many savers beyond the cast, with two years of history"
        )
        parser.add_argument(
            "--without-story", action="store_true", help="only found the region: a small base for --savers"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMONSTRATION:
            raise CommandError("the demonstration region is made in a demonstration only (FRES_DEMONSTRATION=1)")
        today = parse_moment(options["today"]) if options["today"] else TODAY
        if not settings.STRIPE_API_BASE and not options["without_story"]:
            if options["savers"]:
                raise CommandError("the crowd's past needs our test server's clock, not a real payment provider")
            offers = open_current_campaigns(say=self.stdout.write)
            self.stdout.write(
                f"demonstration ready: {offers} offers without a past: the payment provider is not our test server"
            )
            return
        if not settings.CLOCK_FILE:
            raise CommandError("the story needs a clock to move: FRES_CLOCK_FILE names its file")
        if options["without_story"]:
            self._found(today)
        else:
            self._tell(today)
        if options["savers"]:
            self._gather(options["savers"])

    def _found(self, today: datetime) -> None:
        if Offer.objects.exclude(books__siren=KEEPER.siren).exists():
            raise CommandError("this region has a story already: ask for it without --without-story")
        found_without_story(today=today)

    def _tell(self, today: datetime) -> None:
        if is_told(today=today):
            show_last_moment()
            self.stdout.write(f"demonstration already there: it is {clock.local(clock.now()):%Y-%m-%d %H:%M} in Paris")
            return
        if LegalEntity.objects.filter(siren=KEEPER.siren).exists():
            raise CommandError("the crowd is there without a story: go on with --without-story, or start anew")
        started = time.monotonic()
        report = Story(provider=ProviderPages(settings.STRIPE_API_BASE), say=self._say).tell(today=today)
        self._conclude(
            report,
            f"demonstration ready: {Offer.objects.count()} offers, {Commitment.objects.count()} commitments, "
            f"{len(cast.ORGANISATIONS)} organisations, in {time.monotonic() - started:.0f} s; {report}",
        )

    def _gather(self, count: int) -> None:
        region = find_region()
        assert region is not None  # told, or founded, just before
        started = time.monotonic()
        try:
            made = make_crowd(region=region, count=count, say=self._say)
        except CrowdRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        if not made:
            self.stdout.write(f"crowd already there: {count} savers")
            return
        took = time.monotonic() - started
        report = check_books(clock.now())
        record_check(report)
        self._conclude(report, f"crowd ready: {count} savers, {made} of them made in {took:.0f} s; {report}")

    def _conclude(self, report: BooksReport, summary: str) -> None:
        for finding in report.problems:
            self.stdout.write(str(finding))
        self.stdout.write(summary)
        if not report.is_right:
            raise SystemExit(1)

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
