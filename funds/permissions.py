"""What a user may do with commitments and offers; what they may see is in `funds/selectors.py`."""

from uuid import UUID

from fres.kernel import clock
from fres.kernel.access import Role
from funds.models import Commitment, Offer, WaitingPlace
from investors.models import Party, User
from investors.permissions import has_role
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


def _uuid(offer: Offer) -> UUID:
    return offer.fund.uuid
