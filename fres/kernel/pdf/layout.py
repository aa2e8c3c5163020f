"""Whole pages of the open ledger (the look, §7): letterhead, margin line, cursor, tables that break, totals that
close.

`LedgerPage` is for accounts (statements, minutes, lists), `LetterPage` for what is sent to one person (receipts,
contracts, notices): it adds the recipient where a French window envelope shows it. Both are drawn from the top down;
every method writes at the cursor, breaks the page when it must and leaves the cursor below. Documents are in French
whatever the language of who asked for them (D13): their texts are not translated.

    sheet = LedgerPage(title="Relevé annuel 2025", letterhead=letterhead, created_at=at)
    sheet.title("Relevé annuel 2025")
    sheet.table(columns, rows)
    content = sheet.finish()
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from . import qr, wordmark
from .canvas import HEADER_ROW, LEFT, RIGHT, TaggedDocument
from .fonts import SANS_SEMIBOLD
from .structure import text_string
from .style import (
    BODY,
    HEADING,
    LABEL,
    MARGIN_BOTTOM,
    MARGIN_LEFT,
    MARGIN_LINE,
    MARGIN_RIGHT,
    MARGIN_TOP,
    MARGINALIA,
    MM,
    PAGE_HEIGHT,
    PAGE_WIDTH,
    QUIET,
    STRONG,
    SUBHEADING,
    TITLE,
    Style,
)
from .svgpath import pdf_operators
from .text import Run, Text, wrap, wrap_runs

HEADER_HEIGHT = 11 * MM
FOOTER_BASELINE = 11 * MM
ROW_PADDING = 1.5  # points above and below the text of a row
COLUMN_GAP = 8.0  # points between a text column and the next one
IN_THE_MARGIN = MARGIN_LINE - 1.4 * MM  # where marginal dates end
ADDRESS_LEFT, ADDRESS_TOP = 110 * MM, PAGE_HEIGHT - 50 * MM  # window of a DL envelope


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who issues a document, and how to check it.

    `document_number` is that of its series; `check_address`, when there is one, is printed in the footer.
    `identified_by` names the register that `siren` comes from: an association may only have an RNA number.
    """

    issuer: str
    siren: str
    kind: str
    document_number: str
    check_address: str = ""
    identified_by: str = "SIREN"


