"""Charts and maps, each described once: inline SVG on pages, vectors in documents, a table beside both (D10).

A chart is a `Drawing`: shapes that name the classes of the look's style sheet (`d-…` fills, `l-…` lines, `t-…` texts)
and patterns, a title that says its result, and a table with the same figures. `to_svg` writes it as the reference
pages do: geometry in attributes, colours by class, so that it follows the scheme of the page and the content policy
allows it. `draw` puts the same shapes on a document, in the light colours.

We first meant to use reportlab.graphics for both (D10). Its SVG has colours and fonts in attributes and style sheets,
no classes, no patterns and no lengths in percent: neither the dark scheme nor the policy against styles would hold.
The description below is what both renderings need and nothing more.

Lengths are SVG pixels, y down; in a `is_fluid` drawing, x and widths are percents of whatever width the page gives.
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from .pdf.canvas import CENTRE, LEFT, RIGHT, TaggedDocument
from .pdf.fonts import SANS, SANS_SEMIBOLD, SERIF
from .pdf.style import Style, fill_operator, stroke_operator
from .pdf.svgpath import pdf_operators

TERRITORIES = Path(__file__).resolve().parents[2] / "data" / "territories"
POINTS_IN_PIXEL = 0.75
_IDENTIFIER = re.compile("[A-Za-z][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A ground with stripes or dots, so that a surface is told apart without its colour.

    `step` is the distance between two marks, `size` their thickness or radius, `angle` in degrees clockwise.
    """

    ground: str
    mark: str
    step: float
    size: float
    angle: float = 0
    is_dotted: bool = False


PATTERNS = {
    "hatch": Pattern("d-surface", "d-reflect", 6, 3.2, angle=45),
    "half": Pattern("d-surface", "d-ink", 5, 2.6, angle=90),
    "dots": Pattern("map-1", "d-ink", 9, 1, is_dotted=True),
    "stripes": Pattern("map-2", "d-surface", 8, 1.6, angle=45),
    "stripes-back": Pattern("map-4", "d-surface", 8, 1.2, angle=-45),
}
LAND_CLASSES = ("dots", "stripes", "map-3", "stripes-back", "map-5")  # from the lowest class to the highest

# What the style sheet says of each class: fill colour, then stroke colour, width and dashes.
FILLS = {
    "d-cleared": "cleared",
    "d-cleared-soft": "cleared-soft",
    "d-ink": "ink",
    "d-reflect": "reflect-fill",
    "d-alert": "alert",
    "d-wait": "wait",
    "d-wash": "wash",
    "d-surface": "surface",
    "d-text": "text",
    "d-margin": "margin",
    "d-rule": "rule",
    "map-land": "wash",
    "map-1": "map-1",
    "map-2": "map-2",
    "map-3": "map-3",
    "map-4": "map-4",
    "map-5": "ink",
}
LINES: dict[str, tuple[str, float, str]] = {
    "l-rule": ("rule", 1, ""),
    "l-text": ("text", 1, ""),
    "l-edge": ("edge", 1, ""),
    "l-margin": ("margin", 2, ""),
    "l-wait": ("wait", 1.5, "[4 3] 0 d"),
    "l-ink": ("ink", 2, ""),
    "map-edge": ("surface", 2, ""),
    "map-land": ("edge", 1, ""),
}
TEXTS = {
    "": Style(face=SANS, size=14, colour="text"),
    "t-quiet": Style(face=SANS, size=13, colour="quiet"),
    "t-strong": Style(face=SANS_SEMIBOLD, size=14, colour="text"),
    "t-amount": Style(face=SERIF, size=16, colour="text"),
}


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle from its upper left corner. `fill` is a class or the name of a pattern, `line` a class."""

    x: float
    y: float
    width: float
    height: float
    fill: str = ""
    line: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line; `width` when it is not that of its class."""

    x1: float
    y1: float
    x2: float
    y2: float
    line: str
    width: float | None = None


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle."""

    x: float
    y: float
    radius: float
    fill: str = ""
    line: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """A path in SVG path data."""

    path: str
    fill: str = ""
    line: str = ""


@dataclass(frozen=True, slots=True)
class Sign:
    """A small path in pixels around (x, y), which keeps its size when the drawing is stretched."""

    x: float
    y: float
    path: str
    fill: str


@dataclass(frozen=True, slots=True)
class Label:
    """A text on its baseline. `kind` is a key of TEXTS; a halo keeps it readable over lines."""

    x: float
    y: float
    text: str
    kind: str = ""
    align: str = LEFT
    has_halo: bool = False


Part: TypeAlias = Box | Line | Circle | Shape | Sign | Label


@dataclass(frozen=True, slots=True)
class ChartTable:
    """The figures of a chart as a table: what stands beside it. The first cell of a row names it."""

    caption: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart: title, view box (x, y, width, height), parts from back to front, and its table."""

    title: str
    view: tuple[float, float, float, float]
    parts: tuple[Part, ...]
    table: ChartTable
    css_class: str = "drawing"
    is_fluid: bool = False
    is_clipped: bool = False
    credit: str = field(default="")

    @property
    def patterns(self) -> tuple[str, ...]:
        """Names of the patterns used, in order of first use."""
        fills = (part.fill for part in self.parts if isinstance(part, Box | Circle | Shape))
        return tuple(dict.fromkeys(fill for fill in fills if fill in PATTERNS))


