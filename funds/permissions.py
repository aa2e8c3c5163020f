"""What a user may do with commitments and offers; what they may see is in `funds/selectors.py`."""

from uuid import UUID

from fres.kernel import clock
from fres.kernel.access import Role
from funds.models import Commitment, Offer, WaitingPlace
from investors.models import Party, User
from investors.permissions import has_role, is_staff, roles_of
from investors.selectors import parties_acted_for


def can_act_for(user: User, party: Party) -> bool:
    """Their own party, or one they represent today."""
    return parties_acted_for(user, clock.today()).filter(pk=party.pk).exists()


def can_revoke(user: User, commitment: Commitment) -> bool:
    return can_act_for(user, commitment.saver)


def can_leave(user: User, place: WaitingPlace) -> bool:
    return can_act_for(user, place.saver)


def can_open_offer(user: User, offer: Offer) -> bool:
    """The manager of the fund, or of every fund."""
    return has_role(user, Role.MANAGER, _uuid(offer))


def can_see_desk(user: User) -> bool:
    """Any member of the staff: the desk says whom each thing waits for."""
    return is_staff(user)


def can_see_payouts(user: User) -> bool:
    return bool(roles_of(user) & {Role.TREASURER, Role.MANAGER, Role.COMPLIANCE, Role.AUDITOR})


def can_prepare_payout(user: User) -> bool:
    """A treasurer; what they did before on the same file is checked by the operation (ruling A7)."""
    return has_role(user, Role.TREASURER)


def can_approve_payout(user: User) -> bool:
    """A treasurer or the manager; never the person who prepared it, says the operation (ruling A7)."""
    return bool(roles_of(user) & {Role.TREASURER, Role.MANAGER})


def _uuid(offer: Offer) -> UUID:
    return offer.fund.uuid
