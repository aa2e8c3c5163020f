"""Paying a subscription on the provider's page: the intent is written, the page is opened, the outcome recorded once.

A path of its own over the same port as campaigns: no offer, no reflection, and cards only, so that what clears is in.
The provider is asked with no transaction open; `record_pool_outcome` is the single door of return, webhook and sync.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from fres.kernel import clock
from fres.kernel.errors import BooksBroken
from fres.kernel.money import to_cents
from fres.kernel.states import advance
from funds.chart import Purpose
from funds.ledger import Line, account_for, post_entry
from funds.locks import lock_party
from funds.models import PoolPayment, Subscription
from funds.payments.gateway import (
    CheckoutOpened,
    Gateway,
    GatewayRefused,
    GatewayUnreachable,
    Means,
    PaymentOutcome,
    PaymentStatus,
    explain,
)
from funds.payments.steps import outside_transaction
from funds.pool.errors import PoolRefused
from funds.pool.locking import lock_row
from funds.pool.states import (
    ABANDON_POOL,
    COLLECT_POOL,
    OPEN_POOL_PAGE,
    REFUSE_POOL,
    PoolPaymentState,
    SubscriptionState,
)
from funds.pool.subscribing import JOURNAL, issue_units
from investors.models import User

PAGE_LASTS = timedelta(hours=2)
ASK_AGAIN_WITHIN = timedelta(hours=1)
ALIVE = (PoolPaymentState.ASKED, PoolPaymentState.OPENED)


class SubscriptionNotPayable(PoolRefused):
    """The subscription waits for no payment, or the provider gave no page: nothing was taken."""

    rule = "POOL_PAYMENT"


@outside_transaction
def start_pool_payment(*, subscription: Subscription, by: User, at: datetime, gateway: Gateway) -> PoolPayment:
    """Return a payment whose hosted page (`checkout_url`) waits for the saver; two clicks end on the same page.

    Raises: SubscriptionNotPayable.
    """
    payment = _record_intent(subscription, by=by, at=at)
    try:
        if payment.state == PoolPaymentState.OPENED:
            payment = refresh_pool_payment(payment=payment, at=at, gateway=gateway)
            is_usable = payment.checkout_expires_at is not None and payment.checkout_expires_at > at
            if payment.state != PoolPaymentState.OPENED or is_usable:
                return payment
            assert payment.checkout_id is not None
            outcome = gateway.expire_checkout(checkout_id=payment.checkout_id)
            record_pool_outcome(payment_id=payment.pk, outcome=outcome, at=at)
            payment = _record_intent(subscription, by=by, at=at)
        return _open_page(payment, by=by, at=at, gateway=gateway)
    except GatewayUnreachable as trouble:
        raise SubscriptionNotPayable(str(trouble), next_step=_("Réessayez dans quelques minutes.")) from trouble


@outside_transaction
def refresh_pool_payment(*, payment: PoolPayment, at: datetime, gateway: Gateway) -> PoolPayment:
    """Ask the provider where a payment stands and record it. Raises: GatewayUnreachable."""
    if payment.checkout_id is not None:
        outcome: PaymentOutcome | None = gateway.read_checkout(checkout_id=payment.checkout_id)
    else:
        outcome = gateway.find_checkout_by_reference(
            reference=str(payment.uuid),
            since=payment.asked_at - timedelta(hours=1),
            until=payment.asked_at + PAGE_LASTS,
        )
    if outcome is not None:
        return record_pool_outcome(payment_id=payment.pk, outcome=outcome, at=at)
    if at - payment.asked_at > ASK_AGAIN_WITHIN:
        return _abandon(payment, at=at)
    return payment


@outside_transaction
def sync_pool_payments(*, at: datetime, gateway: Gateway) -> str:
    """Ask the provider about every payment of the pool that is not over; return one line for the duties."""
    asked = silent = 0
    for payment in PoolPayment.objects.filter(state__in=ALIVE).order_by("pk").iterator(chunk_size=500):
        asked += 1
        try:
            refresh_pool_payment(payment=payment, at=at, gateway=gateway)
        except (GatewayUnreachable, GatewayRefused):
            silent += 1
    return f"pool payments: {asked} asked, {silent} unanswered"


@transaction.atomic
def record_pool_outcome(*, payment_id: int, outcome: PaymentOutcome, at: datetime) -> PoolPayment:
    """Bring a payment, its subscription, the register and the books to what the provider says; twice changes nothing.

    Money that its subscription cannot take any more is owed to the saver ("to be paid"). Money the bank takes back is
    claimed from the saver: the units stand until they are bought back or recovered.
    Raises: BooksBroken: the outcome is of another payment or amount.
    """
    payment = _lock(payment_id)
    if outcome.reference and outcome.reference != str(payment.uuid):
        raise BooksBroken(f"an answer about {outcome.reference} was to be recorded on pool payment {payment.uuid}")
    noted = {
        "checkout_id": outcome.checkout_id or payment.checkout_id, "intent_id": outcome.intent_id or payment.intent_id,
        "failure_code": str(outcome.failure_code or ""),
    }  # fmt: skip
    if any(getattr(payment, name) != value for name, value in noted.items()):
        PoolPayment.objects.filter(pk=payment.pk).update(**noted)
        payment = _lock(payment_id)
    if outcome.status is PaymentStatus.CLEARED and payment.state in COLLECT_POOL.sources:
        payment = _collect(payment, outcome, at=at)
    elif outcome.status is PaymentStatus.FAILED and payment.state in REFUSE_POOL.sources:
        payment = advance(payment, REFUSE_POOL, by=None, at=at)
    elif outcome.status is PaymentStatus.EXPIRED and payment.state in ABANDON_POOL.sources:
        payment = advance(payment, ABANDON_POOL, by=None, at=at)
    elif outcome.status is PaymentStatus.OPEN and payment.state == PoolPaymentState.ASKED:
        payment = advance(payment, OPEN_POOL_PAGE, by=None, at=at)
    if payment.state == PoolPaymentState.CLEARED:
        payment = _record_fee(payment, outcome, at=at)
        payment = _record_contest(payment, outcome, at=at)
    return payment


def pool_payment_of(*, outcome: PaymentOutcome) -> PoolPayment | None:
    """Return our row for a payment of the provider, None when it is not one of the pool."""
    for field in ("checkout_id", "intent_id"):
        value = getattr(outcome, field)
        found = PoolPayment.objects.filter(**{field: value}).first() if value else None
        if found is not None:
            return found
    try:
        return PoolPayment.objects.filter(uuid=UUID(outcome.reference)).first()
    except ValueError:
        return None


def _record_intent(subscription: Subscription, *, by: User, at: datetime) -> PoolPayment:
    with transaction.atomic(durable=True):
        lock_party(subscription.saver_id)
        fresh = lock_row(subscription)
        alive = fresh.payments.filter(state__in=ALIVE).first()
        if alive is not None:
            return alive
        if fresh.state != SubscriptionState.CONFIRMED or fresh.pay_before < at:
            raise SubscriptionNotPayable(
                _("Cette souscription n’attend plus de paiement : elle est « %(state)s », ou son délai est passé.")
                % {"state": fresh.get_state_display()},
                next_step=_("Aucun euro ne vous est demandé. Vous pouvez souscrire de nouveau."),
            )
        return PoolPayment.objects.create(subscription=fresh, amount=fresh.amount, asked_at=at, asked_by=by)


def _lock(payment_id: int) -> PoolPayment:
    seen = PoolPayment.objects.select_related("subscription").get(pk=payment_id)
    lock_party(seen.subscription.saver_id)
    lock_row(seen.subscription)
    lock_row(seen)
    related = ("subscription__compartment__issuer", "subscription__saver", "subscription__by")
    return PoolPayment.objects.select_related(*related).get(pk=payment_id)


def _open_page(payment: PoolPayment, *, by: User, at: datetime, gateway: Gateway) -> PoolPayment:
    back = f"{settings.SITE_URL}{reverse('pool:payment_return', args=[payment.uuid])}"
    compartment = payment.subscription.compartment
    try:
        opened = gateway.open_checkout(
            key=f"pool-payment-{payment.uuid}",
            amount_cents=to_cents(payment.amount),
            description=f"{compartment.name} – {payment.subscription.saver.number}"[:200],
            means=(Means.CARD,),
            success_url=back,
            cancel_url=back,
            payer_email=by.email,
            reference=str(payment.uuid),
            expires_at=payment.asked_at + PAGE_LASTS,
        )
    except GatewayRefused as refusal:
        with transaction.atomic():
            locked = _lock(payment.pk)
            if locked.state == PoolPaymentState.ASKED:
                advance(locked, REFUSE_POOL, by=None, at=at, failure_code=str(refusal.code))
        raise SubscriptionNotPayable(str(explain(refusal.code))) from refusal
    return _record_page(payment, opened, at=at)


@transaction.atomic
def _record_page(payment: PoolPayment, opened: CheckoutOpened, *, at: datetime) -> PoolPayment:
    payment = _lock(payment.pk)
    if payment.state != PoolPaymentState.ASKED:  # an event was faster
        return payment
    return advance(
        payment, OPEN_POOL_PAGE, by=None, at=at, checkout_id=opened.checkout_id, checkout_url=opened.url,
        checkout_expires_at=opened.expires_at,
    )  # fmt: skip


@transaction.atomic
def _abandon(payment: PoolPayment, *, at: datetime) -> PoolPayment:
    payment = _lock(payment.pk)
    if payment.state in ABANDON_POOL.sources:
        return advance(payment, ABANDON_POOL, by=None, at=at)
    return payment


def _collect(payment: PoolPayment, outcome: PaymentOutcome, *, at: datetime) -> PoolPayment:
    if outcome.amount_cents != to_cents(payment.amount):
        raise BooksBroken(f"pool payment {payment.uuid} cleared for {outcome.amount_cents} cents, not what was asked")
    is_surplus = payment.subscription.state != SubscriptionState.CONFIRMED
    cleared_at = outcome.cleared_at or at
    advance(payment, COLLECT_POOL, by=None, at=at, cleared_at=cleared_at, is_surplus=is_surplus)
    payment = _lock(payment.pk)
    if not is_surplus:
        issue_units(payment=payment, at=at)
        return _lock(payment.pk)
    issuer, saver = payment.subscription.compartment.issuer, payment.subscription.saver
    line = Line(
        account_for(issuer, Purpose.PROVIDER),
        account_for(issuer, Purpose.TO_BE_PAID, party=saver),
        outcome.amount_cents,
    )
    _post(payment, "surplus", line, label=f"Encaissement en trop {saver.number}", at=at)
    return payment


def _record_fee(payment: PoolPayment, outcome: PaymentOutcome, *, at: datetime) -> PoolPayment:
    """The issuer bears the provider's fee: every euro of the saver becomes units."""
    if not outcome.fee_cents or payment.fee_cents:
        return payment
    PoolPayment.objects.filter(pk=payment.pk).update(fee_cents=outcome.fee_cents)
    issuer = payment.subscription.compartment.issuer
    line = Line(account_for(issuer, Purpose.PROVIDER_FEES), account_for(issuer, Purpose.PROVIDER), outcome.fee_cents)
    _post(payment, "cost", line, label="Frais du prestataire de paiement", at=at)
    return _lock(payment.pk)


