"""Load the indicators that ship with the code."""

from typing import Any

from django.core.management.base import BaseCommand

from projects.indicators.loading import load_indicators


class Command(BaseCommand):
    help = "Add the indicators of data/indicators.csv that are missing; those that are there never change."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"indicators loaded: {load_indicators()} added")
