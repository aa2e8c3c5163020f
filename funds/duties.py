"""Duties of the money side. Each subject declares its own; the kernel looks here."""

from funds.payments import duties as payment_duties

__all__ = ["payment_duties"]