# SVG, for pages


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"


def to_svg(drawing: Drawing, *, identifier: str) -> SafeString:
    """Return a drawing as inline SVG.

    Args: identifier: unique on its page, letters, figures and hyphens: the ids of patterns and title start with it.
    Raises: ValueError: an identifier that would not be one.
    """
    if not _IDENTIFIER.fullmatch(identifier):
        raise ValueError(f"not an identifier: {identifier!r}")
    x, y, width, height = drawing.view
    unit = "%" if drawing.is_fluid else ""
    size = f'height="{_number(height)}"' if drawing.is_fluid else f'viewBox="{" ".join(map(_number, drawing.view))}"'
    definitions = "".join(_svg_pattern(name, f"{identifier}-{name}") for name in drawing.patterns)
    body = "".join(_svg_part(part, identifier, unit) for part in drawing.parts)
    if drawing.is_clipped:
        clip = f'<rect x="{_number(x)}" y="{_number(y)}" width="{_number(width)}" height="{_number(height)}"/>'
        definitions += f'<clipPath id="{identifier}-frame">{clip}</clipPath>'
        body = f'<g clip-path="url(#{identifier}-frame)">{body}</g>'
    if definitions:
        definitions = f"<defs>{definitions}</defs>"
    return mark_safe(
        f'<svg class="{drawing.css_class}" {size} role="img" aria-labelledby="{identifier}-title">'
        f'<title id="{identifier}-title">{escape(drawing.title)}</title>{definitions}{body}</svg>'
    )


def _svg_pattern(name: str, identifier: str) -> str:
    pattern = PATTERNS[name]
    step, size = _number(pattern.step), _number(pattern.size)
    turn = f' patternTransform="rotate({_number(pattern.angle)})"' if pattern.angle else ""
    half = _number(pattern.step / 2)
    mark = (
        f'<circle class="{pattern.mark}" cx="{half}" cy="{half}" r="{size}"/>'
        if pattern.is_dotted
        else f'<rect class="{pattern.mark}" width="{size}" height="{step}"/>'
    )
    ground = f'<rect class="{pattern.ground}" width="{step}" height="{step}"/>'
    tile = f'width="{step}" height="{step}" patternUnits="userSpaceOnUse"{turn}'
    return f'<pattern id="{identifier}" {tile}>{ground}{mark}</pattern>'


def _svg_paint(fill: str, line: str, identifier: str) -> str:
    if fill in PATTERNS:
        return (f'class="{line}" ' if line else "") + f'fill="url(#{identifier}-{fill})"'
    classes = " ".join(name for name in (fill or "no-fill", line if line != fill else "") if name)
    return f'class="{classes}"'


