"""States of the pool: subscriptions, their payments, withdrawals, matching funds, guarantees, breaches of rules."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from fres.kernel.states import StateMachine, Transition


class SubscriptionState(TextChoices):
    CONFIRMED = "CONFIRMED", _("À payer")
    ISSUED = "ISSUED", _("Parts émises")
    EXPIRED = "EXPIRED", _("Expirée")
    CANCELLED = "CANCELLED", _("Annulée")


class PoolPaymentState(TextChoices):
    ASKED = "ASKED", _("Demandé")
    OPENED = "OPENED", _("Page de paiement ouverte")
    CLEARED = "CLEARED", _("Encaissé")
    FAILED = "FAILED", _("Refusé")
    EXPIRED = "EXPIRED", _("Abandonné")


class RedemptionState(TextChoices):
    WAITING = "WAITING", _("En file")
    PREPARED = "PREPARED", _("Préparée, à approuver")
    TO_BE_PAID = "TO_BE_PAID", _("À verser")
    REFUSED = "REFUSED", _("Refusée")
    WITHDRAWN = "WITHDRAWN", _("Retirée")


class MatchingState(TextChoices):
    DRAFT = "DRAFT", _("En préparation")
    OPEN = "OPEN", _("Ouvert")
    CLOSED = "CLOSED", _("Fermé")


class GuaranteeState(TextChoices):
    ACTIVE = "ACTIVE", _("En cours")
    RELEASED = "RELEASED", _("Levée")
    CALLED = "CALLED", _("Appelée")


class BreachState(TextChoices):
    OPEN = "OPEN", _("À régulariser")
    LATE = "LATE", _("Délai passé")
    CURED = "CURED", _("Régularisé")


S = SubscriptionState
ISSUE_UNITS = Transition("issue", frozenset({S.CONFIRMED}), S.ISSUED, _("Émettre les parts"), "provider")
EXPIRE_SUBSCRIPTION = Transition(
    "expire", frozenset({S.CONFIRMED}), S.EXPIRED, _("Constater le délai passé"), "scheduler"
)
CANCEL_SUBSCRIPTION = Transition("cancel", frozenset({S.CONFIRMED}), S.CANCELLED, _("Renoncer"), "saver")
SUBSCRIPTION_MACHINE = StateMachine(
    _("Souscription au pot"), SubscriptionState, (ISSUE_UNITS, EXPIRE_SUBSCRIPTION, CANCEL_SUBSCRIPTION)
)

P = PoolPaymentState
OPEN_POOL_PAGE = Transition("open_page", frozenset({P.ASKED}), P.OPENED, _("Ouvrir la page de paiement"), "provider")
COLLECT_POOL = Transition(
    "collect", frozenset({P.ASKED, P.OPENED, P.FAILED, P.EXPIRED}), P.CLEARED, _("Encaisser"), "provider"
)
REFUSE_POOL = Transition("refuse", frozenset({P.ASKED, P.OPENED}), P.FAILED, _("Paiement refusé"), "provider")
ABANDON_POOL = Transition("abandon", frozenset({P.ASKED, P.OPENED}), P.EXPIRED, _("Page abandonnée"), "provider")
POOL_PAYMENT_MACHINE = StateMachine(
    _("Paiement d’une souscription"), PoolPaymentState, (OPEN_POOL_PAGE, COLLECT_POOL, REFUSE_POOL, ABANDON_POOL)
)

R = RedemptionState
PREPARE_REDEMPTION = Transition(
    "prepare", frozenset({R.WAITING}), R.PREPARED, _("Préparer le rachat"), "treasurer",
    _("son tour dans la file, argent disponible à la fenêtre"),
)  # fmt: skip
APPROVE_REDEMPTION = Transition(
    "approve", frozenset({R.PREPARED}), R.TO_BE_PAID, _("Approuver le rachat"), "treasurer", _("une autre personne")
)
PUT_OFF_REDEMPTION = Transition(
    "put_off", frozenset({R.WAITING, R.PREPARED}), R.WAITING, _("Reporter à la fenêtre suivante"), "treasurer"
)
REFUSE_REDEMPTION = Transition(
    "refuse", frozenset({R.WAITING, R.PREPARED}), R.REFUSED, _("Refuser le rachat"), "treasurer", _("motif écrit")
)
WITHDRAW_REDEMPTION = Transition(
    "withdraw", frozenset({R.WAITING, R.PREPARED}), R.WITHDRAWN, _("Retirer la demande"), "saver"
)
REDEMPTION_MACHINE = StateMachine(
    _("Rachat de parts"),
    RedemptionState,
    (PREPARE_REDEMPTION, APPROVE_REDEMPTION, PUT_OFF_REDEMPTION, REFUSE_REDEMPTION, WITHDRAW_REDEMPTION),
)

M = MatchingState
OPEN_MATCHING = Transition(
    "open", frozenset({M.DRAFT}), M.OPEN, _("Ouvrir l’abondement"), "manager", _("simulé sur l’année passée")
)
CLOSE_MATCHING = Transition("close", frozenset({M.OPEN}), M.CLOSED, _("Fermer l’abondement"), "manager")
MATCHING_MACHINE = StateMachine(_("Fonds d’abondement"), MatchingState, (OPEN_MATCHING, CLOSE_MATCHING))

G = GuaranteeState
RELEASE_GUARANTEE = Transition("release", frozenset({G.ACTIVE}), G.RELEASED, _("Lever la garantie"), "manager")
CALL_GUARANTEE = Transition("call", frozenset({G.ACTIVE}), G.CALLED, _("Appeler la garantie"), "manager")
GUARANTEE_MACHINE = StateMachine(_("Garantie d’un prêt"), GuaranteeState, (RELEASE_GUARANTEE, CALL_GUARANTEE))

B = BreachState
OVERDUE_BREACH = Transition("overdue", frozenset({B.OPEN}), B.LATE, _("Constater le délai passé"), "scheduler")
CURE_BREACH = Transition("cure", frozenset({B.OPEN, B.LATE}), B.CURED, _("Constater la fin"), "scheduler")
BREACH_MACHINE = StateMachine(_("Dépassement d’une règle"), BreachState, (OVERDUE_BREACH, CURE_BREACH))
