"""The staff reviews files, publishes sheets, opens, suspends, resumes and ends offers, and moderates what is said."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from fres.kernel import clock
from fres.kernel.access import Role, reads_only, require
from fres.kernel.errors import RuleViolation
from funds.campaigns import preparing, selectors, telling, tidying
from funds.campaigns.forms import CalendarForm
from funds.campaigns.threshold import compute_threshold
from funds.campaigns.views.holder import told_threshold, uuid_of
from funds.fici.publishing import current_version, missing_for_fici, publish_fici
from funds.models import Offer
from funds.offers import cancel_offer, check_offer, open_offer, resume_offer, suspend_offer
from funds.permissions import can_see_desk, can_see_payouts
from funds.states import OFFER_MACHINE, FinancingState, OfferFileState, OfferState
from funds.unwinding import cancel_financing
from investors.models import User
from investors.permissions import has_role
from investors.requests import SignedInRequest

PER_PAGE = 50
_can_see_desk = require(can_see_desk, hidden=True)


def can_run_offers(user: User) -> bool:
    """The manager reviews, opens, suspends and ends offers."""
    return has_role(user, Role.MANAGER)


@_can_see_desk
@require_GET
@reads_only
def offers(request: SignedInRequest) -> HttpResponseBase:
    """Every offer, by state."""
    state = request.GET.get("state", "")
    states = [("SENT", _("Dossiers à relire")), *OfferState.choices]
    if state not in dict(states):
        state = ""
    context = {
        "page": Paginator(selectors.offers_at_desk(state), PER_PAGE).get_page(request.GET.get("page")),
        "states": states,
        "state": state,
        "stranded": list(selectors.suspended_past_last_day(clock.now())),
    }
    return render(request, "campaigns/desk_offers.html", context)


@_can_see_desk
@require_http_methods(["GET", "POST"])
def offer(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """One offer; POST does one act on it, by the manager."""
    found: Offer = get_object_or_404(
        Offer.objects.select_related("project__organisation__party", "fund__operator", "award", "file", "opened_by"),
        slug=slug,
    )
    refusal: RuleViolation | None = None
    if request.method == "POST":
        if not can_run_offers(request.user):
            raise PermissionDenied
        act = ACTS.get(request.POST.get("act", ""))
        if act is None:
            raise Http404
        try:
            messages.success(request, act(request, found))
        except RuleViolation as refused:
            refusal = refused
        else:
            return redirect("campaigns:desk_offer", slug=slug)
    return _show(request, found.slug, refusal)


@reads_only
def _show(request: SignedInRequest, slug: str, refusal: RuleViolation | None) -> HttpResponseBase:
    found = Offer.objects.select_related(
        "project__organisation__party", "fund__operator", "award", "file", "opened_by"
    ).get(slug=slug)
    at = clock.now()
    file = getattr(found, "file", None)
    context: dict[str, Any] = {
        "offer": found,
        "file": file,
        "sheet": current_version(found),
        "missing": preparing.missing_in_file(found) if file is not None else [],
        "missing_sheet": [] if found.is_gift or file is None else missing_for_fici(found),
        "reasons": check_offer(offer=found, at=at) if found.state == OfferState.PREPARED else [],
        "threshold": None if found.is_gift else told_threshold(found),
        "lines": [] if found.is_gift else compute_threshold(found, at=at).lines,
        "kept": list(found.threshold_computations.select_related("computed_by")[:5]),
        "questions": list(found.questions.select_related("asked_by")[:PER_PAGE]),
        "updates": list(found.updates.select_related("published_by")[:PER_PAGE]),
        "tranches": list(found.tranches.all()),
        "can_run": can_run_offers(request.user),
        "can_see_money": can_see_payouts(request.user),
        "acts": {one.name for one in OFFER_MACHINE.from_state(found.state)},
        "calendar_form": CalendarForm(),
        "can_unwind": found.financing_state == FinancingState.CONTRACTING,
        "can_publish": file is not None and file.state == OfferFileState.ACCEPTED and not found.is_gift,
        "suspension": tidying.suspension_reason(found),
        "cancelled_after": tidying.cancelled_after(found),
        "is_stranded": found.state == OfferState.SUSPENDED and found.closes_at < at,
        "refusal": refusal,
    }
    return render(request, "campaigns/desk_offer.html", context, status=422 if refusal else 200)


def _reason(request: SignedInRequest) -> str:
    return request.POST.get("reason", "").strip()


def _accept(request: SignedInRequest, offer: Offer) -> str:
    preparing.accept_file(offer=offer, by=request.user, at=clock.now())
    return _("Le dossier est accepté.")


def _return(request: SignedInRequest, offer: Offer) -> str:
    preparing.return_file(offer=offer, by=request.user, at=clock.now(), note=_reason(request))
    return _("Le dossier est rendu au porteur.")


def _publish(request: SignedInRequest, offer: Offer) -> str:
    version = publish_fici(
        offer=offer, by=request.user, at=clock.now(), is_material="is_material" in request.POST,
        reason=_reason(request),
    )  # fmt: skip
    return _("La fiche est publiée, version %(number)s.") % {"number": version.number}


def _announce(request: SignedInRequest, offer: Offer) -> str:
    preparing.announce_offer(offer=offer, by=request.user, at=clock.now())
    return _("L’offre est annoncée : chacun peut dire son intention.")


def _open(request: SignedInRequest, offer: Offer) -> str:
    open_offer(offer=offer, by=request.user, at=clock.now())
    return _("L’offre est ouverte.")


def _suspend(request: SignedInRequest, offer: Offer) -> str:
    suspend_offer(offer=offer, by=request.user, at=clock.now(), reason=_required(request))
    return _("L’offre est suspendue.")


def _resume(request: SignedInRequest, offer: Offer) -> str:
    resume_offer(offer=offer, by=request.user, at=clock.now(), reason=_required(request))
    return _("L’offre est reprise.")


def _cancel(request: SignedInRequest, offer: Offer) -> str:
    cancel_offer(offer=offer, by=request.user, at=clock.now(), reason=_required(request))
    return _("L’offre est annulée : chaque euro est rendu.")


def _close(request: SignedInRequest, offer: Offer) -> str:
    tidying.close_failed(offer=offer, by=request.user, at=clock.now(), reason=_required(request))
    return _("La campagne est close sans suite.")


def _prepare_again(request: SignedInRequest, offer: Offer) -> str:
    form = CalendarForm(request.POST)
    if not form.is_valid():
        raise ReasonMissing(
            _("Une nouvelle campagne a deux dates : son ouverture et son dernier jour."),
            next_step=_("Donnez-les, puis recommencez."),
        )
    opens_at, closes_at = form.moments()
    terms = replace(preparing.terms_of(offer), opens_at=opens_at, closes_at=closes_at)
    tidying.prepare_again(offer=offer, terms=terms, by=request.user, at=clock.now(), reason=_required(request))
    return _("La campagne est à préparer de nouveau : son dossier est rendu au porteur.")


def _cancel_financing(request: SignedInRequest, offer: Offer) -> str:
    cancel_financing(offer=offer, by=request.user, at=clock.now(), reason=_required(request))
    return _("Le financement est annulé : chaque euro est rendu.")


def _hide(request: SignedInRequest, offer: Offer) -> str:
    reason, at = _reason(request), clock.now()
    if "question" in request.POST:
        question = get_object_or_404(offer.questions, uuid=uuid_of(request.POST["question"]))
        telling.hide_question(question=question, reason=reason, by=request.user, at=at)
        return _("La question est masquée.")
    update = get_object_or_404(offer.updates, uuid=uuid_of(request.POST.get("update", "")))
    telling.hide_update(update=update, reason=reason, by=request.user, at=at)
    return _("La nouvelle est masquée.")


def _required(request: SignedInRequest) -> str:
    reason = _reason(request)
    if not reason:
        raise ReasonMissing(_("Cet acte porte un motif."), next_step=_("Écrivez-le en une phrase : il est public."))
    return reason


class ReasonMissing(RuleViolation):
    """An act that stops or ends a campaign says why."""

    rule = "REASON"


ACTS: dict[str, Callable[[SignedInRequest, Offer], str]] = {
    "accept": _accept,
    "return": _return,
    "publish": _publish,
    "announce": _announce,
    "open": _open,
    "suspend": _suspend,
    "resume": _resume,
    "cancel": _cancel,
    "close": _close,
    "prepare_again": _prepare_again,
    "cancel_financing": _cancel_financing,
    "hide": _hide,
}
