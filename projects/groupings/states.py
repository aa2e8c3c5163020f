"""States of a grouping, from the first meeting to its end."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from fres.kernel.states import StateMachine, Transition


class GroupingState(TextChoices):
    PREFIGURATION = "PREFIGURATION", _("En préfiguration")
    ACTIVE = "ACTIVE", _("En activité")
    ENDED = "ENDED", _("Terminé")


G = GroupingState
START = Transition(
    name="start",
    sources=frozenset({G.PREFIGURATION}),
    target=G.ACTIVE,
    label=_("Ouvrir le groupement"),
    actor="holder",
    guard=_("accord signé et stratégie approuvée"),
)
END = Transition(
    name="end",
    sources=frozenset({G.PREFIGURATION, G.ACTIVE}),
    target=G.ENDED,
    label=_("Mettre fin au groupement"),
    actor="holder",
)

GROUPING_MACHINE = StateMachine(name=_("Groupement"), states=GroupingState, transitions=(START, END))
