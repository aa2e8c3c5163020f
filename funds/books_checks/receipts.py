"""Tax receipts against the payments they certify: what a valid one says is what remains given (ruling B7)."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from funds.books import Problem, books_check, select, told_in_cents


@books_check(_("Chaque reçu fiscal valable dit ce qui reste donné"))
def receipts_say_what_remains(at: datetime) -> Iterator[Problem]:
    """A gift whose refund is only due keeps its receipt: the money has not left yet."""
    query = """SELECT document.number, receipt.amount_cents, coalesce(kept.cents, 0)
        FROM funds_giftreceipt receipt
        JOIN kernel_document document ON document.id = receipt.document_id
        LEFT JOIN kernel_documentvoid void ON void.document_id = document.id
        LEFT JOIN (
            SELECT payment.commitment_id, sum(
                (payment.amount * 100)::bigint - payment.refunded_cents
                - CASE WHEN dispute.won_at IS NULL THEN coalesce((dispute.amount * 100)::bigint, 0) ELSE 0 END
            ) AS cents
            FROM funds_payment payment LEFT JOIN funds_dispute dispute ON dispute.payment_id = payment.id
            WHERE payment.state = 'CLEARED' AND NOT payment.is_surplus GROUP BY payment.commitment_id
        ) kept ON kept.commitment_id = receipt.commitment_id
        WHERE void.id IS NULL AND receipt.amount_cents IS DISTINCT FROM coalesce(kept.cents, 0)"""
    for number, said, expected in select(query):
        yield told_in_cents(f"receipt {number}", said, int(expected), what="valid receipt against what remains given")


@books_check(_("Un don a un seul reçu fiscal valable"))
def one_valid_receipt_a_gift(at: datetime) -> Iterator[Problem]:
    query = """SELECT commitment.uuid, count(*) FROM funds_giftreceipt receipt
        JOIN funds_commitment commitment ON commitment.id = receipt.commitment_id
        LEFT JOIN kernel_documentvoid void ON void.document_id = receipt.document_id
        WHERE void.id IS NULL GROUP BY commitment.uuid HAVING count(*) > 1"""
    for uuid, count in select(query):
        yield Problem(f"commitment {uuid}", f"{count} valid receipts")
