"""Refunds that came back: their payer names an account (with a fresh proof), the staff orders the transfer by two."""

from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from fres.kernel import clock
from fres.kernel.access import reads_only, require
from fres.kernel.errors import RuleViolation
from funds.forms import BankLineForm
from funds.models import BankRefund, Refund
from funds.payments.bank_refunds import (
    approve_bank_refund,
    ask_bank_refund,
    owed_cents,
    prepare_bank_refund,
    record_bank_refund_sent,
    refuse_bank_refund,
    stop_bank_refund,
    why_not_approve,
    why_not_prepare,
)
from funds.payments.recording import offer_of, payer_of
from funds.payments.selectors import refunds_come_back, refunds_payable_to, refunds_to_settle
from funds.payments.timeline import bank_refund_steps
from funds.permissions import can_approve_refund, can_follow_refunds, can_prepare_refund, can_see_desk
from funds.states import BankRefundState
from investors.forms import IbanForm
from investors.permissions import can_list_people
from investors.requests import SignedInRequest

PER_PAGE = 50
_can_see_desk = require(can_see_desk, hidden=True)


@never_cache
@require_http_methods(["GET", "POST"])
@reauthentication_required
def ask(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Where my refund stands, and the account, in my own name, on which I ask for it: the password is asked again."""
    refund = get_object_or_404(refunds_payable_to(request.user), uuid=uuid)
    party = payer_of(refund.payment)
    form = IbanForm(request.POST or None, initial={"holder": party.name})
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            ask_bank_refund(
                refund=refund, iban=form.cleaned_data["iban"], holder=form.cleaned_data["holder"], by=request.user,
                at=clock.now(),
            )  # fmt: skip
        except RuleViolation as violation:
            refusal = violation
        else:
            messages.success(
                request, _("Votre demande est enregistrée. Nous vérifions le compte, puis deux personnes signent.")
            )
            return redirect("funds:ask_bank_refund", uuid=uuid)
    asked = refund.bank_refunds.all()
    last = asked[0] if asked else None
    is_waiting = last is None or last.state in (
        BankRefundState.ASKED, BankRefundState.REFUSED, BankRefundState.STOPPED,
    )  # fmt: skip
    context = {
        "refund": refund,
        "party": party,
        "title": offer_of(refund.payment).project.title,
        "bank_refund": last,
        "steps": bank_refund_steps(refund, last, at=clock.now()),
        "can_ask": is_waiting and owed_cents(refund) > 0,
        "form": form,
        "refusal": refusal,
    }
    return render(request, "funds/ask_bank_refund.html", context, status=422 if form.errors or refusal else 200)


@_can_see_desk
@require(can_follow_refunds)
@require_GET
@reads_only
def listing(request: SignedInRequest) -> HttpResponseBase:
    """Every refund that came back: those still owed first, or all of them."""
    is_all = request.GET.get("tous") == "1"
    found = refunds_come_back().order_by("-answered_at", "-pk") if is_all else refunds_to_settle()
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    lines = [
        {"refund": one, "payer": payer_of(one.payment), "title": offer_of(one.payment).project.title,
         "bank_refund": next(iter(one.bank_refunds.all()), None)}
        for one in page.object_list
    ]  # fmt: skip
    return render(request, "funds/bank_refunds.html", {"page": page, "lines": lines, "is_all": is_all})


@_can_see_desk
@require(can_follow_refunds)
@require_http_methods(["GET", "POST"])
def one(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
    """One refund that came back; POST prepares, approves, refuses or stops its transfer, or says that it left."""
    refund = get_object_or_404(refunds_come_back(), uuid=uuid)
    if request.method == "POST":
        return _act(request, refund)
    return _show(request, refund)


def _act(request: SignedInRequest, refund: Refund) -> HttpResponseBase:
    bank_refund = _last(refund)
    decision, form = request.POST.get("decision", ""), BankLineForm(request.POST)
    allowed = can_approve_refund(request.user) if decision in ("approve", "refuse", "stop") else None
    if not (can_prepare_refund(request.user) if allowed is None else allowed):
        raise PermissionDenied
    if bank_refund is None or decision not in _DECISIONS:
        raise Http404
    if decision == "sent" and not form.is_valid():
        return _show(request, refund, form=form)
    try:
        said = _DECISIONS[decision](request, bank_refund, form)
    except RuleViolation as refusal:
        fresh = get_object_or_404(refunds_come_back(), pk=refund.pk)
        return _show(request, fresh, refusal=refusal, form=form if decision == "sent" else None)
    messages.success(request, said)
    return redirect("funds:bank_refund", uuid=refund.uuid)


def _prepare(request: SignedInRequest, bank_refund: BankRefund, form: BankLineForm) -> str:
    prepare_bank_refund(bank_refund=bank_refund, by=request.user, at=clock.now())
    return _("Le virement est préparé. Une autre personne l’approuve.")


def _approve(request: SignedInRequest, bank_refund: BankRefund, form: BankLineForm) -> str:
    approve_bank_refund(bank_refund=bank_refund, by=request.user, at=clock.now())
    return _("Le virement est approuvé : il est à faire à la banque, puis à constater ici.")


def _refuse(request: SignedInRequest, bank_refund: BankRefund, form: BankLineForm) -> str:
    reason = request.POST.get("reason", "")
    refuse_bank_refund(bank_refund=bank_refund, by=request.user, reason=reason, at=clock.now())
    return _("La demande est refusée : la somme reste due.")


def _stop(request: SignedInRequest, bank_refund: BankRefund, form: BankLineForm) -> str:
    stop_bank_refund(bank_refund=bank_refund, by=request.user, reason=request.POST.get("reason", ""), at=clock.now())
    return _("Le virement est arrêté : la somme reste due.")


def _sent(request: SignedInRequest, bank_refund: BankRefund, form: BankLineForm) -> str:
    record_bank_refund_sent(
        bank_refund=bank_refund, sent_on=form.cleaned_data["sent_on"], reference=form.cleaned_data["reference"],
        by=request.user, at=clock.now(),
    )  # fmt: skip
    return _("Le virement est constaté : plus rien n’est dû sur ce remboursement.")


_DECISIONS = {"prepare": _prepare, "approve": _approve, "refuse": _refuse, "stop": _stop, "sent": _sent}


def _last(refund: Refund) -> BankRefund | None:
    return next(iter(refund.bank_refunds.all()), None)


@reads_only
def _show(
    request: SignedInRequest, refund: Refund, *, refusal: RuleViolation | None = None, form: BankLineForm | None = None
) -> HttpResponseBase:
    bank_refund, at = _last(refund), clock.now()
    state = bank_refund.state if bank_refund is not None else ""
    why_not = ""
    if bank_refund is not None and state == BankRefundState.ASKED:
        why_not = _not_mine(can_prepare_refund(request.user)) or why_not_prepare(bank_refund, request.user, at=at)
    elif bank_refund is not None and state == BankRefundState.PREPARED:
        why_not = _not_mine(can_approve_refund(request.user)) or why_not_approve(bank_refund, request.user, at=at)
    context = {
        "refund": refund,
        "payer": payer_of(refund.payment),
        "title": offer_of(refund.payment).project.title,
        "bank_refund": bank_refund,
        "steps": bank_refund_steps(refund, bank_refund, at=at),
        "earlier": list(refund.bank_refunds.all())[1:],
        "why_not": why_not,
        "can_decide": can_approve_refund(request.user),
        "can_see_sending": can_prepare_refund(request.user),
        "can_list_people": can_list_people(request.user),
        "form": form or BankLineForm(initial={"sent_on": clock.today()}),
        "refusal": refusal,
    }
    is_refused = refusal is not None or (form is not None and bool(form.errors))
    return render(request, "funds/bank_refund.html", context, status=422 if is_refused else 200)


def _not_mine(is_mine: bool) -> str:
    return "" if is_mine else _("Votre rôle ne décide pas des remboursements.")
