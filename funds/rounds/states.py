"""States of a round, of what a project asks of it (the vote part of the lifecycle, ruling A5), and of its order."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from fres.kernel.states import StateMachine, Transition


class RoundState(TextChoices):
    PREPARED = "PREPARED", _("En préparation")
    FROZEN = "FROZEN", _("Liste et règles figées")
    OPEN = "OPEN", _("Vote ouvert")
    CLOSED = "CLOSED", _("Vote clos, à dépouiller")
    COUNTED = "COUNTED", _("Résultat publié")
    SETTLED = "SETTLED", _("Ordre signé")
    CANCELLED = "CANCELLED", _("Annulée")


class BallotMode(TextChoices):
    APPROVAL = "APPROVAL", _("Cocher des projets")
    POINTS = "POINTS", _("Répartir des points")


class DemandState(TextChoices):
    RECEIVED = "RECEIVED", _("Demande reçue")
    ON_BALLOT = "ON_BALLOT", _("Vote")
    LEFT_OUT = "LEFT_OUT", _("Hors de la liste")
    CHOSEN = "CHOSEN", _("Retenu")
    NOT_CHOSEN = "NOT_CHOSEN", _("Non retenu")
    CONTRACTING = "CONTRACTING", _("Contractualisation")
    WITHDRAWN = "WITHDRAWN", _("Retirée")


class OrderState(TextChoices):
    PREPARED = "PREPARED", _("Préparé")
    SIGNED = "SIGNED", _("Signé")
    REFUSED = "REFUSED", _("Refusé")


R, D = RoundState, DemandState

FREEZE = Transition(
    "freeze", frozenset({R.PREPARED}), R.FROZEN, _("Figer la liste et les règles"), "manager",
    _("dossiers approuvés ou labellisés ; liste électorale arrêtée ; règles publiées avec leur empreinte"),
)  # fmt: skip
OPEN_VOTE = Transition("open", frozenset({R.FROZEN}), R.OPEN, _("Ouvrir le vote"), "scheduler")
CLOSE_VOTE = Transition("close", frozenset({R.OPEN}), R.CLOSED, _("Clore le vote"), "scheduler")
COUNT_VOTE = Transition(
    "count", frozenset({R.CLOSED}), R.COUNTED, _("Dépouiller et publier"), "scheduler",
    _("bulletins papier rapprochés de la liste"),
)  # fmt: skip
SETTLE_ROUND = Transition("settle", frozenset({R.COUNTED}), R.SETTLED, _("Signer l’ordre"), "treasurer")
CANCEL_ROUND = Transition(
    "cancel", frozenset({R.PREPARED, R.FROZEN, R.OPEN, R.CLOSED}), R.CANCELLED, _("Annuler"), "manager"
)
ROUND_MACHINE = StateMachine(
    _("Tour de vote"), RoundState, (FREEZE, OPEN_VOTE, CLOSE_VOTE, COUNT_VOTE, SETTLE_ROUND, CANCEL_ROUND)
)

PUT_ON_BALLOT = Transition(
    "put_on_ballot", frozenset({D.RECEIVED}), D.ON_BALLOT, _("Mettre au vote"), "manager",
    _("dossier approuvé ou labellisé, règles figées, liste électorale, quorum"),
)  # fmt: skip
LEAVE_OUT = Transition(
    "leave_out", frozenset({D.RECEIVED}), D.LEFT_OUT, _("Laisser hors de la liste"), "manager", _("motif public")
)
CHOOSE = Transition("choose", frozenset({D.ON_BALLOT}), D.CHOSEN, _("Constater le résultat : retenu"), "scheduler")
NOT_CHOOSE = Transition(
    "not_choose", frozenset({D.ON_BALLOT}), D.NOT_CHOSEN, _("Constater le résultat : non retenu"), "scheduler"
)
START_CONTRACT = Transition(
    "start_contract", frozenset({D.CHOSEN, D.NOT_CHOSEN}), D.CONTRACTING, _("Attribuer par un ordre signé"), "treasurer"
)
WITHDRAW_DEMAND = Transition(
    "withdraw", frozenset({D.RECEIVED, D.ON_BALLOT}), D.WITHDRAWN, _("Retirer la demande"), "holder"
)
DEMAND_MACHINE = StateMachine(
    _("Demande au pot commun"),
    DemandState,
    (PUT_ON_BALLOT, LEAVE_OUT, CHOOSE, NOT_CHOOSE, START_CONTRACT, WITHDRAW_DEMAND),
)

SIGN_ORDER = Transition(
    "sign",
    frozenset({OrderState.PREPARED}),
    OrderState.SIGNED,
    _("Signer l’ordre"),
    "treasurer",
    _("une autre personne ; quorum"),
)
REFUSE_ORDER = Transition(
    "refuse", frozenset({OrderState.PREPARED}), OrderState.REFUSED, _("Refuser l’ordre"), "treasurer", _("motif")
)
ORDER_MACHINE = StateMachine(_("Ordre d’attribution"), OrderState, (SIGN_ORDER, REFUSE_ORDER))
