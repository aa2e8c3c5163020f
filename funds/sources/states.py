"""States of what a partner sends."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from fres.kernel.states import StateMachine, Transition


class UploadState(TextChoices):
    TO_VERIFY = "TO_VERIFY", _("Reçu, en contrôle")
    ACCEPTED = "ACCEPTED", _("Accepté")
    REFUSED = "REFUSED", _("Refusé")
    REPLACED = "REPLACED", _("Remplacé")


ACCEPT = Transition(
    "accept",
    frozenset({UploadState.TO_VERIFY}),
    UploadState.ACCEPTED,
    _("Accepter"),
    "scheduler",
    guard=_("aucune erreur, et les totaux sont ceux des lignes"),
)
REFUSE = Transition(
    "refuse",
    frozenset({UploadState.TO_VERIFY}),
    UploadState.REFUSED,
    _("Refuser"),
    "scheduler",
    guard=_("au moins une erreur, chacune dite avec sa ligne et sa colonne"),
)
REPLACE = Transition(
    "replace",
    frozenset({UploadState.ACCEPTED}),
    UploadState.REPLACED,
    _("Remplacer"),
    "partner",
    guard=_("un fichier corrigé de la même période est accepté"),
)
UPLOAD_MACHINE = StateMachine(_("Fichier de partenaire"), UploadState, (ACCEPT, REFUSE, REPLACE))
