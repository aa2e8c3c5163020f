"""The rules: those in force for everybody, the register and its breaches at the desk, the simulation."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from fres.kernel import clock
from fres.kernel.access import Role, reads_only, require
from funds.allocation.rules import KINDS, Rule, RuleRefused, read_rule
from funds.models import AllocationRule, Fund, RuleBreach, RuleEvaluation
from funds.pool.states import BreachState
from funds.rules.errors import RuleNotAdopted
from funds.rules.evaluation import ExplanationRefused, explain_breach
from funds.rules.forecast import forecasts
from funds.rules.forms import EndForm, ExplainForm, RuleForm, SimulateForm, initial_of
from funds.rules.register import adopt_rule, check_rule, end_rule, rows_in_force, rule_of, rules_to_come
from funds.rules.simulation import Comparison, compare
from investors.permissions import has_role, is_staff
from investors.requests import SignedInRequest

MOST_SHOWN = 200
_staff_only = require(is_staff, hidden=True)


@login_not_required
@require_GET
@reads_only
def public(request: HttpRequest) -> HttpResponse:
    """Every rule in force, in one sentence each, and what is not kept today, with its explanation."""
    on = clock.today()
    funds = [
        {"fund": fund, "rules": [_said(row) for row in rows_in_force(fund, on)]} for fund in Fund.objects.order_by("pk")
    ]
    breaches = RuleBreach.objects.exclude(state=BreachState.CURED).select_related("rule")
    return render(request, "rules/public.html", {"funds": funds, "breaches": breaches[:MOST_SHOWN]})


@never_cache
@require_GET
@_staff_only
@reads_only
def desk(request: HttpRequest) -> HttpResponse:
    """The register: rules in force and to come, breaches, forecasts, last evaluations."""
    on, fund = clock.today(), _fund()
    context = {
        "rules": [_said(row) for row in rules_to_come(fund, on)],
        "kinds": [(code, _(kind.TITLE)) for code, kind in sorted(KINDS.items())],
        "breaches": RuleBreach.objects.filter(rule__fund=fund).select_related("rule")[:MOST_SHOWN],
        "forecasts": forecasts(fund, on),
        "evaluations": RuleEvaluation.objects.filter(fund=fund)[:10],
        "can_write": has_role(request.user, Role.MANAGER),  # type: ignore[arg-type]
    }
    return render(request, "rules/desk.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@_staff_only
def new(request: SignedInRequest) -> HttpResponse:
    """A new rule of one kind (`?genre=`)."""
    kind = request.GET.get("genre", "MAX_PER_PROJECT")
    if kind not in KINDS:
        raise Http404
    return _write(request, kind, None)


@never_cache
@require_http_methods(["GET", "POST"])
@_staff_only
def rule(request: SignedInRequest, code: str) -> HttpResponse:
    """A rule's versions, and the form of the next one; POST with `act=end` ends it."""
    rows = list(AllocationRule.objects.filter(fund=_fund(), code=code).select_related("decided_by"))
    if not rows:
        raise Http404
    if request.POST.get("act") != "end":
        return _write(request, rows[-1].kind, rows)
    if not has_role(request.user, Role.MANAGER):
        raise PermissionDenied
    form = EndForm(request.POST)
    if form.is_valid() and _end(request, rows[-1], form):
        return redirect("rules:desk")
    return _write(request, rows[-1].kind, rows, end_form=form)


