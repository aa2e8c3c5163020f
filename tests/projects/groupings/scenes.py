"""Groupings for tests: nothing random."""

import factory

from projects.models import Grouping
from tests.projects.factories import OrganisationFactory


class GroupingFactory(factory.django.DjangoModelFactory):
    """A pole in prefiguration; `circuit=True` a food circuit."""

    class Meta:
        model = Grouping

    class Params:
        circuit = factory.Trait(kind="CCES", sector="FOOD")

    slug = factory.Sequence(lambda n: f"groupement-{n}")
    kind = "PTCE"
    name = factory.Sequence(lambda n: f"Pôle des Terrils {n}")
    purpose = "Coopérer dans le bassin minier."
    pivot = factory.SubFactory(OrganisationFactory)
    commune_code = "62498"
