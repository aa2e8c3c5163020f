"""Who follows financings, who proposes, who decides; that two persons do it is checked by the operations (A7)."""

from fres.kernel.access import Role
from funds.models import FinancingRequest
from investors.permissions import Visitor, has_role, is_staff, roles_of


def can_see_follow_up(user: Visitor) -> bool:
    """Any member of the staff."""
    return is_staff(user)


def can_follow(user: Visitor) -> bool:
    """Raise and close reasons, write notes, propose."""
    return has_role(user, Role.MONITORING)


def can_decide(user: Visitor, request: FinancingRequest) -> bool:
    """The monitoring for a default, the committee for the others; the manager writes either down."""
    is_default = request.kind == FinancingRequest.Kind.DEFAULT
    return bool(roles_of(user) & {Role.MANAGER, Role.MONITORING if is_default else Role.COMMITTEE})
