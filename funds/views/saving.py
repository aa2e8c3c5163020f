"""What a saver does: commit, look, take back, wait in line; and their space."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from djmoney.money import Money

from fres.kernel import clock
from fres.kernel.access import reads_only
from fres.kernel.errors import RuleViolation
from fres.kernel.locked_texts import read_text
from fres.kernel.models import Document
from fres.kernel.money import from_cents, to_cents
from funds import selectors
from funds.calendars import commitment_steps
from funds.ceilings import ceiling_of, set_ceiling
from funds.commitment_rules import (
    CommitmentRefused,
    EntryTestMissing,
    OfferFull,
    ProfileIncomplete,
    SimulationMissing,
    UnderstandingUnproven,
    WarningNotRead,
)
from funds.commitments import check_commitment, commit_to_offer, revoke_commitment, room_for
from funds.fici.rights import running_right
from funds.forms import CeilingForm, CommitForm, ConsentForm
from funds.limits import gate_of, limits_at
from funds.models import Offer, Refund
from funds.payments.selectors import refunds_payable_to
from funds.portfolio import can_pay, can_revoke, portfolio_of
from funds.reflection import reflection_deadline
from funds.rounds.selectors import open_votes_of, pot_news
from funds.states import BankRefundState
from funds.texts import WARNING, digest_of, texts_of
from funds.views.public import document_line, documents_about, is_open
from funds.waiting import commit_and_wait, join_waiting_list, leave_waiting_list
from investors.models import Party
from investors.protection.selectors import readiness_of
from investors.requests import SignedInRequest, chosen_party, parties_to_choose
from investors.selectors import party_of, profile_gaps
from projects.models import Membership

NEWEST_DOCUMENTS = 5
_PREPARING: tuple[type[CommitmentRefused], ...] = (
    EntryTestMissing,
    WarningNotRead,
    SimulationMissing,
    UnderstandingUnproven,
)


@never_cache
@require_http_methods(["GET", "POST"])
def commit(request: SignedInRequest, slug: str) -> HttpResponse:
    """How much. A gift is committed at once and goes on to its payment; a loan is first reviewed, then signed."""
    offer = get_object_or_404(selectors.public_offers(), slug=slug)
    if request.method == "GET" and not is_open(offer, clock.now()):
        return redirect("funds:offer", slug=slug)  # whose page says why, and since when
    saver = chosen_party(request)
    gaps = profile_gaps(saver, clock.today()) if request.method == "GET" else []
    if saver is not None and gaps and saver.user_id != request.user.pk:
        words = {"name": saver.name, "words": ", ".join(gaps)}
        messages.error(request, _("Le dossier de %(name)s est incomplet : il manque %(words)s.") % words)
        return redirect("funds:offer", slug=slug)
    if saver is None or gaps:
        messages.info(request, _("Avant un don ou un prêt, la loi demande votre identité : complétez votre profil."))
        return redirect(f"{reverse('investors:profile')}?next={request.path}")
    if request.method == "GET" and not offer.is_gift and not readiness_of(saver, clock.today()).is_ready:
        messages.info(request, _("Avant un premier prêt, la loi demande deux étapes : elles sont sur cette page."))
        return redirect(_preparation(saver, request.path))
    form = CommitForm(request.POST or None, offer=offer)
    refusal: RuleViolation | None = None
    if request.method == "POST" and form.is_valid():
        try:
            return _act(request, offer, saver, form)
        except RuleViolation as refused:
            refusal = _with_link(refused, saver, request.path)
    room = room_for(offer=offer, saver=saver, by=request.user, at=clock.now())
    is_full = room < to_cents(offer.ticket_minimum)
    form = CommitForm(request.POST or None, offer=offer)  # shown anew: a form that was read keeps its old words
    form.tell_room(offer, room_cents=room, is_full=is_full)
    figures = selectors.offer_figures(offer)
    where = selectors.place_of(offer)
    limits = limits_at(clock.today(), fund_id=offer.fund_id)
    context = {
        "offer": offer,
        "saver": saver,
        "parties": parties_to_choose(request),
        "place": where,
        "figures": figures.chart,
        "remaining": from_cents(room),
        "is_full": is_full,
        "form": form,
        "refusal": refusal,
        "reflection_ends_at": None if offer.is_gift else _deadline(offer),
        "warning": "" if offer.is_gift else read_text(WARNING).body,
        "document": Document.objects.filter(about_type="offer", about_uuid=offer.uuid).first(),
        "payment_days": limits.payment_days,
        "my_place": selectors.live_place(offer, saver),
    }
    return render(request, "funds/commit.html", context, status=422 if refusal or form.errors else 200)


@never_cache
@require_POST
def sign(request: SignedInRequest, slug: str) -> HttpResponse:
    """The review of a loan, signed: two consents to the very texts that were on the page."""
    # Only who and what: both are read whole, and fresh, under the locks of the commitment.
    signable = Offer.objects.only("pk").filter(state__in=selectors.PUBLIC, lane=Offer.Lane.PROJECT)
    offer: Offer = get_object_or_404(signable, slug=slug)
    saver = chosen_party(request)
    if saver is None:
        return redirect("investors:profile")
    form = ConsentForm(request.POST, amount_cents=0)
    is_signed = form.is_valid()
    amount = form.cleaned_data.get("amount")
    if amount is None or amount.amount <= 0 or amount.amount.scaleb(2) % 1:
        messages.error(request, _("Rien n’est enregistré : écrivez de nouveau le montant, en euros et centimes."))
        return redirect("funds:commit", slug=slug)
    wants_rest = form.cleaned_data.get("join_waiting_list", False)
    if not is_signed:
        return _review(request, offer, saver, amount, wants_rest=wants_rest, form=form)
    values = {
        "offer": offer, "saver": saver, "amount": amount, "by": request.user, "at": clock.now(),
        "texts_digest": form.cleaned_data["texts"],
    }  # fmt: skip
    try:
        if wants_rest:
            commitment, _place = commit_and_wait(**values)
        else:
            commitment = commit_to_offer(**values)
    except RuleViolation as refused:
        return _review(
            request,
            offer,
            saver,
            amount,
            wants_rest=wants_rest,
            form=form,
            refusal=_with_link(refused, saver, reverse("funds:commit", args=[slug])),
        )
    if commitment is None:
        return redirect("funds:offer", slug=slug)
    messages.success(request, _("Votre engagement est enregistré. Un message vous dit jusqu’à quand vous retirer."))
    return redirect("funds:commitment", uuid=commitment.uuid)


@never_cache
@require_GET
@reads_only
def commitment(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """One commitment: what it is, what may be done, its dated steps, payments and documents."""
    found = get_object_or_404(selectors.commitments_visible_to(request.user), uuid=uuid)
    at = clock.now()
    payments = list(found.payments.order_by("-asked_at", "-pk"))
    receipts = Document.objects.filter(gift_receipt__commitment=found).select_related("void", "superseded_by", "purge")
    loan = getattr(found.offer, "loan", None) if hasattr(found, "holding") else None
    documents = [document_line(one) for one in receipts.order_by("-pk")]
    came_back = refunds_payable_to(request.user).filter(payment__commitment=found).last()
    if loan is not None:
        documents += documents_about("loan", loan.uuid)
    context = {
        "commitment": found,
        "steps": commitment_steps(found, at=at),
        "payment": payments[0] if payments else None,
        "payments": payments,
        "receipt": next((one for one in documents if not one["voided"]), None),
        "documents": documents,
        "can_revoke": can_revoke(found, at=at),
        "right": running_right(found, at=at),
        "can_pay": can_pay(found, at=at) and not any(one.state == "PROCESSING" for one in payments),
        "can_refund": _can_give_back(found),
        "refund": Refund.objects.filter(payment__commitment=found).order_by("-asked_at", "-pk").first(),
        "came_back": came_back,
        "is_sent_back": came_back is not None and _is_sent_back(came_back),
        "refusal": None,
    }
    return render(request, "funds/commitment.html", context)


@require_POST
def revoke(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Take a commitment back: one click, no reason asked (E20)."""
    found = get_object_or_404(selectors.commitments_of(request.user), uuid=uuid)
    try:
        revoke_commitment(commitment=found, by=request.user, at=clock.now())
    except RuleViolation as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Votre engagement est retiré. Aucun euro n’a été prélevé."))
    return redirect("funds:commitment", uuid=uuid)


