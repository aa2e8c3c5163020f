"""Close months for good; the last month of a financial year opens the next with its balances."""

from datetime import date, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from fres.kernel import clock
from fres.kernel.errors import RuleViolation
from funds.management.entities import add_entity_argument, chosen_entities
from funds.sealing import close_months


class Command(BaseCommand):
    help = (
        "Close every open month up to --through YYYY-MM, sealing what is in it; nothing may be dated there afterwards."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_entity_argument(parser)
        parser.add_argument("--through", required=True, metavar="YYYY-MM", help="the last month to close")

    def handle(self, *args: Any, **options: Any) -> None:
        through = _month(options["through"])
        closed = 0
        for entity in chosen_entities(options["entity"]):
            try:
                months = close_months(entity=entity, through=through, by=None, at=clock.now())
            except RuleViolation as refusal:
                raise CommandError(f"{entity.siren}: {refusal}") from refusal
            for month in months:
                self.stdout.write(f"{entity.siren}: {month:%Y-%m} closed")
            closed += len(months)
        self.stdout.write(f"closed: {closed} months")


def _month(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007 – a month has no time zone
    except ValueError as error:
        raise CommandError(f"{text} is not a month like 2025-12") from error
