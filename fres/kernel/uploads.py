"""What people send: its weight, refused before the body is read (ruling C7), and what it is, inspected before it is
kept."""

from dataclasses import dataclass
from pathlib import PurePath

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from fres.kernel import clock, parameters
from fres.kernel.document_files import store_bytes
from fres.kernel.errors import RuleViolation
from fres.kernel.inspection import kind_of

BYTES_IN_MEGABYTE = 1_000_000
# Room around a file for the other fields of its form.
FORM_ALLOWANCE_BYTES = 200_000
DEFAULT_KEY = "upload.max_mb"
# Beginning of the path → key of its limit; the longest that fits wins.
LIMITS = {"/partenaire/": "upload.partner_max_mb", "/api/v1/": "upload.partner_max_mb"}


@dataclass(frozen=True, slots=True)
class UploadLimit:
    megabytes: int

    @property
    def file_bytes(self) -> int:
        return self.megabytes * BYTES_IN_MEGABYTE

    @property
    def request_bytes(self) -> int:
        return self.file_bytes + FORM_ALLOWANCE_BYTES


def limit_for(path: str) -> UploadLimit:
    """Return the limit in force today for what is sent to a path.

    Raises: ParameterMissing: the operator closed the row and added none.
    """
    fitting = [start for start in LIMITS if path.startswith(start)]
    key = LIMITS[max(fitting, key=len)] if fitting else DEFAULT_KEY
    return UploadLimit(parameters.value_at(key, clock.today()).whole)


class FileTooHeavy(RuleViolation):
    """The file weighs more than the limit in force."""

    rule = "upload-size"


@dataclass(frozen=True, slots=True)
class StoredUpload:
    """A file that was inspected and kept under its hash. `name` is what the person called it, cut to 160 signs."""

    name: str
    mime: str
    size: int
    sha256: str


def keep_upload(file: UploadedFile, *, path: str = "") -> StoredUpload:
    """Inspect a file and keep its bytes; refuse it whole otherwise.

    Args: path: where it was sent to, for its limit; the ordinary limit without one.
    Returns: what to write on the row: the bytes are on the disk, opened again with `document_files.path_of(sha256)`.
    Raises: FileTooHeavy; UploadRefused: another kind than those accepted, scripts or active content, a password.
    """
    limit = limit_for(path)
    size = file.size or 0
    if size > limit.file_bytes:
        raise FileTooHeavy(
            _("Ce fichier pèse %(size)d Mo ; la limite est de %(limit)d Mo.")
            % {"size": -(-size // BYTES_IN_MEGABYTE), "limit": limit.megabytes},
            next_step=_("Réduisez-le (numérisez en 150 points par pouce), ou envoyez-le en plusieurs fichiers."),
        )
    content = file.read()
    mime = kind_of(content)
    name = PurePath((file.name or "").replace("\\", "/")).name
    return StoredUpload(name=_shortened(name), mime=mime, size=len(content), sha256=store_bytes(content))


def _shortened(name: str) -> str:
    name = "".join(sign for sign in name if sign.isprintable()).strip() or "fichier"
    stem, dot, ending = name.rpartition(".")
    return name if len(name) <= 160 else f"{stem[: 150 - len(ending)]}{dot}{ending}"[:160]
