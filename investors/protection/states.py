"""States of a request to be treated as a sophisticated investor."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from fres.kernel.states import StateMachine, Transition


class ClassState(TextChoices):
    REQUESTED = "REQUESTED", _("Demandé")
    GRANTED = "GRANTED", _("Accordé")
    REFUSED = "REFUSED", _("Refusé")
    ENDED = "ENDED", _("Terminé")


C = ClassState
APPROVE_CLASS = Transition(
    "approve", frozenset({C.REQUESTED}), C.GRANTED, _("Accorder le statut"), "compliance",
    _("trois attestations, critères remplis, preuve regardée"),
)  # fmt: skip
REFUSE_CLASS = Transition(
    "refuse", frozenset({C.REQUESTED}), C.REFUSED, _("Refuser le statut"), "compliance", _("motif")
)
EXPIRE_CLASS = Transition("expire", frozenset({C.GRANTED}), C.ENDED, _("Constater la fin des deux ans"), "scheduler")
WITHDRAW_CLASS = Transition(
    "withdraw", frozenset({C.GRANTED}), C.ENDED, _("Mettre fin au statut"), "compliance",
    _("conditions perdues, ou demande de la personne"),
)  # fmt: skip
GIVE_UP_CLASS = Transition("give_up", frozenset({C.REQUESTED, C.GRANTED}), C.ENDED, _("Renoncer au statut"), "saver")
CLASS_MACHINE = StateMachine(
    _("Statut d’investisseur"), ClassState, (APPROVE_CLASS, REFUSE_CLASS, EXPIRE_CLASS, WITHDRAW_CLASS, GIVE_UP_CLASS)
)
