"""The interface is French in the source; the English catalogue answers every sentence of it (design D13)."""

import os
import re
import shutil
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management import call_command

ENGLISH = Path(settings.BASE_DIR) / "fres" / "locale" / "en" / "LC_MESSAGES" / "django.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
IGNORED = ["fres/locale", ".venv/*", "var/*", "tests/*", "benchmarks/*", "node_modules/*"]


def _read(file: Path) -> Catalog:
    with file.open("rb") as stream:
        return read_po(stream, locale="en")


def _sentences(message: Message) -> list[str]:
    return list(message.id) if isinstance(message.id, (list, tuple)) else [message.id]


def _translations(message: Message) -> list[str]:
    return list(message.string) if isinstance(message.string, (list, tuple)) else [message.string]


@pytest.fixture(scope="module")
def english() -> Catalog:
    return _read(ENGLISH)


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    if shutil.which("xgettext") is None and os.environ.get("FRES_REQUIRE_GETTEXT") != "1":
        pytest.skip("Debian's gettext is not installed")
    from django.test import override_settings

    folder = tmp_path_factory.mktemp("locale")
    with override_settings(LOCALE_PATHS=[folder]):
        call_command("makemessages", locale=["en"], ignore_patterns=IGNORED, no_obsolete=True, verbosity=0)
    return _read(folder / "en" / "LC_MESSAGES" / "django.po")


def test_every_sentence_of_the_interface_stands_in_the_english_catalogue(extracted: Catalog, english: Catalog) -> None:
    missing = [m.id for m in extracted if m.id and english.get(m.id, m.context) is None]
    assert not missing, f"{len(missing)} sentences are missing, such as {missing[:5]}"


def test_every_english_sentence_is_written_and_certain(english: Catalog) -> None:
    empty = [m.id for m in english if m.id and (m.fuzzy or not all(_translations(m)))]
    assert not empty, f"{len(empty)} sentences have no English, such as {empty[:5]}"


def test_english_sentences_keep_their_placeholders(english: Catalog) -> None:
    wrong = []
    for message in english:
        if not message.id:
            continue
        wanted = {frozenset(PLACEHOLDER.findall(sentence)) for sentence in _sentences(message)}
        given = {frozenset(PLACEHOLDER.findall(sentence)) for sentence in _translations(message)}
        if not given <= wanted:
            wrong.append(message.id)
    assert not wrong, f"placeholders differ in {wrong[:5]}"
