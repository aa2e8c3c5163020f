"""Load the referentials of labels and charters that ship with the code."""

from typing import Any

from django.core.management.base import BaseCommand

from projects.labels.loading import load_labels


class Command(BaseCommand):
    help = "Add the versions of data/labels that are missing; a published version never changes."

    def handle(self, *args: Any, **options: Any) -> None:
        loaded = load_labels()
        for name in loaded.differing:
            self.stdout.write(f"kept as it is here, differs from the shipped version: {name}")
        self.stdout.write(
            f"labels loaded: {loaded.added} added, {loaded.kept} unchanged, {len(loaded.differing)} differing"
        )