class RowKind(Enum):
    """What a row of a table is: a total stands on a rule and is closed by the double rule."""

    DATA = "data"
    OPENING = "opening"
    SUBTOTAL = "subtotal"
    TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    `width` is in points; None shares what remains. Figures are RIGHT and are never broken. A column `in_margin`
    stands left of the margin line, and takes no width. `is_header`: its cells name their row.
    """

    header: str
    width: float | None = None
    align: str = LEFT
    in_margin: bool = False
    is_header: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row: one text per column, an empty text where there is nothing to say."""

    cells: tuple[str, ...]
    kind: RowKind = RowKind.DATA


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a column is drawn: its left and right edges, and the x of its text."""

    column: Column
    left: float
    right: float
    x: float


class Sheet:
    """What ledgers and letters have in common. `y` is the baseline of what comes next; `left` and `right` bound the
    text."""

    left = MARGIN_LEFT
    right = PAGE_WIDTH - MARGIN_RIGHT
    bottom = MARGIN_BOTTOM

    def __init__(
        self, *, title: str, letterhead: Letterhead, created_at: datetime, subject: str = "", lang: str = "fr-FR"
    ) -> None:
        self.letterhead = letterhead
        self.document = TaggedDocument(
            title=title, author=letterhead.issuer, subject=subject, created_at=created_at, lang=lang
        )
        self.y = 0.0
        self.new_page()

    @property
    def width(self) -> float:
        """Width of the text, in points."""
        return self.right - self.left

    @property
    def top(self) -> float:
        """Height at which the first line of a page hangs."""
        return PAGE_HEIGHT - MARGIN_TOP - HEADER_HEIGHT - 9 * MM

    # Pages

    def new_page(self) -> None:
        """Start a page: letterhead (content on the first, repetition on the others) and margin line."""
        document = self.document
        document.new_page()
        if document.page_number == 1:
            self._letterhead()
        else:
            with document.artifact():
                self._letterhead(is_repeated=True)
        self.y = self.top

    def _letterhead(self, *, is_repeated: bool = False) -> None:
        document, letterhead = self.document, self.letterhead
        top = PAGE_HEIGHT - MARGIN_TOP
        scale = HEADER_HEIGHT / wordmark.HEIGHT
        left = MARGIN_LINE - wordmark.STEM_CENTRE * scale
        document.placed_path(pdf_operators(wordmark.MARGIN_PATH), left, top, scale, -scale, fill="margin")
        document.placed_path(pdf_operators(wordmark.INK_PATH), left, top, scale, -scale, fill="text")
        document.rule(
            MARGIN_LINE, top - HEADER_HEIGHT - 2 * MM, MARGIN_LINE, self.bottom - 3 * MM, colour="margin", width=0.6
        )
        x = left + wordmark.WIDTH * scale + 5 * MM
        baseline = top - HEADER_HEIGHT + 10.5 + 1
        lines: list[tuple[float, float, str, Style, str]] = [
            (x, baseline, letterhead.issuer, LABEL, LEFT),
            (x, baseline - 10.5, f"{letterhead.identified_by} {letterhead.siren}", QUIET, LEFT),
            (self.right, baseline, letterhead.kind, LABEL, RIGHT),
            (self.right, baseline - 10.5, f"N° {letterhead.document_number}", QUIET, RIGHT),
        ]
        for place_x, y, text, style, align in lines:
            if is_repeated:
                document.text(place_x, y, text, style, align)
            else:
                with document.tag("P"):
                    document.text(place_x, y, text, style, align)

    def _footer(self, document: TaggedDocument, number: int, count: int) -> None:
        style = Style(size=7.5, leading=9.5, colour="quiet")
        document.text(self.right, FOOTER_BASELINE, f"page {number} sur {count}", style, RIGHT)
        if self.letterhead.check_address:
            text = f"Document n° {self.letterhead.document_number}, à vérifier sur {self.letterhead.check_address}"
            document.lines(self.left, FOOTER_BASELINE, wrap(text, style.face, style.size, self.width - 25 * MM), style)

    def finish(self) -> bytes:
        """Return the bytes of the document, footers included."""
        return self.document.finish(self._footer)

    def ensure(self, height: float) -> None:
        """Start a page unless `height` points remain below the cursor's line."""
        if self.y - height < self.bottom and self.y < self.top:
            self.new_page()

    def space(self, points: float) -> None:
        """Leave an empty space."""
        self.y -= points

    # Texts

    def title(self, text: str) -> None:
        """Write the title of the document (H1)."""
        self.y -= TITLE.size * 0.3
        self._block("H1", text, TITLE)
        self.y -= 4

    def heading(self, text: str) -> None:
        """Write a heading (H2), kept with what follows, and put it in the outline."""
        self.y -= 10
        self.ensure(HEADING.leading + 5 * BODY.leading)
        self.document.bookmark(text, self.y + HEADING.leading)
        self._block("H2", text, HEADING)
        self.y -= 2

    def subheading(self, text: str) -> None:
        """Write a minor heading (H3), kept with what follows."""
        self.y -= 4
        self.ensure(SUBHEADING.leading + 3 * BODY.leading)
        self._block("H3", text, SUBHEADING)

    def paragraph(self, text: Text, style: Style = BODY, *, width: float | None = None, after: float = 5) -> None:
        """Write a paragraph. Args: width: in points, the whole width when None; after: space left below, in
        points."""
        self._block("P", text, style, width=width)
        self.y -= after

    def margin_note(self, text: str) -> None:
        """Write a short reference left of the margin line, beside the line that comes next."""
        with self.document.tag("P"):
            self.document.text(IN_THE_MARGIN, self.y, text, MARGINALIA, RIGHT)

    def _block(self, tag: str, text: Text, style: Style, *, width: float | None = None, x: float | None = None) -> None:
        """Write a block of text, breaking the page between its lines but never after the first or before the last."""
        document = self.document
        width = self.width if width is None else width
        x = self.left if x is None else x
        lines: list[str] | list[list[Run]]
        lines = (
            list(wrap(text, style.face, style.size, width)) if isinstance(text, str) else wrap_runs(text, style, width)
        )
        self.ensure((min(len(lines), 2) - 1) * style.leading)
        with document.tag(tag):
            while True:
                room = max(1, int((self.y - self.bottom) / style.leading) + 1)
                if len(lines) - room == 1 and room > 2:
                    room -= 1
                self.y = document.wrapped(x, self.y, lines[:room], style)
                lines = lines[room:]
                if not lines:
                    return
                self.new_page()

    def bullets(self, items: Sequence[Text], style: Style = BODY) -> None:
        """Write a list with a dot before each item."""
        self._list([("•", item) for item in items], style, numbering="Disc", indent=12)

    def numbered(self, items: Sequence[Text], style: Style = BODY) -> None:
        """Write a list numbered from 1."""
        self._list(
            [(f"{number}.", item) for number, item in enumerate(items, start=1)], style, numbering="Decimal", indent=16
        )

    def _list(self, items: Sequence[tuple[str, Text]], style: Style, *, numbering: str, indent: float) -> None:
        document = self.document
        with document.tag("L", attributes=f"/A<</O/List/ListNumbering/{numbering}>>"):
            for label, item in items:
                count = document.line_count(item, style, self.width - indent)
                self.ensure((min(count, 3) - 1) * style.leading)
                with document.tag("LI"):
                    with document.tag("Lbl"):
                        document.text(self.left, self.y, label, style)
                    self._block("LBody", item, style, x=self.left + indent, width=self.width - indent)
                self.y -= 2
        self.y -= 3

    def terms(self, pairs: Sequence[tuple[str, str]], *, label_width: float = 52 * MM, style: Style = BODY) -> None:
        """Write a table of two columns, names and values, one hairline under each row."""
        columns = (Column("", width=label_width, is_header=True), Column(""))
        self.table(columns, [Row((name, value)) for name, value in pairs], has_header=False, style=style)

    def lead_figures(self, figures: Sequence[tuple[str, str]]) -> None:
        """Write up to four amounts side by side, large, each under its name."""
        document = self.document
        self.y -= 4
        big = Style(face=TITLE.face, size=14, leading=17)
        self.ensure(34)
        step = self.width / len(figures)
        with document.tag("L"):
            for place, (name, amount) in enumerate(figures):
                x = self.left + place * step
                with document.tag("LI"):
                    with document.tag("Lbl"):
                        document.text(x, self.y, name, LABEL)
                    with document.tag("LBody"):
                        document.text(x, self.y - 16, amount, big)
        self.y -= 16 + 18

    # Tables

    def table(
        self,
        columns: Sequence[Column],
        rows: Sequence[Row],
        *,
        has_header: bool = True,
        summary: str = "",
        style: Style = BODY,
        after: float = 10,
    ) -> None:
        """Write a table; its head is repeated on each page, and a total is never alone on its page.

        Args: summary: what the table says, for who cannot see it at a glance; after: space left below, in points.
        """
        document = self.document
        places = self._places(columns)
        attributes = f"/A<</O/Table/Summary{text_string(summary)}>>" if summary else ""
        head_lines = [wrap(p.column.header, LABEL.face, LABEL.size, max(p.right - p.left, 40)) for p in places]
        head_height = max(len(lines) for lines in head_lines) * LABEL.leading + 5 if has_header else 0.0
        strong = style.with_face(SANS_SEMIBOLD)
        self.ensure(head_height + 2 * (style.leading + 2 * ROW_PADDING))
        with document.tag("Table", attributes=attributes):
            if has_header:
                self._table_head(places, head_lines)
            row_lines: list[float] = []
            heights = [self._row_height(places, row, style) for row in rows]
            if heights and max(heights) + head_height > self.top - self.bottom:
                raise ValueError("a row taller than a page")
            for number, row in enumerate(rows):
                closes = number + 1 < len(rows) and rows[number + 1].kind is RowKind.TOTAL
                needed = heights[number] + (heights[number + 1] if closes else 0)
                if self.y - needed + style.leading - ROW_PADDING < self.bottom:
                    self._rule_rows(row_lines)
                    row_lines = []
                    self.new_page()
                    if has_header:
                        with document.artifact():
                            self._table_head(places, head_lines, is_repeated=True)
                self._table_row(
                    places, row, strong if row.kind is not RowKind.DATA else style, row_lines, height=heights[number]
                )
            self._rule_rows(row_lines)
        self.y -= after

    def _places(self, columns: Sequence[Column]) -> list[_Place]:
        fixed = sum(c.width or 0 for c in columns if not c.in_margin)
        flexible = sum(1 for c in columns if c.width is None and not c.in_margin)
        share = (self.width - fixed) / flexible if flexible else 0.0
        places, x = [], self.left
        for column in columns:
            if column.in_margin:
                places.append(_Place(column, 4 * MM, IN_THE_MARGIN, IN_THE_MARGIN))
                continue
            wide = share if column.width is None else column.width
            gap = 0.0 if column.align == RIGHT else COLUMN_GAP
            places.append(_Place(column, x, x + wide - gap, x + wide if column.align == RIGHT else x))
            x += wide
        return places

    def _table_head(
        self, places: Sequence[_Place], head_lines: Sequence[tuple[str, ...]], *, is_repeated: bool = False
    ) -> None:
        document = self.document
        deepest = max(len(lines) for lines in head_lines)
        row = None if is_repeated else document.tag("TR")
        if row is not None:
            row.__enter__()
        for place, lines in zip(places, head_lines, strict=True):
            y = self.y - (deepest - len(lines)) * LABEL.leading
            align = RIGHT if place.column.in_margin else place.column.align
            if is_repeated:
                document.lines(place.x, y, lines, LABEL, align)
            else:
                with document.header_cell():
                    document.lines(place.x, y, lines, LABEL, align)
        if row is not None:
            row.__exit__(None, None, None)
        self.y -= (deepest - 1) * LABEL.leading + 4
        document.rule(self.left, self.y, self.right, self.y, width=0.6)
        self.y -= BODY.size + ROW_PADDING + 1

    def _row_height(self, places: Sequence[_Place], row: Row, style: Style) -> float:
        deepest = 1
        for place, text in zip(places, row.cells, strict=True):
            if place.column.align == LEFT and not place.column.in_margin:
                face = style.face if row.kind is RowKind.DATA and not place.column.is_header else SANS_SEMIBOLD
                deepest = max(deepest, len(wrap(text, face, style.size, place.right - place.left)))
        return deepest * style.leading + 2 * ROW_PADDING

    def _table_row(
        self, places: Sequence[_Place], row: Row, style: Style, row_lines: list[float], *, height: float
    ) -> None:
        document = self.document
        closes = row.kind in (RowKind.TOTAL, RowKind.SUBTOTAL)
        if closes:
            if row_lines:
                row_lines.pop()
            above = self.y + style.size + ROW_PADDING
            document.rule(self.left, above, self.right, above, width=0.5)
        with document.tag("TR") as element:
            cells = document.row_cells(element)
            for place, text in zip(places, row.cells, strict=True):
                column = place.column
                header = HEADER_ROW if column.is_header else ""
                if column.in_margin:
                    cells.cell(place.x, self.y, text, MARGINALIA, RIGHT, header)
                elif column.align == RIGHT:
                    if document.width(text, style) > place.right - place.left:
                        raise ValueError(f"a figure wider than its column {column.header!r}")
                    cells.cell(place.x, self.y, text, style, RIGHT, header)
                else:
                    face = style.with_face(SANS_SEMIBOLD) if column.is_header and column.header else style
                    lines = wrap(text, face.face, face.size, place.right - place.left)
                    if len(lines) == 1:
                        cells.cell(place.x, self.y, lines[0], face, LEFT, header)
                    else:
                        cells.paragraph(place.x, self.y, lines, face, LEFT, header)
        self.y -= height - style.leading
        below = self.y - (style.leading - style.size) + ROW_PADDING - 0.5
        self.y -= style.leading
        if row.kind is RowKind.TOTAL:
            document.double_rule(self.left, self.right, below)
            self.y -= 2
        else:
            row_lines.append(below)

    def _rule_rows(self, heights: Sequence[float]) -> None:
        """Draw the hairlines under the rows of a page, together: one artifact instead of one a row."""
        for y in heights:
            self.document.rule(self.left, y, self.right, y, colour="rule", width=0.5)

    # Pieces

    def check_code(self, *, side: float = 22 * MM, caption: str = "Vérifier ce document") -> None:
        """Draw the QR code of the letterhead's check address at the right, with its address beside it."""
        document = self.document
        address = self.letterhead.check_address
        if not address:
            raise ValueError("a check code needs the address where the document is checked")
        self.ensure(side + 6)
        top = self.y + BODY.size
        x, y = self.right - side, top - side
        with document.figure(
            alt=f"Code à lire avec un téléphone pour vérifier ce document sur {address}", box=(x, y, self.right, top)
        ):
            document.path(qr.path_operators(address, x, y, side), fill="black")
        with document.tag("P"):
            document.text(self.left, self.y, caption, STRONG)
        with document.tag("P"):
            document.link(self.left, self.y - BODY.leading, address, address, Style(colour="ink"))
        self.y -= side + 6

    def signatures(self, names: Sequence[str], *, height: float = 26 * MM) -> None:
        """Leave room to sign, side by side, each under its name."""
        document = self.document
        self.y -= 12
        self.ensure(height)
        step = self.width / len(names)
        for place, name in enumerate(names):
            x = self.left + place * step
            with document.tag("P"):
                document.lines(x, self.y, wrap(name, LABEL.face, LABEL.size, step - 12), LABEL)
            document.rule(x, self.y - height + 8, x + step - 14, self.y - height + 8, colour="edge", width=0.5)
        self.y -= height + 4

    def figure(self, *, alt: str, width: float, height: float, draw: Callable[[float, float], None]) -> None:
        """Draw a figure of that size in points at the cursor; `draw` receives its lower left corner."""
        self.ensure(height)
        bottom = self.y + BODY.size - height
        with self.document.figure(alt=alt, box=(self.left, bottom, self.left + width, bottom + height)):
            draw(self.left, bottom)
        self.y = bottom - BODY.leading


class LedgerPage(Sheet):
    """A page of accounts: dates may stand left of the margin line."""


class LetterPage(Sheet):
    """A page sent to one person: the recipient stands in the window of the envelope, on the first page only."""

    def recipient(self, lines: Sequence[str], *, place_and_date: str = "") -> None:
        """Write the recipient's name and address, then where and when the letter was written."""
        document = self.document
        style = Style(size=10, leading=13.5)
        with document.tag("P"):
            document.lines(
                ADDRESS_LEFT,
                ADDRESS_TOP,
                [line + (" " if i + 1 < len(lines) else "") for i, line in enumerate(lines)],
                style,
            )
        lowest = ADDRESS_TOP - len(lines) * style.leading
        if place_and_date:
            with document.tag("P"):
                document.text(ADDRESS_LEFT, min(lowest, ADDRESS_TOP - 40 * MM + style.leading), place_and_date, style)
            lowest -= 2 * style.leading
        self.y = min(lowest, ADDRESS_TOP - 40 * MM) - 10
