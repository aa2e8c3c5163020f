"""Duties of the money side. Each subject declares its own; the kernel looks here."""

from funds import books_duties, campaign_duties, label_duties
from funds.contracts import duties as contract_duties
from funds.monitoring import duties as monitoring_duties
from funds.payments import duties as payment_duties
from funds.pool import duties as pool_duties
from funds.receipts import duties as receipt_duties
from funds.rounds import duties as round_duties
from funds.servicing import duties as servicing_duties
from funds.sources import duties as source_duties

__all__ = [
    "books_duties",
    "campaign_duties",
    "contract_duties",
    "label_duties",
    "monitoring_duties",
    "payment_duties",
    "pool_duties",
    "receipt_duties",
    "round_duties",
    "servicing_duties",
    "source_duties",
]
