"""States of the money side: offers, financing, commitments, waiting places, payments (rulings A4, A5, B9–B11)."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from fres.kernel.states import StateMachine, Transition


class OfferState(TextChoices):
    PREPARED = "PREPARED", _("Campagne préparée")
    OPEN = "OPEN", _("Campagne ouverte")
    SUSPENDED = "SUSPENDED", _("Suspendue")
    SUCCEEDED = "SUCCEEDED", _("Réussie")
    FAILED = "FAILED", _("Échouée")
    CANCELLED = "CANCELLED", _("Annulée")
    CLOSED = "CLOSED", _("Close sans suite")


class FinancingState(TextChoices):
    CONTRACTING = "CONTRACTING", _("Contractualisation")
    FUNDED = "FUNDED", _("Financé")
    MONITORED = "MONITORED", _("Suivi")
    ALERT = "ALERT", _("Alerte")
    RESTRUCTURED = "RESTRUCTURED", _("Restructuré")
    DEFAULTED = "DEFAULTED", _("Défaut")
    LOSS_RECOGNISED = "LOSS_RECOGNISED", _("Perte constatée")
    EXITING = "EXITING", _("Sortie")
    CLOSED = "CLOSED", _("Clos")
    CANCELLED = "CANCELLED", _("Annulé")


class CommitmentState(TextChoices):
    IN_REFLECTION = "IN_REFLECTION", _("En réflexion")
    CONFIRMED = "CONFIRMED", _("À payer")
    PROCESSING = "PROCESSING", _("Paiement en cours")
    CLEARED = "CLEARED", _("Encaissé")
    SETTLED = "SETTLED", _("Versé au projet")
    DISPUTED = "DISPUTED", _("Contesté")
    REFUND_DUE = "REFUND_DUE", _("À rendre")
    REFUNDED = "REFUNDED", _("Rendu")
    REVOKED = "REVOKED", _("Retiré")
    EXPIRED = "EXPIRED", _("Expiré")
    CANCELLED = "CANCELLED", _("Annulé")


class WaitingState(TextChoices):
    WAITING = "WAITING", _("En attente")
    PROPOSED = "PROPOSED", _("Place proposée")
    TAKEN = "TAKEN", _("Place prise")
    LAPSED = "LAPSED", _("Place non prise")
    LEFT = "LEFT", _("Retirée")


class PaymentState(TextChoices):
    ASKED = "ASKED", _("Demandé")
    OPENED = "OPENED", _("Page de paiement ouverte")
    PROCESSING = "PROCESSING", _("En cours à la banque")
    CLEARED = "CLEARED", _("Encaissé")
    FAILED = "FAILED", _("Refusé")
    EXPIRED = "EXPIRED", _("Abandonné")
    REVERSED = "REVERSED", _("Rendu ou contesté")


class RefundState(TextChoices):
    ASKED = "ASKED", _("Demandé")
    PENDING = "PENDING", _("En cours")
    DONE = "DONE", _("Rendu")
    FAILED = "FAILED", _("Refusé par la banque")


class BankRefundState(TextChoices):
    ASKED = "ASKED", _("Demandé")
    PREPARED = "PREPARED", _("Préparé")
    APPROVED = "APPROVED", _("Approuvé, à virer")
    SENT = "SENT", _("Viré")
    REFUSED = "REFUSED", _("Refusé")
    STOPPED = "STOPPED", _("Arrêté")


class PayoutState(TextChoices):
    PREPARED = "PREPARED", _("Préparé")
    APPROVED = "APPROVED", _("Approuvé")
    SENT = "SENT", _("Envoyé")
    PAID = "PAID", _("Versé")
    REFUSED = "REFUSED", _("Refusé")


class OfferFileState(TextChoices):
    DRAFT = "DRAFT", _("En préparation")
    SENT = "SENT", _("À relire")
    ACCEPTED = "ACCEPTED", _("Relu")


class FinancingRequestState(TextChoices):
    PROPOSED = "PROPOSED", _("Proposée")
    ACCEPTED = "ACCEPTED", _("Acceptée")
    APPLIED = "APPLIED", _("Appliquée")
    REFUSED = "REFUSED", _("Refusée")


class TrancheState(TextChoices):
    PLANNED = "PLANNED", _("Prévue")
    WAITING = "WAITING", _("En attente de sa preuve")
    VOTING = "VOTING", _("En vote")
    RELEASED = "RELEASED", _("Libérée")
    PAID = "PAID", _("Versée")
    GIVEN_BACK = "GIVEN_BACK", _("Rendue aux prêteurs")
    CANCELLED = "CANCELLED", _("Annulée")


class TrancheReturnState(TextChoices):
    PREPARED = "PREPARED", _("Préparé")
    DONE = "DONE", _("Rendue")
    REFUSED = "REFUSED", _("Refusé")


F, C, W = FinancingState, CommitmentState, WaitingState
RESERVING = frozenset({C.IN_REFLECTION, C.CONFIRMED, C.PROCESSING})
UNDER_WAY = frozenset({C.CONFIRMED, C.PROCESSING})
# Money that cleared; one is disputed only once settled: the offer was decided with it, and stands (B11).
COUNTED_CLEARED = frozenset({C.CLEARED, C.SETTLED, C.DISPUTED})
LIVE = RESERVING | COUNTED_CLEARED

OPEN_OFFER = Transition("open", frozenset({OfferState.PREPARED}), OfferState.OPEN, _("Ouvrir la campagne"), "manager")
SUSPEND_OFFER = Transition("suspend", frozenset({OfferState.OPEN}), OfferState.SUSPENDED, _("Suspendre"), "manager")
RESUME_OFFER = Transition("resume", frozenset({OfferState.SUSPENDED}), OfferState.OPEN, _("Reprendre"), "manager")
CANCEL_OFFER = Transition(
    "cancel",
    frozenset({OfferState.PREPARED, OfferState.OPEN, OfferState.SUSPENDED}),
    OfferState.CANCELLED,
    _("Annuler"),
    "manager",
)
CANCEL_SUSPENDED = Transition(
    "cancel_suspended",
    frozenset({OfferState.SUSPENDED}),
    OfferState.CANCELLED,
    _("Annuler une offre suspendue trop longtemps"),
    "scheduler",
    _("30 jours de suspension (paramètre daté)"),
)
PREPARE_AGAIN = Transition(
    "prepare_again",
    frozenset({OfferState.FAILED}),
    OfferState.PREPARED,
    _("Préparer une nouvelle campagne"),
    "manager",
    _("tout l’argent est rendu"),
)
CLOSE_FAILED = Transition(
    "close_failed",
    frozenset({OfferState.FAILED}),
    OfferState.CLOSED,
    _("Clore sans suite"),
    "manager",
    _("tout l’argent est rendu"),
)
SUCCEED_OFFER = Transition(
    "succeed", frozenset({OfferState.OPEN}), OfferState.SUCCEEDED, _("Constater le succès"), "scheduler"
)
FAIL_OFFER = Transition("fail", frozenset({OfferState.OPEN}), OfferState.FAILED, _("Constater l’échec"), "scheduler")
OFFER_MACHINE = StateMachine(
    _("Offre"),
    OfferState,
    (
        OPEN_OFFER,
        SUSPEND_OFFER,
        RESUME_OFFER,
        CANCEL_OFFER,
        CANCEL_SUSPENDED,
        SUCCEED_OFFER,
        FAIL_OFFER,
        PREPARE_AGAIN,
        CLOSE_FAILED,
    ),
)

FUND_PROJECT = Transition("fund", frozenset({F.CONTRACTING}), F.FUNDED, _("Verser au porteur"), "provider")
START_MONITORING = Transition("monitor", frozenset({F.FUNDED}), F.MONITORED, _("Commencer le suivi"), "scheduler")
RAISE_ALERT = Transition(
    "alert", frozenset({F.MONITORED}), F.ALERT, _("Mettre en alerte"), "monitoring",
    _("impayé, label perdu, fonds propres négatifs, litige, rapport manquant ou écart au registre"),
)  # fmt: skip
LIFT_ALERT = Transition(
    "lift_alert", frozenset({F.ALERT}), F.MONITORED, _("Lever l’alerte"), "monitoring", _("plus aucun motif ouvert")
)
RESTRUCTURE = Transition(
    "restructure", frozenset({F.ALERT}), F.RESTRUCTURED, _("Accepter une restructuration"), "committee",
    _("nouvel échéancier proposé par une autre personne"),
)  # fmt: skip
APPLY_RESTRUCTURING = Transition(
    "apply_restructuring", frozenset({F.RESTRUCTURED}), F.MONITORED, _("Appliquer le nouvel échéancier"), "committee",
    _("accord des prêteurs si les conditions sont moins favorables"),
)  # fmt: skip
DECLARE_DEFAULT = Transition(
    "default", frozenset({F.ALERT, F.RESTRUCTURED}), F.DEFAULTED, _("Constater le défaut"), "monitoring",
    _("impayé au-delà du délai daté, insolvabilité ou fraude, proposé par une autre personne"),
)  # fmt: skip
RECOGNISE_LOSS = Transition(
    "recognise_loss", frozenset({F.DEFAULTED}), F.LOSS_RECOGNISED, _("Constater la perte"), "committee",
    _("recouvrement clos ou sans espoir, proposé par une autre personne"),
)  # fmt: skip
START_EXIT = Transition(
    "exit", frozenset({F.MONITORED}), F.EXITING, _("Finir le financement"), "holder", _("prêt remboursé ou don dépensé")
)
CLOSE_FINANCING = Transition(
    "close", frozenset({F.EXITING}), F.CLOSED, _("Clore"), "scheduler", _("rapport final publié")
)
CANCEL_FINANCING = Transition(
    "cancel",
    frozenset({F.CONTRACTING}),
    F.CANCELLED,
    _("Annuler et rendre l’argent"),
    "manager",
    _("aucun versement n’est parti"),
)
FINANCING_MACHINE = StateMachine(
    _("Financement"),
    FinancingState,
    (
        FUND_PROJECT,
        START_MONITORING,
        RAISE_ALERT,
        LIFT_ALERT,
        RESTRUCTURE,
        APPLY_RESTRUCTURING,
        DECLARE_DEFAULT,
        RECOGNISE_LOSS,
        START_EXIT,
        CLOSE_FINANCING,
        CANCEL_FINANCING,
    ),
)

Q = FinancingRequestState
ACCEPT_REQUEST = Transition(
    "accept", frozenset({Q.PROPOSED}), Q.ACCEPTED, _("Accepter la demande"), "committee", _("une autre personne")
)
REFUSE_REQUEST = Transition(
    "refuse", frozenset({Q.PROPOSED, Q.ACCEPTED}), Q.REFUSED, _("Refuser la demande"), "committee", _("motif écrit")
)
APPLY_REQUEST = Transition(
    "apply", frozenset({Q.ACCEPTED}), Q.APPLIED, _("Appliquer la demande"), "committee", _("conditions remplies")
)
FINANCING_REQUEST_MACHINE = StateMachine(
    _("Demande sur un financement"), FinancingRequestState, (ACCEPT_REQUEST, REFUSE_REQUEST, APPLY_REQUEST)
)

X = OfferFileState
SEND_FILE = Transition("send", frozenset({X.DRAFT}), X.SENT, _("Transmettre à la relecture"), "holder")
RETURN_FILE = Transition("return", frozenset({X.SENT, X.ACCEPTED}), X.DRAFT, _("Rendre au porteur"), "manager")
ACCEPT_FILE = Transition("accept", frozenset({X.SENT}), X.ACCEPTED, _("Accepter le dossier"), "manager")
OFFER_FILE_MACHINE = StateMachine(_("Dossier d’offre"), OfferFileState, (SEND_FILE, RETURN_FILE, ACCEPT_FILE))

T = TrancheState
HOLD_TRANCHE = Transition("hold", frozenset({T.PLANNED}), T.WAITING, _("Retenir l’argent"), "scheduler")
RELEASE_FIRST = Transition("release_first", frozenset({T.PLANNED}), T.RELEASED, _("Libérer au succès"), "scheduler")
PUBLISH_EVIDENCE = Transition("publish_evidence", frozenset({T.WAITING}), T.VOTING, _("Publier la preuve"), "holder")
RELEASE_TRANCHE = Transition(
    "release", frozenset({T.VOTING}), T.RELEASED, _("Constater l’accord des prêteurs"), "scheduler"
)
KEEP_TRANCHE = Transition("keep", frozenset({T.VOTING}), T.WAITING, _("Constater le refus des prêteurs"), "scheduler")
PAY_TRANCHE = Transition("pay", frozenset({T.RELEASED}), T.PAID, _("Constater le versement"), "provider")
CANCEL_TRANCHE = Transition(
    "cancel", frozenset({T.PLANNED, T.WAITING, T.VOTING, T.RELEASED}), T.CANCELLED, _("Annuler"), "manager"
)
RETURN_TRANCHE = Transition(
    "return", frozenset({T.WAITING}), T.GIVEN_BACK, _("Rendre la tranche aux prêteurs"), "treasurer",
    _("un vote a refusé de la libérer ; deux personnes"),
)  # fmt: skip
TRANCHE_MACHINE = StateMachine(
    _("Tranche"),
    TrancheState,
    (
        HOLD_TRANCHE,
        RELEASE_FIRST,
        PUBLISH_EVIDENCE,
        RELEASE_TRANCHE,
        KEEP_TRANCHE,
        PAY_TRANCHE,
        RETURN_TRANCHE,
        CANCEL_TRANCHE,
    ),
)
FINISH_RETURN = Transition(
    "finish", frozenset({TrancheReturnState.PREPARED}), TrancheReturnState.DONE, _("Approuver le retour"), "treasurer",
    _("une autre personne"),
)  # fmt: skip
REFUSE_RETURN = Transition(
    "refuse", frozenset({TrancheReturnState.PREPARED}), TrancheReturnState.REFUSED, _("Refuser le retour"), "treasurer"
)
TRANCHE_RETURN_MACHINE = StateMachine(_("Retour d’une tranche"), TrancheReturnState, (FINISH_RETURN, REFUSE_RETURN))

# A material change gives everybody engaged a new right to take it back, paid or not (ruling B30).
REVOKE_CHANGED = Transition(
    "revoke_changed",
    frozenset({C.IN_REFLECTION, C.CONFIRMED, C.PROCESSING}),
    C.REVOKED,
    _("Se retirer après un changement"),
    "saver",
)
REVOKE = Transition("revoke", frozenset({C.IN_REFLECTION}), C.REVOKED, _("Retirer l’engagement"), "saver")
CONFIRM = Transition("confirm", frozenset({C.IN_REFLECTION}), C.CONFIRMED, _("Fin de la réflexion"), "scheduler")
EXPIRE = Transition("expire", frozenset({C.CONFIRMED}), C.EXPIRED, _("Impayé dans le délai"), "scheduler")
START_PROCESSING = Transition("process", frozenset({C.CONFIRMED}), C.PROCESSING, _("Paiement initié"), "provider")
CLEAR = Transition("clear", frozenset({C.CONFIRMED, C.PROCESSING}), C.CLEARED, _("Argent encaissé"), "provider")
PAYMENT_FAILED = Transition("payment_failed", frozenset({C.PROCESSING}), C.CONFIRMED, _("Paiement refusé"), "provider")
SETTLE = Transition("settle", frozenset({C.CLEARED}), C.SETTLED, _("Offre réussie"), "scheduler")
DISPUTE = Transition("dispute", frozenset({C.SETTLED}), C.DISPUTED, _("Débit contesté après le versement"), "provider")
# Before the offer's success the money was still ours to hold: taken back by the bank, it counts no more.
TAKE_BACK = Transition(
    "take_back", frozenset({C.CLEARED, C.REFUND_DUE}), C.REFUNDED, _("Repris par la banque"), "provider"
)
WIN_DISPUTE = Transition(
    "win_dispute", frozenset({C.DISPUTED}), C.SETTLED, _("Contestation close, argent revenu"), "provider"
)
REDUCE = Transition("reduce", frozenset({C.CLEARED}), C.CLEARED, _("Rendu en partie"), "provider")
OWE_REFUND = Transition(
    "owe_refund",
    frozenset({C.CLEARED, C.SETTLED, C.EXPIRED, C.CANCELLED, C.REVOKED, C.REFUNDED}),
    C.REFUND_DUE,
    _("Remboursement dû"),
    "scheduler",
)
REFUND = Transition("refund", frozenset({C.REFUND_DUE, C.CLEARED}), C.REFUNDED, _("Argent rendu"), "provider")
CANCEL = Transition(
    "cancel", frozenset({C.IN_REFLECTION, C.CONFIRMED}), C.CANCELLED, _("Offre échouée ou annulée"), "scheduler"
)
COMMITMENT_MACHINE = StateMachine(
    _("Engagement"),
    CommitmentState,
    (
        REVOKE,
        REVOKE_CHANGED,
        CONFIRM,
        EXPIRE,
        START_PROCESSING,
        CLEAR,
        PAYMENT_FAILED,
        SETTLE,
        DISPUTE,
        WIN_DISPUTE,
        TAKE_BACK,
        REDUCE,
        OWE_REFUND,
        REFUND,
        CANCEL,
    ),
)

PROPOSE = Transition("propose", frozenset({W.WAITING}), W.PROPOSED, _("Proposer la place"), "scheduler")
TAKE = Transition("take", frozenset({W.PROPOSED}), W.TAKEN, _("Prendre la place"), "saver")
# A place lapses when its proposal was not taken in time, or when the offer takes no more commitments.
LAPSE = Transition(
    "lapse", frozenset({W.WAITING, W.PROPOSED}), W.LAPSED, _("Constater la fin de l’attente"), "scheduler"
)
LEAVE = Transition("leave", frozenset({W.WAITING, W.PROPOSED}), W.LEFT, _("Quitter la liste"), "saver")
WAITING_MACHINE = StateMachine(_("Liste d’attente"), WaitingState, (PROPOSE, TAKE, LAPSE, LEAVE))

P = PayoutState
APPROVE_PAYOUT = Transition("approve", frozenset({P.PREPARED}), P.APPROVED, _("Approuver le versement"), "treasurer")
# One that the provider keeps putting off may be given up: while it is approved, nothing is on its way.
REFUSE_PAYOUT = Transition(
    "refuse", frozenset({P.PREPARED, P.APPROVED}), P.REFUSED, _("Refuser le versement"), "treasurer"
)
SEND_PAYOUT = Transition("send", frozenset({P.APPROVED}), P.SENT, _("Envoyer l’ordre"), "worker")
PAY_PAYOUT = Transition("pay", frozenset({P.SENT}), P.PAID, _("Constater le versement"), "provider")
POSTPONE_PAYOUT = Transition("postpone", frozenset({P.SENT}), P.APPROVED, _("Remettre l’envoi à plus tard"), "provider")
PAYOUT_MACHINE = StateMachine(
    _("Versement"), PayoutState, (APPROVE_PAYOUT, REFUSE_PAYOUT, SEND_PAYOUT, POSTPONE_PAYOUT, PAY_PAYOUT)
)

A = PaymentState
ALIVE = frozenset({A.ASKED, A.OPENED, A.PROCESSING, A.CLEARED})
OPEN_PAGE = Transition("open_page", frozenset({A.ASKED}), A.OPENED, _("Ouvrir la page de paiement"), "provider")
SEND_TO_BANK = Transition(
    "send_to_bank", frozenset({A.ASKED, A.OPENED}), A.PROCESSING, _("Transmettre à la banque"), "provider"
)
# Money that came in is always written, even when we had given the payment up.
COLLECT = Transition(
    "collect", frozenset({A.ASKED, A.OPENED, A.PROCESSING, A.FAILED, A.EXPIRED}), A.CLEARED, _("Encaisser"), "provider"
)
COLLECT_SURPLUS = Transition(
    "collect_surplus", frozenset({A.FAILED, A.EXPIRED}), A.REVERSED, _("Encaissé en trop, à rendre"), "provider"
)
REFUSE_PAYMENT = Transition(
    "refuse", frozenset({A.ASKED, A.OPENED, A.PROCESSING}), A.FAILED, _("Paiement refusé"), "provider"
)
ABANDON = Transition("abandon", frozenset({A.ASKED, A.OPENED}), A.EXPIRED, _("Page abandonnée"), "provider")
REVERSE_PAYMENT = Transition("reverse", frozenset({A.CLEARED}), A.REVERSED, _("Rendre ou reprendre"), "provider")
STAND_AGAIN = Transition("stand_again", frozenset({A.REVERSED}), A.CLEARED, _("L’argent est revenu"), "provider")
PAYMENT_MACHINE = StateMachine(
    _("Paiement"),
    PaymentState,
    (
        OPEN_PAGE,
        SEND_TO_BANK,
        COLLECT,
        COLLECT_SURPLUS,
        REFUSE_PAYMENT,
        ABANDON,
        REVERSE_PAYMENT,
        STAND_AGAIN,
    ),
)

R = RefundState
ACCEPT_REFUND = Transition("accept", frozenset({R.ASKED}), R.PENDING, _("Accepté par le prestataire"), "provider")
COMPLETE_REFUND = Transition("complete", frozenset({R.ASKED, R.PENDING}), R.DONE, _("Rendu"), "provider")
BOUNCE_REFUND = Transition(
    "bounce", frozenset({R.ASKED, R.PENDING, R.DONE}), R.FAILED, _("Refusé ou revenu"), "provider"
)
# The provider had refused it, or we had given it up before hearing its answer: it was accepted all the same.
ACCEPT_LATE = Transition(
    "accept_late", frozenset({R.FAILED}), R.PENDING, _("Accepté après coup"), "provider", _("jamais accepté auparavant")
)
REFUND_MACHINE = StateMachine(
    _("Remboursement"), RefundState, (ACCEPT_REFUND, COMPLETE_REFUND, BOUNCE_REFUND, ACCEPT_LATE)
)

B = BankRefundState
PREPARE_BANK_REFUND = Transition(
    "prepare", frozenset({B.ASKED}), B.PREPARED, _("Préparer le virement"), "treasurer", _("IBAN vérifié")
)
APPROVE_BANK_REFUND = Transition(
    "approve", frozenset({B.PREPARED}), B.APPROVED, _("Approuver le virement"), "treasurer", _("une autre personne")
)
REFUSE_BANK_REFUND = Transition(
    "refuse", frozenset({B.ASKED, B.PREPARED}), B.REFUSED, _("Refuser le virement"), "treasurer", _("motif écrit")
)
# Approved and not sent: the bank will not take it, or the provider gave the money back after all.
STOP_BANK_REFUND = Transition(
    "stop", frozenset({B.ASKED, B.PREPARED, B.APPROVED}), B.STOPPED, _("Arrêter le virement"), "treasurer"
)
SEND_BANK_REFUND = Transition(
    "send", frozenset({B.APPROVED}), B.SENT, _("Constater le virement"), "treasurer", _("relevé de banque")
)
BANK_REFUND_MACHINE = StateMachine(
    _("Remboursement par virement"),
    BankRefundState,
    (PREPARE_BANK_REFUND, APPROVE_BANK_REFUND, REFUSE_BANK_REFUND, STOP_BANK_REFUND, SEND_BANK_REFUND),
)

MACHINES = (
    OFFER_MACHINE,
    FINANCING_MACHINE,
    FINANCING_REQUEST_MACHINE,
    COMMITMENT_MACHINE,
    WAITING_MACHINE,
    PAYMENT_MACHINE,
    REFUND_MACHINE,
    BANK_REFUND_MACHINE,
    PAYOUT_MACHINE,
    OFFER_FILE_MACHINE,
    TRANCHE_MACHINE,
    TRANCHE_RETURN_MACHINE,
)