@never_cache
@require_http_methods(["GET", "POST"])
@_staff_only
def breach(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """One breach, and the explanation that is published."""
    found = get_object_or_404(RuleBreach.objects.select_related("rule"), uuid=uuid)
    form = ExplainForm(request.POST or None, initial={"reason": found.reason})
    if request.method == "POST" and form.is_valid():
        if not has_role(request.user, Role.MANAGER):
            raise PermissionDenied
        try:
            explain_breach(breach=found, reason=form.cleaned_data["reason"], by=request.user, at=clock.now())
        except ExplanationRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("rules:desk")
    return render(request, "rules/breach.html", {"breach": found, "form": form})


@never_cache
@require_GET
@_staff_only
@reads_only
def simulate(request: HttpRequest) -> HttpResponse:
    """Two rule sets side by side on last year's data: the present one, and the same with other numbers."""
    on, fund = clock.today(), _fund()
    rows = rows_in_force(fund, on)
    form = SimulateForm(request.GET if "essayer" in request.GET else None, rows=rows)
    comparison: Comparison | None = None
    refusal = ""
    if form.is_bound and form.is_valid():
        try:
            other = [_changed(row, form.params_of(row)) for row in rows]
        except RuleRefused as refused:
            refusal = str(refused)
        else:
            comparison = compare(fund, year=on.year - 1, on=on, one=[rule_of(row) for row in rows], other=other)
    context = {"form": form, "comparison": comparison, "refusal": refusal, "year": on.year - 1}
    return render(request, "rules/simulate.html", context)


def _write(
    request: SignedInRequest, kind: str, rows: list[AllocationRule] | None, *, end_form: EndForm | None = None
) -> HttpResponse:
    fund, on = _fund(), clock.today()
    initial = initial_of(rows[-1], on) if rows else {"valid_from": on}
    is_sent = request.method == "POST" and end_form is None
    form = RuleForm(request.POST if is_sent else None, fund=fund, kind=kind, initial=initial)
    comparison: Comparison | None = None
    simulated = ""
    if is_sent:
        if not has_role(request.user, Role.MANAGER):
            raise PermissionDenied
        if form.is_valid() and "simuler" in request.POST:
            try:
                tried = check_rule(fund=fund, data=form.data_of_rule(), on=on)
            except RuleNotAdopted as refusal:
                form.take_errors(refusal.errors)
            else:
                comparison, simulated = _with(fund, tried, on), tried.sentence().said(_)
        elif form.is_valid():
            try:
                made = adopt_rule(
                    fund=fund, data=form.data_of_rule(), reason=form.cleaned_data["reason"], by=request.user,
                    at=clock.now(),
                )  # fmt: skip
            except RuleNotAdopted as refusal:
                form.take_errors(refusal.errors)
            else:
                messages.success(
                    request, _("Règle adoptée : %(sentence)s") % {"sentence": rule_of(made).sentence().said(_)}
                )
                return redirect("rules:rule", code=made.code)
    context = {
        "form": form,
        "end_form": end_form or EndForm(initial={"last_day": on}),
        "is_running": rows is not None and (rows[-1].valid_to is None or rows[-1].valid_to >= on),
        "kind": _(KINDS[kind].TITLE),
        "versions": [_said(row) for row in rows or []],
        "comparison": comparison,
        "simulated": simulated,
        "can_write": has_role(request.user, Role.MANAGER),
    }
    return render(request, "rules/rule.html", context)


def _with(fund: Fund, tried: Rule, on: date) -> Comparison:
    """Compare the rules in force with the same and one more, or another version of one, as if it held today."""
    present = [rule_of(row) for row in rows_in_force(fund, on)]
    other = [rule for rule in present if rule.code != tried.code]
    other.append(replace(tried, valid_from=min(on, tried.valid_from)))
    return compare(fund, year=on.year - 1, on=on, one=present, other=other)


def _end(request: SignedInRequest, row: AllocationRule, form: EndForm) -> bool:
    """End a rule; a refusal goes beside the form's fields, and False is returned."""
    try:
        made = end_rule(fund=row.fund, code=row.code, by=request.user, at=clock.now(), **form.cleaned_data)
    except RuleNotAdopted as refusal:
        form.add_error(None, str(refusal))
        return False
    messages.success(
        request, _("La règle « %(code)s » finit le %(day)s.") % {"code": row.code, "day": f"{made.valid_to:%d/%m/%Y}"}
    )
    return True


def _said(row: AllocationRule) -> dict[str, Any]:
    return {"row": row, "sentence": rule_of(row).sentence().said(_), "title": _(KINDS[row.kind].TITLE)}


def _changed(row: AllocationRule, params: dict[str, Any]) -> Rule:
    data = rule_of(row).to_data()
    return read_rule({**data, "params": params})


def _fund() -> Fund:
    found = Fund.objects.order_by("pk").first()
    if found is None:
        raise Http404
    return found
