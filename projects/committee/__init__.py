"""Committees: who sits, what they declare, how they score, vote and decide, and the minutes (issue §2.4, R-049)."""
