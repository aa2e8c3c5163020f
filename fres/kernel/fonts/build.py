# mypy: ignore-errors
"""Build the font files of this folder (run by hand, see README.md): small static fonts with a fixed one-byte encoding.

Each face is cut into pages of at most 223 characters; page 0 holds everyday French. Every page of every face gives the
same code to the same character, so a text is encoded once whatever its face, and a page's bytes are the same in every
document: nothing is subset while a document is written.
"""

import json
import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont, newTable
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable
from fontTools.ttLib.tables._g_l_y_f import Glyph

HERE = Path(__file__).resolve().parent
FACES = {
    "sans": ("Fres Sans", "Regular", "400Regular/SourceSans3_400Regular.ttf", 0),
    "sans-semibold": ("Fres Sans", "SemiBold", "600SemiBold/SourceSans3_600SemiBold.ttf", 0),
    "sans-italic": ("Fres Sans", "Italic", "400Regular_Italic/SourceSans3_400Regular_Italic.ttf", 0),
    "serif-semibold": ("Fres Serif", "SemiBold", "600SemiBold/SourceSerif4_600SemiBold.ttf", 1),
}
COPYRIGHT = (
    "Copyright 2010-2020 Adobe (http://www.adobe.com/), with Reserved Font Name 'Source'. Subset, renamed.",
    "Copyright 2014 The Source Serif 4 Project Authors (https://github.com/adobe-fonts/source-serif). Subset, renamed.",
)
LICENCE = "SIL Open Font License 1.1, https://openfontlicense.org"
NARROW_NO_BREAK_SPACE = 0x202F
NARROW_WIDTH = 215  # thousandths of an em, as fonts/fres-space.woff2 on the pages
# Codes 0x80 to 0x9F of page 0. Codes 0x20 to 0x7E are ASCII and 0xA0 to 0xFF Latin-1, with U+2011 at the place of the
# soft hyphen.
EXTRAS = "€ŒœŸŠšŽž–—‘’“”„…•‹›‰†™−\u202f→≥≤≈☐☑✓\u2009"
LEAST_KERN = 8  # thousandths of an em: under it a pair is not worth its line
LATER_CODES = [*range(0x80, 0x100), *range(0x21, 0x7F)]
STAND_INS = {0x2011: 0x2D, 0xA0: 0x20}  # same glyph, another character


def page_characters(coverage: set[int]) -> list[dict[int, int]]:
    """Return, page by page, {code: character}, over what every face covers."""
    first = {code: code for code in range(0x20, 0x7F)}
    first |= {0x80 + i: ord(c) for i, c in enumerate(EXTRAS)}
    first |= {code: code for code in range(0xA0, 0x100)} | {0xAD: 0x2011}
    pages = [first]
    printable = lambda c: c >= 0xA0 and c != 0xAD and not 0xE000 <= c <= 0xF8FF and c not in first.values()  # noqa: E731
    rest = sorted(c for c in coverage if printable(c))
    for start in range(0, len(rest), len(LATER_CODES)):
        pages.append(dict(zip(LATER_CODES, rest[start : start + len(LATER_CODES)], strict=False)))
    return pages


def kerning_pairs(font: TTFont, names: dict[str, int]) -> dict[str, int]:
    """Return {two codes as text: thousandths of an em} read from the pair adjustments of the `kern` feature."""
    table = font["GPOS"].table
    wanted = {
        i
        for record in table.FeatureList.FeatureRecord
        if record.FeatureTag == "kern"
        for i in record.Feature.LookupListIndex
    }
    pairs: dict[str, int] = {}
    for index in sorted(wanted):
        for sub in table.LookupList.Lookup[index].SubTable:
            sub = getattr(sub, "ExtSubTable", sub)
            if sub.LookupType != 2:
                continue
            for row, left in enumerate(sub.Coverage.glyphs):
                if left not in names:
                    continue
                if sub.Format == 1:
                    found = {record.SecondGlyph: record.Value1 for record in sub.PairSet[row].PairValueRecord}
                else:
                    records = sub.Class1Record[sub.ClassDef1.classDefs.get(left, 0)].Class2Record
                    found = {right: records[sub.ClassDef2.classDefs.get(right, 0)].Value1 for right in names}
                for right, value in found.items():
                    amount = getattr(value, "XAdvance", 0) if value else 0
                    if right in names and chr(names[left]) + chr(names[right]) not in pairs:
                        pairs[chr(names[left]) + chr(names[right])] = amount
    return {pair: amount for pair, amount in sorted(pairs.items()) if abs(amount) >= LEAST_KERN}


