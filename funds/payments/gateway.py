"""The port to the payment provider: what the platform asks, what it is answered, and nothing of who answers.

Amounts are whole cents of euro. Moments are aware, in UTC. Every request that creates something takes a `key`, made
from our own row: asked again with the same key, the provider does the thing once and gives its first answer again. It
forgets a key after a day: what was asked longer ago and not answered is looked for (`find_…`) before it is asked again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CHECKOUT_SHORTEST = timedelta(minutes=30)
CHECKOUT_LONGEST = timedelta(hours=24)
"""Bounds that the provider sets on the life of a hosted payment page, counted from its opening."""

KEY_REMEMBERED = timedelta(hours=24)
"""How long the provider is sure to remember a key."""

EVENT_TOLERANCE = timedelta(minutes=5)
"""How far the signature of an event may be from now."""


class Means(StrEnum):
    """How a saver pays."""

    CARD = "card"
    SEPA_DEBIT = "sepa_debit"


class PaymentStatus(StrEnum):
    """Where a payment stands at the provider.

    OPEN: the page waits for the saver (an attempt may have failed: see `failure_code`). PROCESSING: the bank has been
    asked and has not answered. CLEARED: the money is in. FAILED: the bank refused after having accepted. EXPIRED: the
    page closed and nothing was paid. A refund or a dispute changes none of them: read `refunded_cents` and `disputes`.
    """

    OPEN = "OPEN"
    PROCESSING = "PROCESSING"
    CLEARED = "CLEARED"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"


class RefundStatus(StrEnum):
    """Where a refund stands.

    PENDING: under way. SUCCEEDED: sent by the way it came; a bank may still send it back. FAILED: it came back to us.
    """

    PENDING = "PENDING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


class DisputeStatus(StrEnum):
    """OPEN: not decided. LOST: the money is gone. WON: the money came back, or never left."""

    OPEN = "OPEN"
    LOST = "LOST"
    WON = "WON"


class FailureCode(StrEnum):
    """Why a bank refused, or sent a refund back."""

    CARD_DECLINED = "CARD_DECLINED"
    INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS"
    AUTHENTICATION_FAILED = "AUTHENTICATION_FAILED"
    ACCOUNT_CLOSED = "ACCOUNT_CLOSED"
    MANDATE_REFUSED = "MANDATE_REFUSED"
    UNKNOWN = "UNKNOWN"


class RefusalCode(StrEnum):
    """Why the provider refused to do what we asked."""

    AMOUNT_OUT_OF_RANGE = "AMOUNT_OUT_OF_RANGE"
    REFUND_TOO_LARGE = "REFUND_TOO_LARGE"
    DISPUTED = "DISPUTED"
    BALANCE_INSUFFICIENT = "BALANCE_INSUFFICIENT"
    PAYEE_NOT_READY = "PAYEE_NOT_READY"
    NOT_FOUND = "NOT_FOUND"
    KEY_REUSED = "KEY_REUSED"
    NOT_ALLOWED = "NOT_ALLOWED"
    INVALID = "INVALID"


class EventObject(StrEnum):
    """What an event is about, hence what to read again. OTHER: nothing the platform follows."""

    CHECKOUT = "CHECKOUT"
    PAYMENT = "PAYMENT"
    REFUND = "REFUND"
    DISPUTE = "DISPUTE"
    PAYEE_ACCOUNT = "PAYEE_ACCOUNT"
    TRANSFER = "TRANSFER"
    OTHER = "OTHER"


@dataclass(frozen=True, kw_only=True)
class CheckoutOpened:
    """A hosted payment page: send the saver to `url` before `expires_at`."""

    checkout_id: str
    url: str
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class DisputeOutcome:
    """A payment contested at the saver's bank.

    Attributes:
        amount_cents: what the bank takes back (of a SEPA debit: all of it, even refunded already).
        fee_cents: what the provider charges for it; 0 once given back.
        withdrawn: the provider took the money from us and has not given it back.
    """

    dispute_id: str
    intent_id: str | None
    status: DisputeStatus
    amount_cents: int
    fee_cents: int
    withdrawn: bool
    opened_at: datetime


@dataclass(frozen=True, kw_only=True)
class MeansDetails:
    """What tells the saver which card or account: its last figures, and the reference of the mandate of a debit."""

    last_figures: str = ""
    mandate_reference: str = ""


@dataclass(frozen=True, kw_only=True)
class PaymentOutcome:
    """Everything known of a payment at the moment of the question.

    Attributes:
        checkout_id, intent_id, charge_id: None until the provider has created them.
        means: None until an attempt.
        fee_cents: what the provider kept of this payment; 0 until it is cleared.
        cleared_at: when the money came in; None when not cleared, and when the provider does not date it (the caller
            then uses the moment of the event, or its own clock).
        processing_since: when the bank was asked; kept once the bank has answered.
        failure_code: why the last attempt failed.
        refunded_cents: refunds sent or under way; those that came back are not counted.
        reference: our own row.
    """

    status: PaymentStatus
    checkout_id: str | None
    intent_id: str | None
    charge_id: str | None
    means: Means | None
    amount_cents: int
    fee_cents: int
    cleared_at: datetime | None
    processing_since: datetime | None
    failure_code: FailureCode | None
    refunded_cents: int
    disputes: tuple[DisputeOutcome, ...]
    reference: str
    means_details: MeansDetails


@dataclass(frozen=True, kw_only=True)
class RefundOutcome:
    """A refund to the paying means. `failure_code` says why it came back."""

    refund_id: str
    intent_id: str
    status: RefundStatus
    amount_cents: int
    reference: str
    created_at: datetime
    failure_code: FailureCode | None


@dataclass(frozen=True, kw_only=True)
class PayeeAccount:
    """The account of a project holder at the provider. `can_receive`: transfers are accepted now."""

    account_id: str
    can_receive: bool


@dataclass(frozen=True, kw_only=True)
class TransferOutcome:
    """Money sent from our balance to a payee's account, less what was taken back since."""

    transfer_id: str
    account_id: str
    amount_cents: int
    reversed_cents: int
    reference: str
    sent_at: datetime