def _svg_part(part: Part, identifier: str, unit: str) -> str:
    match part:
        case Box(x, y, width, height, fill, line):
            place = (f' x="{_number(x)}{unit}"' if x else "") + (f' y="{_number(y)}"' if y else "")
            size = f'width="{_number(width)}{unit}" height="{_number(height)}"'
            return f"<rect {_svg_paint(fill, line, identifier)}{place} {size}/>"
        case Line(x1, y1, x2, y2, line, width):
            thick = f' stroke-width="{_number(width)}"' if width is not None else ""
            ends = f'x1="{_number(x1)}{unit}" x2="{_number(x2)}{unit}" y1="{_number(y1)}" y2="{_number(y2)}"'
            return f'<line class="{line}" {ends}{thick}/>'
        case Circle(x, y, radius, fill, line):
            centre = f'cx="{_number(x)}{unit}" cy="{_number(y)}"'
            return f'<circle {_svg_paint(fill, line, identifier)} {centre} r="{_number(radius)}"/>'
        case Shape(path, fill, line):
            return f'<path {_svg_paint(fill, line, identifier)} d="{path}"/>'
        case Sign(x, y, path, fill):
            place = f'x="{_number(x)}{unit}" y="{_number(y)}" overflow="visible"'
            return f'<svg {place}><path class="{fill}" d="{path}"/></svg>'
        case Label(x, y, text, kind, align, has_halo):
            end = {LEFT: "", RIGHT: "t-end", CENTRE: "t-mid"}[align]
            classes = " ".join(name for name in (kind, end, "t-halo" if has_halo else "") if name)
            named = f' class="{classes}"' if classes else ""
            return f'<text x="{_number(x)}{unit}" y="{_number(y)}"{named}>{escape(text)}</text>'


# Vectors, for documents


def draw(drawing: Drawing, document: TaggedDocument, *, x: float, y: float, width: float) -> float:
    """Draw a chart on a document as a figure whose alternative is its title, and return its height.

    Args: x, y: upper left corner, width: all in points. The table is for the caller to write beside it.
    """
    left, top, view_width, view_height = drawing.view
    if drawing.is_fluid:
        scale = POINTS_IN_PIXEL
        factor = width / scale / 100
        parts: Sequence[Part] = [_stretched(part, factor) for part in drawing.parts]
        left, view_width = 0.0, width / scale
    else:
        scale = width / view_width
        parts = drawing.parts
    height = view_height * scale
    origin_x, origin_y = x - left * scale, y + top * scale
    with document.figure(alt=drawing.title, box=(x, y - height, x + width, y)) as canvas:
        write = canvas.addLiteral
        if drawing.is_clipped:
            write(f"{x:.2f} {y - height:.2f} {width:.2f} {height:.2f} re W n")
        write(f"q {scale:.5f} 0 0 {-scale:.5f} {origin_x:.2f} {origin_y:.2f} cm")
        for part in parts:
            if not isinstance(part, Label):
                _write_part(part, write)
        write("Q")
        for part in parts:
            if isinstance(part, Label):
                _write_label(part, document, origin_x + part.x * scale, origin_y - part.y * scale, scale)
    return height


def _stretched(part: Part, factor: float) -> Part:
    match part:
        case Box():
            return replace(part, x=part.x * factor, width=part.width * factor)
        case Line():
            return replace(part, x1=part.x1 * factor, x2=part.x2 * factor)
        case Circle() | Sign() | Label():
            return replace(part, x=part.x * factor)
        case Shape():
            raise ValueError("a path has no place in a drawing that stretches: use a sign")


def _bounds(part: Part) -> tuple[str, tuple[float, float, float, float]]:
    """Return the construction operators of a closed part and its bounds (left, top, right, bottom)."""
    match part:
        case Box(x, y, width, height):
            return f"{x:.2f} {y:.2f} {width:.2f} {height:.2f} re", (x, y, x + width, y + height)
        case Circle(x, y, radius):
            return _circle(x, y, radius), (x - radius, y - radius, x + radius, y + radius)
        case Shape(path):
            return pdf_operators(path), _path_bounds(path)
        case _:
            raise TypeError(f"{part} has no inside")


def _circle(x: float, y: float, radius: float) -> str:
    handle = radius * 0.5522847498
    return (
        f"{x + radius:.2f} {y:.2f} m "
        f"{x + radius:.2f} {y + handle:.2f} {x + handle:.2f} {y + radius:.2f} {x:.2f} {y + radius:.2f} c "
        f"{x - handle:.2f} {y + radius:.2f} {x - radius:.2f} {y + handle:.2f} {x - radius:.2f} {y:.2f} c "
        f"{x - radius:.2f} {y - handle:.2f} {x - handle:.2f} {y - radius:.2f} {x:.2f} {y - radius:.2f} c "
        f"{x + handle:.2f} {y - radius:.2f} {x + radius:.2f} {y - handle:.2f} {x + radius:.2f} {y:.2f} c h"
    )


@cache
def _path_bounds(path: str) -> tuple[float, float, float, float]:
    numbers = [float(token) for token in pdf_operators(path).split() if token not in {"m", "l", "c", "h"}]
    return min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2])


