"""What the access table asks of the pages of refunds that came back, and of the checks of people."""

from funds.models import Refund
from funds.states import RefundState
from tests.access_objects import Visit, visit
from tests.funds.factories import NOW, PaymentFactory
from tests.funds.payments.recovery_scenes import a_claim_of_rows
from tests.investors.factories import PartyFactory


@visit("funds:ask_bank_refund")
@visit("funds:bank_refund")
def _refund() -> Visit:
    payment = PaymentFactory(cleared=True)
    refund = Refund.objects.create(
        payment=payment, amount=payment.amount, cause="SAVER", asked_at=NOW, answered_at=NOW, state=RefundState.FAILED,
        failure_code="UNKNOWN",
    )  # fmt: skip
    return Visit(kwargs={"uuid": refund.uuid}, owner=payment.commitment.by)


@visit("investors:check_party")
def _check() -> Visit:
    return Visit(kwargs={"uuid": PartyFactory().uuid}, data={"kind": "IDENTITY", "evidence": "Carte vue le 12/11"})


@visit("funds:claim")
def _claim() -> Visit:
    return Visit(kwargs={"uuid": a_claim_of_rows().uuid})
