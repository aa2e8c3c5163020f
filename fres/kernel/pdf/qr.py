"""QR codes as one path: the address at which a printed document is checked."""

from functools import lru_cache

from reportlab.graphics.barcode import qrencoder

# Any of the eight masks is legal, and the code itself names the one used; trying all of them costs eight times as much.
MASK = 2
QUIET_MODULES = 4  # the white border that readers need


@lru_cache(maxsize=64)
def modules(text: str) -> tuple[tuple[bool, ...], ...]:
    """Return the modules of the QR code of a text, row by row from the top, dark ones True; error correction M (15
    %)."""
    code = qrencoder.QRCode(None, qrencoder.QRErrorCorrectLevel.M)
    code.addData(qrencoder.QR8bitByte(text))
    code.version = code.calculate_version()
    code.makeImpl(False, MASK)
    return tuple(tuple(bool(dark) for dark in row) for row in code.modules)


@lru_cache(maxsize=64)
def path_operators(text: str, x: float, y: float, side: float) -> str:
    """Return the PDF path of a QR code whose square, white border excluded, has its lower left corner at (x, y).

    Dark modules that touch in a row make one rectangle.
    """
    rows = modules(text)
    module = side / len(rows)
    out = []
    for number, row in enumerate(rows):
        bottom = y + side - (number + 1) * module
        start = 0
        while start < len(row):
            if not row[start]:
                start += 1
                continue
            end = start
            while end < len(row) and row[end]:
                end += 1
            out.append(f"{x + start * module:.2f} {bottom:.2f} {(end - start) * module:.2f} {module:.2f} re")
            start = end
    return "\n".join(out)
