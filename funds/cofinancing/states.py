"""States of what somebody is asked to bring to a project."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from fres.kernel.states import StateMachine, Transition


class ContributionState(TextChoices):
    ASKED = "ASKED", _("Demandé")
    PROMISED = "PROMISED", _("Promis")
    CONFIRMED = "CONFIRMED", _("Confirmé")
    REFUSED = "REFUSED", _("Refusé")
    WITHDRAWN = "WITHDRAWN", _("Retiré")


S = ContributionState
LIVE = (S.ASKED, S.PROMISED, S.CONFIRMED)
PROMISE = Transition("promise", frozenset({S.ASKED, S.PROMISED}), S.PROMISED, _("Promettre"), "partner", _("montant"))
CONFIRM = Transition(
    "confirm", frozenset({S.ASKED, S.PROMISED}), S.CONFIRMED, _("Confirmer"), "partner",
    _("preuve écrite, plan dans la limite du besoin"),
)  # fmt: skip
DECLINE = Transition("refuse", frozenset({S.ASKED, S.PROMISED}), S.REFUSED, _("Refuser"), "partner", _("motif écrit"))
WITHDRAW = Transition(
    "withdraw", frozenset({S.ASKED, S.PROMISED, S.CONFIRMED}), S.WITHDRAWN, _("Retirer"), "manager", _("motif écrit")
)
CONTRIBUTION_MACHINE = StateMachine(_("Apport d’un tour de table"), S, (PROMISE, CONFIRM, DECLINE, WITHDRAW))
