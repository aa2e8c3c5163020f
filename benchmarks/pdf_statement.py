"""How long a two-page annual statement takes, beside a bare reportlab canvas that draws the same marks (design §8).

Each statement is drawn once by the layer, from a content object it has never seen; its drawing calls are then
recorded and replayed on a bare `Canvas`: same texts, rules, chart paths and QR code, with no layout to compute, no
tags, no metadata. The yardstick is measured with the fourteen standard fonts, which embed nothing, and with embedded
TrueType fonts, as any archivable document needs. Medians of batches, in one process.

    python -m benchmarks.pdf_statement [STATEMENTS]
"""

import io
import random
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from unittest import mock

from django.conf import settings
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from fres.kernel import charts
from fres.kernel.pdf import canvas as layer
from fres.kernel.pdf import qr
from fres.kernel.pdf.fonts import SANS, SANS_ITALIC, SANS_SEMIBOLD, SERIF
from fres.kernel.pdf.layout import RIGHT, Column, LedgerPage, Letterhead, Row, RowKind
from fres.kernel.pdf.style import COLOURS, PAGE_HEIGHT, PAGE_WIDTH

BATCH = 25
TARGET = 1.8
STANDARD = {SANS: "Helvetica", SANS_SEMIBOLD: "Helvetica-Bold", SANS_ITALIC: "Helvetica-Oblique", SERIF: "Times-Bold"}
EMBEDDED = {SANS: "Vera", SANS_SEMIBOLD: "VeraBd", SANS_ITALIC: "VeraIt", SERIF: "VeraBI"}


@dataclass(frozen=True, slots=True)
class Line:
    """One movement: date as printed, label, signed cents."""

    on: str
    label: str
    cents: int


@dataclass(frozen=True, slots=True)
class Statement:
    """What a statement prints."""

    number: str
    saver: str
    opening_cents: int
    lines: tuple[Line, ...]
    holdings: tuple[tuple[str, str, int], ...]
    years: tuple[charts.YearOfInstalments, ...]


def written(cents: int) -> str:
    """Return an amount as figures of a ledger."""
    whole, rest = divmod(abs(cents), 100)
    return ("\u2212" if cents < 0 else "") + f"{whole:,}".replace(",", "\u202f") + f",{rest:02d}"


def a_statement(number: int) -> Statement:
    """Return an invented statement, always the same for a number, unlike every other."""
    chance = random.Random(number)
    places = ("Lens", "Roubaix", "Loos-en-Gohelle", "Laon", "Avesnes-sur-Helpe", "Béthune")
    lines = []
    for i in range(46):
        loan, rank = chance.randrange(10**6), chance.randrange(1, 60)
        label = f"Remboursement n° {rank} du prêt {loan:06d}, {chance.choice(places)}"
        lines.append(Line(f"{i % 28 + 1:02d}/{i // 4 + 1:02d}/2025", label, chance.randrange(-20000, 30000)))
    holdings = [
        (f"Prêt {chance.randrange(10**6):06d}", chance.choice(places), chance.randrange(10**6)) for _ in range(6)
    ]
    years = [charts.YearOfInstalments(2026 + i, chance.randrange(10**6), chance.randrange(10**5)) for i in range(4)]
    return Statement(
        number=f"RA-2025-{number:06d}",
        saver=f"Épargnant·e n° {number:06d}",
        opening_cents=10**6,
        lines=tuple(lines),
        holdings=tuple(holdings),
        years=tuple(years),
    )


