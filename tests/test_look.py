"""What keeps one look: colours in the tokens, no style on an element, French typography, files as published."""

import hashlib
import re
from pathlib import Path

import pytest
from django.conf import settings

from fres.kernel.states import StateMachine
from fres.kernel.templatetags.look import state_sign
from funds.states import MACHINES as FUNDS_MACHINES
from funds.states import PaymentState, RefundState
from projects.committee.states import SESSION_MACHINE
from projects.states import APPLICATION_MACHINE, ASSESSMENT_MACHINE, AWARD_MACHINE, MISUSE_MACHINE, SIGNATURE_MACHINE

STATIC = settings.BASE_DIR / "fres" / "static"
TEMPLATES = settings.BASE_DIR / "templates"
PAGES = sorted(path for path in TEMPLATES.rglob("*.html") if "mail" not in path.relative_to(TEMPLATES).parts)
EVERY = sorted(path for path in TEMPLATES.rglob("*") if path.suffix in {".html", ".txt"})
TRANSLATED = re.compile(r"\{% trans \"([^\"]*)\"|\{% blocktrans[^%]*%\}(.*?)\{% endblocktrans %\}", re.S)


def name_of(path: Path) -> str:
    return str(path.relative_to(settings.BASE_DIR))


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_no_page_carries_a_style_a_script_or_a_data_address(path):
    source = re.sub(r"\{% comment %\}.*?\{% endcomment %\}", "", path.read_text(encoding="utf-8"), flags=re.S)
    assert not re.search(
        r"<[^>]*\sstyle=|<style|\son\w+=|data:|<script(?![^>]*\s(?:src=|type=\"application/json\"))", source
    )


@pytest.mark.parametrize("path", EVERY, ids=name_of)
def test_french_sentences_have_their_own_apostrophe_and_spaces(path):
    source = path.read_text(encoding="utf-8")
    for match in TRANSLATED.finditer(source):
        text = re.sub(r"<[^>]*>|\{\{.*?\}\}|\{%.*?%\}", "x", match.group(1) or match.group(2))
        wrong = re.search(r"\w'\w|[^\s\u00a0\u202f] [;?!](?:\s|$)|\w :(?:\s|$)|\d [€%]|« | »", text)
        assert not wrong, f"{wrong.group(0)!r} in {text.strip()!r}"


def test_colours_are_written_in_the_tokens_only():
    assert not re.search(r"#[0-9a-fA-F]{6}\b|rgba?\(", (STATIC / "fres.css").read_text(encoding="utf-8"))


def test_the_style_sheets_of_the_house_ask_for_no_data_address():
    for sheet in ("fres.css", "tokens.css"):
        assert "url(data:" not in (STATIC / sheet).read_text(encoding="utf-8").replace('"', "")


def test_the_two_writings_of_the_dark_scheme_are_equal():
    tokens = (STATIC / "tokens.css").read_text(encoding="utf-8")
    followed, chosen = re.findall(r"\{\s*color-scheme: dark;(.*?)\}", tokens, flags=re.S)
    assert followed.split() == chosen.split()


def test_files_of_others_are_as_they_were_published():
    table = (STATIC / "vendor" / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` .*`([0-9a-f]{64})` \|$", table, flags=re.M)
    assert {Path(name).name for name, _sum in rows} == {
        *(path.name for path in (STATIC / "fonts").glob("*.woff2")),
        *(path.name for path in (STATIC / "vendor").glob("*.css")),
        *(path.name for path in (STATIC / "vendor").glob("*.js")),
    }
    for name, expected in rows:
        assert hashlib.sha256((STATIC / "vendor" / name).read_bytes()).hexdigest() == expected, name


@pytest.mark.parametrize(
    "machine",
    (
        *FUNDS_MACHINES,
        APPLICATION_MACHINE,
        AWARD_MACHINE,
        SESSION_MACHINE,
        ASSESSMENT_MACHINE,
        SIGNATURE_MACHINE,
        MISUSE_MACHINE,
    ),
    ids=lambda machine: str(machine.name),
)
def test_every_state_of_a_machine_has_a_sign(machine: StateMachine):
    for state in machine.states:
        assert state_sign(state).startswith("state-")


@pytest.mark.parametrize("state", (*PaymentState, *RefundState))
def test_every_state_of_a_payment_has_a_sign(state):
    assert state_sign(state).startswith("state-")
