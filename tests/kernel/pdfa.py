"""An outside look at a PDF: what PDF/A-1b and tagging ask, read with pikepdf, no code shared with the writer.

`problems(content)` lists what is wrong, a sentence each. It is no full validator: Apache PDFBox's is run too where it
is installed (`preflight`). It checks more than PDFBox on structure, which PDF/A-1b leaves aside.
"""

import io
import re
import shutil
import struct
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pikepdf

JARS = (
    "preflight.jar",
    "pdfbox2.jar",
    "fontbox2.jar",
    "xmpbox.jar",
    "commons-logging.jar",
    "commons-io.jar",
    "javax.activation.jar",
    "jaxb-api.jar",
)
JAR_FOLDER = Path("/usr/share/java")
SHOWS_TEXT = {"Tj", "TJ", "'", '"'}
PAINTS = {"S", "s", "f", "F", "f*", "B", "B*", "b", "b*", "sh", "Do"}
COLOUR_OPERATORS = {"g", "G", "rg", "RG"}
FOREIGN_COLOURS = {"k", "K", "cs", "CS", "sc", "SC", "scn", "SCN", "sh", "gs"}
PARENTS = {
    "TR": {"Table", "THead", "TBody", "TFoot"},
    "TH": {"TR"},
    "TD": {"TR"},
    "LI": {"L"},
    "Lbl": {"LI"},
    "LBody": {"LI"},
}


def can_preflight() -> bool:
    """Say whether Apache PDFBox Preflight is installed (Debian: libpdfbox2-java, libactivation-java, libjaxb-api-
    java)."""
    return shutil.which("java") is not None and all((JAR_FOLDER / name).exists() for name in JARS)