def render(statement: Statement) -> bytes:
    """Draw a statement with the layer."""
    address = f"https://fres.example/verifier/{statement.number}"
    letterhead = Letterhead(
        issuer="Fonds régional d’épargne solidaire Hauts-de-France",
        siren="901\u00a0234\u00a0567",
        kind="Relevé annuel",
        document_number=statement.number,
        check_address=address,
    )
    sheet = LedgerPage(title="Relevé annuel 2025", letterhead=letterhead, created_at=datetime(2026, 1, 15, tzinfo=UTC))
    sheet.title("Relevé annuel 2025")
    sheet.paragraph(f"{statement.saver}. Du 1er janvier au 31 décembre 2025, d’où vient votre épargne, où elle est.")
    balance = statement.opening_cents
    rows = [Row(("01/01/2025", "Solde d’ouverture", "", "", written(balance)), RowKind.OPENING)]
    for line in statement.lines:
        balance += line.cents
        came, went = (written(line.cents), "") if line.cents >= 0 else ("", written(-line.cents))
        rows.append(Row((line.on, line.label, came, went, written(balance))))
    rows.append(Row(("31/12/2025", "Solde de clôture", "", "", written(balance)), RowKind.TOTAL))
    sheet.heading("Mouvements")
    figures = [Column(name, width=66, align=RIGHT) for name in ("Entrée", "Sortie", "Solde")]
    columns = (Column("Date", in_margin=True), Column("Opération"), *figures)
    sheet.table(columns, rows, summary="Mouvements de l’année")
    sheet.heading("Où est votre argent")
    total = sum(cents for *_, cents in statement.holdings)
    held = [Row((name, place, written(cents))) for name, place, cents in statement.holdings]
    held.append(Row(("Total", "", written(total)), RowKind.TOTAL))
    sheet.table((Column("Placement", is_header=True), Column("Lieu"), Column("Capital", width=66, align=RIGHT)), held)
    chart = charts.instalment_bars(statement.years)
    sheet.y -= charts.draw(chart, sheet.document, x=sheet.left, y=sheet.y, width=300) + 20
    sheet.check_code()
    return sheet.finish()


Call = tuple[str, tuple[Any, ...], dict[str, Any]]
Pages = list[list[Call]]
WATCHED = ("text", "lines", "rule", "double_rule", "path", "placed_path")


def record(statement: Statement) -> Pages:
    """Return the drawing calls of a statement, page by page, footers included."""
    recorder = _Recorder()
    with ExitStack() as patches:
        for name in WATCHED:
            function = getattr(layer.TaggedDocument, name)
            patches.enter_context(mock.patch.object(layer.TaggedDocument, name, recorder.watch(name, function)))
        patches.enter_context(
            mock.patch.object(layer.TaggedDocument, "new_page", recorder.watch_page(layer.TaggedDocument.new_page))
        )
        patches.enter_context(mock.patch.object(LedgerPage, "_footer", recorder.watch_footer(LedgerPage._footer)))
        patches.enter_context(mock.patch.object(charts, "draw", recorder.watch_chart(charts.draw)))
        render(statement)
    return recorder.pages


