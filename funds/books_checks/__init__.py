"""What `check_books` recomputes, one module a subject. Importing this package registers them all."""

from funds.books_checks import accounts, documents, entries, flows, pool, receipts, registers, seals, tranches

__all__ = ["accounts", "documents", "entries", "flows", "pool", "receipts", "registers", "seals", "tranches"]
