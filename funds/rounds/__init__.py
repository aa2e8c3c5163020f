"""Rounds of the pot: demands frozen, savers vote, the count is public, two people sign the order."""
