"""Load the territories that ship with the code."""

from dataclasses import astuple
from typing import Any

from django.core.management.base import BaseCommand

from fres.kernel.models import Territory
from fres.kernel.territory_files import VINTAGE, load_territories


class Command(BaseCommand):
    help = "Load régions, départements, intercommunalités and communes of data/territories. Safe to run again."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--missing", action="store_true", help="do nothing when this vintage is loaded already")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["missing"] and Territory.objects.filter(vintage=VINTAGE).exists():
            self.stdout.write(f"territories of {VINTAGE} already loaded")
            return
        regions, departements, epci, ept, communes, arrondissements, predecessors = astuple(load_territories())
        self.stdout.write(
            f"territories of {VINTAGE} loaded: {regions} régions, {departements} départements, {epci} EPCI, {ept} EPT, "
            f"{communes} communes, {arrondissements} arrondissements, {predecessors} predecessors"
        )
