"""What stands in the addresses of co-financing rounds."""

from funds.models import Contribution
from tests.access_objects import Visit, visit
from tests.funds.cofinancing.test_tables import a_line, a_table, confirm
from tests.projects.applications.scenes import pdf_file


@visit("cofinancing:table")
def _table() -> Visit:
    return Visit({"uuid": a_table().uuid})


@visit("cofinancing:evidence")
def _evidence() -> Visit:
    line: Contribution = confirm(a_line(a_table()), 1_000, file=pdf_file("lettre.pdf"))
    return Visit({"uuid": line.uuid})
