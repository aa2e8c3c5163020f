"""SVG path data as PDF operators, for the few shapes that pages and documents share (wordmark, maps)."""

import re
from functools import lru_cache

_TOKENS = re.compile(r"[MLHVQCZmlhvqcz]|-?(?:\d+\.?\d*|\.\d+)")
_ARITY = {"M": 2, "L": 2, "H": 1, "V": 1, "Q": 4, "C": 6}


@lru_cache(maxsize=256)
def pdf_operators(path: str) -> str:
    """Return the construction operators of an SVG path, in its own units and with y still going down.

    Knows M, L, H, V, Q, C, Z, absolute or relative. Raises: ValueError: another command.
    """
    tokens = _TOKENS.findall(path)
    if "".join(tokens) != re.sub(r"[\s,]", "", path):
        raise ValueError("unknown command in an SVG path")
    out: list[str] = []
    x = y = start_x = start_y = 0.0
    command = ""
    place = 0
    while place < len(tokens):
        if tokens[place].isalpha():
            command = tokens[place]
            place += 1
            if command in "Zz":
                out.append("h")
                x, y = start_x, start_y
                continue
        kind = command.upper()
        n = _ARITY[kind]
        values = [float(token) for token in tokens[place : place + n]]
        place += n
        if command.islower():
            offsets = {"H": (x,), "V": (y,)}.get(kind, (x, y) * (n // 2 or 1))
            values = [value + offset for value, offset in zip(values, offsets, strict=True)]
        if kind == "Q":
            (cx, cy), (end_x, end_y) = values[:2], values[2:]
            values = [
                x + 2 / 3 * (cx - x),
                y + 2 / 3 * (cy - y),
                end_x + 2 / 3 * (cx - end_x),
                end_y + 2 / 3 * (cy - end_y),
                end_x,
                end_y,
            ]
        x, y = (values[0], y) if kind == "H" else (x, values[0]) if kind == "V" else (values[-2], values[-1])
        if kind in "QC":
            out.append(" ".join(f"{value:.2f}" for value in values) + " c")
        else:
            out.append(f"{x:.2f} {y:.2f} {'m' if kind == 'M' else 'l'}")
        if kind == "M":
            start_x, start_y = x, y
            command = "l" if command == "m" else "L"
    return "\n".join(out)
