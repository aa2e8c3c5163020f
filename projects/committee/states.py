"""States of a committee's session."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from fres.kernel.states import StateMachine, Transition


class SessionState(TextChoices):
    PLANNED = "PLANNED", _("En préparation")
    CONVENED = "CONVENED", _("Convoquée")
    OPEN = "OPEN", _("Ouverte")
    ENDED = "ENDED", _("Levée")
    SEALED = "SEALED", _("Procès-verbal scellé")
    CANCELLED = "CANCELLED", _("Annulée")


S = SessionState

CONVENE = Transition(
    "convene",
    frozenset({S.PLANNED}),
    S.CONVENED,
    _("Convoquer"),
    "manager",
    guard=_("un ordre du jour, une présidence, un secrétariat"),
)
OPEN_SESSION = Transition("open_session", frozenset({S.CONVENED}), S.OPEN, _("Ouvrir la séance"), "committee")
END_SESSION = Transition(
    "end_session",
    frozenset({S.OPEN}),
    S.ENDED,
    _("Lever la séance"),
    "committee",
    guard=_("aucun scrutin ouvert"),
)
SEAL_MINUTES = Transition(
    "seal_minutes",
    frozenset({S.ENDED}),
    S.SEALED,
    _("Sceller le procès-verbal"),
    "committee",
    guard=_("signé par la présidence et le secrétariat"),
)
CANCEL_SESSION = Transition(
    "cancel_session", frozenset({S.PLANNED, S.CONVENED}), S.CANCELLED, _("Annuler la séance"), "manager"
)

SESSION_MACHINE = StateMachine(
    name=_("Séance du comité"),
    states=SessionState,
    transitions=(CONVENE, OPEN_SESSION, END_SESSION, SEAL_MINUTES, CANCEL_SESSION),
)
BEFORE_OPENING = frozenset({S.PLANNED, S.CONVENED})
