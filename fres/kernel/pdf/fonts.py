"""Faces of the documents: what each character is called in a PDF, how wide it is, and the bytes to embed.

Built for documents by the hundred thousand: the files in `fres/kernel/fonts` are cut once, by hand, into pages of at
most 223 characters with a fixed one-byte encoding. A text is then encoded by one `str.translate`, and the embedded
bytes are compressed once in the life of the process instead of being subset again in every document.
"""

import json
import unicodedata
import zlib
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "fonts"
EM = 1000  # every width and height of a face is in thousandths of its size

SANS = "sans"
SANS_SEMIBOLD = "sans-semibold"
SANS_ITALIC = "sans-italic"
SERIF = "serif-semibold"
FACE_NAMES = (SANS, SANS_SEMIBOLD, SANS_ITALIC, SERIF)
_RESOURCE_LETTERS = {SANS: "S", SANS_SEMIBOLD: "B", SANS_ITALIC: "I", SERIF: "T"}


class UnprintableText(ValueError):
    """A text holds a character that no embedded font can draw; printing something else in its place would be a
    lie."""

    def __init__(self, character: str) -> None:
        super().__init__(f"no glyph for U+{ord(character):04X} {unicodedata.name(character, 'control character')}")
        self.character = character


@dataclass(frozen=True, slots=True)
class FontPage:
    """One embedded file: at most 223 characters of a face, with one-byte codes."""

    resource: str  # its name in page resources, "S0"
    file: Path
    box: tuple[int, int, int, int]
    widths: dict[int, int]  # by code


@dataclass(frozen=True, slots=True)
class Face:
    """One face: heights in thousandths of the size, its pages, and the kerning of page 0."""

    key: str
    name: str
    ascent: int
    descent: int
    cap_height: int
    x_height: int
    italic_angle: int
    stem: int
    is_serif: bool
    pages: tuple[FontPage, ...]
    widths: "_Widths"  # by character, over all pages
    kerning: dict[str, int]  # by two codes, as text


class _Widths(dict[str, int]):
    def __missing__(self, character: str) -> int:
        raise UnprintableText(character)


class _Codes(dict[int, str]):
    """Code point to escaped code, for `str.translate`; a character of another page stops the translation."""

    def __missing__(self, code_point: int) -> str:
        raise _OnAnotherPage


class _OnAnotherPage(Exception):
    """The text does not fit in page 0 alone: the slower encoding by runs takes over."""


@dataclass(frozen=True, slots=True)
class _Encoding:
    first_page: _Codes
    place: dict[str, tuple[int, str]]  # character to (page, escaped code)
    characters: tuple[dict[int, int], ...]  # by page, code to character


_ESCAPES = {0x28: "\\(", 0x29: "\\)", 0x5C: "\\\\"}


@cache
def _metrics() -> dict:
    return json.loads((FOLDER / "metrics.json").read_text(encoding="ascii"))


@cache
def _encoding() -> _Encoding:
    characters = tuple({int(code): c for code, c in page.items()} for page in _metrics()["characters"])
    place: dict[str, tuple[int, str]] = {}
    for number, page in enumerate(characters):
        for code, character in page.items():
            place.setdefault(chr(character), (number, _ESCAPES.get(code, chr(code))))
    first = _Codes({ord(character): code for character, (number, code) in place.items() if number == 0})
    return _Encoding(first_page=first, place=place, characters=characters)


@cache
def get_face(key: str) -> Face:
    """Return the face of that key (one of FACE_NAMES). Raises: KeyError."""
    found = _metrics()["faces"][key]
    pages = []
    widths = _Widths()
    for number, page in enumerate(found["pages"]):
        by_code = {int(code): width for code, width in page["widths"].items()}
        pages.append(
            FontPage(
                resource=f"{_RESOURCE_LETTERS[key]}{number}",
                file=FOLDER / page["file"],
                box=tuple(page["box"]),
                widths=by_code,
            )
        )
        for code, character in _encoding().characters[number].items():
            widths.setdefault(chr(character), by_code[code])
    return Face(
        key=key,
        name=found["name"],
        ascent=found["ascent"],
        descent=found["descent"],
        cap_height=found["cap_height"],
        x_height=found["x_height"],
        italic_angle=found["italic_angle"],
        stem=found["stem"],
        is_serif=found["serif"],
        pages=tuple(pages),
        widths=widths,
        kerning=found["pages"][0]["kerning"],
    )


def unprintable_characters(text: str) -> str:
    """Return the characters of a text that documents cannot print, each once, in order; empty when all can.

    Forms that feed documents call it, so that a name is refused while its owner is there to spell it.
    """
    place = _encoding().place
    return "".join(dict.fromkeys(c for c in unicodedata.normalize("NFC", text) if c not in place))


