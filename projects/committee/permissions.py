"""Who sees the committee's pages: staff by role, members by their seat; a file opens to members who have declared."""

from fres.kernel.access import Role, has_any_role
from investors.models import User
from investors.permissions import Visitor
from projects.committee.access import runs, seat_of
from projects.committee.selectors import day_of
from projects.models import Session

# Staff who follow what the committee does without sitting on it.
OBSERVERS = (Role.MANAGER, Role.INSTRUCTOR, Role.EVALUATOR, Role.COMPLIANCE, Role.AUDITOR)


def can_organise(user: Visitor) -> bool:
    """Whether they found committees, seat people, plan sessions."""
    return has_any_role(user, Role.MANAGER)


def can_see_session(user: User, session: Session) -> bool:
    """Observers, who runs it and who sits on the day; the rest of the staff knows only that it takes place."""
    if has_any_role(user, *OBSERVERS) or runs(session, user):
        return True
    return seat_of(session, user, day_of(session)) is not None


def can_prepare(user: User, session: Session) -> bool:
    """Whether they build the agenda and convene: the management, the secretary, the chair."""
    return can_organise(user) or runs(session, user)


def can_meet_conditions(user: Visitor) -> bool:
    """Whether they write that a condition precedent is met."""
    return has_any_role(user, Role.MANAGER, Role.INSTRUCTOR, Role.MONITORING)


def can_see_conditions(user: Visitor) -> bool:
    return can_meet_conditions(user) or has_any_role(user, Role.COMMITTEE, Role.AUDITOR, Role.COMPLIANCE)
