"""Text that only this process can read: bank details, tax identifiers, the secrets of second factors.

The keys are `settings.FIELD_ENCRYPTION_KEYS`, newest first, and live outside the database: a stolen backup shows
nothing. A keyed hash beside a field answers "is it the same?" without decrypting a table.
"""

import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


class UnreadableSecret(Exception):
    """A stored secret opens with none of our keys: a key was lost or the text was altered."""


@lru_cache(maxsize=4)
def _vault(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(text: str) -> str:
    """Return the text sealed with the newest key; two calls give two different results."""
    return _vault(tuple(settings.FIELD_ENCRYPTION_KEYS)).encrypt(text.encode()).decode()


def decrypt(sealed: str) -> str:
    """Return what was sealed with any of our keys. Raises UnreadableSecret."""
    try:
        return _vault(tuple(settings.FIELD_ENCRYPTION_KEYS)).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise UnreadableSecret("none of the keys opens this field") from error


def keyed_hash(text: str) -> str:
    """Return 64 hexadecimal signs that are the same for the same text, and say nothing without our key.

    The oldest key is used, so that adding a key in front does not change the hashes already stored.
    """
    key = settings.FIELD_ENCRYPTION_KEYS[-1].encode()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest() if text else ""


class EncryptedTextField(models.TextField):
    """A text stored sealed. It cannot be searched or ordered: look up its keyed hash instead."""

    def get_prep_value(self, value):
        text = super().get_prep_value(value)
        return encrypt(text) if text else text

    def from_db_value(self, value, expression, connection):
        return decrypt(value) if value else value

    def get_lookup(self, lookup_name):
        # "exact" serves the comparison with the empty text only: a sealed text never equals another.
        if lookup_name in ("isnull", "exact"):
            return super().get_lookup(lookup_name)
        raise TypeError(f"{self.name} is encrypted: look up its keyed hash")
