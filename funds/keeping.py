"""How long the documents of the money side are kept (ruling B22): receipts by the tax law, contracts from their end."""

from datetime import date

from fres.kernel import clock, retention
from fres.kernel.models import Document
from funds.models import Instalment

RECEIPTS = "gift.receipt.retention_years"


def last_day_of_loan(document: Document) -> date:
    """Return the day a loan's last instalment is due, for its contract or its model; the day of issue without one."""
    about = {"loan": "loan__uuid", "offer": "loan__offer__uuid"}[document.about_type]
    last = Instalment.objects.filter(**{about: document.about_uuid}).order_by("-due_on").first()
    return last.due_on if last is not None else clock.local(document.issued_at).date()


def declare_retention() -> None:
    """Tell the kernel; called once, when the app is ready."""
    from funds.contracts.issuing import CONTRACT_KIND, MODEL_KIND
    from funds.receipts.issuing import KIND

    retention.keep(KIND, parameter=RECEIPTS)
    retention.keep(CONTRACT_KIND, starts=last_day_of_loan)
    retention.keep(MODEL_KIND, starts=last_day_of_loan)
