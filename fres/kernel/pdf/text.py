"""Breaking texts into lines: greedy, with cached widths, never at a no-break space."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from .fonts import EM, width_of
from .style import Style

_AFTER_HYPHEN = re.compile(r"(?<=[-–—/@.])(?=\w)")
_OPPORTUNITIES = re.compile("[ \u200b]")


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of a paragraph in a face of its own, possibly a link. `lang` is set when it is not the document's."""

    text: str
    face: str | None = None
    address: str | None = None
    lang: str | None = None


Text: TypeAlias = str | Sequence[Run]


def plain(text: Text) -> str:
    """Return the characters of a text, without its faces."""
    return text if isinstance(text, str) else "".join(run.text for run in text)


def text_width(text: str, style: Style) -> float:
    """Return the width of a text on one line, in points, without kerning."""
    return width_of(text, style.face) * style.size / EM


@lru_cache(maxsize=4096)
def wrap(text: str, face: str, size: float, width: float) -> tuple[str, ...]:
    """Return the lines of a text at most `width` points wide; lines but the last keep their final space.

    U+00A0 and U+202F never break. A word wider than the line breaks after a hyphen, a dash, a slash, a dot or an at
    sign, then between any two characters. A line feed always breaks.
    """
    room = width * EM / size
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line, used = "", 0.0
        space = width_of(" ", face)
        for word in _OPPORTUNITIES.split(paragraph):
            wide = width_of(word, face)
            if line and used + space + wide <= room:
                line, used = f"{line} {word}", used + space + wide
            elif not line and wide <= room:
                line, used = word, wide
            else:
                if line:
                    lines.append(line + " ")
                *full, line = [word] if wide <= room else _pieces(word, face, room)
                lines.extend(full)
                used = width_of(line, face)
        lines.append(line)
    return tuple(lines)


def _pieces(word: str, face: str, room: float) -> list[str]:
    """Return a word cut into pieces that fit; the narrowest possible room still takes one character."""
    pieces, current = [], ""
    for part in _AFTER_HYPHEN.split(word):
        if width_of(current + part, face) <= room:
            current += part
            continue
        if current:
            pieces.append(current)
            current = ""
        for character in part:
            if current and width_of(current + character, face) > room:
                pieces.append(current)
                current = ""
            current += character
    return [*pieces, current]


def wrap_runs(runs: Sequence[Run], style: Style, width: float) -> list[list[Run]]:
    """Return the lines of a paragraph of runs, each a list of runs; the rules are those of `wrap`."""
    room = width * EM / style.size
    lines: list[list[Run]] = [[]]
    used = 0.0
    for pieces in _words(runs):
        wide = sum(width_of(run.text, run.face or style.face) for run in pieces)
        visible = sum(width_of(run.text.rstrip(" "), run.face or style.face) for run in pieces)
        if lines[-1] and used + visible > room:
            lines.append([])
            used = 0.0
        if visible > room and len(pieces) == 1:
            run = pieces[0]
            *full, last = _pieces(run.text, run.face or style.face, room)
            for part in full:
                lines[-1].append(_same_run(run, part))
                lines.append([])
            pieces, wide = [_same_run(run, last)], width_of(last, run.face or style.face)
        for piece in pieces:
            _append(lines[-1], piece)
        used += wide
    return lines


def _same_run(run: Run, text: str) -> Run:
    return Run(text, run.face, run.address, run.lang)


def _append(line: list[Run], piece: Run) -> None:
    if line and (line[-1].face, line[-1].address, line[-1].lang) == (piece.face, piece.address, piece.lang):
        line[-1] = _same_run(piece, line[-1].text + piece.text)
    else:
        line.append(piece)


def _words(runs: Sequence[Run]) -> Iterator[list[Run]]:
    """Yield words with their final space; a word may change face in its middle."""
    word: list[Run] = []
    for run in runs:
        for part in re.split("(?<= )", run.text.replace("\u200b", " ")):
            if not part:
                continue
            word.append(_same_run(run, part))
            if part.endswith(" "):
                yield word
                word = []
    if word:
        yield word
