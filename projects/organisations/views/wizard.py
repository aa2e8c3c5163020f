"""Questions anybody may answer without an account: answers live in the address, nothing is written (R-015, R-019)."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from fres.kernel import clock, context
from fres.kernel.access import open_to_all, reads_only
from fres.kernel.parameters import value_at
from investors.requests import SignedInRequest
from projects.models import KeptAnswers
from projects.organisations import diagnosis as balises
from projects.organisations import eligibility as rules
from projects.organisations.answers import keep_answers
from projects.organisations.selectors import organisations_of
from projects.organisations.tools import fitting_tools, offered_tools
from projects.organisations.wizard_forms import STEPS, DiagnosisForm, StepForm, ToolFilterForm

TOOLS_SHOWN = 8


@open_to_all
@require_safe
@reads_only
def eligibility(request: HttpRequest) -> HttpResponseBase:
    """One page of questions at a time; the answers already given travel in the address."""
    forms = _steps(request)
    answered = [form.is_valid() for form in forms]
    first_open = answered.index(False) if False in answered else len(forms)
    if first_open == len(forms) and "etape" not in request.GET:
        return redirect(f"{reverse('organisations:verdict')}?{_answers_query(forms)}")
    rank = min(_asked_step(request), first_open, len(forms) - 1)
    form = forms[rank]
    was_submitted = any(name in request.GET for name in form.fields)
    if not was_submitted:
        form = STEPS[rank](None, region=form.region, limits=form.limits)
    carried = [
        (name, request.GET[name])
        for other, one in enumerate(forms)
        if other != rank
        for name in one.fields
        if name in request.GET
    ]
    page = {
        "form": form,
        "step": rank + 1,
        "steps": len(forms),
        "carried": carried,
        "back": f"?{urlencode([('etape', rank), *request_pairs(request)])}" if rank else "",
    }
    return render(request, "organisations/eligibility.html", page, status=422 if form.errors else 200)


@open_to_all
@require_safe
@reads_only
def verdict(request: HttpRequest) -> HttpResponseBase:
    """Yes, perhaps or no, why, and where else to turn. Printed or kept as it is."""
    forms = _steps(request)
    if not all(form.is_valid() for form in forms):
        return redirect(f"{reverse('organisations:eligibility')}?{urlencode(request_pairs(request))}")
    values = {name: value for form in forms for name, value in form.cleaned_data.items()}
    answers = rules.read_answers(values)
    said = rules.evaluate(answers, forms[0].limits)
    departement = "" if answers.place == rules.ELSEWHERE else answers.place
    query = _answers_query(forms)
    page = {
        "verdict": said,
        "limits": forms[0].limits,
        "answers": [(field.label, _in_words(form, name)) for form in forms for name, field in form.fields.items()],
        "tools": fitting_tools(stage=answers.stage, departement=departement, amount=answers.amount)[:TOOLS_SHOWN],
        "again": f"{reverse('organisations:eligibility')}?{urlencode({'etape': 1})}&{query}",
        "keep": f"{reverse('organisations:keep_answers')}?kind={KeptAnswers.Kind.ELIGIBILITY.value}&{query}",
    }
    return render(request, "organisations/verdict.html", page)


@open_to_all
@require_safe
@reads_only
def diagnosis(request: HttpRequest) -> HttpResponseBase:
    """Eleven questions, sobriety first; nothing is marked."""
    asked = any(question.code in request.GET for question in balises.QUESTIONS)
    form = DiagnosisForm(request.GET if asked else None)
    if asked and form.is_valid():
        return redirect(f"{reverse('organisations:diagnosis_profile')}?{urlencode(form.cleaned_data)}")
    page = {"form": form, "source": balises.SOURCE}
    return render(request, "organisations/diagnosis.html", page, status=422 if form.errors else 200)


@open_to_all
@require_safe
@reads_only
def profile(request: HttpRequest) -> HttpResponseBase:
    """The profile drawn from the answers: a table and where to look first, never a mark."""
    form = DiagnosisForm(request.GET)
    if not form.is_valid():
        return redirect(f"{reverse('organisations:diagnosis')}?{urlencode(request_pairs(request))}")
    lines = balises.read_profile(form.cleaned_data)
    query = urlencode(form.cleaned_data)
    page = {
        "lines": lines,
        "next_steps": balises.next_steps(lines),
        "source": balises.SOURCE,
        "keep": f"{reverse('organisations:keep_answers')}?kind={KeptAnswers.Kind.DIAGNOSIS.value}&{query}",
    }
    return render(request, "organisations/diagnosis_profile.html", page)


@require_http_methods(["GET", "POST"])
def keep(request: SignedInRequest) -> HttpResponseBase:
    """Keep answers for a file: asked once signed in, done by a button. Answers stay in the address until then."""
    given = request.POST if request.method == "POST" else request.GET
    kind = given.get("kind", "")
    answers, version = _read_kept(request, kind, given)
    if answers is None:
        raise Http404
    if request.method == "POST":
        keep_answers(user=request.user, kind=kind, version=version, answers=answers, at=clock.now())
        messages.success(request, _("Vos réponses sont gardées : votre prochain dossier les reprendra."))
        mine = organisations_of(request.user, clock.today()).first()
        return redirect("organisations:own", slug=mine.slug) if mine else redirect("organisations:create")
    page = {
        "kind": kind,
        "kind_label": KeptAnswers.Kind(kind).label,
        "carried": [(name, str(value)) for name, value in answers.items()],
    }
    return render(request, "organisations/keep.html", page)


@open_to_all
@require_safe
@reads_only
def tools(request: HttpRequest) -> HttpResponse:
    """The catalogue of tools of the territory: who offers what, for whom, where, on which conditions."""
    form = ToolFilterForm(request.GET, region=_region(request))
    values = form.cleaned_data if form.is_valid() else {}
    found = fitting_tools(stage=values.get("stage", ""), departement=values.get("department", ""))
    if values.get("instrument"):
        found = found.filter(instrument=values["instrument"])
    page = {"form": form, "tools": found, "has_invented": offered_tools().filter(is_invented=True).exists()}
    return render(request, "organisations/tools.html", page)


def request_pairs(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the answers of the address: the parameters of the questions and no other, one value each."""
    known = {name for step in STEPS for name in step.base_fields} | {one.code for one in balises.QUESTIONS}
    return [(name, request.GET[name]) for name in request.GET if name in known]


