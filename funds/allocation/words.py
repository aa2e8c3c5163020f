"""Sentences that people read, kept as a template and its values: French by themselves, translated by pages.

The allocation is recomputed without Django, so it cannot call gettext; templates are only marked here, and a page
gives its own `gettext` to `Sentence.said`. A document or a bundle takes the French, which is the source.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

from fres.kernel.cents import NO_BREAK_SPACE, format_cents

__all__ = ["Sentence", "euros", "gettext_noop", "listed", "percent", "say", "share_text"]


def gettext_noop(text: str) -> str:
    """Mark a template for the catalogues and return it as it is."""
    return text


@dataclass(frozen=True)
class Sentence:
    """A template with `%(name)s` places and what fills them: texts, whole numbers, or other sentences."""

    template: str
    values: tuple[tuple[str, "str | int | Sentence | Listed"], ...] = ()

    def __str__(self) -> str:
        return self.said(gettext_noop)

    def said(self, translate: Callable[[str], str]) -> str:
        """Return the sentence through a translation of templates, its parts too."""
        filled = {
            name: value.said(translate) if isinstance(value, (Sentence, Listed)) else value
            for name, value in self.values
        }
        return translate(self.template) % filled


@dataclass(frozen=True)
class Listed:
    """Parts read one after the other: "a, b et c"."""

    parts: tuple["str | Sentence", ...]

    def said(self, translate: Callable[[str], str]) -> str:
        parts = [part.said(translate) if isinstance(part, Sentence) else part for part in self.parts]
        if len(parts) < 2:
            return "".join(parts)
        return translate(gettext_noop("%(first)s et %(last)s")) % {"first": ", ".join(parts[:-1]), "last": parts[-1]}

    def __str__(self) -> str:
        return self.said(gettext_noop)


def say(template: str, **values: "str | int | Sentence | Listed") -> Sentence:
    """Return the sentence of a marked template."""
    return Sentence(template, tuple(sorted(values.items())))


def listed(parts: Iterable["str | Sentence"]) -> Listed:
    return Listed(tuple(parts))


def euros(cents: int) -> str:
    """Return an amount as a sentence shows it: without its cents when it has none."""
    return format_cents(cents, whole=cents % 100 == 0)


def percent(share: Fraction) -> str:
    """Return a share as French per cent: "20 %", "7,5 %"; at most four decimals, cut, never rounded up."""
    scaled = share.numerator * 1_000_000 // share.denominator
    whole, rest = divmod(scaled, 10_000)
    decimals = f"{rest:04}".rstrip("0")
    return f"{whole}{',' + decimals if decimals else ''}{NO_BREAK_SPACE}%"


def share_text(share: Fraction) -> str:
    """Return a fraction as the exact text that files carry: "0.05", "7", or "1/3" when it has no decimal form."""
    denominator, twos, fives = share.denominator, 0, 0
    while denominator % 2 == 0:
        denominator, twos = denominator // 2, twos + 1
    while denominator % 5 == 0:
        denominator, fives = denominator // 5, fives + 1
    if denominator != 1:
        return f"{share.numerator}/{share.denominator}"
    places = max(twos, fives)
    if places == 0:
        return str(share.numerator)
    digits = abs(share.numerator) * 10**places // share.denominator
    whole, rest = divmod(digits, 10**places)
    return f"{'-' if share < 0 else ''}{whole}.{rest:0{places}}"
