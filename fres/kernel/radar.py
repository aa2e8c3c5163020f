"""A profile on several axes, as a radar: levels of one subject, and what they are compared with. Its table says all."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, sin

from django.utils.translation import gettext as _

from fres.kernel.charts import ChartTable, Circle, Drawing, Label, Part, Shape
from fres.kernel.pdf.canvas import CENTRE, LEFT, RIGHT

SIZE, RADIUS, TOP = 360.0, 112.0, 34.0


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis: a short name for the drawing, the whole one for the table, the level (None: no answer), the median.

    `median`: None when nobody else is there to compare with. Both are in units of the scale.
    """

    code: str
    name: str
    level: float | None
    median: float | None = None


def radar(axes: Sequence[Axis], *, highest: int, caption: str, subject: str, compared_with: str) -> Drawing:
    """Return a radar of a profile; the line of dashes is what it is compared with.

    Args: highest: the last level of the scale. caption: the title of its table.
    """
    centre = SIZE / 2
    parts: list[Part] = [Shape(_polygon([step] * len(axes), highest), line="l-rule") for step in range(1, highest + 1)]
    for rank in range(len(axes)):
        x, y = _place(rank, len(axes), highest, highest)
        parts.append(Shape(f"M{centre:.2f} {centre:.2f}L{x:.2f} {y:.2f}", line="l-rule"))
    if any(axis.median is not None for axis in axes):
        parts.append(Shape(_polygon([axis.median or 0 for axis in axes], highest), line="l-wait"))
    parts.append(Shape(_polygon([axis.level or 0 for axis in axes], highest), fill="d-cleared-soft", line="l-ink"))
    for rank, axis in enumerate(axes):
        x, y = _place(rank, len(axes), axis.level or 0, highest)
        parts.append(Circle(x, y, 3.5, fill="d-text"))
        x, y = _place(rank, len(axes), highest * 1.16, highest)
        align = CENTRE if abs(x - centre) < 12 else LEFT if x > centre else RIGHT
        parts.append(Label(x, y + 4, axis.code, align=align))
    rows = tuple((f"{axis.code} – {axis.name}", _said(axis.level), _said(axis.median)) for axis in axes)
    table = ChartTable(caption, (_("Repère"), subject, compared_with), rows)
    return Drawing(
        _title(axes, subject), (0, TOP, SIZE, SIZE - 2 * TOP), tuple(parts), table, css_class="drawing radar"
    )


def _place(rank: int, count: int, value: float, highest: int) -> tuple[float, float]:
    angle = 2 * pi * rank / count - pi / 2
    length = RADIUS * value / highest
    return SIZE / 2 + length * cos(angle), SIZE / 2 + length * sin(angle)


def _polygon(values: Sequence[float], highest: int) -> str:
    points = [_place(rank, len(values), value, highest) for rank, value in enumerate(values)]
    return "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in points) + "z"


def _said(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.1f}".rstrip("0").rstrip(".").replace(".", ",") if value else "0"


def _title(axes: Sequence[Axis], subject: str) -> str:
    said = ", ".join(f"{axis.code} {_said(axis.level)}" for axis in axes)
    return _("Profil de %(subject)s : %(levels)s.") % {"subject": subject, "levels": said}