def _write_part(part: Part, write: Callable[[str], None]) -> None:
    if isinstance(part, Line):
        colour, width, dashes = LINES[part.line]
        write(f"q {stroke_operator(colour)} {part.width or width:g} w {dashes}")
        write(f"{part.x1:.2f} {part.y1:.2f} m {part.x2:.2f} {part.y2:.2f} l S Q")
        return
    if isinstance(part, Sign):
        write(
            f"q 1 0 0 1 {part.x:.2f} {part.y:.2f} cm {fill_operator(FILLS[part.fill])} {pdf_operators(part.path)} f Q"
        )
        return
    if isinstance(part, Label):
        raise TypeError("labels are drawn after the shapes")
    outline, bounds = _bounds(part)
    if part.fill in PATTERNS:
        _write_pattern(PATTERNS[part.fill], outline, bounds, write)
    elif part.fill:
        write(f"{fill_operator(FILLS[part.fill])} {outline} f")
    if part.line:
        colour, width, dashes = LINES[part.line]
        write(f"q {stroke_operator(colour)} {width:g} w 1 j {dashes} {outline} S Q")


def _write_pattern(
    pattern: Pattern, outline: str, bounds: tuple[float, float, float, float], write: Callable[[str], None]
) -> None:
    """Fill an outline with a pattern: its ground, then its marks clipped to it. PDF tilings would need resources of
    their own."""
    left, top, right, bottom = bounds
    write(f"q {outline} W n {fill_operator(FILLS[pattern.ground])} {outline} f")
    step = pattern.step
    if pattern.is_dotted:
        write(fill_operator(FILLS[pattern.mark]))
        for row in range(math.floor(top / step), math.ceil(bottom / step)):
            for column in range(math.floor(left / step), math.ceil(right / step)):
                write(f"{_circle((column + 0.5) * step, (row + 0.5) * step, pattern.size)} f")
    else:
        # Stripes run along the turned y axis, at every `step` of the turned x axis, as in the SVG pattern.
        cosine, sine = math.cos(math.radians(pattern.angle)), math.sin(math.radians(pattern.angle))
        corners = [(left, top), (left, bottom), (right, top), (right, bottom)]
        across = [x * cosine + y * sine for x, y in corners]
        along = [y * cosine - x * sine for x, y in corners]
        write(f"{stroke_operator(FILLS[pattern.mark])} {pattern.size:g} w")
        for stripe in range(math.floor(min(across) / step), math.ceil(max(across) / step) + 1):
            u = stripe * step + pattern.size / 2
            ends = [(u * cosine - v * sine, u * sine + v * cosine) for v in (min(along), max(along))]
            write(f"{ends[0][0]:.2f} {ends[0][1]:.2f} m {ends[1][0]:.2f} {ends[1][1]:.2f} l S")
    write("Q")


def _write_label(label: Label, document: TaggedDocument, x: float, y: float, scale: float) -> None:
    style = replace(TEXTS[label.kind], size=round(TEXTS[label.kind].size * scale, 2))
    if label.has_halo:
        document.canvas.addLiteral(f"q {stroke_operator('wash')} {4 * scale:.2f} w 1 j 1 Tr")
        document.text(x, y, label.text, style, label.align)
        document.canvas.addLiteral("Q")
        document.forget_state()
    document.text(x, y, label.text, style, label.align)


# The charts


def euros(cents: int) -> str:
    """Return an amount for a chart: whole euros when it is whole, cents otherwise, with the spaces of French
    figures."""
    whole, rest = divmod(abs(cents), 100)
    text = f"{whole:,}".replace(",", "\u202f") + (f",{rest:02d}" if rest else "")
    return ("\u2212" if cents < 0 else "") + text + "\u00a0€"


@dataclass(frozen=True, slots=True)
class OfferFigures:
    """The four figures of an offer (ruling B10) and its bounds, in cents. `minimum_cents` is 0 when there is none."""

    cleared_cents: int
    processing_cents: int
    reflecting_cents: int
    waiting_cents: int
    maximum_cents: int
    minimum_cents: int = 0

    def __post_init__(self) -> None:
        if self.maximum_cents <= 0:
            raise ValueError("an offer has a maximum")
        if min(self.cleared_cents, self.processing_cents, self.reflecting_cents, self.waiting_cents) < 0:
            raise ValueError("a figure of an offer is never negative")
        if self.cleared_cents + self.processing_cents + self.reflecting_cents > self.maximum_cents:
            raise ValueError("more is reserved and cleared than the offer's maximum")


