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


class ApplicationState(TextChoices):
    DRAFT = "DRAFT", _("Brouillon")
    SUBMITTED = "SUBMITTED", _("Déposé")
    INELIGIBLE = "INELIGIBLE", _("Inéligible")
    UNDER_REVIEW = "UNDER_REVIEW", _("Instruction")
    QUESTIONED = "QUESTIONED", _("Complément demandé")
    ABANDONED = "ABANDONED", _("Abandonné")
    IN_COMMITTEE = "IN_COMMITTEE", _("Comité")
    ADJOURNED = "ADJOURNED", _("Ajourné")
    REFUSED = "REFUSED", _("Refusé")
    APPEALED = "APPEALED", _("Recours")
    APPROVED = "APPROVED", _("Approuvé")
    LAPSED = "LAPSED", _("Expiré")
    LABELLED = "LABELLED", _("Labellisé")
    WITHDRAWN = "WITHDRAWN", _("Retiré")
    CANCELLED = "CANCELLED", _("Annulé")


class AssessmentState(TextChoices):
    IN_PROGRESS = "IN_PROGRESS", _("En cours")
    CONCLUDED = "CONCLUDED", _("Conclue")
    ABANDONED = "ABANDONED", _("Abandonnée")


class SignatureState(TextChoices):
    SIGNED = "SIGNED", _("Signataire")
    QUESTIONED = "QUESTIONED", _("Retrait en discussion")
    REMOVED = "REMOVED", _("Retirée de la liste")
    LEFT = "LEFT", _("A quitté la charte")


class MisuseState(TextChoices):
    REPORTED = "REPORTED", _("À examiner")
    UPHELD = "UPHELD", _("Fondé")
    DISMISSED = "DISMISSED", _("Non fondé")


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

CONCLUDE_ASSESSMENT = Transition(
    "conclude",
    frozenset({AssessmentState.IN_PROGRESS}),
    AssessmentState.CONCLUDED,
    _("Conclure l’évaluation"),
    "evaluator",
    _("chaque critère a sa réponse"),
)
ABANDON_ASSESSMENT = Transition(
    "abandon", frozenset({AssessmentState.IN_PROGRESS}), AssessmentState.ABANDONED, _("Abandonner"), "evaluator"
)
ASSESSMENT_MACHINE = StateMachine(_("Évaluation"), AssessmentState, (CONCLUDE_ASSESSMENT, ABANDON_ASSESSMENT))

G = SignatureState
QUESTION_SIGNATURE = Transition(
    "question", frozenset({G.SIGNED}), G.QUESTIONED, _("Ouvrir la procédure de retrait"), "evaluator"
)
MAINTAIN_SIGNATURE = Transition(
    "maintain", frozenset({G.QUESTIONED}), G.SIGNED, _("Maintenir la signature"), "evaluator"
)
REMOVE_SIGNATURE = Transition(
    "remove",
    frozenset({G.QUESTIONED}),
    G.REMOVED,
    _("Retirer de la liste"),
    "evaluator",
    _("le signataire a répondu, ou son délai est passé"),
)
LEAVE_CHARTER = Transition("leave", frozenset({G.SIGNED, G.QUESTIONED}), G.LEFT, _("Quitter la charte"), "holder")
SIGNATURE_MACHINE = StateMachine(
    _("Signature de charte"),
    SignatureState,
    (QUESTION_SIGNATURE, MAINTAIN_SIGNATURE, REMOVE_SIGNATURE, LEAVE_CHARTER),
)

UPHOLD_MISUSE = Transition(
    "uphold", frozenset({MisuseState.REPORTED}), MisuseState.UPHELD, _("Dire le signalement fondé"), "evaluator"
)
DISMISS_MISUSE = Transition(
    "dismiss", frozenset({MisuseState.REPORTED}), MisuseState.DISMISSED, _("Écarter le signalement"), "evaluator"
)
MISUSE_MACHINE = StateMachine(_("Signalement"), MisuseState, (UPHOLD_MISUSE, DISMISS_MISUSE))

A = ApplicationState
BEFORE_LABEL = frozenset({A.DRAFT, A.SUBMITTED, A.UNDER_REVIEW, A.QUESTIONED, A.IN_COMMITTEE, A.ADJOURNED, A.APPROVED})
OVER = frozenset({A.INELIGIBLE, A.ABANDONED, A.REFUSED, A.LAPSED, A.WITHDRAWN, A.CANCELLED})

