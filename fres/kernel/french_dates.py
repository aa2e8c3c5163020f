"""Dates in French words for documents, which are in French whatever the language of who asks (D13)."""

from datetime import date

from fres.kernel.money import NO_BREAK_SPACE

MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
    "décembre",
)  # fmt: skip


def date_in_words(day: date) -> str:
    """Return a date as a French document writes it: "1er janvier 2027", "27 novembre 2026"; the day never parts."""
    rank = "1er" if day.day == 1 else str(day.day)
    return f"{rank}{NO_BREAK_SPACE}{MONTHS[day.month - 1]} {day.year}"


def date_in_figures(day: date) -> str:
    """Return a date in figures, for tables: "27/11/2026"."""
    return f"{day.day:02}/{day.month:02}/{day.year}"
