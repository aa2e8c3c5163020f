"""The pot, for everybody and for those who subscribe to it."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fres.kernel import clock
from fres.kernel.access import reads_only
from fres.kernel.errors import RuleViolation
from funds.models import Compartment, GuaranteeEnvelope, LocalCurrency, Match, MatchingFund, PoolPayment
from funds.payments.gateway import GatewayUnreachable
from funds.payments.stripe_gateway import gateway_from_settings
from funds.pool.forms import RedeemForm, SubscribeForm
from funds.pool.guarantees import figures_of
from funds.pool.matching_funds import left_cents
from funds.pool.mirror import mirror_of
from funds.pool.paying import refresh_pool_payment, start_pool_payment
from funds.pool.redeeming import ask_redemption, withdraw_redemption
from funds.pool.selectors import my_pots, pot_views, redemptions_of, subscriptions_of
from funds.pool.sheets import can_publish_sheet, current_sheet
from funds.pool.states import MatchingState
from funds.pool.subscribing import cancel_subscription, subscribe
from investors.models import Party
from investors.requests import SignedInRequest
from investors.selectors import party_chosen_by, profile_gaps

MATCHES_SHOWN = 100


@login_not_required
@require_GET
@reads_only
def pots(request: HttpRequest) -> HttpResponse:
    """Every compartment, with its figures."""
    return render(request, "pool/pots.html", {"pots": pot_views(clock.today())})


@login_not_required
@require_GET
@reads_only
def pot(request: HttpRequest, slug: str) -> HttpResponse:
    """One compartment: what it has, what it keeps, where the money is, when it gives back."""
    found = get_object_or_404(Compartment, slug=slug)
    (view,) = pot_views(clock.today(), Compartment.objects.filter(pk=found.pk))
    context = {"pot": view, "sheet": current_sheet(found), "can_publish": _can_publish(request)}
    return render(request, "pool/pot.html", context)


def _can_publish(request: HttpRequest) -> bool:
    return request.user.is_authenticated and can_publish_sheet(request.user)


@login_not_required
@require_GET
@reads_only
def public_money(request: HttpRequest) -> HttpResponse:
    """Matching, local currency and guarantees: each match with its reason (ruling B13)."""
    funds = (
        MatchingFund.objects.exclude(state=MatchingState.DRAFT).select_related("entity").order_by("-starts_on", "pk")
    )
    matches = Match.objects.select_related("offer__project", "matching_fund", "release").order_by("-matched_at", "-pk")
    context = {
        "matching": [{"fund": one, "left_cents": left_cents(one)} for one in funds],
        "matches": matches[:MATCHES_SHOWN],
        "mirrors": [mirror_of(one) for one in LocalCurrency.objects.select_related("compartment").order_by("name")],
        "envelopes": [
            {"envelope": one, "figures": figures_of(one)} for one in GuaranteeEnvelope.objects.order_by("name")
        ],
    }
    return render(request, "pool/public_money.html", context)


def _shown(compartment: Compartment) -> dict[str, str]:
    """Return what a subscription keeps of what was on its page: the risks, the number and hash of the sheet."""
    document = current_sheet(compartment)
    told = {"sheet": document.number, "sheet_sha256": document.sha256} if document is not None else {}
    return {"risks": compartment.risks, **told}


@never_cache
@require_http_methods(["GET", "POST"])
def subscribe_page(request: SignedInRequest, slug: str) -> HttpResponse:
    """How many units, for what; then the payment page."""
    compartment: Compartment = get_object_or_404(Compartment.objects.select_related("issuer", "fund"), slug=slug)
    saver = _chosen(request)
    if saver is None or profile_gaps(saver, clock.today()):
        messages.info(request, _("Avant de souscrire, la loi demande votre identité : complétez votre profil."))
        return redirect(f"{reverse('investors:profile')}?next={request.path}")
    form = SubscribeForm(request.POST or None, compartment=compartment)
    refusal: RuleViolation | None = None
    if request.method == "POST" and form.is_valid():
        wish, code = form.wished()
        try:
            made = subscribe(
                compartment=compartment, saver=saver, units=form.cleaned_data["units"], by=request.user,
                at=clock.now(), wish=wish, wish_code=code, texts_shown=_shown(compartment),
            )  # fmt: skip
        except RuleViolation as violation:
            refusal = violation
        else:
            return redirect("pool:subscription", uuid=made.uuid)
    context = {"compartment": compartment, "saver": saver, "form": form, "refusal": refusal}
    context["sheet"] = current_sheet(compartment)
    return render(request, "pool/subscribe.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def mine(request: SignedInRequest) -> HttpResponse:
    """Where is my euro of the pot; what I wished and what is done of it; what I ask back."""
    holder = _chosen(request)
    held = my_pots(holder) if holder is not None else []
    form = RedeemForm(request.POST or None, held=[one.compartment for one in held])
    refusal: RuleViolation | None = None
    if request.method == "POST" and holder is not None and form.is_valid():
        try:
            made = ask_redemption(
                compartment=form.cleaned_data["compartment"], holder=holder, units=form.cleaned_data["units"],
                by=request.user, at=clock.now(),
            )  # fmt: skip
        except RuleViolation as violation:
            refusal = violation
        else:
            messages.success(
                request,
                _("Votre demande est dans la file de la fenêtre du %(day)s.") % {"day": f"{made.window_on:%d/%m/%Y}"},
            )
            return redirect("pool:mine")
    context = {
        "holder": holder,
        "pots": held,
        "subscriptions": subscriptions_of(request.user)[:50],
        "redemptions": redemptions_of(request.user)[:50],
        "form": form if held else None,
        "refusal": refusal,
    }
    return render(request, "pool/mine.html", context)


@never_cache
@require_GET
@reads_only
def subscription(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """One subscription: what was asked, and what to do next."""
    found = get_object_or_404(subscriptions_of(request.user), uuid=uuid)
    return render(request, "pool/subscription.html", {"subscription": found})


@require_POST
def pay(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Send the saver to the hosted payment page of their subscription."""
    found = get_object_or_404(subscriptions_of(request.user), uuid=uuid)
    try:
        payment = start_pool_payment(
            subscription=found, by=request.user, at=clock.now(), gateway=gateway_from_settings()
        )
    except RuleViolation as refusal:
        messages.error(request, str(refusal))
        return redirect("pool:subscription", uuid=uuid)
    return redirect(payment.checkout_url or reverse("pool:subscription", args=[uuid]))


