"""The yardstick of every document: a bare reportlab canvas that draws the same marks (design §8).

A document is drawn once by the layer; its drawing calls are recorded, then replayed on a bare `Canvas`: same texts,
rules, chart paths and QR code, with no layout to compute, no tags and no metadata. By default with the fourteen
standard fonts, which embed nothing: the harder yardstick. `EMBEDDED` names fonts that are embedded, as any archivable
document needs.

The yardstick is kept fast: the two signs that those fonts lack (narrow space, minus) are replaced beforehand, for a
fallback font is slow, and streams are not written in ASCII 85, which reportlab does in pure Python.
"""

import io
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any
from unittest import mock

from reportlab import rl_config
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from fres.kernel import charts
from fres.kernel.pdf import canvas as layer
from fres.kernel.pdf import qr
from fres.kernel.pdf.fonts import SANS, SANS_ITALIC, SANS_SEMIBOLD, SERIF
from fres.kernel.pdf.layout import LedgerPage
from fres.kernel.pdf.style import COLOURS, PAGE_HEIGHT, PAGE_WIDTH

STANDARD = {SANS: "Helvetica", SANS_SEMIBOLD: "Helvetica-Bold", SANS_ITALIC: "Helvetica-Oblique", SERIF: "Times-Bold"}
EMBEDDED = {SANS: "Vera", SANS_SEMIBOLD: "VeraBd", SANS_ITALIC: "VeraIt", SERIF: "VeraBI"}

_IN_EVERY_FONT = str.maketrans({"\u202f": "\u00a0", "\u2212": "\u2013"})

Call = tuple[str, tuple[Any, ...], dict[str, Any]]
Pages = list[list[Call]]
WATCHED = ("text", "lines", "rule", "double_rule", "path", "placed_path")


def record(draw: Callable[[], bytes]) -> Pages:
    """Return the drawing calls that `draw` makes on the layer, page by page, footers included."""
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
        draw()
    return recorder.pages


class _Recorder:
    def __init__(self) -> None:
        self.pages: Pages = []
        self.place = -1
        self.depth = 0

    def add(self, name: str, args: tuple[Any, ...], options: dict[str, Any]) -> None:
        if self.depth == 0:
            if name == "text":
                args = (*args[:2], args[2].translate(_IN_EVERY_FONT), *args[3:])
            elif name == "lines":
                args = (*args[:2], [line.translate(_IN_EVERY_FONT) for line in args[2]], *args[3:])
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


def replay(pages: Pages, address: str, fonts: Mapping[str, str] = STANDARD) -> bytes:
    """Draw recorded calls on a bare canvas, through its own methods. Args: address: what the QR code says."""
    rl_config.useA85 = 0
    buffer = io.BytesIO()
    bare = Canvas(buffer, pagesize=(PAGE_WIDTH, PAGE_HEIGHT), invariant=1, pageCompression=1)
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


def register_embedded_fonts() -> None:
    """Load the fonts that `EMBEDDED` names."""
    for name in EMBEDDED.values():
        pdfmetrics.registerFont(TTFont(name, f"{name}.ttf"))
