"""What a person may do with people. `has_role` is the one question every other app's rights start from."""

from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q

from fres.kernel import clock
from fres.kernel.access import STAFF_ROLES, Role
from investors.models import Party, RoleGrant, User

Visitor = User | AnonymousUser


def roles_of(user: Visitor) -> frozenset[str]:
    """Return the roles held today, in whatever scope. Everyone with an open account is a saver."""
    if not isinstance(user, User) or not user.is_active:
        return frozenset()
    granted = RoleGrant.objects.current(clock.today()).filter(user=user).values_list("role", flat=True)
    return frozenset({Role.SAVER.value, *granted})


def has_role(user: Visitor, role: str, scope_uuid: UUID | None = None) -> bool:
    """Whether the role is held today: in any scope when none is asked, else everywhere or in that very scope."""
    if not isinstance(user, User) or not user.is_active:
        return False
    if role == Role.SAVER:
        return True
    grants = RoleGrant.objects.current(clock.today()).filter(user=user, role=role)
    if scope_uuid is not None:
        grants = grants.filter(Q(scope_kind="") | Q(scope_uuid=scope_uuid))
    return grants.exists()


def is_staff(user: Visitor) -> bool:
    """Whether any staff role is held today, in any scope."""
    return bool(roles_of(user) & frozenset(STAFF_ROLES))


def lists_people(roles: frozenset[str]) -> bool:
    return bool(roles & {Role.COMPLIANCE, Role.ADMINISTRATOR})


def reads_journal(roles: frozenset[str]) -> bool:
    return bool(roles & {Role.AUDITOR, Role.COMPLIANCE, Role.ADMINISTRATOR})


def can_list_people(user: Visitor) -> bool:
    return lists_people(roles_of(user))


def can_check_people(user: Visitor) -> bool:
    """Compliance: who looked at the pieces, the lists and the account, and writes that they did."""
    return has_role(user, Role.COMPLIANCE)


def can_see_party(user: Visitor, party: Party) -> bool:
    """Their own, one they represent today, or any for compliance and the administrator."""
    if not isinstance(user, User):
        return False
    today = clock.today()
    if party.user_id == user.pk or can_list_people(user):
        return True
    return party.representations.filter(user=user, valid_from__lte=today).exclude(valid_to__lte=today).exists()


def can_grant_roles(user: Visitor) -> bool:
    return has_role(user, Role.ADMINISTRATOR)


def can_read_audit_trail(user: Visitor) -> bool:
    """Changes to people, in full: names who did what, so identity pieces and secrets are masked (ruling A7)."""
    return reads_journal(roles_of(user))
