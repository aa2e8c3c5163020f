"""What a person may do with an organisation. Members only: the selectors hide the rest (404)."""

from investors.models import User
from projects.models import Membership, Organisation


def membership_of(user: User, organisation: Organisation) -> Membership | None:
    """Return the person's present place in the team, or None."""
    return Membership.objects.filter(organisation=organisation, user=user, left_on=None).first()


def can_sign(user: User, organisation: Organisation) -> bool:
    """A legal representative."""
    membership = membership_of(user, organisation)
    return membership is not None and membership.is_legal_representative


def can_manage_team(user: User, organisation: Organisation) -> bool:
    """A legal representative; while there is none, any member, who has to find one."""
    team = Membership.objects.filter(organisation=organisation, left_on=None)
    mine = team.filter(user=user)
    if not team.filter(is_legal_representative=True).exists():
        return mine.exists()
    return mine.filter(is_legal_representative=True).exists()
