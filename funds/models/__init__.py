from funds.models.entities import Fund, LegalEntity, ReceiptEligibility, ReceiptMandate
from funds.models.ledger import (
    Account,
    BooksCheck,
    Entry,
    FiscalYear,
    Journal,
    OpeningLine,
    PeriodClosing,
    Seal,
    Transfer,
)
from funds.models.loans import Distribution, DistributionLine, Holding, Instalment, InstalmentPayment, Loan
from funds.models.offers import Commitment, Offer, SaverCeiling, WaitingPlace
from funds.models.payments import Dispute, Payment, ProviderEvent, Refund, RefusedEvents
from funds.models.payouts import PayeeAccount, PayoutOrder
from funds.models.receipts import GiftReceipt

__all__ = [
    "Account",
    "BooksCheck",
    "Commitment",
    "Dispute",
    "Distribution",
    "DistributionLine",
    "Entry",
    "FiscalYear",
    "Fund",
    "GiftReceipt",
    "Holding",
    "Instalment",
    "InstalmentPayment",
    "Journal",
    "LegalEntity",
    "Loan",
    "Offer",
    "OpeningLine",
    "PayeeAccount",
    "Payment",
    "PayoutOrder",
    "PeriodClosing",
    "ProviderEvent",
    "ReceiptEligibility",
    "ReceiptMandate",
    "Refund",
    "RefusedEvents",
    "SaverCeiling",
    "Seal",
    "Transfer",
    "WaitingPlace",
]
