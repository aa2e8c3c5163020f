"""Refusals of the register of rules."""

from collections.abc import Iterable, Mapping

from fres.kernel.errors import RuleViolation
from funds.allocation.words import Sentence


class RuleNotAdopted(RuleViolation):
    """A rule may not enter the register: `errors` gives each field and why (law, another rule, a date)."""

    rule = "ALLOCATION_RULE"

    def __init__(self, errors: Mapping[str, Sentence | str], *, next_step: object = "") -> None:
        self.errors = {name: str(text) for name, text in errors.items()}
        super().__init__(" ".join(self.errors.values()), next_step=next_step)


class RulesBroken(RuleViolation):
    """A decision would go against rules that block; `sentences` says which and by how much."""

    rule = "ALLOCATION_BLOCKED"

    def __init__(self, sentences: Iterable[str], *, next_step: object = "") -> None:
        self.sentences = tuple(sentences)
        super().__init__(" ".join(self.sentences), next_step=next_step)