def _record_contest(payment: PoolPayment, outcome: PaymentOutcome, *, at: datetime) -> PoolPayment:
    taken = sum(dispute.amount_cents for dispute in outcome.disputes)
    if not taken or payment.contested_cents:
        return payment
    PoolPayment.objects.filter(pk=payment.pk).update(contested_cents=taken)
    issuer, saver = payment.subscription.compartment.issuer, payment.subscription.saver
    line = Line(account_for(issuer, Purpose.CLAIM_ON_SAVER, party=saver), account_for(issuer, Purpose.PROVIDER), taken)
    _post(payment, "contested", line, label=f"Paiement contesté {saver.number}", at=at)
    return _lock(payment.pk)


def _post(payment: PoolPayment, what: str, line: Line, *, label: str, at: datetime) -> None:
    assert payment.cleared_at is not None
    on, value_on = clock.local(at).date(), clock.local(payment.cleared_at).date()
    post_entry(
        entity=payment.subscription.compartment.issuer,
        journal=JOURNAL,
        key=f"pool_payment:{payment.uuid}:{what}",
        transfers=[line],
        accounting_date=on,
        value_date=value_on,
        label=label,
        piece_ref=str(payment.uuid),
        piece_date=min(on, value_on),
        source=("pool_payment", payment.uuid),
        at=at,
    )
