"""Bytes kept under their own hash. Needs no model, so that a process that only renders documents can store them."""

import hashlib
import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from django.conf import settings


def path_of(sha256: str) -> Path:
    """Return where the bytes with this hash are kept."""
    return Path(settings.DOCUMENT_ROOT) / sha256[:2] / sha256[2:4] / sha256


def store_bytes(content: bytes) -> str:
    """Write bytes under their hash and return it; they are on the disk, name included, when this returns."""
    return store_many([content])[0]


def store_many(contents: Sequence[bytes]) -> list[str]:
    """Write several contents under their hashes and return these, in order; all are on the disk when this returns.

    Everything is written before anything is waited for: the disk then commits many files at once.
    """
    hashes = [hashlib.sha256(content).hexdigest() for content in contents]
    drafts: dict[Path, Path] = {}
    folders: set[Path] = set()
    try:
        for sha256, content in zip(hashes, contents, strict=True):
            path = path_of(sha256)
            if path in drafts or (path.exists() and path.stat().st_size == len(content)):
                continue
            if not path.parent.is_dir():
                path.parent.mkdir(parents=True, exist_ok=True)
                folders |= {path.parent.parent, path.parent.parent.parent}
            folders.add(path.parent)
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=".draft-")
            drafts[path] = Path(name)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
        for draft in drafts.values():
            _sync(draft)
        for path, draft in drafts.items():
            os.replace(draft, path)
    except BaseException:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)
        raise
    for folder in sorted(folders):
        _sync(folder)
    return hashes


def store_chunks(chunks: Iterable[bytes]) -> tuple[str, int]:
    """Write a content that comes in pieces under its hash; return hash and size. Memory does not grow with it."""
    root = Path(settings.DOCUMENT_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=root, prefix=".draft-")
    draft, digest, size = Path(name), hashlib.sha256(), 0
    try:
        with os.fdopen(handle, "wb") as file:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                file.write(chunk)
        _sync(draft)
        path = path_of(digest.hexdigest())
        path.parent.mkdir(parents=True, exist_ok=True)
        os.replace(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    for folder in (path.parent, path.parent.parent, root):
        _sync(folder)
    return digest.hexdigest(), size


def _sync(path: Path) -> None:
    """Wait until a file's bytes, or a folder's names, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
