"""Refusals of the pool: each says its rule, its number and what to do next."""

from fres.kernel.errors import RuleViolation


class PoolRefused(RuleViolation):
    """Something the pool may not do."""

    rule = "POOL"


class CompartmentClosed(PoolRefused):
    """Nobody subscribes outside the compartment's dates."""

    rule = "POOL_CLOSED"


class UnitsOutOfRange(PoolRefused):
    """Fewer or more units than the compartment takes at once."""

    rule = "POOL_UNITS"


class WishUnfit(PoolRefused):
    """A preference for something that does not exist."""

    rule = "POOL_WISH"


class NotEnoughUnits(PoolRefused):
    """Nobody gives or withdraws units that they do not hold freely."""

    rule = "POOL_HELD"


class TooEarly(PoolRefused):
    """The minimum holding period, or the window, has not come."""

    rule = "POOL_WINDOW"


class OutOfTurn(PoolRefused):
    """Withdrawals are served in the order in which they were asked for."""

    rule = "POOL_QUEUE"


class NotEnoughCash(PoolRefused):
    """The reserve and the new entrants do not pay for it."""

    rule = "POOL_CASH"


class SamePerson(PoolRefused):
    """Two people approve: the second is another, and neither is the holder (ruling A7)."""

    rule = "A7"


class MatchingRefused(PoolRefused):
    """A matching fund that may not be written, opened or drawn on."""

    rule = "MATCHING"


class MirrorRefused(PoolRefused):
    """An exchange of local currency that may not be."""

    rule = "MIRROR"


class GuaranteeRefused(PoolRefused):
    """A guarantee above its quota, its cap or what its envelope carries."""

    rule = "GUARANTEE"
