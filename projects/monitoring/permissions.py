"""Who may read and review the reports of financed projects."""

from fres.kernel.access import Role
from investors.permissions import Visitor, has_role, is_staff


def can_see_reports(user: Visitor) -> bool:
    """Any member of the staff."""
    return is_staff(user)


def can_review_reports(user: Visitor) -> bool:
    """The monitoring officers; whoever belongs to the organisation is stopped by the operation."""
    return has_role(user, Role.MONITORING)
