from datetime import date
from uuid import uuid4

import pytest

from fres.kernel.access import Role
from investors import permissions
from investors.models import RoleGrant
from investors.roles import RoleAlreadyEnded, RoleAlreadyHeld, SaverNeedsNoGrant, grant_role, revoke_role
from tests.investors.factories import RoleGrantFactory, UserFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)


def test_a_role_is_given_once_and_says_who_gave_it() -> None:
    user, giver = UserFactory(), UserFactory()
    grant = grant_role(user=user, role=Role.TREASURER, by=giver, on=TODAY)
    assert (grant.granted_by, grant.valid_from, grant.valid_to) == (giver, TODAY, None)
    with pytest.raises(RoleAlreadyHeld):
        grant_role(user=user, role=Role.TREASURER, by=giver, on=TODAY)


def test_the_same_role_may_be_held_for_two_objects() -> None:
    user = UserFactory()
    for _number in range(2):
        grant_role(user=user, role=Role.PARTNER, by=None, on=TODAY, scope_kind="partner", scope_uuid=uuid4())
    assert RoleGrant.objects.filter(user=user).count() == 2


def test_a_saver_needs_no_grant() -> None:
    with pytest.raises(SaverNeedsNoGrant):
        grant_role(user=UserFactory(), role=Role.SAVER, by=None, on=TODAY)


def test_a_role_taken_back_ends_the_same_day_stays_written_and_may_be_given_again(clock) -> None:
    grant = RoleGrantFactory(role="manager")
    revoke_role(grant=grant, on=TODAY)
    assert not permissions.has_role(grant.user, Role.MANAGER)
    assert RoleGrant.objects.get(pk=grant.pk).valid_to == TODAY
    with pytest.raises(RoleAlreadyEnded):
        revoke_role(grant=grant, on=TODAY)
    grant_role(user=grant.user, role=Role.MANAGER, by=None, on=TODAY)
    assert permissions.has_role(grant.user, Role.MANAGER)


def test_a_role_of_tomorrow_taken_back_today_never_holds(clock) -> None:
    grant = RoleGrantFactory(role="manager", valid_from=date(2026, 12, 1))
    ended = revoke_role(grant=grant, on=TODAY)
    assert ended.valid_to == ended.valid_from
    clock.advance(days=30)
    assert not permissions.has_role(grant.user, Role.MANAGER)