def build(face: str, source: Path, pages: list[dict[int, int]]) -> dict:
    """Write the page files of one face and return its metrics."""
    family, style, _, owner = FACES[face]
    original = TTFont(source)
    os2 = original["OS/2"]
    metrics = {
        "name": f"{family.replace(' ', '')}-{style}",
        "ascent": os2.sTypoAscender,
        "descent": os2.sTypoDescender,
        "cap_height": os2.sCapHeight,
        "x_height": os2.sxHeight,
        "italic_angle": int(original["post"].italicAngle),
        "stem": 50 + int((os2.usWeightClass / 65) ** 2),
        "serif": owner == 1,
        "pages": [],
    }
    for number, characters in enumerate(pages):
        font = TTFont(source)
        drawn = {code: STAND_INS.get(c, c) for code, c in characters.items()}
        options = subset.Options(
            hinting=False,
            layout_features=["kern"],
            notdef_outline=True,
            recalc_bounds=True,
            drop_tables=["STAT", "BASE", "GDEF", "gasp", "prep", "GSUB"],
        )
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=set(drawn.values()) - {NARROW_NO_BREAK_SPACE})
        cutter.subset(font)
        best = font.getBestCmap()
        glyphs = {code: best[c] for code, c in drawn.items() if c != NARROW_NO_BREAK_SPACE}
        # Only titles are kerned. The codes of a pair stand for its characters.
        kerning = (
            kerning_pairs(font, {name: code for code, name in glyphs.items() if code > 0x20})
            if number == 0 and owner == 1
            else {}
        )
        for code, c in drawn.items():
            if c == NARROW_NO_BREAK_SPACE:
                order = [*font.getGlyphOrder(), "narrow"]
                font["glyf"]["narrow"] = Glyph()
                font["hmtx"]["narrow"] = (NARROW_WIDTH, 0)
                font.setGlyphOrder(order)
                glyphs[code] = "narrow"
        table = CmapSubtable.newSubtable(6)
        table.platformID, table.platEncID, table.language = 1, 0, 0
        table.cmap = dict(glyphs)
        font["cmap"] = newTable("cmap")
        font["cmap"].tableVersion, font["cmap"].tables = 0, [table]
        names = font["name"] = newTable("name")
        names.names = []
        for key, value in (
            (0, COPYRIGHT[owner]),
            (1, family),
            (2, style),
            (4, f"{family} {style}"),
            (6, metrics["name"]),
            (13, LICENCE),
        ):
            names.setName(value, key, 3, 1, 0x409)
        font["post"].formatType = 3.0
        for tag in ("GPOS", "OS/2"):
            if tag in font:
                del font[tag]
        font["head"].modified = font["head"].created
        font.recalcTimestamp = False
        widths = {code: font["hmtx"][glyphs[code]][0] for code in sorted(glyphs)}
        path = HERE / f"{face}-{number}.ttf"
        font.save(path, reorderTables=True)
        head = font["head"]
        metrics["pages"].append(
            {
                "file": path.name,
                "box": [head.xMin, head.yMin, head.xMax, head.yMax],
                "widths": widths,
                "kerning": kerning,
            }
        )
    return metrics


def main(sans: Path, serif: Path) -> None:
    """Build every face from the two unpacked npm packages named on the command line."""
    sources = {face: (serif if owner else sans) / name for face, (_, _, name, owner) in FACES.items()}
    coverage = set.intersection(*(set(TTFont(path).getBestCmap()) for path in sources.values()))
    pages = page_characters(coverage)
    faces = {face: build(face, path, pages) for face, path in sources.items()}
    characters = [dict(sorted(page.items())) for page in pages]
    (HERE / "metrics.json").write_text(
        json.dumps({"characters": characters, "faces": faces}, separators=(",", ":"), ensure_ascii=True) + "\n",
        encoding="ascii",
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
