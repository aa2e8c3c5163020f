"""The key information sheet as a tagged PDF of at most six A4 pages (Regulation (EU) 2020/1503, art. 23(7))."""

from dataclasses import dataclass

from fres.kernel.check_codes import check_address
from fres.kernel.pdf.fonts import SANS_SEMIBOLD
from fres.kernel.pdf.layout import RIGHT, Column, LedgerPage, Letterhead, Row
from fres.kernel.pdf.style import PAGE_HEIGHT, SMALL, Style
from fres.kernel.pdf.text import Run
from funds.fici.content import Fici, Item

TEXT = Style(size=8.5, leading=11)
FIGURES_WIDTH = 82.0  # points: a sum of ten million euros with its cents
BOXED = Style(size=8.5, leading=11, face=SANS_SEMIBOLD)


@dataclass(frozen=True, slots=True)
class RenderedFici:
    """The bytes, how many pages, and how much of a page each part takes, the longest first (heading, hundredths)."""

    content: bytes
    pages: int
    lengths: tuple[tuple[str, int], ...]


def render_fici(fici: Fici, number: str) -> RenderedFici:
    """Return the PDF of a sheet under its number; the same content and number give the same bytes."""
    sheet = LedgerPage(
        title=f"Fiche d’informations clés sur l’investissement, {fici.title}",
        letterhead=Letterhead(
            issuer=fici.issuer,
            siren=fici.issuer_siren,
            kind=f"FICI, version {fici.version}",
            document_number=number,
            check_address=check_address(number),
        ),
        created_at=fici.at,
        subject=f"Offre {fici.identifier}",
    )
    sheet.title("Fiche d’informations clés sur l’investissement")
    sheet.paragraph(fici.disclaimer.body, BOXED)
    sheet.paragraph(fici.warning.body, BOXED)
    sheet.paragraph(fici.reflection.body, BOXED)
    sheet.heading("Vue d’ensemble de l’offre")
    sheet.terms([(item.label, item.text) for item in fici.overview], style=SMALL)
    lengths: list[tuple[str, int]] = []
    for part in fici.parts:
        start = _height_used(sheet)
        sheet.heading(part.heading)
        for item in part.items:
            write_item(sheet, item)
        lengths.append((part.heading, round((_height_used(sheet) - start) * 100 / PAGE_HEIGHT)))
    content = sheet.finish()
    longest = tuple(sorted(lengths, key=lambda one: -one[1]))
    return RenderedFici(content, sheet.document.page_number, longest)


def write_item(sheet: LedgerPage, item: Item) -> None:
    """Write a statement under its heading: words after their label, or a table."""
    if item.text:
        sheet.paragraph([Run(f"{item.label}. ", face=SANS_SEMIBOLD), Run(item.text)], TEXT, after=3)
    if item.rows:
        columns = (Column(item.head[0], is_header=True), *_columns(item))
        sheet.table(columns, [Row(row) for row in item.rows], summary=item.label, style=SMALL)
        sheet.space(4)


def _columns(item: Item) -> list[Column]:
    """Columns of figures are narrow and to the right; words share the room that is left."""
    found = []
    for place, name in enumerate(item.head[1:], start=1):
        is_figures = all(row[place][:1].isdigit() or row[place][:1] == "\u2212" for row in item.rows if row[place])
        found.append(Column(name, width=FIGURES_WIDTH, align=RIGHT) if is_figures else Column(name))
    return found


def _height_used(sheet: LedgerPage) -> float:
    return (sheet.document.page_number - 1) * PAGE_HEIGHT + (PAGE_HEIGHT - sheet.y)
