"""Compile the message catalogues: pure Python, so that a bare machine needs no gettext to serve English."""

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALE = Path(__file__).resolve().parent / "locale"


def compile_catalogues() -> int:
    """Write each `.mo` that is missing or older than its `.po`; return how many were written."""
    written = 0
    for source in sorted(LOCALE.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as stream:
            catalogue = read_po(stream, locale=source.parent.parent.name)
        with target.open("wb") as stream:
            write_mo(stream, catalogue)
        written += 1
    return written


if __name__ == "__main__":
    compile_catalogues()
