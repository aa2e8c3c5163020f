"""Money counted once: sources place money in each other, and a total looks through these holdings (R-002). Pure.

Each source has what it collected (gross, in whole cents), of which a part came from other sources, and a part was
placed in others. Outside money of a source = gross less what others placed there; kept = gross less what it placed
elsewhere. The sum of outside money is the sum of what is kept: each euro once, whatever the cycles. Where the outside
money of one source ends up is a system of linear equations, solved in exact fractions: a euro placed is an even part
of all its source holds.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, TypeVar

from django.utils.translation import gettext as _

from fres.kernel.errors import RuleViolation
from fres.kernel.money import format_cents

S = TypeVar("S", bound=Hashable)


class HoldingsDisagree(RuleViolation):
    """What two sources declare of each other cannot both be true: no total is printed."""

    rule = "holdings-disagree"


@dataclass(frozen=True)
class Once(Generic[S]):
    """What is left when nothing is counted twice."""

    gross: dict[S, int]
    outside: dict[S, int]  # brought by savers and donors, not by another source
    kept: dict[S, int]  # not placed in another source
    ends: dict[tuple[S, S], Fraction]  # (brought by, kept by) → cents, none of them nought

    @property
    def total_cents(self) -> int:
        return sum(self.outside.values())

    @property
    def twice_cents(self) -> int:
        """What a plain sum would count again."""
        return sum(self.gross.values()) - self.total_cents


def count_once(gross: Mapping[S, int], holdings: Mapping[tuple[S, S], int]) -> Once[S]:
    """Return outside money, kept money and where the first becomes the second.

    Args: gross: cents that each source holds for those who brought them. holdings: (holder, target) → cents; both are
        in `gross`.
    Raises: HoldingsDisagree: a source placed more than it collected, received more from others than it collected, or
        sources only hold each other's money in a ring that nobody paid into.
    """
    received, placed = dict.fromkeys(gross, 0), dict.fromkeys(gross, 0)
    for (holder, target), cents in holdings.items():
        placed[holder] += cents
        received[target] += cents
    for source, cents in gross.items():
        if placed[source] > cents:
            raise HoldingsDisagree(
                _("%(source)s dit avoir placé %(placed)s dans d’autres sources et n’a collecté que %(gross)s.")
                % {"source": source, "placed": format_cents(placed[source]), "gross": format_cents(cents)},
                next_step=_("Le partenaire dépose un fichier corrigé ; le total revient alors."),
            )
        if received[source] > cents:
            raise HoldingsDisagree(
                _("D’autres sources disent avoir placé %(placed)s dans %(source)s, qui ne déclare que %(gross)s.")
                % {"source": source, "placed": format_cents(received[source]), "gross": format_cents(cents)},
                next_step=_("Les deux partenaires déclarent la même période ; le total revient alors."),
            )
    outside = {source: cents - received[source] for source, cents in gross.items()}
    kept = {source: cents - placed[source] for source, cents in gross.items()}
    return Once(dict(gross), outside, kept, _ends(dict(gross), holdings, outside, kept))


def _ends(
    gross: dict[S, int], holdings: Mapping[tuple[S, S], int], outside: dict[S, int], kept: dict[S, int]
) -> dict[tuple[S, S], Fraction]:
    """Solve, for each source that brings money, how much of it passes through each: what is brought and comes in."""
    order = [source for source in gross if gross[source]]
    place = {source: rank for rank, source in enumerate(order)}
    size = len(order)
    # Row t: through(t) − Σ through(r) · h(r, t) / gross(r) = brought here; one right-hand side for each origin.
    rows = [[Fraction(int(row == column)) for column in range(2 * size)] for row in range(size)]
    for row in range(size):
        for column in range(size):
            rows[row][size + column] = Fraction(outside[order[row]]) if row == column else Fraction(0)
    for (holder, target), cents in holdings.items():
        if cents:
            rows[place[target]][place[holder]] -= Fraction(cents, gross[holder])
    _eliminate(rows, order)
    found = {}
    for row, end in enumerate(order):
        for column, origin in enumerate(order):
            share = rows[row][size + column] * kept[end] / gross[end]
            if share:
                found[origin, end] = share
    return found


def _eliminate(rows: list[list[Fraction]], order: list[S]) -> None:
    """Gauss and Jordan, exact. A column without pivot is a ring of holdings that no saver's money entered."""
    for column in range(len(rows)):
        pivot = next((row for row in range(column, len(rows)) if rows[row][column]), None)
        if pivot is None:
            raise HoldingsDisagree(
                _("%(source)s et d’autres sources se détiennent en rond, sans que personne y ait mis d’argent.")
                % {"source": order[column]},
                next_step=_("Les partenaires de ce cercle corrigent leurs placements."),
            )
        rows[column], rows[pivot] = rows[pivot], rows[column]
        head = rows[column][column]
        if head != 1:
            rows[column] = [value / head for value in rows[column]]
        for row in range(len(rows)):
            factor = rows[row][column]
            if row != column and factor:
                rows[row] = [
                    value - factor * above if above else value
                    for value, above in zip(rows[row], rows[column], strict=True)
                ]
