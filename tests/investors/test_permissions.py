from datetime import date
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser

from fres.kernel.access import Role
from investors import permissions
from investors.models import Representation
from tests.investors.factories import PartyFactory, RoleGrantFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_everyone_with_an_open_account_is_a_saver_and_a_visitor_is_nobody() -> None:
    assert permissions.roles_of(UserFactory()) == {Role.SAVER}
    assert permissions.roles_of(AnonymousUser()) == frozenset()
    assert not permissions.has_role(AnonymousUser(), Role.SAVER)


def test_a_closed_account_holds_nothing() -> None:
    grant = RoleGrantFactory(role="manager", user__is_active=False)
    assert permissions.roles_of(grant.user) == frozenset()
    assert not permissions.has_role(grant.user, Role.MANAGER)


def test_a_scoped_role_holds_for_its_object_and_an_unscoped_one_for_all() -> None:
    fund, other = uuid4(), uuid4()
    scoped = RoleGrantFactory(role="treasurer", scope_kind="fund", scope_uuid=fund).user
    anywhere = RoleGrantFactory(role="treasurer").user
    assert permissions.has_role(scoped, Role.TREASURER)
    assert permissions.has_role(scoped, Role.TREASURER, fund)
    assert not permissions.has_role(scoped, Role.TREASURER, other)
    assert permissions.has_role(anywhere, Role.TREASURER, other)


def test_a_role_holds_from_its_first_day_to_the_eve_of_its_last(clock) -> None:
    dates = {"valid_from": date(2026, 11, 24), "valid_to": date(2026, 11, 25)}
    user = RoleGrantFactory(role="auditor", **dates).user
    held = []
    for _day in range(3):
        held.append(permissions.has_role(user, Role.AUDITOR))
        clock.advance(days=1)
    assert held == [False, True, False]


@pytest.mark.parametrize(("role", "is_staff"), [("treasurer", True), ("partner", False), ("official", False)])
def test_staff_is_who_holds_a_staff_role(role: str, is_staff: bool) -> None:
    user = RoleGrantFactory(role=role).user
    assert permissions.is_staff(user) is is_staff
    assert user.is_staff_member is is_staff


def test_a_party_is_seen_by_itself_by_who_represents_it_today_and_by_compliance(clock) -> None:
    party = PartyFactory()
    delegate, former, stranger = UserFactory(), UserFactory(), UserFactory()
    values = {"party": party, "role": "delegate", "valid_from": date(2026, 1, 1)}
    Representation.objects.create(user=delegate, **values)
    Representation.objects.create(user=former, valid_to=date(2026, 11, 23), **values)
    compliance = RoleGrantFactory(role="compliance").user
    treasurer = RoleGrantFactory(role="treasurer").user
    seen = [permissions.can_see_party(who, party) for who in (party.user, delegate, compliance)]
    hidden = [permissions.can_see_party(who, party) for who in (former, stranger, treasurer, AnonymousUser())]
    assert all(seen)
    assert not any(hidden)
