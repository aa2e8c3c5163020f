"""Bytes kept under their own hash. Needs no model, so that a process that only renders documents can store them."""

import hashlib
import os
import tempfile
from pathlib import Path

from django.conf import settings


def path_of(sha256: str) -> Path:
    """Return where the bytes with this hash are kept."""
    return Path(settings.DOCUMENT_ROOT) / sha256[:2] / sha256[2:4] / sha256


def store_bytes(content: bytes) -> str:
    """Write bytes under their hash and return it; they are on the disk, name included, when this returns."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = path_of(sha256)
    if path.exists() and path.stat().st_size == len(content):
        return sha256
    folder = path.parent
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        for parent in (folder.parent, folder.parent.parent):
            _sync_folder(parent)
    handle, draft = tempfile.mkstemp(dir=folder, prefix=".draft-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    _sync_folder(folder)
    return sha256


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
