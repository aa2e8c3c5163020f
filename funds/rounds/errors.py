"""What a round refuses, each with its rule and the next step."""

from django.utils.translation import gettext as _

from fres.kernel.errors import RuleViolation


class RoundRefused(RuleViolation):
    """The round cannot be prepared, frozen, counted or settled as things stand."""

    rule = "round"


class VoteClosed(RuleViolation):
    """The vote is not open at that moment."""

    rule = "vote.closed"


class NotOnTheRoll(RuleViolation):
    """The person is not on the electoral roll of the round."""

    rule = "vote.roll"

    def __init__(self) -> None:
        super().__init__(
            _("Vous n’êtes pas sur la liste électorale de ce tour."),
            next_step=_("Elle réunit les épargnants dont l’argent était encaissé au jour indiqué sur la page du vote."),
        )


class RemovedFromTheRoll(RuleViolation):
    """The person was removed from the electoral roll."""

    rule = "vote.removed"

    def __init__(self, reason: str) -> None:
        super().__init__(
            _("Vous avez été radié·e de la liste électorale : %(reason)s.") % {"reason": reason.rstrip(".")},
            next_step=_("Écrivez au fonds si c’est une erreur."),
        )


class VotedOnPaper(RuleViolation):
    """The person already voted on paper, or online when paper is asked for: one person, one ballot."""

    rule = "vote.once"


class ChoiceRefused(RuleViolation):
    """The ballot chooses what is not on the list, or too much."""

    rule = "vote.choice"


class OrderRefused(RuleViolation):
    """The allocation order cannot be prepared, signed or refused as things stand."""

    rule = "allocation.order"