OFFER_FILLS = {"cleared": "d-cleared", "processing": "half", "reflecting": "hatch", "waiting": ""}


def offer_bar(figures: OfferFigures, *, is_small: bool = False) -> Drawing:
    """Return the bar of an offer: cleared, under way and in reflection, against its maximum; a sign marks the
    minimum.

    What waits reserves nothing (ruling B9): it is in the title and the table, not in the bar. Small bars are for
    lists.
    """
    maximum = figures.maximum_cents
    names = {
        "cleared": _("Encaissé"),
        "processing": _("Paiement en cours"),
        "reflecting": _("En réflexion"),
        "waiting": _("Liste d’attente"),
    }
    amounts = {
        "cleared": figures.cleared_cents,
        "processing": figures.processing_cents,
        "reflecting": figures.reflecting_cents,
        "waiting": figures.waiting_cents,
    }
    thickness = 14 if is_small else 26
    parts: list[Part] = [Box(0, 0, 100, thickness, "d-wash")]
    start = 0
    for key in ("cleared", "processing", "reflecting"):
        if amounts[key]:
            parts.append(Box(100 * start / maximum, 0, 100 * amounts[key] / maximum, thickness, OFFER_FILLS[key]))
            start += amounts[key]
    parts.append(Box(0, 0, 100, thickness, "", "l-edge"))
    height: float = thickness
    if figures.minimum_cents:
        mark = 100 * figures.minimum_cents / maximum
        parts.append(Line(mark, -3, mark, thickness + 5, "l-text", 2))
        parts.append(Sign(mark, thickness + 3, "M-5 9L0 2L5 9z", "d-text"))
        height = thickness + 16
    title = _(
        "%(cleared)s encaissés, %(processing)s en cours de paiement, %(reflecting)s en réflexion, "
        "%(waiting)s en liste d’attente. Maximum : %(maximum)s."
    ) % {key: euros(amount) for key, amount in [*amounts.items(), ("maximum", maximum)]}
    if figures.minimum_cents:
        title += " " + _("Minimum à atteindre : %(minimum)s.") % {"minimum": euros(figures.minimum_cents)}
    rows = [(names[key], euros(amounts[key])) for key in names]
    if figures.minimum_cents:
        rows.append((_("Minimum"), euros(figures.minimum_cents)))
    rows.append((_("Maximum"), euros(maximum)))
    table = ChartTable(_("Où en est la collecte"), (_("Part"), _("Montant")), tuple(rows))
    return Drawing(title, (0, 0, 100, height), tuple(parts), table, css_class="bar", is_fluid=True)


def offer_swatch(key: str) -> Drawing:
    """Return the sample of one figure of an offer, for a key: "cleared", "processing", "reflecting" or "waiting"."""
    if key == "waiting":
        parts: tuple[Part, ...] = (Box(1, 1, 24, 12, "", "l-wait"),)
    else:
        parts = (Box(0, 0, 26, 14, OFFER_FILLS[key]), Box(0, 0, 26, 14, "", "l-edge"))
    return Drawing("", (0, 0, 26, 14), parts, ChartTable("", (), ()), css_class="swatch")


def swatch_svg(drawing: Drawing, *, identifier: str) -> SafeString:
    """Return a sample as inline SVG that readers pass over: the word beside it says what it is."""
    width, height = map(_number, drawing.view[2:])
    definitions = "".join(_svg_pattern(name, f"{identifier}-{name}") for name in drawing.patterns)
    body = "".join(_svg_part(part, identifier, "") for part in drawing.parts)
    defs = f"<defs>{definitions}</defs>" if definitions else ""
    return mark_safe(f'<svg width="{width}" height="{height}" aria-hidden="true">{defs}{body}</svg>')


@dataclass(frozen=True, slots=True)
class YearOfInstalments:
    """What a loan pays back in one year, in cents."""

    year: int
    principal_cents: int
    interest_cents: int


