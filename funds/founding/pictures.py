"""The picture of a capital: one bar a holder, as long as its shares; its table stands on the page."""

from collections.abc import Sequence
from fractions import Fraction

from django.utils.translation import gettext as _

from fres.kernel.charts import Box, ChartTable, Drawing, Label, Part
from fres.kernel.money import NO_BREAK_SPACE
from fres.kernel.pdf.canvas import RIGHT
from funds.founding.governance import LOCAL
from funds.founding.invariants import percent
from funds.models import CapitalLine, Family

WIDTH, ROW, BAR = 640.0, 42.0, 14.0
FILLS = {Family.PUBLIC_BANK: "stripes", Family.BANK: "hatch", Family.STATE: "map-2", Family.OTHER: ""}


def capital_picture(lines: Sequence[CapitalLine]) -> Drawing:
    """Return one bar a holder, the whole width being the whole capital; territories are plain ink.

    Raises: ValueError: no line.
    """
    if not lines:
        raise ValueError("a capital has a holder")
    total = sum(line.shares for line in lines)
    parts: list[Part] = []
    for place, line in enumerate(lines):
        top, share = place * ROW, Fraction(line.shares, total)
        parts.append(Label(0, top + 13, line.holder))
        parts.append(Label(WIDTH, top + 13, _told(share), "t-strong", RIGHT))
        parts.append(Box(0, top + 19, WIDTH, BAR, "", "l-edge"))
        fill = "d-ink" if line.family in LOCAL else FILLS[Family(line.family)]
        parts.append(Box(0, top + 19, WIDTH * line.shares / total, BAR, fill))
        parts.append(Box(0, top + 19, WIDTH * line.shares / total, BAR, "", "l-edge"))
    local = Fraction(sum(line.shares for line in lines if line.family in LOCAL), total)
    title = _("Capital : les territoires en apportent %(part)s.") % {"part": _told(local)}
    rows = tuple((line.holder, str(line.shares), _told(Fraction(line.shares, total))) for line in lines)
    table = ChartTable(_("Qui détient le capital"), (_("Détenteur"), _("Parts"), _("Part du capital")), rows)
    return Drawing(title, (0, 0, WIDTH, ROW * len(lines)), tuple(parts), table)


def _told(share: Fraction) -> str:
    return f"{percent(share)}{NO_BREAK_SPACE}%"
