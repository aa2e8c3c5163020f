"""Every page open to all is valid HTML: read by a strict parser, with no identifier twice and no label to nobody."""

from collections import Counter
from typing import Any

import html5lib
import pytest
from django.test import Client
from django.urls import reverse

from fres.access_table import ACCESS, ANONYMOUS, POSTED
from tests.access_objects import VISITS, Visit
from tests.conftest import HeldClock

PUBLIC = sorted(name for name, answers in ACCESS.items() if answers[ANONYMOUS] == 200 and name not in POSTED)
_REFERRING = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "headers", "list")


def faults_of(page: str) -> list[str]:
    """Return what a page breaks: errors of the parser and their place, identifiers used twice, references to nobody."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree: Any = parser.parse(page)
    found = [f"{code} at {place}: {values}" for place, code, values in parser.errors]
    elements = [one for one in tree.iter() if isinstance(one.tag, str)]
    identifiers = Counter(one.get("id") for one in elements if one.get("id"))
    found += [f"id {name!r} stands {count} times" for name, count in identifiers.items() if count > 1]
    for element in elements:
        for attribute in _REFERRING:
            wanted = (element.get(attribute) or "").split()
            found += [f"{element.tag} {attribute}={name!r} names nobody" for name in wanted if name not in identifiers]
        if element.tag == "img" and element.get("alt") is None:
            found.append("an image has no alternative")
    return found


def test_the_parser_sees_what_is_broken() -> None:
    assert faults_of("<!doctype html><html lang=fr><title>t</title><body><p>a</p></body></html>") == []
    broken = "<!doctype html><html><title>t</title><p id=a><label for=b>x</label><div></p></div><p id=a><img src=x>"
    told = " ".join(faults_of(broken))
    for fault in ("unexpected-end-tag", "id 'a' stands 2 times", "names nobody", "no alternative"):
        assert fault in told


@pytest.mark.django_db
@pytest.mark.parametrize("name", PUBLIC)
def test_a_page_open_to_all_is_valid(name: str, clock: HeldClock) -> None:
    visit = VISITS[name]() if name in VISITS else Visit()
    response = Client().get(reverse(name, kwargs=visit.kwargs), visit.data)
    if response.streaming or not response.get("Content-Type", "").startswith("text/html"):
        return
    assert faults_of(response.content.decode()) == []
