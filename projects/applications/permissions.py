"""Who may do what with a file (ruling A7). Acts on one file are checked again by the operations."""

from django.contrib.auth.models import AnonymousUser

from fres.kernel import clock
from fres.kernel.access import Role
from investors.models import User
from investors.permissions import has_role, roles_of
from projects.applications.drafts import OPEN_TO_ANSWERS
from projects.models import Application, Membership

Visitor = User | AnonymousUser
# Staff who may open files. Committee members read them from their sessions, once they declared their interests.
READERS = frozenset(
    {Role.INSTRUCTOR, Role.MANAGER, Role.AUDITOR, Role.COMPLIANCE, Role.MONITORING, Role.EVALUATOR, Role.ADMINISTRATOR}
)


def can_read_files(user: Visitor) -> bool:
    return bool(roles_of(user) & READERS)


def can_instruct(user: Visitor) -> bool:
    return has_role(user, Role.INSTRUCTOR)


def can_assign(user: Visitor) -> bool:
    return bool(roles_of(user) & {Role.INSTRUCTOR, Role.MANAGER})


def can_decide_appeals(user: Visitor) -> bool:
    return has_role(user, Role.MANAGER)


def can_cancel(user: Visitor) -> bool:
    return has_role(user, Role.ADMINISTRATOR)


def can_manage_calls(user: Visitor) -> bool:
    return has_role(user, Role.MANAGER)


def is_member(user: Visitor, application: Application) -> bool:
    """Whether a person belongs today to the organisation that carries a file."""
    if not isinstance(user, User):
        return False
    day = clock.today()
    members = Membership.objects.filter(organisation=application.organisation, user=user, joined_on__lte=day)
    return members.exclude(left_on__lte=day).exists()


def can_write(user: Visitor, application: Application) -> bool:
    """The team, while the answers may change."""
    return application.state in OPEN_TO_ANSWERS and is_member(user, application)
