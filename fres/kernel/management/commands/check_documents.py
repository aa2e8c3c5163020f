"""Read every issued document again and compare it with its hash."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from fres.kernel.documents import check_documents
from fres.kernel.models import Document


class Command(BaseCommand):
    help = "Verify the bytes of every issued document and the numbers of every series; exit 1 on any problem."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--sample", type=int, help="read the bytes of the last so many documents only")

    def handle(self, *args: Any, **options: Any) -> None:
        problems = 0
        for problem in check_documents(sample=options["sample"]):
            problems += 1
            self.stderr.write(f"{problem.subject}: {problem.problem}")
        summary = f"documents checked: {Document.objects.count()} issued, {problems} problems"
        if problems:
            raise CommandError(summary)
        self.stdout.write(summary)
