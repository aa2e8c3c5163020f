"""What the access table asks of the pages that come before a loan."""

from tests.access_objects import Visit, visit
from tests.investors.protection.scenes import a_request


@visit("protection:decide")
def _asked() -> Visit:
    return Visit(kwargs={"uuid": a_request().uuid})
