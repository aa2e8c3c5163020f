"""What stands in the address of each URL of the follow-up, for the access table."""

from funds.models import FinancingRequest
from tests.access_objects import Visit, visit
from tests.funds.factories import NOW
from tests.funds.servicing.factories import HoldingFactory
from tests.investors.factories import UserFactory


@visit("follow_up:financing")
def _financing() -> Visit:
    return Visit(kwargs={"slug": HoldingFactory().loan.offer.slug})


@visit("follow_up:answer")
def _answer() -> Visit:
    holding = HoldingFactory()
    request = FinancingRequest.objects.create(
        offer=holding.loan.offer, kind="RESTRUCTURE", state="ACCEPTED", reason="Six mois de plus.",
        outstanding_cents=100_000, months=6, rate_bp=300, first_due_on=NOW.date(), worsens_terms=True,
        proposed_by=UserFactory(), proposed_at=NOW,
    )  # fmt: skip
    return Visit(kwargs={"uuid": request.uuid}, owner=holding.commitment.by)
