"""Writing persons and legal persons: their number, their profile, where they are taxed."""

from django.db import connection

from investors.models import Party

_LETTER = {Party.Kind.PERSON: "S", Party.Kind.LEGAL: "P"}


def next_party_numbers(kind: Party.Kind, count: int = 1) -> list[str]:
    """Return numbers nobody had before, in order: "S000123" for a person, "P000123" for a legal person."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('investors_party_number') FROM generate_series(1, %s)", [count])
        return [f"{_LETTER[kind]}{number:06d}" for (number,) in cursor.fetchall()]
