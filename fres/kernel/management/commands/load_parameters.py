"""Load the dated rates and limits that ship with the code."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from fres.kernel.parameter_seeds import load_seeds


class Command(BaseCommand):
    help = "Add the dated rates and limits of data/parameters.csv that are missing; keep what the operator changed."

    def handle(self, *args: Any, **options: Any) -> None:
        loaded = load_seeds(demonstration=settings.DEMONSTRATION)
        for row in loaded.differing:
            self.stdout.write(f"kept as it is here, differs from the shipped row: {row}")
        self.stdout.write(
            f"parameters loaded: {loaded.added} added, {loaded.closed} closed, {loaded.kept} unchanged, "
            f"{len(loaded.differing)} differing"
        )
