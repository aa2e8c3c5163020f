"""Pages of payments: pay, come back, follow the steps, ask for a gift back; and the door of the provider's events."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from fres.kernel import clock
from fres.kernel.access import open_to_all, reads_only
from fres.kernel.errors import RuleViolation
from funds.models import Payment
from funds.payments import notices
from funds.payments.charging import refresh_payment, start_payment
from funds.payments.gateway import EventRefused, GatewayUnreachable
from funds.payments.refunds import ask_gift_refund
from funds.payments.selectors import commitments_payable_by, payments_visible_to
from funds.payments.stripe_gateway import gateway_from_settings
from funds.payments.timeline import payment_steps
from funds.payments.webhooks import receive_event
from funds.servicing.holder_claims import claim_for_holder
from funds.states import CommitmentState, PaymentState
from investors.models import User


@require_POST
def pay(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Send the saver to the hosted payment page of their commitment, opening it unless one already waits."""
    commitment = get_object_or_404(commitments_payable_by(_user(request)), uuid=uuid)
    try:
        payment = start_payment(
            commitment=commitment, by=_user(request), at=clock.now(), gateway=gateway_from_settings()
        )
    except RuleViolation as refusal:
        messages.error(request, str(refusal))
        return redirect("funds:commitment", uuid=uuid)
    return redirect(payment.checkout_url or reverse("funds:payment", args=[payment.uuid]))


@never_cache
@require_GET
def payment_return(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Where the provider's page sends the browser back: its answer is asked for, recorded, then shown."""
    payment = get_object_or_404(payments_visible_to(_user(request)), uuid=uuid)
    try:
        refresh_payment(payment_id=payment.pk, at=clock.now(), gateway=gateway_from_settings())
    except GatewayUnreachable as trouble:
        messages.warning(request, str(trouble))
    return redirect("funds:payment", uuid=uuid)


@never_cache
@require_GET
@reads_only
def payment(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One payment, as dated steps."""
    found = get_object_or_404(payments_visible_to(_user(request)), uuid=uuid)
    is_refused = found.state == PaymentState.FAILED or (found.state == PaymentState.OPENED and bool(found.failure_code))
    context = {
        "payment": found,
        "title": _title(found),
        "back_url": _back_url(found),
        "steps": payment_steps(found, at=clock.now()),
        "failure": {"message": notices.failure_sentence(found.failure_code), "next_step": ""} if is_refused else None,
        "can_retry": bool(_retry_url(found)),
        "retry_url": _retry_url(found),
        "refunds": list(found.refunds.order_by("asked_at", "pk")),
        "claim": claim_for_holder(found) if found.instalment_id is not None else None,
    }
    return render(request, "funds/payment.html", context)


@require_POST
def refund(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Give a gift back to its donor, who asks for it."""
    commitment = get_object_or_404(commitments_payable_by(_user(request)), uuid=uuid)
    try:
        ask_gift_refund(commitment=commitment, by=_user(request), at=clock.now())
    except RuleViolation as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Votre don vous sera rendu en entier, par la voie d’où il vient."))
    return redirect("funds:commitment", uuid=uuid)


@csrf_exempt
@open_to_all
@require_POST
def webhook(request: HttpRequest) -> HttpResponse:
    """Take an event of the provider in: 200 once it is stored, 400 for what is forged, stale or of the wrong mode."""
    signature = request.headers.get("Stripe-Signature", "")
    try:
        receive_event(payload=request.body, signature=signature, at=clock.now(), gateway=gateway_from_settings())
    except EventRefused:
        return HttpResponse(status=400)
    return HttpResponse(status=200)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # the page is closed to others
    return request.user


def _retry_url(payment: Payment) -> str:
    """Return where a POST pays again, or "" when the commitment waits for no payment any more."""
    commitment = payment.commitment
    if commitment is None or payment.state not in (PaymentState.FAILED, PaymentState.EXPIRED):
        return ""
    is_in_time = commitment.pay_before is not None and clock.now() <= commitment.pay_before
    if commitment.state != CommitmentState.CONFIRMED or not is_in_time:
        return ""
    return reverse("funds:pay", args=[commitment.uuid])


def _title(payment: Payment) -> str:
    if payment.commitment is not None:
        return payment.commitment.offer.project.title
    assert payment.instalment is not None
    title = payment.instalment.loan.offer.project.title
    return _("Échéance %(rank)s, %(title)s") % {"rank": payment.instalment.rank, "title": title}


def _back_url(payment: Payment) -> str:
    if payment.commitment is not None:
        return reverse("funds:commitment", args=[payment.commitment.uuid])
    return reverse("funds:holder_space")
