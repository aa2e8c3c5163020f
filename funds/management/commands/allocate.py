"""Recompute an allocation bundle without the database; exit 1 unless it gives the same bytes."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from funds.allocation.bundle import BundleRefused, read_files
from funds.allocation.recompute import recompute_file


class Command(BaseCommand):
    help = "Recompute an allocation bundle to the same bytes, without the database; exit 1 when it differs."
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--bundle", type=Path, required=True, help="the archive to recompute")
        parser.add_argument("--check", action="store_true", help="only compare the files with their hashes")

    def handle(self, *args: Any, bundle: Path, check: bool, **options: Any) -> None:
        try:
            if check:
                files = read_files(bundle.read_bytes())
                self.stdout.write(f"{bundle.name}: {len(files)} files, every hash is right")
            else:
                self.stdout.write(recompute_file(bundle))
        except (BundleRefused, OSError) as refusal:
            self.stdout.write(f"REFUSED: {refusal}")
            raise SystemExit(1) from None
