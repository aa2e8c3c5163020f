"""Every URL of the site gives every role the answer the access table says, and no other."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from fres.access_table import ACCESS, ANONYMOUS, OUTSIDE, OWNER, POSTED, ROLES, STAFF
from fres.kernel.access import STAFF_ROLES, Role
from investors.models import User
from tests.access_objects import VISITS, Visit
from tests.conftest import HeldClock
from tests.investors.factories import PartyFactory, RoleGrantFactory, TaxResidenceFactory
from tests.investors.sessions import sign_in

_UNKNOWN = re.compile(r"unknown variable ([^&>]*)")


def _names(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _names(pattern, f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix)
        elif isinstance(pattern, URLPattern):
            yield f"{prefix}{pattern.name}"


def test_every_url_stands_in_the_table_and_the_table_names_no_other() -> None:
    assert set(_names(get_resolver())) == set(ACCESS)


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


def _status(client: Client, name: str, visit: Visit) -> int:
    address = reverse(name, kwargs=visit.kwargs)
    response = client.post(address, visit.data) if name in POSTED else client.get(address)
    unknown = set() if response.streaming else set(_UNKNOWN.findall(response.content.decode()))
    assert not unknown, f"{name} prints variables nobody gives it"
    return response.status_code


@pytest.mark.django_db
@pytest.mark.parametrize("role", [ANONYMOUS, *ROLES])
def test_every_url_answers_the_role_as_the_table_says(role: str, clock: HeldClock) -> None:
    said, answered = {}, {}
    person = None if role == ANONYMOUS else _person(role)
    for name, answers in ACCESS.items():
        visit = VISITS[name]() if name in VISITS else Visit()
        client = Client()
        if person is not None:
            sign_in(client, person)
        said[name] = answers[role]
        answered[name] = _status(client, name, visit)
    assert answered == said


@pytest.mark.django_db
@pytest.mark.parametrize("name", [name for name, answers in ACCESS.items() if OWNER in answers])
def test_an_owner_gets_the_answer_the_table_says(name: str, clock: HeldClock) -> None:
    visit = VISITS[name]()
    assert visit.owner is not None
    client = Client()
    sign_in(client, visit.owner)
    assert _status(client, name, visit) == ACCESS[name][OWNER]


@pytest.mark.django_db
@pytest.mark.parametrize("role", STAFF)
def test_no_staff_page_opens_before_the_second_factor(role: str, clock: HeldClock) -> None:
    person = _person(role)
    for name in ACCESS:
        visit = VISITS[name]() if name in VISITS else Visit()
        address = reverse(name, kwargs=visit.kwargs)
        if not address.startswith("/gestion/"):
            continue
        client = Client()
        sign_in(client, person, second_factor=False)
        response = client.post(address, visit.data) if name in POSTED else client.get(address)
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("mfa_index"))
