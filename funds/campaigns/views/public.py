"""What anybody reads or says of a campaign: its sheet and versions, its questions, its card and image."""

from io import BytesIO

from csp.decorators import csp_update
from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_POST, require_safe

from fres.kernel import clock
from fres.kernel.access import open_to_all, reads_only
from fres.kernel.documents import open_document
from fres.kernel.errors import RuleViolation
from funds import selectors
from funds.campaigns.forms import IntentionForm, QuestionForm
from funds.campaigns.pictures import share_image
from funds.campaigns.telling import ask_question, tell_intention, withdraw_intention
from funds.fici.content import differences
from funds.fici.publishing import current_version, record_reading
from funds.models import Offer
from funds.publishing import site_names
from investors.requests import SignedInRequest

IMAGE_LASTS = 3_600


@open_to_all
@never_cache
@require_safe
def sheet(request: HttpRequest, slug: str) -> FileResponse:
    """The information sheet in force, as issued; that a person signed in opened it is kept (E11)."""
    offer = get_object_or_404(selectors.public_offers(), slug=slug)
    version = current_version(offer)
    if version is None:
        raise Http404
    if request.user.is_authenticated:
        record_reading(version=version, user=request.user, at=clock.now())
    name = version.document.number.replace("/", "-")
    return FileResponse(
        BytesIO(open_document(version.document)), filename=f"{name}.pdf", content_type="application/pdf"
    )


@open_to_all
@require_safe
@reads_only
def sheet_versions(request: HttpRequest, slug: str) -> HttpResponse:
    """Every version of the sheet, and what each changed, side by side."""
    offer = get_object_or_404(selectors.public_offers(), slug=slug)
    versions = list(offer.fici_versions.select_related("document__void", "document__superseded_by").order_by("number"))
    if not versions:
        raise Http404
    told = [
        {"version": one, "changes": differences(before.content, one.content) if before else []}
        for before, one in zip([None, *versions], versions, strict=False)
    ]
    return render(request, "campaigns/sheet_versions.html", {"offer": offer, "versions": told[::-1]})


@never_cache
@require_POST
def ask(request: SignedInRequest, slug: str) -> HttpResponse:
    """Ask a question in public."""
    offer = get_object_or_404(selectors.public_offers(), slug=slug)
    form = QuestionForm(request.POST)
    if form.is_valid():
        try:
            ask_question(offer=offer, text=form.cleaned_data["text"], by=request.user, at=clock.now())
            messages.success(request, _("Votre question est publiée. Un message vous dit quand elle a sa réponse."))
        except RuleViolation as refused:
            messages.error(request, str(refused))
    else:
        messages.error(request, _("Écrivez votre question, en mille signes au plus."))
    return redirect(f"{_page(offer)}#questions")


@never_cache
@require_POST
def intend(request: SignedInRequest, slug: str) -> HttpResponse:
    """Say what one might engage before the opening, or take it back."""
    offer = get_object_or_404(selectors.public_offers(), slug=slug)
    if "withdraw" in request.POST:
        withdraw_intention(offer=offer, by=request.user, at=clock.now())
        messages.success(request, _("Votre intention est retirée."))
        return redirect(f"{_page(offer)}#intentions")
    form = IntentionForm(request.POST)
    if form.is_valid():
        try:
            tell_intention(offer=offer, amount=form.cleaned_data["amount"], by=request.user, at=clock.now())
            messages.success(request, _("Votre intention est comptée. Elle ne vous engage à rien."))
        except RuleViolation as refused:
            messages.error(request, str(refused))
    else:
        messages.error(request, _("Écrivez un montant en euros, par exemple 50."))
    return redirect(f"{_page(offer)}#intentions")


@open_to_all
@xframe_options_exempt
@csp_update({"frame-ancestors": ["*"]})
@require_safe
@reads_only
def card(request: HttpRequest, slug: str) -> HttpResponse:
    """The card of an offer, for other sites to frame: the only page that may be (ruling B31)."""
    offer = get_object_or_404(selectors.public_offers(), slug=slug)
    (shown,) = selectors.offer_cards([offer])
    return render(request, "campaigns/card.html", {"card": shown})


@open_to_all
@require_safe
@reads_only
def image(request: HttpRequest, slug: str) -> HttpResponse:
    """The image that is shared with an offer, generated."""
    offer = get_object_or_404(selectors.public_offers(), slug=slug)
    drawn = share_image(offer, site_name=site_names()[0])
    headers = {"Cache-Control": f"public, max-age={IMAGE_LASTS}"}
    return HttpResponse(drawn, content_type="image/svg+xml", headers=headers)


def _page(offer: Offer) -> str:
    return reverse("funds:offer", args=[offer.slug])