SUBMIT = Transition(
    "submit",
    frozenset({A.DRAFT}),
    A.SUBMITTED,
    _("Déposer le dossier"),
    "holder",
    _("Formulaire complet et cohérent, appel ouvert, pièces en cours de validité, signature d’un représentant légal"),
)
FIND_INELIGIBLE = Transition(
    "find_ineligible",
    frozenset({A.SUBMITTED}),
    A.INELIGIBLE,
    _("Constater l’inéligibilité"),
    "instructor",
    _("Chaque règle de recevabilité constatée, une au moins non remplie ; motif codé, explication, suite utile"),
)
START_REVIEW = Transition(
    "start_review",
    frozenset({A.SUBMITTED}),
    A.UNDER_REVIEW,
    _("Instruire"),
    "instructor",
    _("Chaque règle de recevabilité constatée et remplie"),
)
ASK_QUESTIONS = Transition(
    "ask_questions",
    frozenset({A.UNDER_REVIEW}),
    A.QUESTIONED,
    _("Demander un complément"),
    "instructor",
    _("Une question au moins ; le délai s’arrête"),
)
ANSWER_QUESTIONS = Transition(
    "answer_questions",
    frozenset({A.QUESTIONED}),
    A.UNDER_REVIEW,
    _("Répondre aux questions"),
    "holder",
    _("Une réponse à chaque question ; ce qui change tient ensemble"),
)
ABANDON = Transition(
    "abandon",
    frozenset({A.QUESTIONED}),
    A.ABANDONED,
    _("Constater l’abandon"),
    "scheduler",
    _("Questions sans réponse au terme du délai (60 jours)"),
)
SEND_TO_COMMITTEE = Transition(
    "send_to_committee",
    frozenset({A.UNDER_REVIEW}),
    A.IN_COMMITTEE,
    _("Transmettre au comité"),
    "instructor",
    _("Note complète, structure d’accompagnement nommée, visite faite ou écartée par écrit, avis rendus"),
)
ADJOURN = Transition(
    "adjourn",
    frozenset({A.IN_COMMITTEE}),
    A.ADJOURNED,
    _("Ajourner"),
    "committee",
    _("Quorum, conflits déclarés, vote enregistré, axe du schéma régional"),
)
BRING_BACK = Transition(
    "bring_back",
    frozenset({A.ADJOURNED}),
    A.IN_COMMITTEE,
    _("Représenter au comité"),
    "instructor",
    _("Ce que le comité demandait est apporté, dit par écrit"),
)
TURN_DOWN = Transition(
    "turn_down",
    frozenset({A.IN_COMMITTEE}),
    A.REFUSED,
    _("Refuser"),
    "committee",
    _("Quorum, conflits déclarés, vote enregistré, axe du schéma régional ; motif codé, suite utile, recours"),
)
APPROVE = Transition(
    "approve",
    frozenset({A.IN_COMMITTEE}),
    A.APPROVED,
    _("Approuver"),
    "committee",
    _("Quorum, conflits déclarés, vote enregistré, axe du schéma régional ; conditions préalables listées"),
)
APPEAL = Transition(
    "appeal",
    frozenset({A.INELIGIBLE, A.REFUSED}),
    A.APPEALED,
    _("Faire un recours"),
    "holder",
    _("Dans les 30 jours du refus, motivé, une seule fois"),
)
ACCEPT_APPEAL = Transition(
    "accept_appeal",
    frozenset({A.APPEALED}),
    A.UNDER_REVIEW,
    _("Accueillir le recours"),
    "manager",
    _("Réponse motivée d’une personne qui n’a pas touché au dossier"),
)
DISMISS_APPEAL = Transition(
    "dismiss_appeal",
    frozenset({A.APPEALED}),
    A.REFUSED,
    _("Rejeter le recours"),
    "manager",
    _("Réponse motivée d’une personne qui n’a pas touché au dossier ; suite utile"),
)
APPROVAL_LAPSES = Transition(
    "approval_lapses",
    frozenset({A.APPROVED}),
    A.LAPSED,
    _("Constater la fin de l’approbation"),
    "scheduler",
    _("Douze mois sans label"),
)
LABEL = Transition(
    "label",
    frozenset({A.APPROVED}),
    A.LABELLED,
    _("Labelliser"),
    "evaluator",
    _("Évaluation conclue sur une version du label, critères obligatoires remplis, sans exclusion, preuves vérifiées"),
)
WITHDRAW_APPLICATION = Transition(
    "withdraw_application", BEFORE_LABEL, A.WITHDRAWN, _("Retirer le dossier"), "holder", _("Raison écrite")
)
CANCEL_APPLICATION = Transition(
    "cancel_application", BEFORE_LABEL, A.CANCELLED, _("Annuler le dossier"), "administrator", _("Raison écrite")
)

APPLICATION_MACHINE = StateMachine(
    name=_("Dossier"),
    states=ApplicationState,
    transitions=(
        SUBMIT,
        FIND_INELIGIBLE,
        START_REVIEW,
        ASK_QUESTIONS,
        ANSWER_QUESTIONS,
        ABANDON,
        SEND_TO_COMMITTEE,
        ADJOURN,
        BRING_BACK,
        TURN_DOWN,
        APPROVE,
        APPEAL,
        ACCEPT_APPEAL,
        DISMISS_APPEAL,
        APPROVAL_LAPSES,
        LABEL,
        WITHDRAW_APPLICATION,
        CANCEL_APPLICATION,
    ),
)


class ReportState(TextChoices):
    DRAFT = "DRAFT", _("À rendre")
    SUBMITTED = "SUBMITTED", _("En relecture")
    RETURNED = "RETURNED", _("À reprendre")
    PUBLISHED = "PUBLISHED", _("Publié")


N = ReportState
SUBMIT_REPORT = Transition(
    "submit_report",
    frozenset({N.DRAFT, N.RETURNED}),
    N.SUBMITTED,
    _("Signer et transmettre le rapport"),
    "holder",
    _("indicateurs attendus, comptes, gouvernance et preuves ; signature du représentant légal"),
)
RETURN_REPORT = Transition(
    "return_report", frozenset({N.SUBMITTED}), N.RETURNED, _("Rendre le rapport"), "monitoring", _("motif écrit")
)
PUBLISH_REPORT = Transition(
    "publish_report",
    frozenset({N.SUBMITTED}),
    N.PUBLISHED,
    _("Publier le rapport"),
    "monitoring",
    _("relu par une personne étrangère à l’organisation"),
)
REPORT_MACHINE = StateMachine(_("Rapport"), ReportState, (SUBMIT_REPORT, RETURN_REPORT, PUBLISH_REPORT))
