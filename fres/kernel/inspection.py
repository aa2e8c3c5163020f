"""What a file really is, read from its bytes, and whether anything in it could act by itself. No database.

Accepted: PDF, PNG, JPEG, and spreadsheets and texts of the open formats without macros. A PDF is opened by a parser:
names written in escapes, objects hidden in compressed streams or behind a password are seen as what they are.
"""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import pikepdf
from django.utils.translation import gettext as _
from PIL import Image

from fres.kernel.errors import RuleViolation

PDF = "application/pdf"
PNG = "image/png"
JPEG = "image/jpeg"
_IMAGES = {b"\x89PNG\r\n\x1a\n": PNG, b"\xff\xd8\xff": JPEG}
_OPEN_FORMATS = {
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.oasis.opendocument.text",
}
_OFFICE_PARTS = {
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
ACCEPTED = frozenset({PDF, PNG, JPEG, *_OPEN_FORMATS, *_OFFICE_PARTS.values()})
# What an <input type="file"> proposes.
ACCEPT_ATTRIBUTE = ".pdf,.png,.jpg,.jpeg,.ods,.odt,.xlsx,.docx"

# Keys whose mere presence makes a PDF do something, and actions that reach out of it.
_ACTIVE_KEYS = frozenset({"/JS", "/JavaScript", "/EmbeddedFiles", "/RichMediaContent", "/XFA", "/AF"})
_ACTIVE_ACTIONS = frozenset(
    {
        "/JavaScript",
        "/Launch",
        "/SubmitForm",
        "/ImportData",
        "/GoToE",
        "/GoToR",
        "/Rendition",
        "/Movie",
        "/RichMediaExecute",
    }
)
_ACTIVE_KINDS = frozenset({"/EmbeddedFile", "/FileAttachment", "/RichMedia", "/Screen", "/Movie", "/3D"})
_MOST_PIXELS = 120_000_000
_MOST_UNPACKED = 200_000_000
_DEEPEST = 40


class UploadRefused(RuleViolation):
    """The file is not of an accepted kind, or could act by itself."""

    rule = "upload-content"


def kind_of(content: bytes) -> str:
    """Return the media type of a file that may be kept.

    Raises: UploadRefused: empty, another kind, damaged, behind a password, or with scripts, actions, attached files
        or macros.
    """
    if not content:
        raise UploadRefused(
            _("Ce fichier est vide."), next_step=_("Ouvrez-le sur votre appareil pour le vérifier, puis renvoyez-le.")
        )
    if content.startswith(b"%PDF-"):
        _inspect_pdf(content)
        return PDF
    for start, mime in _IMAGES.items():
        if content.startswith(start):
            _inspect_image(content)
            return mime
    if content.startswith(b"PK\x03\x04"):
        return _inspect_archive(content)
    raise UploadRefused(
        _("Ce format n’est pas accepté."),
        next_step=_("Envoyez un PDF, une photo (JPEG ou PNG), un tableur ou un texte (ODS, XLSX, ODT, DOCX)."),
    )


def _inspect_pdf(content: bytes) -> None:
    try:
        with pikepdf.open(io.BytesIO(content)) as document:
            if document.is_encrypted:
                raise _locked()
            for found in document.objects:
                _refuse_active(found)
    except pikepdf.PasswordError as locked:
        raise _locked() from locked
    except pikepdf.PdfError as damaged:
        raise UploadRefused(
            _("Ce PDF est abîmé et ne s’ouvre pas."), next_step=_("Enregistrez-le à nouveau, puis renvoyez-le.")
        ) from damaged


def _refuse_active(found: Any, depth: int = 0) -> None:
    if depth > _DEEPEST:
        raise _active()
    if isinstance(found, pikepdf.Dictionary | pikepdf.Stream):
        values = found.stream_dict if isinstance(found, pikepdf.Stream) else found
        for key, value in values.items():
            if key in _ACTIVE_KEYS or (key == "/S" and _name(value) in _ACTIVE_ACTIONS):
                raise _active()
            if key in ("/Type", "/Subtype") and _name(value) in _ACTIVE_KINDS:
                raise _active()
            _descend(value, depth)
    elif isinstance(found, pikepdf.Array):
        for value in found:
            _descend(value, depth)


def _descend(value: Any, depth: int) -> None:
    # What is referred to is an object of its own, looked at in its turn.
    if isinstance(value, pikepdf.Object) and not value.is_indirect:
        _refuse_active(value, depth + 1)


def _name(value: Any) -> str:
    return str(value) if isinstance(value, pikepdf.Name) else ""


def _inspect_image(content: bytes) -> None:
    try:
        with Image.open(io.BytesIO(content)) as image:
            width, height = image.size
            image.verify()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as damaged:
        raise UploadRefused(_("Cette image est abîmée et ne s’ouvre pas.")) from damaged
    if width * height > _MOST_PIXELS:
        raise UploadRefused(_("Cette image est trop grande."), next_step=_("Réduisez-la, puis renvoyez-la."))


def _inspect_archive(content: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            if sum(part.file_size for part in parts) > _MOST_UNPACKED:
                raise UploadRefused(_("Ce fichier se déplie en trop de données."))
            if any(_is_macro(name) for name in names):
                raise UploadRefused(
                    _("Ce document contient des macros ou des objets actifs."),
                    next_step=_("Enregistrez-le sans macros, ou en PDF, puis renvoyez-le."),
                )
            if "mimetype" in names:
                mime = archive.read("mimetype")[:200].decode("ascii", "replace").strip()
                if mime in _OPEN_FORMATS:
                    return mime
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as damaged:
        raise UploadRefused(_("Ce document est abîmé et ne s’ouvre pas.")) from damaged
    for part, mime in _OFFICE_PARTS.items():
        if part in names:
            return mime
    raise UploadRefused(
        _("Une archive n’est pas acceptée."), next_step=_("Envoyez chaque fichier l’un après l’autre, en PDF.")
    )


def _is_macro(name: str) -> bool:
    low = name.lower()
    return low.endswith(("vbaproject.bin", "vbadata.xml")) or low.startswith(
        ("basic/", "scripts/", "xl/embeddings/", "word/embeddings/", "xl/activex/", "word/activex/", "object ")
    )


def _active() -> UploadRefused:
    return UploadRefused(
        _("Ce PDF contient un script, une action automatique ou un fichier joint."),
        next_step=_("Imprimez-le en PDF depuis votre lecteur, ce qui les retire, puis renvoyez-le."),
    )


def _locked() -> UploadRefused:
    return UploadRefused(
        _("Ce PDF est protégé par un mot de passe : il ne peut pas être inspecté."),
        next_step=_("Enregistrez-le sans mot de passe, puis renvoyez-le."),
    )


def accepted_kinds() -> Iterator[str]:
    """Yield the media types that may be kept, sorted."""
    yield from sorted(ACCEPTED)
