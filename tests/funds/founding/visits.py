"""What stands in the addresses of what founds a fund."""

from funds.founding.files import file_document
from tests.access_objects import Visit, visit
from tests.funds.factories import FundFactory
from tests.funds.founding.scenes import NOW
from tests.investors.factories import UserFactory
from tests.projects.applications.scenes import pdf_file


@visit("founding:file")
def _file() -> Visit:
    filed = file_document(fund=FundFactory(), title="Acte", file=pdf_file(), by=UserFactory(), at=NOW)
    return Visit({"uuid": filed.uuid})


@visit("founding:record")
def _record() -> Visit:
    return Visit({"uuid": FundFactory().uuid, "what": "capital"})
