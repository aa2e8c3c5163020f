"""Every URL of the site gives every role the answer the access table says, and no other."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from http.cookies import SimpleCookie

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse

from fres.access_table import ACCESS, ANONYMOUS, OUTSIDE, OWNER, POSTED, ROLES, STAFF
from fres.kernel.access import STAFF_ROLES, Role
from investors.models import User
from tests.access_objects import VISITS, Visit
from tests.conftest import HeldClock
from tests.investors.factories import PartyFactory, RoleGrantFactory, TaxResidenceFactory
from tests.investors.sessions import sign_in

_DESK_LINK = re.compile(r'href="(/gestion/[^"#]*)"')
_UNKNOWN = re.compile(r"unknown variable ([^&>]*)")


def _addresses(resolver: URLResolver, prefix: str = "", route: str = "") -> Iterator[tuple[str, str]]:
    """Yield each name with the address it stands for, its arguments unfilled."""
    for pattern in resolver.url_patterns:
        address = f"{route}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from _addresses(pattern, f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix, address)
        elif isinstance(pattern, URLPattern):
            yield f"{prefix}{pattern.name}", address


def _names() -> set[str]:
    return {name for name, address in _addresses(get_resolver())}


def _back_office() -> list[str]:
    return [name for name, address in _addresses(get_resolver()) if address.lstrip("^/").startswith("gestion/")]


def test_every_url_stands_in_the_table_and_the_table_names_no_other() -> None:
    assert _names() == set(ACCESS)


def test_the_table_knows_every_role_and_who_is_staff() -> None:
    assert set(ROLES) == set(Role.values)
    assert set(STAFF) == {role.value for role in STAFF_ROLES}
    assert set(OUTSIDE).isdisjoint(STAFF)


def test_every_line_answers_visitors_and_every_role() -> None:
    expected = {ANONYMOUS, *ROLES}
    assert {name: set(answers) - {OWNER} for name, answers in ACCESS.items()} == dict.fromkeys(ACCESS, expected)


def test_what_is_posted_or_made_belongs_to_the_table() -> None:
    assert set(VISITS) | POSTED <= set(ACCESS)


def _person(role: str) -> User:
    user = PartyFactory().user
    TaxResidenceFactory(party=user.party)
    if role != Role.SAVER:
        RoleGrantFactory(user=user, role=role)
    return user


def _signed_in(person: User, *, second_factor: bool = True) -> SimpleCookie:
    client = Client()
    sign_in(client, person, second_factor=second_factor)
    return client.cookies


def _client(cookies: SimpleCookie) -> Client:
    """Return a browser of its own: what one page sets, another does not get."""
    client = Client()
    client.cookies = SimpleCookie(cookies.output(header="", sep=";"))
    return client


@contextmanager
def _undone() -> Iterator[None]:
    """Take back what was written, the session included: each URL finds the same rows. No block of `atomic`, for the
    operations that refuse to stand in one."""
    before = transaction.savepoint()
    yield
    transaction.savepoint_rollback(before)


def _answer(client: Client, name: str, visit: Visit) -> tuple[int, str]:
    """Return the status of a page and its text, empty for a file."""
    address = reverse(name, kwargs=visit.kwargs)
    response = client.post(address, visit.data) if name in POSTED else client.get(address, visit.data)
    is_page = not response.streaming and response.get("Content-Type", "").startswith("text/")
    text = response.content.decode() if is_page else ""
    assert not _UNKNOWN.findall(text), f"{name} prints variables nobody gives it"
    return response.status_code, text


def _closed_links(text: str, role: str) -> set[str]:
    """Return the pages of the back office that a page leads to, and that do not open to the role."""
    named = {resolve(unescape(link).partition("?")[0]).view_name for link in _DESK_LINK.findall(text)}
    return {name for name in named if ACCESS[name][role] != 200}


def _areas() -> dict[str, list[str]]:
    """Return the names of the table under the part of the site they belong to."""
    areas: dict[str, list[str]] = {}
    for name in ACCESS:
        areas.setdefault(name.rpartition(":")[0], []).append(name)
    return areas


@pytest.mark.django_db
@pytest.mark.parametrize("area", sorted(_areas()))
def test_every_url_answers_each_role_as_the_table_says(area: str, clock: HeldClock) -> None:
    cookies = {role: _signed_in(_person(role)) for role in ROLES} | {ANONYMOUS: SimpleCookie()}
    said, answered, closed = {}, {}, {}
    for name in _areas()[area]:
        with _undone():
            visit = VISITS[name]() if name in VISITS else Visit()
            for role, carried in cookies.items():
                with _undone():
                    said[name, role] = ACCESS[name][role]
                    answered[name, role], text = _answer(_client(carried), name, visit)
                    closed[name, role] = _closed_links(text, role)
    assert answered == said
    assert {where: links for where, links in closed.items() if links} == {}, "links that answer 403 or 404"


@pytest.mark.django_db
@pytest.mark.parametrize("name", [name for name, answers in ACCESS.items() if OWNER in answers])
def test_an_owner_gets_the_answer_the_table_says(name: str, clock: HeldClock) -> None:
    visit = VISITS[name]()
    assert visit.owner is not None
    client = Client()
    sign_in(client, visit.owner)
    assert _answer(client, name, visit)[0] == ACCESS[name][OWNER]


@pytest.mark.django_db
def test_no_staff_page_opens_before_the_second_factor(clock: HeldClock) -> None:
    cookies = [_signed_in(_person(role), second_factor=False) for role in STAFF]
    for name in _back_office():
        with _undone():
            visit = VISITS[name]() if name in VISITS else Visit()
            address = reverse(name, kwargs=visit.kwargs)
            for carried in cookies:
                client = _client(carried)
                response = client.post(address, visit.data) if name in POSTED else client.get(address, visit.data)
                assert response.status_code == 302
                assert response["Location"].startswith(reverse("mfa_index"))


@pytest.mark.django_db
@pytest.mark.parametrize("role", STAFF)
def test_the_menu_of_the_back_office_names_only_pages_that_open(role: str, clock: HeldClock) -> None:
    page = _client(_signed_in(_person(role))).get(reverse("funds:desk")).content.decode()
    menu = page.partition('class="desk-nav"')[2].partition("</nav>")[0]
    named = {resolve(address).view_name for address in re.findall(r'href="([^"]+)"', menu)}
    assert "funds:desk" in named
    assert {name for name in named if ACCESS[name][role] != 200} == set()