def instalment_bars(years: Sequence[YearOfInstalments]) -> Drawing:
    """Return the bars of what a loan pays back year by year, principal below and interest above; the axis starts at
    0.

    Raises: ValueError: no year, or an amount below 0.
    """
    if not years or min(min(y.principal_cents, y.interest_cents) for y in years) < 0:
        raise ValueError("a chart of instalments needs years and amounts from 0 up")
    width, base, tallest = 640.0, 232.0, 172.0
    highest = max(y.principal_cents + y.interest_cents for y in years) or 1
    step = width / len(years)
    thick = min(step * 0.56, 56)
    parts: list[Part] = [
        Box(0, 4, 26, 14, "map-3"),
        Box(0, 4, 26, 14, "", "l-edge"),
        Label(34, 16, _("Capital"), "t-quiet"),
        Box(112, 4, 26, 14, "hatch"),
        Box(112, 4, 26, 14, "", "l-edge"),
        Label(146, 16, _("Intérêts"), "t-quiet"),
    ]
    for place, year in enumerate(years):
        left = place * step + (step - thick) / 2
        middle = place * step + step / 2
        principal = tallest * year.principal_cents / highest
        interest = tallest * year.interest_cents / highest
        if principal:
            parts.append(Box(left, base - principal, thick, principal, "map-3"))
        if interest:
            parts.append(Box(left, base - principal - interest, thick, interest, "hatch"))
        if principal + interest:
            parts.append(Box(left, base - principal - interest, thick, principal + interest, "", "l-edge"))
        total = euros(year.principal_cents + year.interest_cents)
        parts.append(Label(middle, base - principal - interest - 7, total, "t-quiet" if len(years) > 6 else "", CENTRE))
        parts.append(Label(middle, base + 18, str(year.year), "t-quiet", CENTRE))
    parts.append(Line(0, base, width, base, "l-text"))
    principal_total = sum(y.principal_cents for y in years)
    interest_total = sum(y.interest_cents for y in years)
    title = _("Remboursements de %(first)s à %(last)s : %(principal)s de capital et %(interest)s d’intérêts.") % {
        "first": years[0].year,
        "last": years[-1].year,
        "principal": euros(principal_total),
        "interest": euros(interest_total),
    }
    rows = [
        (str(y.year), euros(y.principal_cents), euros(y.interest_cents), euros(y.principal_cents + y.interest_cents))
        for y in years
    ]
    rows.append((_("Total"), euros(principal_total), euros(interest_total), euros(principal_total + interest_total)))
    table = ChartTable(
        _("Remboursements par année"), (_("Année"), _("Capital"), _("Intérêts"), _("Total")), tuple(rows)
    )
    return Drawing(title, (0, 0, width, 258), tuple(parts), table)


# Maps


