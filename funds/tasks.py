"""Jobs of the money side. Each subject declares its own; the worker looks here."""

from funds.payments.tasks import handle_event_job, send_refund_job
from funds.receipts.tasks import issue_receipt_of

__all__ = ["handle_event_job", "issue_receipt_of", "send_refund_job"]
