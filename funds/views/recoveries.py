"""Claims on borrowers, for the staff: what is expected, and the lines of the bank's statement that pay it."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from fres.kernel import clock
from fres.kernel.access import reads_only, require
from fres.kernel.errors import RuleViolation
from funds.forms import RecoveryForm
from funds.models import Payment
from funds.payments.claims import Claim, claim_of, claims_of, contested_instalments, open_claims, reference_of
from funds.payments.recoveries import record_recovery, undo_recovery, why_not_record, why_not_undo
from funds.payments.timeline import payment_steps
from funds.permissions import can_follow_refunds, can_record_recovery, can_see_desk
from investors.permissions import can_list_people
from investors.requests import SignedInRequest

PER_PAGE = 50
_can_see_desk = require(can_see_desk, hidden=True)


@_can_see_desk
@require(can_follow_refunds)
@require_GET
@reads_only
def listing(request: SignedInRequest) -> HttpResponseBase:
    """The claims of which something is expected, or all of them."""
    is_all = request.GET.get("tous") == "1"
    standing = open_claims()
    shown: QuerySet[Payment] | list[Payment]
    shown = contested_instalments() if is_all else [claim.payment for claim in standing]
    page = Paginator(shown, PER_PAGE).get_page(request.GET.get("page"))
    told = claims_of(list(page))
    context = {
        "page": page,
        "lines": [{"claim": one, **_told(one)} for one in told if one.is_claim],
        "open_cents": sum(one.open_cents for one in standing),
        "is_all": is_all,
    }
    return render(request, "funds/recoveries.html", context)


@_can_see_desk
@require(can_follow_refunds)
@require_http_methods(["GET", "POST"])
def one(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
    """One claim; POST attaches a line of the bank's statement, or undoes one (`undo`, its uuid, and `reason`)."""
    payment = get_object_or_404(contested_instalments(), uuid=uuid)
    if request.method == "GET":
        return _show(request, payment)
    if not can_record_recovery(request.user):
        raise PermissionDenied
    return _undo(request, payment) if "undo" in request.POST else _record(request, payment)


def _record(request: SignedInRequest, payment: Payment) -> HttpResponseBase:
    form = RecoveryForm(request.POST)
    if not form.is_valid():
        return _show(request, payment, form=form)
    try:
        record_recovery(
            payment=payment, amount=form.cleaned_data["amount"], received_on=form.cleaned_data["received_on"],
            reference=form.cleaned_data["reference"], by=request.user, at=clock.now(),
        )  # fmt: skip
    except RuleViolation as refusal:
        return _show(request, payment, refusal=refusal, form=form)
    messages.success(request, _("Le virement est rattaché à la créance, et le porteur en est averti."))
    return redirect("funds:claim", uuid=payment.uuid)


def _undo(request: SignedInRequest, payment: Payment) -> HttpResponseBase:
    try:
        wanted = UUID(request.POST["undo"])
    except ValueError as mistake:
        raise Http404 from mistake
    recovery = get_object_or_404(payment.recoveries, uuid=wanted)
    recovery.payment = payment
    try:
        undo_recovery(recovery=recovery, reason=request.POST.get("reason", ""), by=request.user, at=clock.now())
    except RuleViolation as refusal:
        return _show(request, payment, refusal=refusal)
    messages.success(request, _("Le recouvrement est défait : la somme est de nouveau attendue."))
    return redirect("funds:claim", uuid=payment.uuid)


@reads_only
def _show(
    request: SignedInRequest,
    payment: Payment,
    *,
    refusal: RuleViolation | None = None,
    form: RecoveryForm | None = None,
) -> HttpResponseBase:
    payment = get_object_or_404(contested_instalments(), pk=payment.pk)
    claim, at = claim_of(payment), clock.now()
    if not claim.is_claim:
        raise Http404
    is_mine = can_record_recovery(request.user)
    why_not = why_not_record(claim, request.user, at=at) if is_mine else _("Votre rôle ne constate pas de virement.")
    lines = [
        {"recovery": line, "why_not_undo": why_not_undo(claim, line, request.user, at=at) if is_mine else "…"}
        for line in payment.recoveries.all()
    ]
    context = {
        "claim": claim,
        **_told(claim),
        "steps": payment_steps(payment, at=at),
        "lines": lines,
        "why_not": why_not,
        "can_list_people": can_list_people(request.user),
        "form": form or RecoveryForm(initial={"received_on": clock.today()}),
        "refusal": refusal,
    }
    is_refused = refusal is not None or (form is not None and bool(form.errors))
    return render(request, "funds/recovery.html", context, status=422 if is_refused else 200)


def _told(claim: Claim) -> dict[str, object]:
    instalment = claim.payment.instalment
    assert instalment is not None
    return {
        "instalment": instalment,
        "borrower": instalment.loan.borrower,
        "title": instalment.loan.offer.project.title,
        "reference": reference_of(claim.payment),
    }
