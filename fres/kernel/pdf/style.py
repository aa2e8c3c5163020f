"""Type, colours and measures of the documents (the look, §7): the only place where a PDF colour is written down."""

from dataclasses import dataclass, replace

from .fonts import SANS, SANS_ITALIC, SANS_SEMIBOLD, SERIF

MM = 72 / 25.4  # points in a millimetre
PAGE_WIDTH, PAGE_HEIGHT = 210 * MM, 297 * MM
MARGIN_LEFT, MARGIN_RIGHT, MARGIN_TOP, MARGIN_BOTTOM = 24 * MM, 16 * MM, 18 * MM, 20 * MM
MARGIN_LINE = 20 * MM  # where the rose line stands
NARROW_NO_BREAK, NO_BREAK, MINUS = "\u202f", "\u00a0", "\u2212"


def _colour(hexadecimal: str) -> tuple[float, float, float]:
    return tuple(round(int(hexadecimal[i : i + 2], 16) / 255, 4) for i in (0, 2, 4))  # type: ignore[return-value]


# The light values of the pages' tokens (a test compares them): documents are printed, they have no dark scheme.
COLOURS: dict[str, tuple[float, float, float]] = {
    "paper": _colour("FBF9F8"),
    "surface": _colour("FFFFFF"),
    "wash": _colour("F4EFF2"),
    "rule": _colour("DFD6DC"),
    "edge": _colour("887886"),
    "text": _colour("271C2A"),
    "quiet": _colour("63545F"),
    "ink": _colour("53295A"),
    "margin": _colour("C4587A"),
    "cleared": _colour("22664A"),
    "cleared-soft": _colour("E2F0E8"),
    "reflect": _colour("855400"),
    "reflect-fill": _colour("B87A12"),
    "wait": _colour("47586F"),
    "alert": _colour("A3321A"),
    "black": (0.0, 0.0, 0.0),
}


def _mixed(percent: int) -> tuple[float, float, float]:
    """Return ink mixed into surface, as the style sheet does for the classes of maps."""
    pairs = zip(COLOURS["ink"], COLOURS["surface"], strict=True)
    return tuple(round((ink * percent + ground * (100 - percent)) / 100, 4) for ink, ground in pairs)  # type: ignore[return-value]


COLOURS |= {"map-1": _mixed(10), "map-2": _mixed(28), "map-3": _mixed(48), "map-4": _mixed(70)}


def fill_operator(colour: str) -> str:
    """Return the PDF operator that fills with a named colour."""
    r, g, b = COLOURS[colour]
    return "0 g" if colour == "black" else f"{r:g} {g:g} {b:g} rg"


def stroke_operator(colour: str) -> str:
    """Return the PDF operator that strokes with a named colour."""
    r, g, b = COLOURS[colour]
    return "0 G" if colour == "black" else f"{r:g} {g:g} {b:g} RG"


@dataclass(frozen=True, slots=True)
class Style:
    """How a text is drawn: face, size and leading in points, colour by name, kerned or not (titles are)."""

    face: str = SANS
    size: float = 9.5
    leading: float = 13
    colour: str = "black"
    is_kerned: bool = False

    def with_face(self, face: str) -> "Style":
        """Return the same style in another face."""
        return replace(self, face=face)


BODY = Style()
STRONG = Style(face=SANS_SEMIBOLD)
EMPHASIS = Style(face=SANS_ITALIC)
QUIET = Style(size=8, leading=10.5, colour="quiet")
LABEL = Style(face=SANS_SEMIBOLD, size=8, leading=10, colour="quiet")
MARGINALIA = Style(size=7.5, leading=13, colour="quiet")
SMALL = Style(size=8, leading=11)
TITLE = Style(face=SERIF, size=17, leading=21, is_kerned=True)
HEADING = Style(face=SERIF, size=12.5, leading=16, is_kerned=True)
SUBHEADING = Style(face=SANS_SEMIBOLD, size=9.5, leading=13)
AMOUNT_LEAD = Style(face=SERIF, size=15, leading=19)
LINK = Style(colour="ink")
