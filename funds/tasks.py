"""Jobs of the money side. Each subject declares its own; the worker looks here."""

from funds.payments.tasks import handle_event_job, send_refund_job
from funds.receipts.tasks import issue_receipt_of
from funds.servicing.tasks import (
    distribute_instalment_job,
    send_payout_job,
    tell_distribution_job,
    tell_paid_job,
)
from funds.sources.uploading import check_upload_job

__all__ = [
    "check_upload_job",
    "distribute_instalment_job",
    "handle_event_job",
    "issue_receipt_of",
    "send_payout_job",
    "send_refund_job",
    "tell_distribution_job",
    "tell_paid_job",
]
