"""The lifecycle of §6 with rulings A4 and A5, written out again by hand: what the four machines must say together.

One line a transition: from, to (French labels), who, and words of the guard. `PASSAGES` are the lines where one machine
hands over to another: the operation named makes the first state of the next. `EXPECTED_MISSING` are the lines that no
machine has yet; the test fails when one of them appears, so that it is moved up here.
"""

from dataclasses import dataclass

ANY_BEFORE_LABEL = ("Brouillon", "Déposé", "Instruction", "Complément demandé", "Comité", "Ajourné", "Approuvé")


@dataclass(frozen=True)
class Line:
    source: str
    target: str
    actor: str
    guard: tuple[str, ...] = ()


APPLICATION = (
    Line("Brouillon", "Déposé", "holder", ("complet", "signature", "pièces")),
    Line("Déposé", "Inéligible", "instructor", ("recevabilité", "motif codé", "suite")),
    Line("Déposé", "Instruction", "instructor", ("recevabilité",)),
    Line("Instruction", "Complément demandé", "instructor", ("question", "délai")),
    Line("Complément demandé", "Instruction", "holder", ("réponse",)),
    Line("Complément demandé", "Abandonné", "scheduler", ("60 jours",)),
    Line("Instruction", "Comité", "instructor", ("Note complète", "accompagnement", "visite")),
    Line("Comité", "Ajourné", "committee", ("Quorum", "conflits", "vote", "axe")),
    Line("Comité", "Refusé", "committee", ("Quorum", "conflits", "vote", "motif codé", "recours")),
    Line("Comité", "Approuvé", "committee", ("Quorum", "conflits", "vote", "conditions")),
    Line("Ajourné", "Comité", "instructor", ("écrit",)),
    Line("Inéligible", "Recours", "holder", ("30 jours",)),
    Line("Refusé", "Recours", "holder", ("30 jours",)),
    Line("Recours", "Instruction", "manager", ("motivée", "pas touché")),
    Line("Recours", "Refusé", "manager", ("motivée", "pas touché")),
    Line("Approuvé", "Expiré", "scheduler", ("Douze mois",)),
    Line("Approuvé", "Labellisé", "evaluator", ("Évaluation", "obligatoires", "exclusion", "preuves")),
    *(Line(state, "Retiré", "holder", ("Raison écrite",)) for state in ANY_BEFORE_LABEL),
    *(Line(state, "Annulé", "administrator", ("Raison écrite",)) for state in ANY_BEFORE_LABEL),
)

OFFER = (
    Line("Campagne préparée", "Campagne ouverte", "manager"),
    Line("Campagne ouverte", "Suspendue", "manager"),
    Line("Suspendue", "Campagne ouverte", "manager"),
    Line("Campagne ouverte", "Réussie", "scheduler"),
    Line("Campagne ouverte", "Échouée", "scheduler"),
    Line("Campagne préparée", "Annulée", "manager"),
    Line("Campagne ouverte", "Annulée", "manager"),
    Line("Suspendue", "Annulée", "manager"),
    Line("Suspendue", "Annulée", "scheduler", ("30 jours",)),
    Line("Échouée", "Campagne préparée", "manager", ("argent est rendu",)),
    Line("Échouée", "Close sans suite", "manager", ("argent est rendu",)),
)

FINANCING = (
    Line("Contractualisation", "Financé", "provider"),
    Line("Contractualisation", "Annulé", "manager", ("aucun versement",)),
    Line("Financé", "Suivi", "scheduler"),
    Line("Suivi", "Alerte", "monitoring", ("impayé", "label perdu", "fonds propres", "litige", "rapport manquant")),
    Line("Alerte", "Suivi", "monitoring", ("motif",)),
    Line("Alerte", "Restructuré", "committee", ("échéancier", "autre personne")),
    Line("Restructuré", "Suivi", "committee", ("accord des prêteurs",)),
    Line("Alerte", "Défaut", "monitoring", ("impayé", "insolvabilité", "fraude")),
    Line("Restructuré", "Défaut", "monitoring", ("impayé", "insolvabilité", "fraude")),
    Line("Défaut", "Perte constatée", "committee", ("recouvrement", "autre personne")),
    Line("Suivi", "Sortie", "holder", ("remboursé", "dépensé")),
    Line("Sortie", "Clos", "scheduler", ("rapport final",)),
)

# From the last state of one machine to the first of the next: (from, to, "module:operation").
PASSAGES = (
    ("—", "Brouillon", "projects.applications.drafts:start_application"),
    ("Réussie", "Contractualisation", "funds.closing:decide_offer"),
)

EXPECTED_MISSING = (
    Line("Labellisé", "Vote", "scheduler"),
    Line("Vote", "Retenu", "saver"),
    Line("Vote", "Non retenu", "saver"),
    Line("Retenu", "Contractualisation", "manager"),
    Line("Non retenu", "Vote", "scheduler"),
    Line("Non retenu", "Clos", "scheduler"),
)