def _region(request: HttpRequest) -> str:
    return context.site(request)["site"].region


def _steps(request: HttpRequest, given: Any = None) -> list[StepForm]:
    on = clock.today()
    limits = rules.Limits(
        minimum_euros=value_at("eligibility.minimum_amount", on).whole,
        maximum_euros=value_at("eligibility.maximum_amount", on).whole,
        months_ahead=value_at("eligibility.months_ahead", on).whole,
    )
    data = request.GET if given is None else given
    region = _region(request)
    return [step(data, region=region, limits=limits) for step in STEPS]


def _asked_step(request: HttpRequest) -> int:
    """Return the rank of the step a link asks for, from 0; the last one when none is asked."""
    text = request.GET.get("etape", "")
    return int(text) - 1 if text.isdigit() and 1 <= int(text) <= len(STEPS) else len(STEPS)


def _answers_query(forms: list[StepForm]) -> str:
    return urlencode({name: value for form in forms for name, value in form.cleaned_data.items()})


def _in_words(form: StepForm, name: str) -> str:
    value = form.cleaned_data[name]
    choices = dict(getattr(form.fields[name], "choices", ()))
    return str(choices.get(value, value))


def _read_kept(request: HttpRequest, kind: str, given: Any) -> tuple[dict[str, Any] | None, str]:
    """Return the valid answers of a questionnaire and its version; None when they are not whole."""
    if kind == KeptAnswers.Kind.ELIGIBILITY:
        forms = _steps(request, given)
        if all(form.is_valid() for form in forms):
            return {name: value for form in forms for name, value in form.cleaned_data.items()}, rules.VERSION
    if kind == KeptAnswers.Kind.DIAGNOSIS:
        form = DiagnosisForm(given)
        if form.is_valid():
            return dict(form.cleaned_data), balises.VERSION
    return None, ""
