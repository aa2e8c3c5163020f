"""Rounds on the staff's side: announce, list, freeze, key paper ballots, prepare and sign the order."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from djmoney.money import Money

from fres.kernel import clock
from fres.kernel.access import require
from fres.kernel.errors import RuleViolation
from fres.kernel.money import CURRENCY, to_cents
from funds.models import AllocationOrder, Demand, RollEntry, Round
from funds.rounds import selectors
from funds.rounds.forms import DemandForm, OrderForm, PaperForm, RoundForm, RulesForm
from funds.rounds.ordering import pot_cents, prepare_order, refuse_order, sign_order, why_not_sign
from funds.rounds.permissions import can_key_paper, can_manage_rounds, can_prepare_order, can_see_rounds
from funds.rounds.preparing import cancel_round, freeze_round, leave_out, prepare_round, receive_demand
from funds.rounds.states import OrderState, RoundState
from funds.rounds.voting import key_paper_ballot, paper_gaps, remove_from_roll, sign_paper_voter
from funds.rounds.words import rules_in_words
from investors.models import User
from investors.requests import SignedInRequest

PER_PAGE = 50
_can_see = require(can_see_rounds, hidden=True)


@_can_see
@require_http_methods(["GET", "POST"])
def rounds(request: SignedInRequest) -> HttpResponseBase:
    """Every round; POST announces one."""
    form, refusal = RoundForm(request.POST or None), None
    if request.method == "POST":
        if not can_manage_rounds(request.user):
            raise PermissionDenied
        if form.is_valid():
            try:
                made = prepare_round(**form.values(), by=request.user, at=clock.now())
            except RuleViolation as refused:
                refusal = refused
            else:
                return redirect("rounds:desk_round", uuid=made.uuid)
    page = Paginator(selectors.rounds_with_figures(), PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "form": form, "refusal": refusal, "can_manage": can_manage_rounds(request.user)}
    return render(request, "funds/rounds/desk.html", context, status=422 if form.errors or refusal else 200)


@_can_see
@require_http_methods(["GET", "POST"])
def one(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
    """One round; POST does one of its acts, named by `act`."""
    of: Round = get_object_or_404(
        Round.objects.select_related("fund__entity", "compartment__issuer", "result"), uuid=uuid
    )
    refusal: RuleViolation | None = None
    if request.method == "POST":
        name = request.POST.get("act", "")
        if name not in _ACTS:
            raise Http404
        may, act = _ACTS[name]
        if not may(request.user):
            raise PermissionDenied
        try:
            messages.success(request, act(request, of))
        except RuleViolation as refused:
            refusal = refused
        else:
            return redirect("rounds:desk_round", uuid=uuid)
        of.refresh_from_db()
    return _show(request, of, refusal)


def _show(request: SignedInRequest, of: Round, refusal: RuleViolation | None) -> HttpResponseBase:
    order = of.orders.exclude(state=OrderState.REFUSED).select_related("prepared_by", "signed_by").first()
    voted, on_roll = selectors.turnout(of)
    is_counted = of.state in (RoundState.COUNTED, RoundState.SETTLED)
    lines = selectors.result_lines(of) if is_counted else []
    won = [line["code"] for line in of.result.given] if is_counted else []
    context = {
        "round": of,
        "demands": of.demands.select_related("project", "application"),
        "lines": lines,
        "told": of.result.told.get("", []) if is_counted else [],
        "voted": voted,
        "on_roll": on_roll,
        "order": order,
        "order_lines": _order_lines(of, order),
        "why_not_sign": why_not_sign(of, clock.now()) if order and order.state == OrderState.PREPARED else "",
        "pot_cents": pot_cents(of),
        "paper_gaps": paper_gaps(of) if of.state in (RoundState.OPEN, RoundState.CLOSED) else [],
        "can_manage": can_manage_rounds(request.user),
        "can_order": can_prepare_order(request.user),
        "can_key": can_key_paper(request.user),
        "demand_form": DemandForm(),
        "rules_form": RulesForm(),
        "paper_form": PaperForm(),
        "order_form": OrderForm(initial={"codes": won}).offer([line.demand for line in lines]),
        "rules": rules_in_words(of) if of.rules else [],
        "refusal": refusal,
    }
    return render(request, "funds/rounds/desk_round.html", context, status=422 if refusal else 200)


def _order_lines(of: Round, order: AllocationOrder | None) -> list[tuple[str, int, bool]]:
    """What an order gives: title, cents, whether the vote gave it too."""
    if order is None:
        return []
    titles = dict(of.demands.values_list("code", "project__title"))
    voted = {line["code"] for line in order.counted}
    return [(titles[line["code"]], line["amount_cents"], line["code"] in voted) for line in order.lines]


def _receive(request: SignedInRequest, of: Round) -> str:
    form = DemandForm(request.POST)
    if not form.is_valid():
        raise RuleViolation(_("Choisissez un dossier approuvé et une somme."))
    amount, most = form.cleaned_data["amount"], form.cleaned_data["maximum"]
    receive_demand(
        of=of, application=form.cleaned_data["application"], amount=Money(amount, CURRENCY),
        maximum=None if most is None else Money(most, CURRENCY), by=request.user, at=clock.now(),
    )  # fmt: skip
    return _("La demande est reçue.")


def _leave_out(request: SignedInRequest, of: Round) -> str:
    demand = get_object_or_404(Demand, round=of, code=request.POST.get("code", ""))
    leave_out(demand=demand, reason=request.POST.get("reason", ""), by=request.user, at=clock.now())
    return _("Le projet ne sera pas au vote.")


def _freeze(request: SignedInRequest, of: Round) -> str:
    form = RulesForm(request.POST)
    if not form.is_valid():
        raise RuleViolation(_("Une règle n’est pas de la liste proposée."))
    freeze_round(of=of, rules=form.rules(), by=request.user, at=clock.now())
    return _("La liste, les règles et la liste électorale sont figées et publiées.")


def _cancel(request: SignedInRequest, of: Round) -> str:
    cancel_round(of=of, reason=request.POST.get("reason", ""), by=request.user, at=clock.now())
    return _("Le tour est annulé.")


def _entry(request: SignedInRequest, of: Round) -> RollEntry:
    return get_object_or_404(of.roll.select_related("party"), party__number=request.POST.get("number", "").strip())


def _remove(request: SignedInRequest, of: Round) -> str:
    remove_from_roll(entry=_entry(request, of), reason=request.POST.get("reason", ""), by=request.user, at=clock.now())
    return _("Cette personne est radiée de la liste électorale.")


def _sign_paper(request: SignedInRequest, of: Round) -> str:
    sign_paper_voter(entry=_entry(request, of), by=request.user, at=clock.now())
    return _("Le vote sur papier est noté sur la liste électorale.")


def _key_paper(request: SignedInRequest, of: Round) -> str:
    form = PaperForm(request.POST)
    if not form.is_valid():
        raise RuleViolation(_("Un bulletin papier a un numéro."))
    number = form.cleaned_data["number"]
    key_paper_ballot(
        of=of, number=number, choices=form.choices_of(of), college=form.cleaned_data["college"].strip().upper(),
        by=request.user, at=clock.now(),
    )  # fmt: skip
    return _("Le bulletin %(number)d est saisi. Une autre personne le saisit aussi.") % {"number": number}


def _prepare_order(request: SignedInRequest, of: Round) -> str:
    listed = list(selectors.listed(of))
    form = OrderForm(request.POST).offer(listed)
    if not form.is_valid():
        raise RuleViolation(_("Un projet n’était pas au vote."))
    chosen = set(form.cleaned_data["codes"])
    given = {line["code"]: line["amount_cents"] for line in of.result.given}
    changed = {one.code: given.get(one.code, to_cents(one.amount)) for one in listed if one.code in chosen}
    prepare_order(of=of, by=request.user, at=clock.now(), changed=changed, motive=form.cleaned_data["motive"])
    return _("L’ordre est préparé. Une autre personne le signe.")


def _sign_order(request: SignedInRequest, of: Round) -> str:
    sign_order(order=_alive(of), by=request.user, at=clock.now())
    return _("L’ordre est signé : l’argent est attribué dans les livres, les membres sont prévenus.")


def _refuse_order(request: SignedInRequest, of: Round) -> str:
    refuse_order(order=_alive(of), reason=request.POST.get("reason", ""), by=request.user, at=clock.now())
    return _("L’ordre est refusé.")


def _alive(of: Round) -> AllocationOrder:
    return get_object_or_404(of.orders.exclude(state=OrderState.REFUSED))


_ACTS: dict[str, tuple[Callable[[User], bool], Callable[[SignedInRequest, Round], str]]] = {
    "receive": (can_manage_rounds, _receive),
    "leave_out": (can_manage_rounds, _leave_out),
    "freeze": (can_manage_rounds, _freeze),
    "cancel": (can_manage_rounds, _cancel),
    "remove": (can_manage_rounds, _remove),
    "sign_paper": (can_key_paper, _sign_paper),
    "key_paper": (can_key_paper, _key_paper),
    "prepare_order": (can_prepare_order, _prepare_order),
    "sign_order": (can_prepare_order, _sign_order),
    "refuse_order": (can_prepare_order, _refuse_order),
}
