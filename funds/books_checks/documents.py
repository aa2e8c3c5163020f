"""What is told to people: legal messages that left, issued documents whose bytes are still what they were."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from fres.kernel.documents import check_documents
from fres.kernel.messages import overdue_legal_messages
from funds.books import Problem, books_check

SAMPLE = 50


@books_check(_("Les messages dus par la loi sont partis"))
def legal_messages(at: datetime) -> Iterator[Problem]:
    for uuid, template in overdue_legal_messages(at).values_list("uuid", "template").iterator(chunk_size=500):
        yield Problem(f"message {uuid}", f"{template} is due by law and has not left")


@books_check(_("Les derniers documents émis sont intacts"))
def last_documents(at: datetime) -> Iterator[Problem]:
    for problem in check_documents(sample=SAMPLE):
        yield Problem(f"document {problem.subject}", problem.problem)
