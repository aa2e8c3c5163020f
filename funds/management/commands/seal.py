"""Give numbers and chained hashes to the entries that have none."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from fres.kernel import clock
from funds.management.entities import add_entity_argument, chosen_entities
from funds.sealing import seal_entries


class Command(BaseCommand):
    help = "Seal the entries of one entity, or of all."

    def add_arguments(self, parser: CommandParser) -> None:
        add_entity_argument(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        sealed = 0
        entities = chosen_entities(options["entity"])
        for entity in entities:
            count = seal_entries(entity=entity, at=clock.now())
            self.stdout.write(f"{entity.siren}: {count} entries sealed")
            sealed += count
        self.stdout.write(f"sealed: {sealed} entries in the books of {len(entities)} entities")
