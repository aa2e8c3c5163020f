"""Tax receipts for gifts (ruling B7; Cerfa 11580 for persons, 16216 for legal persons)."""

from funds.receipts.issuing import issue_receipt, queue_receipt, void_receipts, why_no_receipt

__all__ = ["issue_receipt", "queue_receipt", "void_receipts", "why_no_receipt"]