@dataclass(frozen=True, kw_only=True)
class Balance:
    """What the provider holds for us: at our disposal, and not yet. Either may be negative."""

    available_cents: int
    pending_cents: int


@dataclass(frozen=True, kw_only=True)
class ProviderEvent:
    """Something happened to an object. The content is not to be believed: read the object again.

    Attributes:
        kind: the provider's own name of the event, for the log.
        object_id: None when `object_kind` is OTHER.
    """

    event_id: str
    kind: str
    object_kind: EventObject
    object_id: str | None
    is_live: bool
    created_at: datetime


class GatewayError(Exception):
    """The provider did not do what was asked."""


class GatewayUnreachable(GatewayError):
    """No answer, or not a final one: the thing may have been done. Ask again later, with the same key."""

    def __str__(self) -> str:
        return str(UNREACHABLE)


class GatewayRefused(GatewayError):
    """The provider answered no. Its answer stays the same for this key.

    Attributes:
        code: why.
        detail: the provider's own sentence, for the log.
    """

    def __init__(self, code: RefusalCode, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code, self.detail = code, detail

    def __str__(self) -> str:
        return str(explain(self.code))


class EventRefused(GatewayError):
    """A message that claims to come from the provider and is not to be acted upon."""


class ForgedEvent(EventRefused):
    """The signature is absent or wrong, or what is signed cannot be read."""


class StaleEvent(EventRefused):
    """Rightly signed, at a moment too far from now: perhaps replayed."""


class WrongMode(EventRefused):
    """A test event for a platform that handles real money, or the contrary."""


UNREACHABLE = _(
    "Le prestataire de paiement ne répond pas. Votre demande est enregistrée : ne payez pas une seconde fois, "
    "revenez dans quelques minutes."
)
_SENTENCES: dict[str, Promise] = {
    FailureCode.CARD_DECLINED: _(
        "Votre banque a refusé le paiement par carte. Rien n’a été débité. Essayez une autre carte ou le prélèvement, "
        "ou demandez la raison à votre banque."
    ),
    FailureCode.INSUFFICIENT_FUNDS: _(
        "Votre banque a rejeté le paiement : provision insuffisante. Rien n’est encaissé. Approvisionnez le "
        "compte, puis payez de nouveau depuis votre engagement."
    ),
    FailureCode.AUTHENTICATION_FAILED: _(
        "Votre banque n’a pas pu vous authentifier. Rien n’a été débité. Recommencez avec l’application de votre "
        "banque à portée de main, ou choisissez le prélèvement."
    ),
    FailureCode.ACCOUNT_CLOSED: _(
        "Votre banque indique que le moyen de paiement est fermé. Indiquez un autre compte ou une autre carte "
        "à votre nom."
    ),
    FailureCode.MANDATE_REFUSED: _(
        "Votre banque n’a pas accepté le mandat de prélèvement. Rien n’est encaissé. Autorisez ce prélèvement auprès "
        "d’elle, ou payez par carte."
    ),
    FailureCode.UNKNOWN: _(
        "Le paiement a échoué et votre banque n’en dit pas la raison. Rien n’est encaissé. Essayez un autre moyen, ou "
        "demandez la raison à votre banque."
    ),
    RefusalCode.AMOUNT_OUT_OF_RANGE: _(
        "Le prestataire de paiement n’accepte pas ce montant. Il accepte de 0,50 € à 999 999,99 €. "
        "Choisissez un montant entre les deux."
    ),
    RefusalCode.REFUND_TOO_LARGE: _(
        "Ce remboursement dépasse ce qui reste à rendre sur ce paiement. Vérifiez les remboursements déjà faits, puis "
        "demandez au plus le reste."
    ),
    RefusalCode.DISPUTED: _(
        "Ce paiement est contesté auprès de la banque, qui le rend elle-même. Ne le remboursez pas : attendez la "
        "fin de la contestation."
    ),
    RefusalCode.BALANCE_INSUFFICIENT: _(
        "Le solde disponible chez le prestataire ne suffit pas encore. Rien n’a été envoyé. Réessayez quand les "
        "encaissements récents seront disponibles, sous quelques jours."
    ),
    RefusalCode.PAYEE_NOT_READY: _(
        "Le compte du bénéficiaire ne peut pas encore recevoir d’argent. Rien n’a été envoyé. Demandez-lui de "
        "compléter son dossier chez le prestataire de paiement."
    ),
    RefusalCode.NOT_FOUND: _(
        "Le prestataire de paiement ne connaît pas cette opération. Vérifiez le mode, réel ou essai, puis prévenez la "
        "gestion."
    ),
    RefusalCode.KEY_REUSED: _(
        "Cette demande a déjà été faite avec un autre contenu. Rien de nouveau n’a été fait. Prévenez la gestion avant "
        "de recommencer."
    ),
    RefusalCode.NOT_ALLOWED: _(
        "Le prestataire de paiement refuse notre clé d’accès. Rien n’a été fait. La gestion doit vérifier les clés "
        "avant tout nouvel essai."
    ),
    RefusalCode.INVALID: _(
        "Le prestataire de paiement a refusé la demande. Rien n’a été fait. Prévenez la gestion, qui en lira la raison "
        "dans le journal."
    ),
}


def explain(code: FailureCode | RefusalCode) -> Promise:
    """Return the sentence fit to show for this code: what happened and the next step; translated when shown."""
    return _SENTENCES[code]


class Gateway(Protocol):
    """What the platform may ask of its payment provider.

    Raises, in every method: GatewayUnreachable (ask again, same key), GatewayRefused (a final no).
    """

    def open_checkout(
        self,
        *,
        key: str,
        amount_cents: int,
        description: str,
        means: tuple[str, ...] = (Means.CARD, Means.SEPA_DEBIT),
        success_url: str,
        cancel_url: str,
        payer_email: str,
        reference: str,
        expires_at: datetime,
    ) -> CheckoutOpened:
        """Open a hosted payment page. In `success_url`, `{CHECKOUT_SESSION_ID}` becomes the id of the checkout.

        Args: expires_at: between CHECKOUT_SHORTEST and CHECKOUT_LONGEST from now.
        """

    def read_checkout(self, *, checkout_id: str) -> PaymentOutcome:
        """Return what became of a checkout."""

    def expire_checkout(self, *, checkout_id: str) -> PaymentOutcome:
        """Close the page if nobody has paid on it. Returns: what became of it, paid included. Safe to ask again."""

    def read_payment(self, *, intent_id: str) -> PaymentOutcome:
        """Return what became of a payment."""

    def find_payments(self, *, since: datetime, until: datetime) -> Iterator[PaymentOutcome]:
        """Yield the payments whose checkout was opened in [since, until), the last one first.

        Their mandate references are left out.
        """

    def find_checkout_by_reference(self, *, reference: str, since: datetime, until: datetime) -> PaymentOutcome | None:
        """Return the last checkout opened for our row in [since, until), or None: it was never opened."""

    def refund(self, *, key: str, intent_id: str, amount_cents: int, reference: str) -> RefundOutcome:
        """Give back part or all of a payment, to the means that paid."""

    def read_refund(self, *, refund_id: str) -> RefundOutcome:
        """Return what became of a refund."""

    def find_refund(self, *, intent_id: str, reference: str) -> RefundOutcome | None:
        """Return the refund made for our row, or None: it was never made."""

    def read_dispute(self, *, dispute_id: str) -> DisputeOutcome:
        """Return where a dispute stands."""

    def find_disputes(self, *, since: datetime, until: datetime) -> Iterator[DisputeOutcome]:
        """Yield the disputes opened in [since, until), the last one first."""

    def open_payee_account(self, *, key: str, legal_name: str, email: str, siren: str) -> PayeeAccount:
        """Open the account of a project holder. It cannot receive until its owner has answered the provider."""

    def onboard_payee(self, *, account_id: str, return_url: str, refresh_url: str) -> str:
        """Return an address, good for a few minutes and once, where the owner answers the provider's questions."""

    def read_payee_account(self, *, account_id: str) -> PayeeAccount:
        """Return whether the account can receive now."""

    def transfer(self, *, key: str, account_id: str, amount_cents: int, reference: str) -> TransferOutcome:
        """Send money from our balance to a payee."""

    def reverse_transfer(self, *, key: str, transfer_id: str, amount_cents: int) -> TransferOutcome:
        """Take back part or all of a transfer. Returns: the transfer, as it is afterwards."""

    def find_transfer(self, *, reference: str) -> TransferOutcome | None:
        """Return the transfer made for our row, or None: it was never made."""

    def read_balance(self) -> Balance:
        """Return what the provider holds for us."""

    def parse_event(self, *, payload: bytes, signature: str, now: datetime) -> ProviderEvent:
        """Check an event received over the web and say what it is about.

        Args: payload: the bytes as received. now: aware; the signature may be EVENT_TOLERANCE from it, either way.
        Raises: ForgedEvent, StaleEvent, WrongMode.
        """
