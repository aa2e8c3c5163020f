"""Refusals of what founds a fund: each says its rule, its number and what to do next."""

from fres.kernel.errors import RuleViolation


class FoundingRefused(RuleViolation):
    """An act, a convention or a scheme that may not be written."""

    rule = "FOUNDING"


class SignatureRefused(FoundingRefused):
    """A bank signs no act before its engagement (R-004, R-048)."""

    rule = "R-004"


class ConventionRefused(FoundingRefused):
    """A convention that promises less than it shares or pays (R-005)."""

    rule = "R-005"


class BodyRefused(FoundingRefused):
    """A body whose seats, or a mandate whose days, cannot be (R-047)."""

    rule = "R-047"


class CapitalRefused(FoundingRefused):
    """A capital table that breaks an invariant: `broken` says which, with its figures (R-046 to R-048)."""

    rule = "R-047"

    def __init__(self, message: object, *, next_step: object = "", broken: tuple[object, ...] = ()) -> None:
        self.broken = broken
        super().__init__(message, next_step=next_step)
