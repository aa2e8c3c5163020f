"""What a person may do with labels. Evaluators decide; what they did before on a file is checked by the operations."""

from fres.kernel.access import Role
from investors.models import User
from investors.permissions import Visitor, has_role, is_staff
from projects.labels.subjects import Subject, answers_for


def can_see_labels_desk(user: Visitor) -> bool:
    """Any member of the staff reads what is assessed, held and reported."""
    return is_staff(user)


def can_evaluate(user: Visitor) -> bool:
    """Assess, award, verify, moderate."""
    return has_role(user, Role.EVALUATOR)


def can_publish_versions(user: Visitor) -> bool:
    """Publish a version of a referential, or a label of the fund."""
    return has_role(user, Role.EVALUATOR) or has_role(user, Role.MANAGER)


def can_read_explanation(user: User, subject: Subject) -> bool:
    """The staff, and who acts for the subject."""
    return is_staff(user) or answers_for(user, subject)
