"""The project holder's space: campaigns, the account that receives their money, loans and instalments to pay."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from fres.kernel import clock
from fres.kernel.access import reads_only
from fres.kernel.errors import RuleViolation
from funds.payments.charging import start_payment
from funds.payments.gateway import GatewayError
from funds.payments.stripe_gateway import gateway_from_settings
from funds.servicing import selectors
from funds.servicing.payouts import open_payee_account
from investors.requests import SignedInRequest


@require_GET
@reads_only
def space(request: SignedInRequest) -> HttpResponse:
    """What the holder's organisations raised and must give back."""
    context = {"organisations": selectors.holder_overview(user=request.user, at=clock.now())}
    return render(request, "funds/holder.html", context)


@require_POST
def pay_instalment(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Send the holder to the hosted payment page of an instalment."""
    instalment = get_object_or_404(selectors.instalments_payable_by(request.user, clock.today()), uuid=uuid)
    try:
        payment = start_payment(instalment=instalment, by=request.user, at=clock.now(), gateway=gateway_from_settings())
    except RuleViolation as refusal:
        messages.error(request, str(refusal))
        return redirect("funds:holder_space")
    return redirect(payment.checkout_url or reverse("funds:payment", args=[payment.uuid]))


@require_POST
def payee_account(request: SignedInRequest, slug: str) -> HttpResponse:
    """Open the account that will receive the money, and send the holder where the provider asks its questions."""
    organisation = get_object_or_404(selectors.organisations_of(request.user, clock.today()), slug=slug)
    back = f"{settings.SITE_URL}{reverse('funds:holder_space')}"
    gateway = gateway_from_settings()
    try:
        payee = open_payee_account(party=organisation.party, at=clock.now(), gateway=gateway)
        if not payee.can_receive:
            return redirect(gateway.onboard_payee(account_id=payee.provider_id, return_url=back, refresh_url=back))
    except GatewayError as trouble:
        messages.error(request, str(trouble))
        return redirect("funds:holder_space")
    messages.success(request, _("Votre compte peut recevoir l’argent de vos épargnants."))
    return redirect("funds:holder_space")
