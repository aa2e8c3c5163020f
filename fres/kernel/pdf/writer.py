"""The file around the pages: objects, metadata, colour intent, cross-references. PDF 1.4, PDF/A-1b, tagged.

reportlab draws the pages; its own file writer knows neither structure trees nor PDF/A, spends most of its time
subsetting fonts, and is replaced here by one pass that appends objects in a fixed order. No time, no random value and
no machine enters the bytes: the same calls give the same file (with the same zlib).
"""

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

from .fonts import embedded_objects, get_face
from .structure import Element, text_string, write_elements, write_parent_tree

PROFILE = Path(__file__).resolve().parents[3] / "data" / "icc" / "srgb.icc"
PRODUCER = "FRES"


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a document says of itself, in its information dictionary and in XMP alike. `created_at` is aware."""

    title: str
    author: str
    subject: str
    lang: str
    created_at: datetime

    def __post_init__(self) -> None:
        if self.created_at.tzinfo is None:
            raise ValueError("created_at must be aware")
        if not self.title:
            raise ValueError("a document has a title")


@dataclass(slots=True)
class Annotation:
    """A link on a page: rectangle in points, address, and what it says to whoever cannot see it."""

    page: int
    rectangle: tuple[float, float, float, float]
    address: str
    contents: str
    owner: Element


@dataclass(slots=True)
class PageContent:
    """One finished page: its operators and, mark by mark, the element each belongs to."""

    operators: list[str] = field(default_factory=list)
    owners: list[Element] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Bookmark:
    """An entry of the outline: a title that leads to a height of a page."""

    title: str
    page: int
    y: float


@cache
def _profile_stream() -> bytes:
    data = PROFILE.read_bytes()
    compressed = zlib.compress(data, 9)
    return b"<</N 3/Length %d/Filter/FlateDecode>>\nstream\n%b\nendstream" % (len(compressed), compressed)


def _information(metadata: Metadata) -> str:
    moment = metadata.created_at.astimezone(UTC).strftime("D:%Y%m%d%H%M%S+00'00'")
    entries = [
        ("Title", metadata.title),
        ("Author", metadata.author),
        ("Subject", metadata.subject),
        ("Creator", PRODUCER),
        ("Producer", PRODUCER),
    ]
    texts = "".join(f"/{key}{text_string(value)}" for key, value in entries if value)
    return f"<<{texts}/CreationDate({moment})/ModDate({moment})>>"


def _default_language(text: str) -> str:
    return f'<rdf:Alt><rdf:li xml:lang="x-default">{escape(text)}</rdf:li></rdf:Alt>'


def _packet(metadata: Metadata) -> bytes:
    moment = metadata.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")
    author = (
        f"<dc:creator><rdf:Seq><rdf:li>{escape(metadata.author)}</rdf:li></rdf:Seq></dc:creator>"
        if metadata.author
        else ""
    )
    subject = f"<dc:description>{_default_language(metadata.subject)}</dc:description>" if metadata.subject else ""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        "<dc:format>application/pdf</dc:format>"
        f"<dc:title>{_default_language(metadata.title)}</dc:title>{author}{subject}"
        f"<dc:language><rdf:Bag><rdf:li>{metadata.lang}</rdf:li></rdf:Bag></dc:language></rdf:Description>\n"
        '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/">'
        f"<xmp:CreateDate>{moment}</xmp:CreateDate><xmp:ModifyDate>{moment}</xmp:ModifyDate>"
        f"<xmp:MetadataDate>{moment}</xmp:MetadataDate><xmp:CreatorTool>{PRODUCER}</xmp:CreatorTool></rdf:Description>\n"
        '<rdf:Description rdf:about="" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">'
        f"<pdf:Producer>{PRODUCER}</pdf:Producer></rdf:Description>\n"
        '<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"><pdfaid:part>1</pdfaid:part>'
        "<pdfaid:conformance>B</pdfaid:conformance></rdf:Description>\n"
        '</rdf:RDF></x:xmpmeta>\n<?xpacket end="w"?>'
    ).encode()


def _stream(data: bytes, entries: bytes = b"") -> bytes:
    compressed = zlib.compress(data)
    return b"<<%b/Length %d/Filter/FlateDecode>>\nstream\n%b\nendstream" % (entries, len(compressed), compressed)


def write_file(
    *,
    metadata: Metadata,
    pages: Sequence[PageContent],
    page_size: tuple[float, float],
    elements: Sequence[Element],
    annotations: Sequence[Annotation],
    bookmarks: Sequence[Bookmark],
    fonts: Sequence[tuple[str, int]],
) -> bytes:
    """Return the bytes of a tagged PDF/A-1b file.

    Args: page_size: points; elements: in reading order of creation, the first is the root `Document`; fonts: (face
        key, font page) of every font used, in order of first use.
    """
    catalog, tree, information, packet, profile, root, parents, outlines = range(1, 9)
    first_page = 9
    page_numbers = [first_page + 2 * i for i in range(len(pages))]
    first_font = first_page + 2 * len(pages)
    first_annotation = first_font + 4 * len(fonts)
    annotation_numbers = [first_annotation + i for i in range(len(annotations))]
    first_bookmark = first_annotation + len(annotations)
    first_element = first_bookmark + len(bookmarks)

    resources = "".join(
        f"/{get_face(key).pages[number].resource} {first_font + 4 * i} 0 R" for i, (key, number) in enumerate(fonts)
    )
    outline = f"/Outlines {outlines} 0 R/PageMode/UseOutlines" if bookmarks else ""
    bodies: list[str | bytes] = [
        f"<</Type/Catalog/Pages {tree} 0 R/Metadata {packet} 0 R/Lang{text_string(metadata.lang)}"
        f"/MarkInfo<</Marked true>>/StructTreeRoot {root} 0 R/ViewerPreferences<</DisplayDocTitle true>>{outline}"
        f"/OutputIntents[<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB)/Info(sRGB)"
        f"/DestOutputProfile {profile} 0 R>>]>>",
        f"<</Type/Pages/Count {len(pages)}/Kids[{' '.join(f'{n} 0 R' for n in page_numbers)}]"
        f"/MediaBox[0 0 {page_size[0]:.2f} {page_size[1]:.2f}]/Resources<</Font<<{resources}>>/ProcSet[/PDF/Text]>>>>",
        _information(metadata),
        _uncompressed(_packet(metadata), b"/Type/Metadata/Subtype/XML"),
        _profile_stream(),
        f"<</Type/StructTreeRoot/K {first_element} 0 R/ParentTree {parents} 0 R"
        f"/ParentTreeNextKey {len(pages) + len(annotations)}>>",
        write_parent_tree([page.owners for page in pages], [a.owner for a in annotations], first_number=first_element),
        f"<</Type/Outlines/First {first_bookmark} 0 R/Last {first_element - 1} 0 R/Count {len(bookmarks)}>>"
        if bookmarks
        else "<</Type/Outlines/Count 0>>",
    ]
    for place, page in enumerate(pages):
        links = " ".join(f"{annotation_numbers[i]} 0 R" for i, a in enumerate(annotations) if a.page == place)
        noted = f"/Annots[{links}]/Tabs/S" if links else "/Tabs/S"
        bodies.append(
            f"<</Type/Page/Parent {tree} 0 R/Contents {page_numbers[place] + 1} 0 R/StructParents {place}{noted}>>"
        )
        bodies.append(_stream("\n".join(page.operators).encode("latin-1")))
    for i, (key, number) in enumerate(fonts):
        descriptor, file, font, unicode = embedded_objects(key, number)
        base = first_font + 4 * i
        bodies.append(font.format(descriptor=base + 1, unicode=base + 3))
        bodies.append(descriptor.format(file=base + 2))
        bodies.append(file)
        bodies.append(unicode)
    for i, a in enumerate(annotations):
        left, bottom, right, top = a.rectangle
        bodies.append(
            f"<</Type/Annot/Subtype/Link/F 4/Border[0 0 0]/Rect[{left:.2f} {bottom:.2f} {right:.2f} {top:.2f}]"
            f"/P {page_numbers[a.page]} 0 R/Contents{text_string(a.contents)}/StructParent {len(pages) + i}"
            f"/A<</S/URI/URI{text_string(a.address)}>>>>"
        )
    for i, mark in enumerate(bookmarks):
        before = f"/Prev {first_bookmark + i - 1} 0 R" if i else ""
        after = f"/Next {first_bookmark + i + 1} 0 R" if i + 1 < len(bookmarks) else ""
        bodies.append(
            f"<</Title{text_string(mark.title)}/Parent {outlines} 0 R{before}{after}"
            f"/Dest[{page_numbers[mark.page]} 0 R/XYZ null {mark.y:.2f} null]>>"
        )
    bodies += write_elements(
        elements,
        root_number=root,
        first_number=first_element,
        page_numbers=page_numbers,
        annotation_numbers=annotation_numbers,
    )
    return _assemble(bodies, catalog=catalog, information=information)


def _uncompressed(data: bytes, entries: bytes) -> bytes:
    """PDF/A-1 wants the metadata readable without a decoder."""
    return b"<<%b/Length %d>>\nstream\n%b\nendstream" % (entries, len(data), data)


def _assemble(bodies: Sequence[str | bytes], *, catalog: int, information: int) -> bytes:
    chunks = [b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"]
    offset = len(chunks[0])
    lines = [f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f "]
    for number, body in enumerate(bodies, start=1):
        chunk = b"%d 0 obj\n%b\nendobj\n" % (number, body if type(body) is bytes else body.encode("ascii"))  # type: ignore[union-attr]
        lines.append(f"{offset:010d} 00000 n ")
        chunks.append(chunk)
        offset += len(chunk)
    content = b"".join(chunks)
    identity = hashlib.sha256(content).hexdigest()[:32].upper()
    table = "\n".join(lines)
    trailer = (
        f"{table}\ntrailer\n<</Size {len(bodies) + 1}/Root {catalog} 0 R/Info {information} 0 R"
        f"/ID[<{identity}><{identity}>]>>"
        f"\nstartxref\n{offset}\n%%EOF\n"
    )
    return content + trailer.encode("ascii")
