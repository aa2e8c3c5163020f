"""States of the project side. Codes in English, each with its French label (ruling A4)."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from fres.kernel.states import StateMachine, Transition


class AwardState(TextChoices):
    CLAIMED = "CLAIMED", _("Déclaré")
    VERIFIED = "VERIFIED", _("Vérifié")
    GRANTED = "GRANTED", _("Attribué")
    RENEWAL_DUE = "RENEWAL_DUE", _("À renouveler")
    SUSPENDED = "SUSPENDED", _("Suspendu")
    WITHDRAWN = "WITHDRAWN", _("Retiré")
    EXPIRED = "EXPIRED", _("Expiré")
    LOST = "LOST", _("Perdu")
    REFUSED = "REFUSED", _("Refusé")


S = AwardState
IN_FORCE = frozenset({S.GRANTED, S.RENEWAL_DUE, S.VERIFIED})

SUSPEND = Transition(
    name="suspend",
    sources=frozenset({S.GRANTED, S.RENEWAL_DUE}),
    target=S.SUSPENDED,
    label=_("Suspendre le label"),
    actor="evaluator",
)
REINSTATE = Transition(
    name="reinstate",
    sources=frozenset({S.SUSPENDED}),
    target=S.GRANTED,
    label=_("Rétablir le label"),
    actor="evaluator",
)
WITHDRAW = Transition(
    name="withdraw",
    sources=frozenset({S.SUSPENDED}),
    target=S.WITHDRAWN,
    label=_("Retirer le label"),
    actor="evaluator",
)
EXPIRE = Transition(
    name="expire",
    sources=frozenset({S.RENEWAL_DUE, S.VERIFIED}),
    target=S.EXPIRED,
    label=_("Constater la fin du label"),
    actor="scheduler",
)
REMIND = Transition(
    name="remind",
    sources=frozenset({S.GRANTED}),
    target=S.RENEWAL_DUE,
    label=_("Demander le renouvellement"),
    actor="scheduler",
)
RENEW = Transition(
    name="renew",
    sources=frozenset({S.RENEWAL_DUE}),
    target=S.GRANTED,
    label=_("Renouveler le label"),
    actor="evaluator",
)
VERIFY = Transition(
    name="verify",
    sources=frozenset({S.CLAIMED}),
    target=S.VERIFIED,
    label=_("Vérifier le statut"),
    actor="evaluator",
)
REFUSE = Transition(
    name="refuse",
    sources=frozenset({S.CLAIMED}),
    target=S.REFUSED,
    label=_("Refuser le statut"),
    actor="evaluator",
)
LOSE = Transition(
    name="lose",
    sources=frozenset({S.VERIFIED}),
    target=S.LOST,
    label=_("Constater la perte du statut"),
    actor="evaluator",
)

AWARD_MACHINE = StateMachine(
    name=_("Label"),
    states=AwardState,
    transitions=(SUSPEND, REINSTATE, WITHDRAW, EXPIRE, REMIND, RENEW, VERIFY, REFUSE, LOSE),
)
