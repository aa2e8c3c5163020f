"""Upload limits: dated parameters, refused from the announced length before the body is read (ruling C7)."""

from dataclasses import dataclass

from fres.kernel import clock, parameters

BYTES_IN_MEGABYTE = 1_000_000
# Room around a file for the other fields of its form.
FORM_ALLOWANCE_BYTES = 200_000
DEFAULT_KEY = "upload.max_mb"
# Beginning of the path → key of its limit; the longest that fits wins.
LIMITS = {"/partenaire/": "upload.partner_max_mb"}


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