@require_POST
def cancel(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Give a subscription up."""
    found = get_object_or_404(subscriptions_of(request.user), uuid=uuid)
    try:
        cancel_subscription(subscription=found, by=request.user, at=clock.now())
    except RuleViolation as refusal:
        messages.error(request, str(refusal))
    return redirect("pool:subscription", uuid=uuid)


@never_cache
@require_GET
def payment_return(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Where the provider's page sends the browser back: its answer is asked for, recorded, then shown."""
    mine = subscriptions_of(request.user)
    payment: PoolPayment = get_object_or_404(PoolPayment.objects.filter(subscription__in=mine), uuid=uuid)
    try:
        refresh_pool_payment(payment=payment, at=clock.now(), gateway=gateway_from_settings())
    except GatewayUnreachable as trouble:
        messages.warning(request, str(trouble))
    return redirect("pool:subscription", uuid=payment.subscription.uuid)


@require_POST
def withdraw(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Take a withdrawal request back."""
    found = get_object_or_404(redemptions_of(request.user), uuid=uuid)
    try:
        withdraw_redemption(request=found, by=request.user, at=clock.now())
    except RuleViolation as refusal:
        messages.error(request, str(refusal))
    return redirect("pool:mine")


def _chosen(request: SignedInRequest) -> Party | None:
    wanted = request.POST.get("pour") or request.GET.get("pour") or ""
    try:
        return party_chosen_by(request.user, wanted, clock.today())
    except LookupError as unknown:
        raise Http404 from unknown
