"""What the staff may do with rounds. A member votes when the roll says so: the operation checks it."""

from fres.kernel.access import Role
from investors.models import User
from investors.permissions import has_role, is_staff, roles_of


def can_see_rounds(user: User) -> bool:
    return is_staff(user)


def can_manage_rounds(user: User) -> bool:
    return has_role(user, Role.MANAGER)


def can_prepare_order(user: User) -> bool:
    """A treasurer or the manager; the other of the two signs, says the operation (ruling A7)."""
    return bool(roles_of(user) & {Role.TREASURER, Role.MANAGER})


def can_key_paper(user: User) -> bool:
    return bool(roles_of(user) & {Role.MANAGER, Role.INSTRUCTOR, Role.COMPLIANCE})
