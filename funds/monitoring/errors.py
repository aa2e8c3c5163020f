"""Refusals of the follow-up of financings."""

from fres.kernel.errors import RuleViolation


class NotEnoughReason(RuleViolation):
    """What is asked needs words, a ground or a proof that is missing."""

    rule = "follow-up-reason"


class SamePersonDecides(RuleViolation):
    """Whoever proposes does not decide (ruling A7)."""

    rule = "four-eyes"


class TermsRefused(RuleViolation):
    """The new terms of a restructuring cannot be."""

    rule = "restructuring-terms"


class ConsentMissing(RuleViolation):
    """The lenders have not agreed to terms that are worse for them."""

    rule = "restructuring-consent"


class DefaultTooEarly(RuleViolation):
    """No instalment is unpaid for longer than the dated limit (ruling B12)."""

    rule = "B12"


class NotALender(RuleViolation):
    """Only who holds a part of the loan answers, once."""

    rule = "restructuring-lender"


class PaymentAlive(RuleViolation):
    """A payment of an instalment to replace is under way."""

    rule = "restructuring-payment"
