"""States of what happens around an organisation. Codes in English, each with its French label (ruling A4)."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from fres.kernel.states import StateMachine, Transition


class InvitationState(TextChoices):
    SENT = "SENT", _("Envoyée")
    ACCEPTED = "ACCEPTED", _("Acceptée")
    WITHDRAWN = "WITHDRAWN", _("Retirée")
    EXPIRED = "EXPIRED", _("Expirée")


_SENT = frozenset({InvitationState.SENT})
ACCEPT = Transition("accept", _SENT, InvitationState.ACCEPTED, _("Accepter l’invitation"), "holder")
WITHDRAW = Transition("withdraw", _SENT, InvitationState.WITHDRAWN, _("Retirer l’invitation"), "holder")
LAPSE = Transition("lapse", _SENT, InvitationState.EXPIRED, _("Constater la fin de l’invitation"), "scheduler")

INVITATION_MACHINE = StateMachine(
    name=_("Invitation dans une équipe"), states=InvitationState, transitions=(ACCEPT, WITHDRAW, LAPSE)
)
