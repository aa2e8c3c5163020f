"""The drawing surface of every document: a reportlab canvas whose marks all say what they are.

Coordinates are points from the bottom left corner of the page, texts stand on their baseline. Everything drawn is
either content of a structure element (`tag`) or an artifact; a text outside both is refused, so a finished file has
no unmarked text. The same calls with the same `created_at` give the same bytes.

    document = TaggedDocument(title="Relevé annuel 2025", author="Fonds", subject="", created_at=at)
    document.new_page()
    with document.tag("H1"):
        document.text(MARGIN_LEFT, 780, "Relevé annuel 2025", TITLE)
    content = document.finish()

`document.canvas` is the reportlab canvas itself, for drawings (`figure`). Its own text methods are not used: they
embed fonts in a way that costs more than everything else together.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType

from reportlab.pdfgen.canvas import Canvas

from .fonts import EM, encode, get_face, kerned, width_of
from .structure import AnnotationReference, Element, MarkedContent, text_string
from .style import PAGE_HEIGHT, PAGE_WIDTH, Style, fill_operator, stroke_operator
from .text import Run, Text, plain, wrap, wrap_runs
from .writer import Annotation, Bookmark, Metadata, PageContent, write_file

LEFT, RIGHT, CENTRE = "left", "right", "centre"
GROUPING = frozenset(
    {"Document", "Part", "Sect", "Div", "Table", "THead", "TBody", "TFoot", "TR", "L", "LI", "TOC", "BlockQuote"}
)

_HEADER_COLUMN = "/A<</O/Table/Scope/Column>>"
_HEADER_ROW = "/A<</O/Table/Scope/Row>>"


class _Artifact:
    """Stands for "no element": what a reader with no eyes must not meet."""


ARTIFACT = _Artifact()


class _Tag:
    """Context of one element; a class, because a document enters hundreds of them."""

    __slots__ = ("document", "element")

    def __init__(self, document: "TaggedDocument", element: Element) -> None:
        self.document = document
        self.element = element

    def __enter__(self) -> Element:
        self.document.stack.append(self.element)
        return self.element

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.document.close_mark()
        self.document.stack.pop()


class TaggedDocument:
    """A tagged PDF/A-1b document being drawn. See the module."""

    def __init__(
        self,
        *,
        title: str,
        created_at: datetime,
        author: str = "",
        subject: str = "",
        lang: str = "fr-FR",
        page_size: tuple[float, float] = (PAGE_WIDTH, PAGE_HEIGHT),
    ) -> None:
        self.metadata = Metadata(title=title, author=author, subject=subject, lang=lang, created_at=created_at)
        self.page_size = page_size
        self.canvas = Canvas(None, pagesize=page_size, invariant=1)
        self.pages: list[PageContent] = []
        self.elements: list[Element] = []
        self.annotations: list[Annotation] = []
        self.bookmarks: list[Bookmark] = []
        self.fonts: dict[tuple[str, int], str] = {}
        self.stack: list[Element | _Artifact] = [self._element("Document", None)]
        self._write = self.canvas.addLiteral
        self._open: Element | _Artifact | None = None
        self.forget_state()

    # Pages

    @property
    def page_number(self) -> int:
        """Number of the page being drawn, from 1; 0 before the first."""
        return len(self.pages)

    def new_page(self) -> None:
        """Finish the page being drawn, if any, and start the next one."""
        self._keep_page()
        self.pages.append(PageContent())
        self.forget_state()

    def _keep_page(self) -> None:
        if self.pages:
            self.close_mark()
            self._move_operators(self.pages[-1])

    def _move_operators(self, page: PageContent) -> None:
        """Take what the canvas holds and leave it empty for what follows."""
        page.operators.append(self.canvas.getCurrentPageContent())
        self.canvas.showPage()
        self._write = self.canvas.addLiteral

    def finish(self, furniture: Callable[["TaggedDocument", int, int], None] | None = None) -> bytes:
        """Return the bytes of the document.

        Args: furniture: draws what stands on every page and needs the number of pages (headers, footers); called with
            the document, the page's number and the number of pages, as an artifact.
        """
        if not self.pages:
            raise ValueError("a document has at least one page")
        self._keep_page()
        if furniture is not None:
            for number, page in enumerate(self.pages, start=1):
                self.forget_state()
                self.stack.append(ARTIFACT)
                furniture(self, number, len(self.pages))
                self.stack.pop()
                self.close_mark()
                self._move_operators(page)
        return write_file(
            metadata=self.metadata,
            pages=self.pages,
            page_size=self.page_size,
            elements=self.elements,
            annotations=self.annotations,
            bookmarks=self.bookmarks,
            fonts=list(self.fonts),
        )

    # Structure

    def _element(self, tag: str, parent: Element | None, attributes: str = "") -> Element:
        element = Element(tag, parent, len(self.elements), attributes)
        self.elements.append(element)
        if parent is not None:
            parent.kids.append(element)
        return element

    def tag(self, tag: str, *, alt: str = "", lang: str = "", actual_text: str = "", attributes: str = "") -> _Tag:
        """Return a context in which what is drawn belongs to a new element, child of the current one.

        Args: tag: a standard structure type ("H1", "P", "Figure"…); alt: what a figure says; actual_text: the
            characters that a drawing stands for; lang: when it is not the document's; attributes: further entries, as
            PDF text.
        """
        if alt:
            attributes += f"/Alt{text_string(alt)}"
        if actual_text:
            attributes += f"/ActualText{text_string(actual_text)}"
        if lang:
            attributes += f"/Lang{text_string(lang)}"
        parent = self.stack[-1]
        if isinstance(parent, _Artifact):
            raise ValueError(f"{tag} inside an artifact")
        self.close_mark()
        return _Tag(self, self._element(tag, parent, attributes))

    def header_cell(self, *, is_row: bool = False) -> _Tag:
        """Return the context of a table's header cell, for its column or its row."""
        return self.tag("TH", attributes=_HEADER_ROW if is_row else _HEADER_COLUMN)

    def row_cells(self, row: Element) -> "Cells":
        """Return the fast way to draw the cells of one row (see `Cells`)."""
        return Cells(self, row)

    @contextmanager
    def artifact(self) -> Iterator[None]:
        """In this context, what is drawn is decoration or repetition."""
        self.stack.append(ARTIFACT)
        try:
            yield
        finally:
            self.stack.pop()
            self.close_mark()

    def close_mark(self) -> None:
        """End the marked content being written, if any."""
        if self._open is not None:
            self._write("EMC")
            self._open = None

    def _mark(self, owner: Element | _Artifact) -> None:
        """Make what follows content of an element, or an artifact."""
        if owner is self._open:
            return
        if self._open is not None:
            self._write("EMC")
        if type(owner) is Element:
            page = self.pages[-1]
            mark = len(page.owners)
            page.owners.append(owner)
            if owner.page < 0:
                owner.page = len(self.pages) - 1
            owner.kids.append(mark if owner.page == len(self.pages) - 1 else MarkedContent(len(self.pages) - 1, mark))
            self._write(f"/{owner.tag} <</MCID {mark}>> BDC")
        else:
            self._write("/Artifact BMC")
        self._open = owner

    def _mark_text(self) -> None:
        owner = self.stack[-1]
        if owner is not self._open:
            if type(owner) is Element and owner.tag in GROUPING:
                raise ValueError(f"a text directly inside {owner.tag}: open an element for it")
            self._mark(owner)

    def _mark_shape(self) -> None:
        owner = self.stack[-1]
        self._mark(owner if type(owner) is Element and owner.tag == "Figure" else ARTIFACT)

    # State of the page: only what changes is written

    def forget_state(self) -> None:
        """Stop relying on the colours, width and font last written; needed after a `Q` written straight to the
        canvas."""
        self._font = self._fill = self._stroke = ""
        self._line_width = -1.0

    def _set_fill(self, colour: str) -> None:
        if colour != self._fill:
            self._write(fill_operator(colour))
            self._fill = colour

    def _set_stroke(self, colour: str, width: float) -> None:
        if colour != self._stroke:
            self._write(stroke_operator(colour))
            self._stroke = colour
        if width != self._line_width:
            self._write(f"{width:g} w")
            self._line_width = width

    def _font_operator(self, face: str, number: int, size: float) -> str:
        key = (face, number)
        resource = self.fonts.get(key)
        if resource is None:
            resource = self.fonts[key] = get_face(face).pages[number].resource
        wanted = f"/{resource} {size:g} Tf "
        if wanted == self._font:
            return ""
        self._font = wanted
        return wanted

    def _shown(self, text: str, style: Style) -> str:
        """Return the operators that show a text where the text position is, changing font pages as needed."""
        if style.is_kerned:
            parts, _ = kerned(text, style.face)
            if parts:
                return f"{self._font_operator(style.face, 0, style.size)}[{parts}]TJ"
        return " ".join(
            [f"{self._font_operator(style.face, number, style.size)}({codes})Tj" for number, codes in encode(text)]
        )

    # Texts

    def width(self, text: str, style: Style) -> float:
        """Return the width of a text on one line, in points."""
        wide = kerned(text, style.face)[1] if style.is_kerned else width_of(text, style.face)
        return wide * style.size / EM

    def text(self, x: float, y: float, text: str, style: Style, align: str = LEFT) -> None:
        """Draw one line of text on the baseline y. With RIGHT or CENTRE, x is its end or its middle.

        Raises: UnprintableText; ValueError: not inside a tag nor an artifact.
        """
        self._mark_text()
        if align == RIGHT:
            x -= self.width(text, style)
        elif align == CENTRE:
            x -= self.width(text, style) / 2
        if style.colour != self._fill:
            self._set_fill(style.colour)
        self._write(f"BT {x:.2f} {y:.2f} Td {self._shown(text, style)} ET")

    def lines(self, x: float, y: float, lines: Sequence[str], style: Style, align: str = LEFT) -> float:
        """Draw lines of text from the baseline y down, and return the baseline that follows the last."""
        if align != LEFT:
            for line in lines:
                self.text(x, y, line.rstrip(" "), style, align)
                y -= style.leading
            return y
        if lines:
            self._mark_text()
            self._set_fill(style.colour)
            shown = " T* ".join([self._shown(line, style) for line in lines])
            self._write(f"BT {style.leading:g} TL {x:.2f} {y:.2f} Td {shown} ET")
        return y - style.leading * len(lines)

    def line_count(self, text: Text, style: Style, width: float) -> int:
        """Return how many lines a paragraph takes in a width in points."""
        if isinstance(text, str):
            return len(wrap(text, style.face, style.size, width))
        return len(wrap_runs(text, style, width))

    def paragraph(self, x: float, y: float, width: float, text: Text, style: Style, align: str = LEFT) -> float:
        """Draw a paragraph from the baseline y down, inside the current tag; return the baseline that follows."""
        if isinstance(text, str):
            return self.lines(x, y, wrap(text, style.face, style.size, width), style, align)
        return self.wrapped(x, y, wrap_runs(text, style, width), style)

    def wrapped(self, x: float, y: float, lines: Sequence[str] | Sequence[list[Run]], style: Style) -> float:
        """Draw lines already broken by `wrap` or `wrap_runs`, and return the baseline that follows the last."""
        if all(isinstance(line, str) for line in lines):
            return self.lines(x, y, lines, style)  # type: ignore[arg-type]
        for line in lines:
            self.run_line(x, y, line, style)  # type: ignore[arg-type]
            y -= style.leading
        return y

    def run_line(self, x: float, y: float, line: Sequence[Run], style: Style) -> None:
        """Draw one line of runs: links become Link elements with their annotation, other languages Span elements."""
        for run in line:
            face = style.with_face(run.face) if run.face else style
            if run.address is not None:
                self.link(x, y, run.text, run.address, face)
            elif run.lang is not None:
                with self.tag("Span", lang=run.lang):
                    self.text(x, y, run.text, face)
            else:
                self.text(x, y, run.text, face)
            x += width_of(run.text, face.face) * style.size / EM

    def link(self, x: float, y: float, text: str, address: str, style: Style) -> None:
        """Draw a text that leads to an address (https or mailto), underlined."""
        shown = text.rstrip(" ")
        wide = self.width(shown, style)
        with self.tag("Link") as element:
            self.text(x, y, text, style)
            page = len(self.pages) - 1
            place = len(self.annotations)
            bottom, top = y + get_face(style.face).descent * style.size / EM * 0.6, y + style.size * 0.8
            self.annotations.append(Annotation(page, (x, bottom, x + wide, top), address, plain(text).strip(), element))
            element.kids.append(AnnotationReference(page, place))
        self.rule(x, y - style.size * 0.13, x + wide, y - style.size * 0.13, colour=style.colour, width=0.4)

    def bookmark(self, title: str, y: float) -> None:
        """Add an entry to the outline that leads to height y of this page."""
        self.bookmarks.append(Bookmark(title, len(self.pages) - 1, y))

    # Shapes: content of the current Figure, artifacts elsewhere

    def rule(self, x1: float, y1: float, x2: float, y2: float, *, colour: str = "black", width: float = 0.5) -> None:
        """Draw a straight line, `width` points thick."""
        self._mark_shape()
        self._set_stroke(colour, width)
        self._write(f"{x1:.2f} {y1:.2f} m {x2:.2f} {y2:.2f} l S")

    def double_rule(self, x1: float, x2: float, y: float, *, colour: str = "black") -> None:
        """Draw the double rule that closes an account, from y down: under a total and nowhere else."""
        self._mark_shape()
        self._set_stroke(colour, 0.5)
        self._write(f"{x1:.2f} {y:.2f} m {x2:.2f} {y:.2f} l {x1:.2f} {y - 1.8:.2f} m {x2:.2f} {y - 1.8:.2f} l S")

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        fill: str = "",
        stroke: str = "",
        line_width: float = 0.5,
    ) -> None:
        """Draw a rectangle from its lower left corner, filled and stroked by colours of the palette."""
        self._mark_shape()
        if fill:
            self._set_fill(fill)
        if stroke:
            self._set_stroke(stroke, line_width)
        self._write(f"{x:.2f} {y:.2f} {width:.2f} {height:.2f} re {'B' if fill and stroke else 'f' if fill else 'S'}")

    def path(self, operators: str, *, fill: str = "", stroke: str = "", line_width: float = 0.5) -> None:
        """Draw a path given as PDF construction operators in points."""
        self._mark_shape()
        if fill:
            self._set_fill(fill)
        if stroke:
            self._set_stroke(stroke, line_width)
        self._write(f"{operators} {'B' if fill and stroke else 'f' if fill else 'S'}")

    def placed_path(self, operators: str, x: float, y: float, scale_x: float, scale_y: float, *, fill: str) -> None:
        """Fill a path drawn in units of its own, whose origin goes to (x, y)."""
        self._mark_shape()
        self._set_fill(fill)
        self._write(f"q {scale_x:.5f} 0 0 {scale_y:.5f} {x:.2f} {y:.2f} cm {operators} f Q")

    @contextmanager
    def figure(self, *, alt: str, box: tuple[float, float, float, float]) -> Iterator[Canvas]:
        """Draw a figure: yields the reportlab canvas, for shapes only; `alt` says what the figure shows.

        Args: box: left, bottom, right, top in points.
        """
        bounds = " ".join(f"{side:.2f}" for side in box)
        with self.tag("Figure", alt=alt, attributes=f"/A<</O/Layout/Placement/Block/BBox[{bounds}]>>") as element:
            self._mark(element)
            self.canvas.saveState()
            yield self.canvas
            self.canvas.restoreState()
            self.forget_state()


class Cells:
    """Draws the cells of one row; the hot path of every statement, so each cell costs one element and three
    operators."""

    __slots__ = ("document", "row")

    def __init__(self, document: TaggedDocument, row: Element) -> None:
        self.document = document
        self.row = row

    def cell(self, x: float, y: float, text: str, style: Style, align: str = LEFT, attributes: str = "") -> None:
        """Draw a cell of one line. Args: attributes: "" for a data cell, else those of a header cell (HEADER_ROW,
        HEADER_COLUMN)."""
        document = self.document
        document.close_mark()
        element = Element("TH" if attributes else "TD", self.row, len(document.elements), attributes)
        document.elements.append(element)
        self.row.kids.append(element)
        if not text:
            return
        document.stack.append(element)
        document.text(x, y, text, style, align)
        document.stack.pop()

    def paragraph(
        self, x: float, y: float, lines: Sequence[str], style: Style, align: str = LEFT, attributes: str = ""
    ) -> None:
        """Draw a cell of several lines already broken."""
        document = self.document
        with document.tag("TH" if attributes else "TD", attributes=attributes):
            document.lines(x, y, lines, style, align)


HEADER_ROW, HEADER_COLUMN = _HEADER_ROW, _HEADER_COLUMN
