"""Which vouchers named by entries are kept: a row of ours, an issued document, or paper outside of the system."""

from django.db import connection

from funds.models import FiscalYear, LegalEntity

_ROWS = (
    "funds_payment",
    "funds_refund",
    "funds_dispute",
    "funds_payoutorder",
    "funds_offer",
    "funds_commitment",
    "funds_distribution",
    "funds_instalment",
    "funds_loan",
    "funds_subscription",
    "funds_poolpayment",
    "funds_redemptionrequest",
    "funds_placement",
    "funds_match",
    "funds_loanguarantee",
    "funds_conventionpayment",
    "kernel_document",
)


def missing_pieces(entity: LegalEntity, year: FiscalYear) -> set[str]:
    """Return the vouchers of a year that name a uuid of no row: those that nobody could show an auditor.

    A reference that is no uuid is an issued document's number or a paper voucher (statutes, a bank statement).
    """
    known = " UNION ALL ".join(f"SELECT uuid::text AS piece FROM {table}" for table in _ROWS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT DISTINCT entry.piece_ref FROM funds_entry entry
            WHERE entry.entity_id = %s AND entry.accounting_date BETWEEN %s AND %s
                AND entry.piece_ref ~ '^[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}$'
                AND NOT EXISTS (SELECT FROM ({known}) kept WHERE kept.piece = entry.piece_ref)""",
            [entity.pk, year.starts_on, year.ends_on],
        )
        return {piece for (piece,) in cursor.fetchall()}