@dataclass(frozen=True, slots=True)
class Projection:
    """From degrees to pixels: equirectangular, true at the middle latitude of what is shown; y goes down."""

    west: float
    north: float
    east_scale: float  # pixels in a degree of longitude
    north_scale: float  # pixels in a degree of latitude

    def place(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Return the pixel of a point given in WGS84 degrees."""
        return (longitude - self.west) * self.east_scale, (self.north - latitude) * self.north_scale

    @property
    def pixels_in_kilometre(self) -> float:
        """Length of a kilometre on the map."""
        return self.north_scale / 111.195


Ring: TypeAlias = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """The outline of a département: INSEE code, name, rings in WGS84 degrees."""

    code: str
    name: str
    rings: tuple[Ring, ...]


PLACE_SCALE = 8.4  # pixels in a kilometre on the map around a place: its frame is some 76 km wide
OUTLINES_CREDIT = "Contours\u00a0: IGN, Admin Express."


@cache
def all_outlines() -> dict[str, Outline]:
    """Return the outlines of the départements by INSEE code, read from the shipped data (IGN Admin Express,
    simplified)."""
    content = json.loads((TERRITORIES / "contours-departements.geojson").read_text(encoding="utf-8"))
    found = {}
    for feature in content["features"]:
        geometry = feature["geometry"]
        polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
        rings = tuple(tuple((x, y) for x, y in ring) for polygon in polygons for ring in polygon)
        properties = feature["properties"]
        found[properties["code"]] = Outline(properties["code"], properties["nom"], rings)
    return found


def projection_of(outlines: Iterable[Outline], *, width: float) -> tuple[Projection, float]:
    """Return the projection that shows outlines in a width in pixels, and the height they then take."""
    points = [point for outline in outlines for ring in outline.rings for point in ring]
    west, east = min(p[0] for p in points), max(p[0] for p in points)
    south, north = min(p[1] for p in points), max(p[1] for p in points)
    east_scale = width / (east - west)
    north_scale = east_scale / math.cos(math.radians((south + north) / 2))
    return Projection(west, north, east_scale, north_scale), (north - south) * north_scale


def _path(outline: Outline, projection: Projection, digits: int) -> str:
    """Return SVG path data; points that fall on the same place are written once, rings that vanish not at all."""
    parts = []
    for ring in outline.rings:
        places: list[str] = []
        for point in ring[:-1]:
            x, y = projection.place(*point)
            place = f"{x:.{digits}f} {y:.{digits}f}"
            if not places or places[-1] != place:
                places.append(place)
        if len(places) > 2:
            parts.append("M" + "L".join(places) + "Z")
    return "".join(parts)


@cache
def _region(codes: tuple[str, ...], width: float, digits: int) -> tuple[Projection, float, tuple[tuple[str, str], ...]]:
    """Return the projection, the height and the path of each département of a region."""
    outlines = [all_outlines()[code] for code in codes]
    projection, height = projection_of(outlines, width=width)
    return projection, height, tuple((o.code, _path(o, projection, digits)) for o in outlines)


@cache
def _width_at_scale(codes: tuple[str, ...]) -> float:
    """Return the width at which a region is drawn around one of its places: the same scale for every region."""
    projection, _height = projection_of([all_outlines()[code] for code in codes], width=1000)
    return 1000 * PLACE_SCALE / projection.pixels_in_kilometre


def locator(*, codes: Sequence[str], place: str, longitude: float, latitude: float) -> Drawing:
    """Return the small map that shows where a commune is in its region.

    Args: codes: départements of the region; longitude, latitude: centre of the commune, WGS84 degrees.
    """
    projection, height, paths = _region(tuple(codes), 104, 0)
    x, y = projection.place(longitude, latitude)
    parts = (Shape("".join(path for _code, path in paths), "map-land", "map-land"), Circle(x, y, 5, "d-margin"))
    title = _("%(place)s sur la carte de la région") % {"place": place}
    table = ChartTable(title, (_("Commune"),), ((place,),))
    return Drawing(title, (-1, -1, 106, round(height) + 2), parts, table, css_class="locator", credit=OUTLINES_CREDIT)


@dataclass(frozen=True, slots=True)
class MapPoint:
    """A commune on a map, WGS84 degrees. `weight` sets the size of its sign: 1 for a town, 2 for a large one…"""

    name: str
    longitude: float
    latitude: float
    weight: float = 1


def place_map(*, codes: Sequence[str], place: MapPoint, around: Sequence[MapPoint], title: str) -> Drawing:
    """Return the map around a commune: the land, the towns nearby, the commune as a target, and a scale of 10 km.

    Towns whose name would run over another's are shown without it; they keep their line in the table.
    """
    projection, _height, paths = _region(tuple(codes), _width_at_scale(tuple(codes)), 0)
    width, height = 640.0, 320.0
    centre_x, centre_y = projection.place(place.longitude, place.latitude)
    left, top = round(centre_x - width / 2), round(centre_y - height / 2)
    parts: list[Part] = [Shape(path, "map-land", "map-land") for _code, path in paths]
    taken = [
        (centre_x - 17, centre_y - 17, centre_x + 17, centre_y + 17),
        (centre_x + 17, centre_y - 26, centre_x + 30 + 10 * len(place.name), centre_y - 5),
    ]
    labels: list[Part] = []
    shown = []
    for town in sorted(around, key=lambda t: (-t.weight, t.name)):
        x, y = projection.place(town.longitude, town.latitude)
        if not (left + 6 < x < left + width - 6 and top + 10 < y < top + height - 24):
            continue
        parts.append(Circle(x, y, round(1.5 + 1.5 * town.weight, 1), "d-wait"))
        shown.append(town)
        length = 7.2 * len(town.name) + 8
        for align in (RIGHT, LEFT) if x > left + width * 0.75 else (LEFT, RIGHT):
            area = (x - length, y - 12, x, y + 7) if align == RIGHT else (x, y - 12, x + length, y + 7)
            if any(area[0] < o[2] and o[0] < area[2] and area[1] < o[3] and o[1] < area[3] for o in taken):
                continue
            taken.append(area)
            labels.append(Label(x - 9 if align == RIGHT else x + 9, y + 5, town.name, "t-quiet", align, True))
            break
    parts += labels
    parts.append(Circle(centre_x, centre_y, 15, "", "l-margin"))
    parts.append(Circle(centre_x, centre_y, 7, "d-margin"))
    parts.append(Label(centre_x + 22, centre_y - 10, place.name, "t-amount", LEFT, True))
    ten = 10 * projection.pixels_in_kilometre
    x, y = left + 16, top + height - 22
    parts.append(
        Shape(f"M{x:.0f} {y:.0f}L{x:.0f} {y + 6:.0f}L{x + ten:.0f} {y + 6:.0f}L{x + ten:.0f} {y:.0f}", "", "l-text")
    )
    parts.append(Label(x + ten + 8, y + 8, "10\u00a0km", "t-quiet"))
    rows = tuple(
        (town.name, f"{_kilometres(place, town)}\u00a0km")
        for town in sorted(shown, key=lambda t: _kilometres(place, t))
    )
    table = ChartTable(title, (_("Commune"), _("Distance à vol d’oiseau")), rows)
    return Drawing(title, (left, top, width, height), tuple(parts), table, is_clipped=True, credit=OUTLINES_CREDIT)


def _kilometres(a: MapPoint, b: MapPoint) -> int:
    east = (b.longitude - a.longitude) * math.cos(math.radians((a.latitude + b.latitude) / 2))
    return round(111.195 * math.hypot(east, b.latitude - a.latitude))


def choropleth(
    *,
    codes: Sequence[str],
    values: Mapping[str, Decimal],
    written: Mapping[str, str],
    bounds: Sequence[Decimal],
    title: str,
    headers: tuple[str, str],
    points: Sequence[MapPoint] = (),
) -> Drawing:
    """Return the map of a region by département (ruling C1), each in the pattern of its class, with its name and
    figure.

    Args: values: by INSEE code, a département may be missing; written: what is printed for each; bounds: the four
        limits between the five classes, each the lowest value of the class above; headers: of the table; points:
        places shown as symbols.
    Raises: ValueError: not four rising bounds.
    """
    if len(bounds) != len(LAND_CLASSES) - 1 or sorted(bounds) != list(bounds):
        raise ValueError("five classes need four rising bounds")
    projection, height, paths = _region(tuple(codes), 560, 1)
    parts: list[Part] = []
    for code, path in paths:
        parts.append(
            Shape(path, LAND_CLASSES[sum(values[code] >= bound for bound in bounds)] if code in values else "d-wash")
        )
    for _code, path in paths:
        parts += [Shape(path, "", "map-edge"), Shape(path, "", "l-edge")]
    for point in points:
        x, y = projection.place(point.longitude, point.latitude)
        parts.append(Circle(x, y, round(1.5 + 1.5 * point.weight, 1), "d-surface", "l-text"))
    for code, _path_data in paths:
        outline = all_outlines()[code]
        x, y = _middle(outline, projection)
        wide = max(70.0, 8.2 * len(outline.name) + 20)
        parts.append(Box(round(x - wide / 2), round(y - 23), wide, 46, "d-surface", "l-edge"))
        parts.append(Label(round(x), round(y - 5), outline.name, "", CENTRE))
        parts.append(Label(round(x), round(y + 15), written[code], "t-amount", CENTRE))
    ranked = sorted((code for code in codes if code in values), key=lambda c: -values[c])
    rows = tuple((all_outlines()[code].name, written[code]) for code in ranked)
    full = title + " " + "\u202f; ".join(f"{name} {value}" for name, value in rows) + "."
    table = ChartTable(title, headers, rows)
    return Drawing(full, (-4, -4, 568, round(height) + 8), tuple(parts), table, credit=OUTLINES_CREDIT)


def _middle(outline: Outline, projection: Projection) -> tuple[float, float]:
    """Return the centre of area of the largest ring, in pixels."""
    best, best_area = (0.0, 0.0), -1.0
    for ring in outline.rings:
        places = [projection.place(*point) for point in ring]
        area = sum_x = sum_y = 0.0
        for (x1, y1), (x2, y2) in pairwise(places):
            cross = x1 * y2 - x2 * y1
            area += cross
            sum_x += (x1 + x2) * cross
            sum_y += (y1 + y2) * cross
        if abs(area) > best_area:
            best_area = abs(area)
            best = (sum_x / (3 * area), sum_y / (3 * area))
    return best