@lru_cache(maxsize=16384)
def encode(text: str) -> tuple[tuple[int, str], ...]:
    """Return a text as runs of (font page, codes escaped for a PDF string), each code one character below U+0100.

    Raises: UnprintableText.
    """
    encoding = _encoding()
    try:
        return ((0, text.translate(encoding.first_page)),)
    except _OnAnotherPage:
        pass
    runs: list[tuple[int, str]] = []
    for character in unicodedata.normalize("NFC", text):
        if character not in encoding.place:
            raise UnprintableText(character)
        number, code = encoding.place[character]
        if runs and runs[-1][0] == number:
            runs[-1] = (number, runs[-1][1] + code)
        else:
            runs.append((number, code))
    return tuple(runs)


@lru_cache(maxsize=16384)
def width_of(text: str, face_key: str) -> int:
    """Return the width of a text in thousandths of its size, without kerning. Raises: UnprintableText."""
    widths = get_face(face_key).widths
    try:
        return sum(map(widths.__getitem__, text))
    except UnprintableText:
        return sum(map(widths.__getitem__, unicodedata.normalize("NFC", text)))


@lru_cache(maxsize=4096)
def kerned(text: str, face_key: str) -> tuple[str, int]:
    """Return the elements of a TJ array for a text of page 0, and its width with kerning in thousandths of its size.

    A text that needs another page is not kerned: its elements are empty and `encode` draws it.
    """
    runs = encode(text)
    if len(runs) != 1 or runs[0][0] != 0:
        return "", width_of(text, face_key)
    pairs = get_face(face_key).kerning
    place = _encoding().place
    codes = [place[c][1] for c in unicodedata.normalize("NFC", text)]
    parts, total, start = [], 0, 0
    for i in range(1, len(codes)):
        amount = pairs.get(codes[i - 1][-1] + codes[i][-1], 0)
        if amount:
            parts.append(f"({''.join(codes[start:i])}){-amount}")
            start = i
            total += amount
    parts.append(f"({''.join(codes[start:])})")
    return "".join(parts), width_of(text, face_key) + total


@cache
def embedded_objects(face_key: str, number: int) -> tuple[str, bytes, str, bytes]:
    """Return what a PDF needs for one page of a face: descriptor, font file stream, font dictionary, ToUnicode
    stream.

    The texts hold `{file}`, `{descriptor}` and `{unicode}` where the object numbers go. Streams are compressed
    already.
    """
    face = get_face(face_key)
    page = face.pages[number]
    data = page.file.read_bytes()
    name = f"{_tag(face_key, number)}+{face.name}"
    codes = sorted(page.widths)
    first, last = codes[0], codes[-1]
    widths = " ".join(str(page.widths.get(code, 0)) for code in range(first, last + 1))
    flags = 4 | (2 if face.is_serif else 0) | (64 if face.italic_angle else 0)
    descriptor = (
        f"<</Type/FontDescriptor/FontName/{name}/Flags {flags}/FontBBox[{' '.join(map(str, page.box))}]"
        f"/ItalicAngle {face.italic_angle}/Ascent {face.ascent}/Descent {face.descent}/CapHeight {face.cap_height}"
        f"/XHeight {face.x_height}/StemV {face.stem}/MissingWidth 0/FontFile2 {{file}} 0 R>>"
    )
    font = (
        f"<</Type/Font/Subtype/TrueType/BaseFont/{name}/FirstChar {first}/LastChar {last}/Widths[{widths}]"
        f"/FontDescriptor {{descriptor}} 0 R/ToUnicode {{unicode}} 0 R>>"
    )
    compressed = zlib.compress(data, 9)
    stream = b"<</Length %d/Length1 %d/Filter/FlateDecode>>\nstream\n%b\nendstream" % (
        len(compressed),
        len(data),
        compressed,
    )
    return descriptor, stream, font, _to_unicode(_encoding().characters[number])


def _tag(face_key: str, number: int) -> str:
    """Return the six capitals that mark a subset: the same page of the same face always has the same ones."""
    return "FRES" + "ABCD"[FACE_NAMES.index(face_key)] + "ABCDEFGHIJ"[number]


def _to_unicode(characters: dict[int, int]) -> bytes:
    lines = [f"<{code:02X}> <{character:04X}>" for code, character in sorted(characters.items()) if character <= 0xFFFF]
    lines += [
        f"<{code:02X}> <{chr(c).encode('utf-16-be').hex().upper()}>"
        for code, c in sorted(characters.items())
        if c > 0xFFFF
    ]
    blocks = [lines[i : i + 100] for i in range(0, len(lines), 100)]
    body = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    cmap = (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        f"1 begincodespacerange\n<00> <FF>\nendcodespacerange\n{body}\nendcmap\n"
        "CMapName currentdict /CMap defineresource pop\nend\nend"
    )
    compressed = zlib.compress(cmap.encode("ascii"), 9)
    return b"<</Length %d/Filter/FlateDecode>>\nstream\n%b\nendstream" % (len(compressed), compressed)
