"""The pool: units at nominal, withdrawals in their window, public money beside it, and where the money went."""
