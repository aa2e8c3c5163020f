"""The code printed on a document, by which whoever holds the paper asks us whether it is genuine.

It proves that the paper was in hand: numbers follow each other and can be guessed, codes cannot. The hash of the bytes
cannot be printed inside them, so a file is checked by its hash and a sheet of paper by its code.
"""

import base64
import hmac

from django.conf import settings
from django.utils.crypto import salted_hmac

CHECK_PATH = "verifier/"
_SALT = "fres.kernel.check_codes"
_LENGTH = 12  # 60 bits
# No I, L, O nor U: what is read aloud or typed from paper cannot be mistaken.
_READABLE = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789ABCDEFGHJKMNPQRSTVWXYZ")


def check_code(number: str) -> str:
    """Return the code of a document number, always the same under one secret key: "7G2K-0QRD-M4XA"."""
    return _code(number, settings.SECRET_KEY)


def is_check_code(number: str, code: str) -> bool:
    """Whether a code is that of a number, under the present key or one it replaced; case and hyphens do not matter."""
    given = code.upper().replace("-", "").replace(" ", "")
    keys = [settings.SECRET_KEY, *map(str, settings.SECRET_KEY_FALLBACKS)]
    expected = [_code(number, key).replace("-", "") for key in keys]
    return any(hmac.compare_digest(given.encode(), one.encode()) for one in expected)


def check_address(number: str) -> str:
    """Return the address at which a printed document is checked: it carries its code and its number."""
    return f"{settings.SITE_URL}/{CHECK_PATH}{check_code(number)}/{number}"


def _code(number: str, key: str) -> str:
    digest = salted_hmac(_SALT, number, secret=key, algorithm="sha256").digest()
    text = base64.b32encode(digest)[:_LENGTH].translate(_READABLE).decode()
    return "-".join(text[start : start + 4] for start in range(0, _LENGTH, 4))
