"""Collecting money: the intent is written, the payment page is opened, and whatever happens is recorded once.

A commitment (or an instalment) has at most one payment alive. Whoever clicks again finds the page already opened;
before sending anyone to a page, the provider is asked whether it was paid meanwhile.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from fres.kernel import clock
from fres.kernel.errors import RuleViolation
from fres.kernel.money import from_cents, to_cents
from fres.kernel.states import advance
from funds.locks import lock_for_commitment
from funds.models import Commitment, Instalment, Payment
from funds.payments.gateway import (
    CheckoutOpened,
    Gateway,
    GatewayRefused,
    GatewayUnreachable,
    PaymentStatus,
    RefusalCode,
    explain,
)
from funds.payments.recording import lock_payment, offer_of, payer_of, record_outcome
from funds.payments.steps import outside_transaction
from funds.states import ABANDON, ALIVE, OPEN_PAGE, REFUSE_PAYMENT, CommitmentState, OfferState, PaymentState
from investors.models import User

PAGE_LASTS = timedelta(hours=23)
PAGE_LASTS_AT_LEAST = timedelta(minutes=40)
PAGE_NEEDS = timedelta(minutes=2)  # a page about to close is not offered again
ASK_AGAIN_WITHIN = timedelta(hours=1)
"""An intent without an answer is asked again with its own key for that long; later it is looked for and given up."""


class PaymentRefused(RuleViolation):
    """The payment cannot be started; the message says why and what to do."""

    rule = "PAYMENT"


class AlreadyPaid(PaymentRefused):
    """The money is in: paying again would only have to be given back."""

    rule = "ALREADY_PAID"


class PaymentUnderWay(PaymentRefused):
    """The bank has been asked and has not answered."""

    rule = "PAYMENT_UNDER_WAY"


class NothingToPay(PaymentRefused):
    """The commitment is not waiting for a payment: still in reflection, ended, or past its time."""

    rule = "NOTHING_TO_PAY"


class IdentityNotVerified(PaymentRefused):
    """E24: a loan is paid once the identity of its saver was checked, and the sanctions lists were read."""

    rule = "E24"


class PaymentUnavailable(PaymentRefused):
    """The provider did not answer, or refused: nothing was taken."""

    rule = "PROVIDER"


@outside_transaction
def start_payment(
    *,
    by: User,
    at: datetime,
    gateway: Gateway,
    commitment: Commitment | None = None,
    instalment: Instalment | None = None,
) -> Payment:
    """Return a payment whose hosted page (`checkout_url`) waits for its payer, opening it unless one already is.

    Exactly one of `commitment` and `instalment` is given. Two clicks at once end on the same page.
    Raises: AlreadyPaid, PaymentUnderWay, NothingToPay: as read now; PaymentUnavailable: no page, nothing taken.
    """
    payment, is_new = _record_intent(commitment=commitment, instalment=instalment, by=by, at=at)
    try:
        if payment.state == PaymentState.OPENED:
            payment = refresh_payment(payment_id=payment.pk, at=at, gateway=gateway)
            if _page_is_usable(payment, at=at):
                return payment
            _close_page(payment, at=at, gateway=gateway)
            payment, is_new = _record_intent(commitment=commitment, instalment=instalment, by=by, at=at)
        if payment.state == PaymentState.ASKED and not is_new and at - payment.asked_at > ASK_AGAIN_WITHIN:
            _find_or_give_up(payment, at=at, gateway=gateway)
            payment, is_new = _record_intent(commitment=commitment, instalment=instalment, by=by, at=at)
        if payment.state == PaymentState.ASKED:
            return _open_page(payment, by=by, at=at, gateway=gateway)
    except GatewayUnreachable as trouble:
        raise PaymentUnavailable(str(trouble)) from trouble
    return payment


@outside_transaction
def refresh_payment(*, payment_id: int, at: datetime, gateway: Gateway) -> Payment:
    """Ask the provider where a payment stands and record it; one it has never heard of is left as it is.

    Raises: GatewayUnreachable.
    """
    payment = Payment.objects.get(pk=payment_id)
    if payment.checkout_id is not None:
        outcome = gateway.read_checkout(checkout_id=payment.checkout_id)
    elif payment.intent_id is not None:
        outcome = gateway.read_payment(intent_id=payment.intent_id)
    else:
        return payment
    return record_outcome(payment_id=payment_id, outcome=outcome, at=at)


@outside_transaction
def resume_payment(*, payment_id: int, at: datetime, gateway: Gateway) -> Payment:
    """For a payment asked and never answered: find its page at the provider and record it, else give it up.

    Called by the sync, long enough after the intent that no request for it can still be under way.
    """
    payment = Payment.objects.get(pk=payment_id)
    if payment.state == PaymentState.ASKED and payment.checkout_id is None:
        _find_or_give_up(payment, at=at, gateway=gateway)
    return Payment.objects.get(pk=payment_id)


def _record_intent(
    *, commitment: Commitment | None, instalment: Instalment | None, by: User, at: datetime
) -> tuple[Payment, bool]:
    """Return the payment to bring to its page, and whether it was written just now."""
    with transaction.atomic(durable=True):
        if commitment is not None:
            commitment = _lock_commitment(commitment)
            alive = commitment.payments.filter(state__in=ALIVE).first()
            amount = commitment.amount
        else:
            assert instalment is not None
            lock_for_commitment(offer=instalment.loan.offer, saver=instalment.loan.borrower)
            alive = instalment.payments.filter(state__in=ALIVE).first()
            amount = from_cents(instalment.total_cents)
        if alive is not None:
            _refuse_second(alive)
            return alive, False
        if commitment is not None:
            _check_waits_for_payment(commitment, at=at)
        elif hasattr(instalment, "replacement"):
            raise NothingToPay(
                _("Cette échéance est remplacée par un nouvel échéancier."),
                next_step=_("Ouvrez votre espace porteur : l’échéance en vigueur s’y trouve."),
            )
        elif hasattr(instalment, "distribution"):
            raise AlreadyPaid(
                _("Cette échéance est déjà payée et répartie."),
                next_step=_("Si la banque a repris un paiement, la gestion du fonds dit comment le régler."),
            )
        payment = Payment.objects.create(
            commitment=commitment, instalment=instalment, amount=amount, asked_at=at, asked_by=by
        )
        return payment, True


def _lock_commitment(commitment: Commitment) -> Commitment:
    lock_for_commitment(offer=commitment.offer, saver=commitment.saver)
    Commitment.objects.select_for_update().get(pk=commitment.pk)
    return Commitment.objects.select_related("offer__project__organisation", "saver").get(pk=commitment.pk)


def _refuse_second(alive: Payment) -> None:
    if alive.state == PaymentState.CLEARED:
        raise AlreadyPaid(
            _("Ce paiement est déjà encaissé."), next_step=_("Vous n’avez rien d’autre à payer pour cet engagement.")
        )
    if alive.state == PaymentState.PROCESSING:
        raise PaymentUnderWay(
            _("Votre banque a reçu la demande et n’a pas encore répondu."),
            next_step=_("Ne payez pas une seconde fois : suivez les étapes sur la page du paiement."),
        )


def _check_waits_for_payment(commitment: Commitment, *, at: datetime) -> None:
    if commitment.state == CommitmentState.IN_REFLECTION:
        raise NothingToPay(
            _("Le délai de réflexion court encore : rien ne peut être prélevé."),
            next_step=_("Revenez payer quand il sera terminé, ou retirez votre engagement."),
        )
    is_open = commitment.offer.state in (OfferState.OPEN, OfferState.SUSPENDED)
    is_in_time = commitment.pay_before is not None and at <= commitment.pay_before
    if commitment.state != CommitmentState.CONFIRMED or not is_open or not is_in_time:
        raise NothingToPay(
            _("Cet engagement n’attend plus de paiement : il est terminé, ou son délai est passé."),
            next_step=_("Aucun euro ne vous est demandé. Vous pouvez vous engager de nouveau si l’offre est ouverte."),
        )
    saver = commitment.saver
    if not commitment.offer.is_gift and (saver.kyc_verified_at is None or saver.screened_at is None):
        assert commitment.pay_before is not None
        raise IdentityNotVerified(
            _("Un prêt se paie quand l’identité du prêteur est vérifiée ; la vôtre ne l’est pas encore."),
            next_step=_("Montrez une pièce d’identité à la gestion du fonds avant le %(day)s, puis revenez payer.")
            % {"day": clock.local(commitment.pay_before).strftime("%d/%m/%Y")},
        )


def _open_page(payment: Payment, *, by: User, at: datetime, gateway: Gateway) -> Payment:
    back = f"{settings.SITE_URL}{reverse('funds:payment_return', args=[payment.uuid])}"
    try:
        opened = gateway.open_checkout(
            key=f"payment-{payment.uuid}",
            amount_cents=to_cents(payment.amount),
            description=_description(payment),
            success_url=back,
            cancel_url=back,
            payer_email=(payment.asked_by or by).email,
            reference=str(payment.uuid),
            expires_at=_page_ends_at(payment),
        )
    except GatewayRefused as refusal:
        if refusal.code is RefusalCode.KEY_REUSED:  # our own words changed between two tries: the first one stands
            _find_or_give_up(payment, at=at, gateway=gateway)
        else:
            _record_refusal(payment_id=payment.pk, refusal=refusal, at=at)
        raise PaymentUnavailable(str(explain(refusal.code))) from refusal
    return _record_page(payment_id=payment.pk, opened=opened, at=at)


def _page_ends_at(payment: Payment) -> datetime:
    """When the page closes: soon after the time left to pay. Made from the row alone: a retry says the same."""
    latest = payment.asked_at + PAGE_LASTS
    deadline = payment.commitment.pay_before if payment.commitment is not None else None
    if deadline is None:
        return latest
    return max(min(latest, deadline), payment.asked_at + PAGE_LASTS_AT_LEAST + ASK_AGAIN_WITHIN)


def _description(payment: Payment) -> str:
    title = offer_of(payment).project.title
    return f"{title} – {payer_of(payment).number}"[:200]


@transaction.atomic
def _record_page(*, payment_id: int, opened: CheckoutOpened, at: datetime) -> Payment:
    payment = lock_payment(payment_id)
    if payment.state == PaymentState.ASKED:
        payment = advance(
            payment, OPEN_PAGE, by=None, at=at, checkout_id=opened.checkout_id, checkout_url=opened.url,
            checkout_expires_at=opened.expires_at, answered_at=at,
        )  # fmt: skip
    elif not payment.checkout_url:  # an event was faster than the answer
        payment.checkout_url, payment.checkout_expires_at = opened.url, opened.expires_at
        payment.save(update_fields=["checkout_url", "checkout_expires_at"])
    return payment


@transaction.atomic
def _record_refusal(*, payment_id: int, refusal: GatewayRefused, at: datetime) -> None:
    payment = lock_payment(payment_id)
    if payment.state == PaymentState.ASKED:
        advance(payment, REFUSE_PAYMENT, by=None, at=at, failed_at=at, failure_code=str(refusal.code))


def _page_is_usable(payment: Payment, *, at: datetime) -> bool:
    is_open = payment.state == PaymentState.OPENED and bool(payment.checkout_url)
    return is_open and payment.checkout_expires_at is not None and payment.checkout_expires_at > at + PAGE_NEEDS


def _close_page(payment: Payment, *, at: datetime, gateway: Gateway) -> None:
    """A page that cannot be offered is closed at the provider first: two open pages could both be paid."""
    if payment.state == PaymentState.OPENED and payment.checkout_id is not None:
        outcome = gateway.expire_checkout(checkout_id=payment.checkout_id)
        record_outcome(payment_id=payment.pk, outcome=outcome, at=at)


def _find_or_give_up(payment: Payment, *, at: datetime, gateway: Gateway) -> None:
    """Look for the page of an intent nobody answered; close it if nobody paid on it; else give the intent up."""
    since, until = payment.asked_at - timedelta(hours=1), payment.asked_at + PAGE_LASTS
    found = gateway.find_checkout_by_reference(reference=str(payment.uuid), since=since, until=until)
    if found is None:
        _abandon(payment_id=payment.pk, at=at)
        return
    if found.status is PaymentStatus.OPEN and found.checkout_id is not None:
        found = gateway.expire_checkout(checkout_id=found.checkout_id)
    record_outcome(payment_id=payment.pk, outcome=found, at=at)


@transaction.atomic
def _abandon(*, payment_id: int, at: datetime) -> None:
    payment = lock_payment(payment_id)
    if payment.state == PaymentState.ASKED and payment.checkout_id is None:
        advance(payment, ABANDON, by=None, at=at, failed_at=at)
