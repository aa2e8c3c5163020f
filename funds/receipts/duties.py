"""Nothing stays behind because a job was lost, or because a profile was not complete when the gift cleared."""

from datetime import datetime

from fres.kernel.duties import duty
from funds.models import Commitment
from funds.receipts.issuing import issue_receipt
from funds.receipts.tasks import gifts_without_receipt


@duty(order=65)
def issue_missing_receipts(at: datetime) -> str:
    due = list(gifts_without_receipt().values_list("pk", flat=True))
    given = sum(issue_receipt(commitment=Commitment(pk=pk), at=at) is not None for pk in due)
    return f"{given} receipts issued, {len(due) - given} gifts cannot have one yet"
