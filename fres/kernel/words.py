"""Amounts of money in French words, for receipts and contracts."""

from num2words import num2words

CENTS_IN_EURO = 100
MILLION = 1_000_000


def amount_in_words(cents: int) -> str:
    """Return an amount in euros written out in French: 105 gives "un euro et cinq centimes".

    Traditional hyphens (none around "et"); "million" and "milliard" are nouns, so "un million d’euros"; no space is
    no-break, since the sentence may be long. Only whole numbers go through the library: given an integer in its money
    mode, it would take euros for cents.

    Args: cents: whole cents, from 0 up to 999 999 999 999.99 euros.
    Raises: TypeError: not an int; ValueError: negative, or beyond the highest amount.
    Source: Cerfa 11580 and 16216, amount in figures and in words; grammar of vingt, cent and mille.
    """
    if type(cents) is not int:
        raise TypeError("cents must be an int")
    if not 0 <= cents < CENTS_IN_EURO * MILLION * MILLION:
        raise ValueError(f"{cents} cents cannot be written in words")
    euros, rest = divmod(cents, CENTS_IN_EURO)
    parts = []
    if euros or not rest:
        parts.append(_euros(euros))
    if rest:
        parts.append(f"{integer_in_words(rest)} centime{'s' if rest > 1 else ''}")
    return " et ".join(parts)


def integer_in_words(number: int) -> str:
    """Return a whole number in French words with traditional hyphens: 71 gives "soixante et onze", 80 000 "quatre-
    vingt mille"."""
    return num2words(number, lang="fr")


def _euros(euros: int) -> str:
    words = integer_in_words(euros)
    if euros < 2:
        return f"{words} euro"
    return f"{words} d’euros" if euros % MILLION == 0 else f"{words} euros"