class _Recorder:
    def __init__(self) -> None:
        self.pages: Pages = []
        self.place = -1
        self.depth = 0

    def add(self, name: str, args: tuple[Any, ...], options: dict[str, Any]) -> None:
        if self.depth == 0:
            self.pages[self.place].append((name, args, options))

    def watch(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(document: layer.TaggedDocument, *args: Any, **options: Any) -> Any:
            self.add(name, args, options)
            self.depth += 1
            try:
                return function(document, *args, **options)
            finally:
                self.depth -= 1

        return call

    def watch_page(self, function: Callable[..., None]) -> Callable[..., None]:
        def call(document: layer.TaggedDocument) -> None:
            self.pages.append([])
            self.place = len(self.pages) - 1
            function(document)

        return call

    def watch_footer(self, function: Callable[..., None]) -> Callable[..., None]:
        def call(sheet: LedgerPage, document: layer.TaggedDocument, number: int, count: int) -> None:
            self.place = number - 1
            function(sheet, document, number, count)

        return call

    def watch_chart(self, function: Callable[..., float]) -> Callable[..., float]:
        """Shapes of charts go straight to the canvas; the layer's own marks do not pass here."""

        def call(drawing: charts.Drawing, document: layer.TaggedDocument, **options: float) -> float:
            write = document.canvas.addLiteral

            def watched(operators: str) -> None:
                self.add("literal", (operators,), {})
                write(operators)

            with mock.patch.object(document.canvas, "addLiteral", watched):
                return function(drawing, document, **options)

        return call


def replay(pages: Pages, statement: Statement, fonts: dict[str, str]) -> bytes:
    """Draw recorded calls on a bare canvas, through its own methods."""
    buffer = io.BytesIO()
    bare = Canvas(buffer, pagesize=(PAGE_WIDTH, PAGE_HEIGHT), invariant=1, pageCompression=1)
    address = f"https://fres.example/verifier/{statement.number}"
    font, fill, stroke = ("", 0.0), "", ("", 0.0)
    for page in pages:
        for name, args, options in page:
            if name in ("text", "lines"):
                x, y, content, style, *rest = args
                align = rest[0] if rest else "left"
                if (style.face, style.size) != font:
                    font = (style.face, style.size)
                    bare.setFont(fonts[style.face], style.size)
                if style.colour != fill:
                    fill = style.colour
                    bare.setFillColorRGB(*COLOURS[fill])
                show = {"left": bare.drawString, "right": bare.drawRightString, "centre": bare.drawCentredString}[align]
                for text in [content] if name == "text" else content:
                    show(x, y, text)
                    y -= style.leading
            elif name in ("rule", "double_rule"):
                line = (options.get("colour", "black"), options.get("width", 0.5))
                if line != stroke:
                    stroke = line
                    bare.setStrokeColorRGB(*COLOURS[line[0]])
                    bare.setLineWidth(line[1])
                if name == "rule":
                    bare.line(*args)
                else:
                    x1, x2, y = args
                    bare.line(x1, y, x2, y)
                    bare.line(x1, y - 1.8, x2, y - 1.8)
            elif name == "path":
                side = float(22 * 72 / 25.4)
                bare.addLiteral(f"0 g {qr.path_operators(address, 400, 100, side)} f")
                fill = "black"
            elif name == "placed_path":
                operators, x, y, scale_x, scale_y = args
                bare.saveState()
                bare.transform(scale_x, 0, 0, scale_y, x, y)
                bare.addLiteral(f"{operators} f")
                bare.restoreState()
            elif name == "literal":
                bare.addLiteral(args[0])
        bare.showPage()
        font, fill, stroke = ("", 0.0), "", ("", 0.0)
    bare.save()
    return buffer.getvalue()


def forget_codes() -> None:
    """Make both sides encode each QR code themselves."""
    qr.modules.cache_clear()
    qr.path_operators.cache_clear()


def main(count: int = 200) -> float:
    """Print times and ratios, and return the ratio to the yardstick with standard fonts, the harder of the two."""
    for name in EMBEDDED.values():
        pdfmetrics.registerFont(TTFont(name, f"{name}.ttf"))
    ours: list[float] = []
    bare: dict[str, list[float]] = {"standard": [], "embedded": []}
    sizes: dict[str, int] = {}
    render(a_statement(10**6))
    for start in range(0, count, BATCH):
        batch = [a_statement(number) for number in range(start, start + BATCH)]
        forget_codes()
        began = time.perf_counter()
        for statement in batch:
            sizes["ours"] = len(render(statement))
        ours.append((time.perf_counter() - began) / BATCH)
        recorded = [record(statement) for statement in batch]
        for key, fonts in (("standard", STANDARD), ("embedded", EMBEDDED)):
            forget_codes()
            began = time.perf_counter()
            for pages, statement in zip(recorded, batch, strict=True):
                sizes[key] = len(replay(pages, statement, fonts))
            bare[key].append((time.perf_counter() - began) / BATCH)
    mine = statistics.median(ours)
    print(
        f"statement, {len(recorded[0])} pages, {sum(map(len, recorded[0]))} drawing calls, {count} distinct statements"
    )
    print(f"  tagged PDF/A layer      {1000 * mine:7.2f} ms  {sizes['ours'] // 1024:4d} KiB")
    for key, times in bare.items():
        theirs = statistics.median(times)
        size = sizes[key] // 1024
        print(f"  bare canvas, {key:9s}  {1000 * theirs:7.2f} ms  {size:4d} KiB  ratio {mine / theirs:.2f}")
    ratio = mine / statistics.median(bare["standard"])
    print(f"statement: ratio {ratio:.2f}, target {TARGET}")
    return ratio


if __name__ == "__main__":
    if not settings.configured:
        settings.configure(USE_I18N=False)
    sys.exit(0 if main(*(int(argument) for argument in sys.argv[1:])) <= TARGET else 1)
