"""Refusals a person may read, and invariants that must end the request."""


class RuleViolation(Exception):
    """An expected refusal: subclasses are named after the rule and carry its short code in `rule`.

    `message` says the rule and the number; `next_step` says what the person can do. Both are fit to show.
    """

    rule = ""

    def __init__(self, message: object, *, next_step: object = "") -> None:
        self.message = str(message)
        self.next_step = str(next_step)
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message} {self.next_step}".strip()


class BooksBroken(Exception):
    """Figures that must agree do not: nothing may go on from here."""