@require_POST
def leave(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Leave a waiting list."""
    place = get_object_or_404(selectors.waiting_places_of(request.user), uuid=uuid)
    leave_waiting_list(place=place, by=request.user, at=clock.now())
    messages.success(request, _("Vous avez quitté la liste d’attente. Rien ne vous est demandé."))
    return redirect("funds:offer", slug=place.offer.slug)


@never_cache
@require_GET
@reads_only
def space(request: SignedInRequest) -> HttpResponse:
    """The saver's space: what is engaged, what is in projects, what came back, what is due."""
    saver = chosen_party(request)
    held = portfolio_of(saver, at=clock.now())
    owned = Document.objects.none()
    if saver is not None:
        owned = Document.objects.filter(owner_party=saver.uuid).select_related("void", "superseded_by", "purge")
    context = {
        "party": saver,
        "parties": parties_to_choose(request),
        "is_holder": Membership.objects.filter(user=request.user, left_on=None).exists(),
        "late": held.late,
        "figures": held.figures,
        "pending": held.pending,
        "waiting": list(selectors.waiting_places_of(request.user)),
        "votes": open_votes_of(saver, clock.now()) if saver is not None else [],
        "pot_news": pot_news(saver),
        "holdings": held.holdings,
        "holdings_total": held.holdings_total,
        "gifts": held.gifts,
        "upcoming": held.upcoming,
        "upcoming_total": held.upcoming_total,
        "levy_rate": held.levy_rate,
        "documents": [document_line(one) for one in owned.order_by("-pk")[:NEWEST_DOCUMENTS]],
        "documents_count": owned.count(),
    }
    return render(request, "funds/space.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def ceiling(request: SignedInRequest) -> HttpResponse:
    """The saver's own ceiling on what they lend over twelve months."""
    saver = party_of(request.user)
    if saver is None:
        return redirect("investors:profile")
    form = CeilingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        row = set_ceiling(saver=saver, amount=form.cleaned_data["amount"], by=request.user, at=clock.now())
        if row.acts_from > row.set_at:
            messages.success(request, _("Votre plafond est enregistré : une hausse agit le lendemain."))
        else:
            messages.success(request, _("Votre plafond agit dès maintenant."))
        return redirect("funds:ceiling")
    in_force, coming = ceiling_of(saver, at=clock.now())
    context = {"form": form, "in_force": in_force, "coming": coming}
    return render(request, "funds/ceiling.html", context, status=422 if form.errors else 200)


def _act(request: SignedInRequest, offer: Offer, saver: Party, form: CommitForm) -> HttpResponse:
    """Do what the first form asks, or raise the refusal it meets."""
    amount: Money = form.cleaned_data["amount"]
    wants_rest: bool = form.cleaned_data["join_waiting_list"]
    at = clock.now()
    if "wait" in request.POST:
        join_waiting_list(offer=offer, saver=saver, amount=amount, by=request.user, at=at)
        messages.success(request, _("Vous êtes sur la liste d’attente. Un message vous le confirme."))
        return redirect("funds:offer", slug=offer.slug)
    if not offer.is_gift:
        found = check_commitment(offer=offer, saver=saver, amount=amount, by=request.user, at=at)
        blocking = [one for one in found if not (wants_rest and isinstance(one, OfferFull))]
        if blocking:
            raise blocking[0]
        return _review(request, offer, saver, amount, wants_rest=wants_rest)
    values: dict[str, Any] = {
        "offer": offer, "saver": saver, "amount": amount, "by": request.user, "at": at,
        "wants_receipt": form.cleaned_data["wants_receipt"],
    }  # fmt: skip
    if wants_rest:
        made, _place = commit_and_wait(**values)
    else:
        made = commit_to_offer(**values)
    if made is None:
        return redirect("funds:offer", slug=offer.slug)
    # A gift is paid at once: the same POST goes on to the payment.
    return redirect("funds:pay", uuid=made.uuid, preserve_request=True)


def _review(
    request: SignedInRequest,
    offer: Offer,
    saver: Party,
    amount: Money,
    *,
    wants_rest: bool,
    form: ConsentForm | None = None,
    refusal: RuleViolation | None = None,
) -> HttpResponse:
    """Show what is about to be signed: the sum, the terms, the texts with their digests, two boxes nobody ticked."""
    offer = selectors.public_offers().get(pk=offer.pk)
    texts = texts_of(offer)
    initial = {"amount": _written(amount), "texts": digest_of(texts), "join_waiting_list": wants_rest}
    bound = form is not None and refusal is None
    if bound:
        assert form is not None
        shown = ConsentForm(form.data, amount_cents=to_cents(amount))
    else:
        shown = ConsentForm(initial=initial, amount_cents=to_cents(amount))
    room = room_for(offer=offer, saver=saver, by=request.user, at=clock.now())
    limits = limits_at(clock.today(), fund_id=offer.fund_id)
    readiness = readiness_of(saver, clock.today())
    simulated = readiness.simulation.result if readiness.simulation else None
    context = {
        "offer": offer,
        "saver": saver,
        "is_retail": readiness.is_retail,
        "simulated": simulated,
        "is_for_other": saver.user_id != request.user.pk,
        "place": selectors.place_of(offer),
        "amount": amount,
        "waits_for": from_cents(max(0, to_cents(amount) - room)) if wants_rest else None,
        "form": shown,
        "texts": texts,
        "refusal": refusal,
        "reflection_ends_at": _deadline(offer),
        "gate": from_cents(int(gate_of(limits, None if simulated is None else to_cents(simulated)))),
        "payment_days": limits.payment_days,
        "documents": documents_about("offer", offer.uuid),
    }
    return render(request, "funds/commit_review.html", context, status=422 if bound or refusal else 200)


def _deadline(offer: Offer) -> Any:
    limits = limits_at(clock.today(), fund_id=offer.fund_id)
    return reflection_deadline(clock.now(), hours=limits.reflection_hours, days=limits.reflection_days)


def _can_give_back(found: Any) -> bool:
    from funds.payments.refunds import can_be_given_back

    return can_be_given_back(found)


def _is_sent_back(refund: Refund) -> bool:
    return any(one.state == BankRefundState.SENT for one in refund.bank_refunds.all())


def _with_link(refusal: RuleViolation, saver: Party, back: str) -> RuleViolation:
    """Give the next step its address where there is one."""
    if isinstance(refusal, ProfileIncomplete):
        address = reverse("investors:profile")
    elif isinstance(refusal, _PREPARING):
        address = _preparation(saver, back)
    else:
        return refusal
    refusal.next_step = format_html('<a href="{}">{}</a>', address, refusal.next_step)
    return refusal


def _preparation(saver: Party, back: str) -> str:
    """Return the page of what comes before a loan, which leads back to where it was asked from."""
    query = urlencode({"pour": str(saver.uuid), "next": f"{back}?pour={saver.uuid}"})
    return f"{reverse('protection:ready')}?{query}"


def _written(amount: Money) -> str:
    return f"{amount.amount:f}".replace(".", ",")
