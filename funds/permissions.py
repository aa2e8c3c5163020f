"""What the staff may do with money. A saver acts on what is theirs: the selectors hide the rest (404)."""

from fres.kernel.access import Role
from investors.models import User
from investors.permissions import has_role, is_staff, roles_of


def can_see_desk(user: User) -> bool:
    """Any member of the staff: the desk says whom each thing waits for."""
    return is_staff(user)


def can_see_payouts(user: User) -> bool:
    return bool(roles_of(user) & {Role.TREASURER, Role.MANAGER, Role.COMPLIANCE, Role.AUDITOR})


def can_follow_refunds(user: User) -> bool:
    return can_see_payouts(user)


def can_prepare_refund(user: User) -> bool:
    """A treasurer, who also sees the transfer leave; whose money it is is checked by the operation (ruling B29)."""
    return has_role(user, Role.TREASURER)


def can_approve_refund(user: User) -> bool:
    """A treasurer or the manager; never who prepared it, says the operation (rulings A7, B29)."""
    return can_approve_payout(user)


def can_record_recovery(user: User) -> bool:
    """A treasurer reads the bank's statement; another one undoes a line misread, says the operation (ruling A7)."""
    return has_role(user, Role.TREASURER)


def can_prepare_payout(user: User) -> bool:
    """A treasurer; what they did before on the same file is checked by the operation (ruling A7)."""
    return has_role(user, Role.TREASURER)


def can_approve_payout(user: User) -> bool:
    """A treasurer or the manager; never the person who prepared it, says the operation (ruling A7)."""
    return bool(roles_of(user) & {Role.TREASURER, Role.MANAGER})
