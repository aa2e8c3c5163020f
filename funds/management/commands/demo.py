"""Live the demonstration region up to its today."""

import time
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from fres.kernel import clock
from fres.kernel.management.commands.run_duties import parse_moment
from funds.demonstration import cast
from funds.demonstration.campaigns import CAMPAIGNS
from funds.demonstration.provider import ProviderPages
from funds.demonstration.story import TODAY, Story, is_told, open_current_campaigns, show_last_moment
from funds.models import Commitment, Offer

SAVERS = max(pledge.saver for campaign in CAMPAIGNS for pledge in campaign.pledges) + 1


class Command(BaseCommand):
    help = "Live the demonstration region, from January 2024 to its today. Run again, it goes on or does nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--today", help=f"where the story stops (ISO 8601); {TODAY:%Y-%m-%dT%H:%M} by default")
        parser.add_argument("--savers", type=int, default=SAVERS, help=f"how many savers there are: {SAVERS}")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMONSTRATION:
            raise CommandError("the demonstration region is made in a demonstration only (FRES_DEMONSTRATION=1)")
        if options["savers"] != SAVERS:
            raise CommandError(f"the cast has {SAVERS} savers; a larger or smaller region is not made yet")
        if not settings.STRIPE_API_BASE:
            offers = open_current_campaigns(say=self.stdout.write)
            self.stdout.write(
                f"demonstration ready: {offers} offers without a past: the payment provider is not our test server"
            )
            return
        if not settings.CLOCK_FILE:
            raise CommandError("the story needs a clock to move: FRES_CLOCK_FILE names its file")
        today = parse_moment(options["today"]) if options["today"] else TODAY
        self._tell(today)

    def _tell(self, today: datetime) -> None:
        if is_told(today=today):
            show_last_moment()
            self.stdout.write(f"demonstration already there: it is {clock.local(clock.now()):%Y-%m-%d %H:%M} in Paris")
            return
        started = time.monotonic()
        report = Story(provider=ProviderPages(settings.STRIPE_API_BASE), say=self._say).tell(today=today)
        for finding in report.problems:
            self.stdout.write(str(finding))
        self.stdout.write(
            f"demonstration ready: {Offer.objects.count()} offers, {Commitment.objects.count()} commitments, "
            f"{len(cast.ORGANISATIONS)} organisations, in {time.monotonic() - started:.0f} s; {report}"
        )
        if not report.is_right:
            raise SystemExit(1)

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
