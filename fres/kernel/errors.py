"""Refusals that a person reads, and broken invariants that end the request (style §11)."""


class RuleViolation(Exception):
    """A refusal that was foreseen: which rule, which number, what to do next. Fit to show as it is.

    Subclasses are named after the rule and set `rule`, a short code that logs and tests can name.
    """

    rule = "rule"

    def __init__(self, message: object, *, next_step: object = "") -> None:
        self.message = str(message)
        self.next_step = str(next_step)
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message} {self.next_step}" if self.next_step else self.message


class BooksBroken(Exception):
    """What must hold for every row does not: nobody may go on as if it did."""
