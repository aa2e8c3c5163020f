"""Load the catalogue of tools of a territory."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from projects.organisations.tools import load_tools


class Command(BaseCommand):
    help = "Load tools of the territory from a CSV file (columns of data/tools_demonstration.csv). Safe to run again."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = load_tools(options["file"])
        except (OSError, KeyError, ValueError) as problem:
            raise CommandError(f"{options['file']}: {problem}") from problem
        self.stdout.write(f"tools loaded: {done.added} added, {done.changed} changed, {done.kept} kept")
