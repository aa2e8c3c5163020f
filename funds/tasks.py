"""Jobs of the money side. Each subject declares its own; the worker looks here."""

from funds.payments.tasks import handle_event_job, send_refund_job

__all__ = ["handle_event_job", "send_refund_job"]
