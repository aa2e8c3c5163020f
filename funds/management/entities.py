"""The `--entity` option shared by the commands about books."""

from django.core.management.base import CommandError, CommandParser

from funds.models import LegalEntity


def add_entity_argument(parser: CommandParser) -> None:
    parser.add_argument("--entity", metavar="SIREN", default="", help="one legal entity; all of them when omitted")


def chosen_entities(siren: str) -> list[LegalEntity]:
    """Return the entity of a SIREN, or every entity. Raises CommandError: there is none."""
    entities = LegalEntity.objects.order_by("pk")
    if siren:
        entities = entities.filter(siren=siren.replace(" ", ""))
        if not entities:
            raise CommandError(f"no legal entity with the SIREN {siren}")
    return list(entities)