def preflight(path: Path) -> str:
    """Return what Apache PDFBox Preflight says of a file as PDF/A-1b."""
    classes = ":".join(str(JAR_FOLDER / name) for name in JARS)
    command = ["java", "-cp", classes, "org.apache.pdfbox.preflight.Validator_A1b", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return done.stdout + done.stderr


def problems(content: bytes) -> list[str]:
    """Return what keeps a file from being a tagged PDF/A-1b document, as far as this looks."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return [
            *(f"syntax: {problem}" for problem in pdf.check_pdf_syntax()),
            *_file(pdf, content),
            *_metadata(pdf),
            *_fonts(pdf),
            *_contents(pdf),
            *_structure(pdf),
        ]


def _file(pdf: pikepdf.Pdf, content: bytes) -> list[str]:
    found = []
    if not re.match(rb"%PDF-1\.4\n%[\x80-\xff]{4}", content):
        found.append("header is not that of a binary PDF 1.4")
    if not content.endswith(b"%%EOF\n") or b"/ObjStm" in content or b"/XRef" in content:
        found.append("cross-references are not those of PDF 1.4")
    identity = pdf.trailer.get("/ID")
    if identity is None or bytes(identity[0]) != bytes(identity[1]):
        found.append("no file identifier")
    if "/Encrypt" in pdf.trailer:
        found.append("encrypted")
    root: Any = pdf.Root
    found += [f"catalog has {key}" for key in ("/AA", "/OpenAction", "/OCProperties", "/AcroForm") if key in root]
    if "/JavaScript" in root.get("/Names", {}) or "/EmbeddedFiles" in root.get("/Names", {}):
        found.append("scripts or attached files")
    if not root.get("/Lang") or "/MarkInfo" not in root or root.MarkInfo.get("/Marked") is not True:
        found.append("no language or not marked")
    if "/ViewerPreferences" not in root or root.ViewerPreferences.get("/DisplayDocTitle") is not True:
        found.append("the title is not shown")
    intents = [i for i in root.get("/OutputIntents", []) if i.get("/S") == "/GTS_PDFA1"]
    if len(intents) != 1 or not intents[0].get("/OutputConditionIdentifier"):
        found.append("no PDF/A output intent")
    else:
        profile = intents[0].DestOutputProfile.read_bytes()
        if (
            profile[8] > 2
            or profile[16:20] != b"RGB "
            or profile[36:40] != b"acsp"
            or len(profile) != int.from_bytes(profile[:4], "big")
        ):
            found.append("the colour profile is not an RGB profile of version 2")
    return found


def _metadata(pdf: pikepdf.Pdf) -> list[str]:
    found = []
    stream = pdf.Root.Metadata
    if "/Filter" in stream:
        found.append("metadata is compressed")
    packet = stream.read_bytes().decode("utf-8")
    if "<pdfaid:part>1</pdfaid:part>" not in packet or "<pdfaid:conformance>B</pdfaid:conformance>" not in packet:
        found.append("no PDF/A identification")
    if "pdfuaid" in packet:
        found.append("a claim of PDF/UA that nobody checked")
    xmp = pdf.open_metadata()  # no "with": leaving it would copy the metadata over what is compared
    pairs = [
        ("/Title", xmp.get("dc:title")),
        ("/Author", (xmp.get("dc:creator") or [None])[0]),
        ("/Subject", xmp.get("dc:description")),
        ("/Producer", xmp.get("pdf:Producer")),
        ("/Creator", xmp.get("xmp:CreatorTool")),
        ("/CreationDate", xmp.get("xmp:CreateDate")),
        ("/ModDate", xmp.get("xmp:ModifyDate")),
    ]
    for key, said in pairs:
        written = str(pdf.docinfo[key]) if key in pdf.docinfo else None
        if key.endswith("Date"):
            same = re.sub(r"\D", "", written or "") == re.sub(r"\D", "", said or "")
        else:
            same = written == said
        if not same:
            found.append(f"{key} is {written!r} in the file and {said!r} in the metadata")
    return found


def _fonts(pdf: pikepdf.Pdf) -> list[str]:
    found = []
    for page in pdf.pages:
        for name, font in page.resources.get("/Font", {}).items():
            if font.Subtype != "/TrueType" or "/ToUnicode" not in font or "/Encoding" in font:
                found.append(f"{name} is not a symbolic TrueType font with its characters")
                continue
            descriptor = font.FontDescriptor
            if "/FontFile2" not in descriptor or not int(descriptor.Flags) & 4:
                found.append(f"{name} is not embedded")
                continue
            if not re.fullmatch(r"/[A-Z]{6}\+.+", str(font.BaseFont)) or font.BaseFont != descriptor.FontName:
                found.append(f"{name} is not named as a subset")
            program = descriptor.FontFile2.read_bytes()
            widths = _program_widths(program)
            for code, width in enumerate(font.Widths, start=int(font.FirstChar)):
                if code in widths and abs(widths[code] - int(width)) > 1:
                    found.append(f"{name}: code {code} is {width} wide in the file, {widths[code]} in its program")
    return found


def _tables(program: bytes) -> dict[str, bytes]:
    count = struct.unpack(">H", program[4:6])[0]
    tables = {}
    for i in range(count):
        tag, _sum, offset, length = struct.unpack(">4sIII", program[12 + 16 * i : 28 + 16 * i])
        tables[tag.decode("ascii")] = program[offset : offset + length]
    return tables


def _program_widths(program: bytes) -> dict[int, int]:
    """Return the width of each code by the font program's only character map, in thousandths of an em."""
    tables = _tables(program)
    em = struct.unpack(">H", tables["head"][18:20])[0]
    metrics = struct.unpack(">H", tables["hhea"][34:36])[0]
    subtables, offset = struct.unpack(">H", tables["cmap"][2:4])[0], struct.unpack(">I", tables["cmap"][8:12])[0]
    if subtables != 1:
        raise ValueError("a symbolic font has exactly one character map")
    kind, _length, _language, first, count = struct.unpack(">HHHHH", tables["cmap"][offset : offset + 10])
    if kind != 6:
        raise ValueError("unexpected character map")
    glyphs = struct.unpack(f">{count}H", tables["cmap"][offset + 10 : offset + 10 + 2 * count])
    widths = {}
    for code, glyph in enumerate(glyphs, start=first):
        if glyph:
            place = 4 * min(glyph, metrics - 1)
            widths[code] = round(struct.unpack(">H", tables["hmtx"][place : place + 2])[0] * 1000 / em)
    return widths


def operations(page: pikepdf.Page) -> Iterator[tuple[Any, str]]:
    """Yield the operands and the operator of each instruction of a page."""
    for instruction in pikepdf.parse_content_stream(page):
        yield instruction.operands, str(instruction.operator)


def _contents(pdf: pikepdf.Pdf) -> list[str]:
    found = []
    for number, page in enumerate(pdf.pages, start=1):
        if (
            any(key in page.obj for key in ("/Group", "/AA"))
            or "/ExtGState" in page.resources
            or "/XObject" in page.resources
        ):
            found.append(f"page {number} may use transparency or forms")
        if page.obj.get("/Tabs") != "/S":
            found.append(f"page {number}: tabs do not follow the structure")
        marks: list[int | str] = []
        seen: set[int | str] = set()
        depth, saved, in_text = 0, 0, False
        for operands, name in operations(page):
            if name == "BDC":
                marks.append(int(operands[1].MCID))
                if marks[-1] in seen:
                    found.append(f"page {number}: mark {marks[-1]} stands twice")
                seen.add(marks[-1])
            elif name == "BMC":
                marks.append(str(operands[0]))
            elif name == "EMC":
                if not marks or saved != depth:
                    found.append(f"page {number}: a mark ends where it did not begin")
                marks and marks.pop()
            elif name in ("q", "Q"):
                depth += 1 if name == "q" else -1
            elif name in ("BT", "ET"):
                in_text = name == "BT"
            if name in ("BDC", "BMC"):
                saved = depth
            if len(marks) > 1:
                found.append(f"page {number}: nested marks")
            if name in SHOWS_TEXT and (not marks or not in_text):
                found.append(f"page {number}: unmarked text")
            if name in PAINTS and not marks:
                found.append(f"page {number}: unmarked shape")
            if name in FOREIGN_COLOURS:
                found.append(f"page {number}: colour outside grey and RGB")
        if marks or depth:
            found.append(f"page {number}: marks or states left open")
        if seen != set(range(len(seen))):
            found.append(f"page {number}: marks are not numbered from 0")
    return found


def _structure(pdf: pikepdf.Pdf) -> list[str]:
    found: list[str] = []
    root: Any = pdf.Root.StructTreeRoot
    numbers = list(root.ParentTree.Nums)
    tree = {int(numbers[i]): numbers[i + 1] for i in range(0, len(numbers), 2)}
    pages = {page.obj.objgen: page.obj for page in pdf.pages}
    owned: dict[tuple[int, int], tuple[int, int]] = {}  # (page key, mark) to the element that holds it
    held_annotations: dict[tuple[int, int], tuple[int, int]] = {}
    levels = []

    def walk(element: Any, parent: Any) -> None:
        tag = str(element.S)[1:]
        if element.P.objgen != parent.objgen:
            found.append(f"{tag} names another parent")
        above = str(parent.get("/S", "/"))[1:]
        if tag in PARENTS and above not in PARENTS[tag]:
            found.append(f"{tag} inside {above}")
        if re.fullmatch("H[1-6]", tag):
            levels.append(int(tag[1]))
        if tag == "Figure" and (not str(element.get("/Alt", "")) or "/BBox" not in element.get("/A", {})):
            found.append("a figure without alternative or bounds")
        if tag == "TH" and "/Scope" not in element.get("/A", {}):
            found.append("a header cell without scope")
        kids = element.get("/K", pikepdf.Array())  # an empty cell has none
        for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
            if isinstance(kid, int):
                owned[int(pages[element.Pg.objgen].StructParents), kid] = element.objgen
            elif kid.get("/Type") == "/MCR":
                owned[int(pages[kid.Pg.objgen].StructParents), int(kid.MCID)] = element.objgen
            elif kid.get("/Type") == "/OBJR":
                held_annotations[kid.Obj.objgen] = element.objgen
            else:
                walk(kid, element)

    walk(root.K, root)
    for page in pdf.pages:
        key = int(page.obj.StructParents)
        listed = {(key, mark): element.objgen for mark, element in enumerate(tree.get(key, []))}
        if listed != {place: owner for place, owner in owned.items() if place[0] == key}:
            found.append(f"the parent tree of page {key + 1} does not match the structure")
        in_stream = sum(name == "BDC" for _operands, name in operations(page))
        if in_stream != len(listed):
            found.append(f"page {key + 1} has {in_stream} marks and {len(listed)} owners")
        for annotation in page.obj.get("/Annots", []):
            if int(annotation.get("/F", 0)) != 4 or not str(annotation.get("/Contents", "")):
                found.append("a link that does not print or says nothing")
            if tree[int(annotation.StructParent)].objgen != held_annotations.get(annotation.objgen):
                found.append("a link outside the structure")
    if levels and (levels[0] != 1 or any(after - before > 1 for before, after in pairwise(levels))):
        found.append(f"headings skip a level: {levels}")
    return found
