"""Before lending: what a saver answers, reads and may send; and the desk where their class is decided."""

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from fres.kernel import clock
from fres.kernel.access import reads_only, require
from fres.kernel.errors import RuleViolation
from fres.kernel.locked_texts import read_text
from investors import permissions
from investors.models import Classification, EntryAssessment, Party
from investors.protection import assessing, classifying
from investors.protection.criteria import criteria_for
from investors.protection.forms import (
    AcknowledgementForm,
    AssessmentForm,
    ClassRequestForm,
    DecisionForm,
    SimulationForm,
    words_of,
)
from investors.protection.questionnaire import read_questionnaire
from investors.protection.selectors import class_in_force, classifications, readiness_of
from investors.protection.states import ClassState
from investors.requests import SignedInRequest, chosen_party, parties_to_choose

_PER_PAGE = 50


@never_cache
@require_GET
@reads_only
def ready(request: SignedInRequest) -> HttpResponse:
    """What comes before a loan: two steps, where each stands, and the class."""
    party = chosen_party(request)
    if party is None:
        return _to_profile(request)
    readiness = readiness_of(party, clock.today())
    context = _frame(request, party) | {
        "readiness": readiness,
        "parties": parties_to_choose(request),
        "requested": party.classifications.filter(state=ClassState.REQUESTED).first(),
        "in_force": class_in_force(party, clock.today()),
        "refused": party.classifications.filter(state=ClassState.REFUSED).first(),
    }
    return render(request, "protection/ready.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def questionnaire(request: SignedInRequest) -> HttpResponse:
    """The entry questionnaire: answer it, or say that one will not."""
    party = chosen_party(request)
    if party is None:
        return _to_profile(request)
    is_refused = "refuse" in request.POST
    form = AssessmentForm(
        request.POST if request.method == "POST" and not is_refused else None, questionnaire=read_questionnaire()
    )
    refusal: RuleViolation | None = None
    if request.method == "POST" and (is_refused or form.is_valid()):
        try:
            if is_refused:
                taken = assessing.refuse_assessment(party=party, by=request.user, at=clock.now())
            else:
                taken = assessing.take_assessment(
                    party=party, answers=form.answers(), by=request.user, at=clock.now(),
                    version=form.cleaned_data["version"],
                )  # fmt: skip
        except RuleViolation as refused:
            refusal = refused
        else:
            return _after_assessment(request, party, taken)
    context = _frame(request, party) | {"form": form, "sections": list(form.sections()), "refusal": refusal}
    status = 422 if refusal or (form.errors and not is_refused) else 200
    return render(request, "protection/questionnaire.html", context, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
def warning(request: SignedInRequest) -> HttpResponse:
    """The warning of a questionnaire failed or refused: it stays until it is acknowledged (E07)."""
    party = chosen_party(request)
    if party is None:
        return _to_profile(request)
    form = AcknowledgementForm(_posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            assessing.acknowledge_warning(party=party, by=request.user, at=clock.now())
        except RuleViolation as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _("Vous avez lu l’avertissement. Vous pouvez prêter."))
        return redirect(_address("protection:ready", request, party))
    readiness = readiness_of(party, clock.today())
    if not readiness.awaits_warning:
        return redirect(_address("protection:ready", request, party))
    context = _frame(request, party) | {
        "form": form, "assessment": readiness.assessment, "text": read_text(assessing.WARNING),
    }  # fmt: skip
    return render(request, "protection/warning.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def simulation(request: SignedInRequest) -> HttpResponse:
    """The simulation of loss: computed in the browser, which sends its result only if the person wants it to."""
    party = chosen_party(request)
    if party is None:
        return _to_profile(request)
    form = SimulationForm(_posted(request), initial={"reference_date": _end_of_last_year()})
    refusal: RuleViolation | None = None
    if request.method == "POST" and form.is_valid():
        result = form.cleaned_data["result"] if "send" in request.POST else None
        try:
            if "send" in request.POST and result is None:
                raise assessing.ResultNotValid(
                    _("Aucun résultat n’a été calculé."),
                    next_step=_("Remplissez la simulation, ou choisissez de ne pas transmettre son résultat."),
                )
            made = assessing.record_simulation(
                party=party, result=result, reference_date=form.cleaned_data["reference_date"], by=request.user,
                at=clock.now(),
            )  # fmt: skip
        except RuleViolation as refused:
            refusal = refused
        else:
            said = _("Votre résultat est enregistré pour un an.") if made.is_sent else _("Rien n’a été transmis.")
            messages.success(request, said)
            return redirect(_address("protection:ready", request, party))
    context = _frame(request, party) | {"form": form, "refusal": refusal, "version": assessing.TOOL_VERSION}
    return render(request, "protection/simulation.html", context, status=422 if refusal or form.errors else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def status(request: SignedInRequest) -> HttpResponse:
    """Ask to be treated as sophisticated, or give that up."""
    party = chosen_party(request)
    if party is None:
        return _to_profile(request)
    if "give_up" in request.POST:
        return _give_up(request, party)
    form = ClassRequestForm(_posted(request), party=party)
    refusal: RuleViolation | None = None
    if request.method == "POST" and form.is_valid():
        try:
            classifying.request_class(party=party, by=request.user, at=clock.now(), **form.cleaned_data)
        except RuleViolation as refused:
            refusal = refused
        else:
            messages.success(request, _("Votre demande est enregistrée. La conformité vous répond par message."))
            return redirect(_address("protection:ready", request, party))
    context = _frame(request, party) | {
        "form": form, "refusal": refusal, "text": read_text(classifying.WARNING),
    }  # fmt: skip
    return render(request, "protection/status.html", context, status=422 if refusal or form.errors else 200)


@require(permissions.can_list_people)
@require_GET
@reads_only
def requests(request: HttpRequest) -> HttpResponse:
    """The classes asked for, those that wait first."""
    page = Paginator(classifications(), _PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "protection/desk_requests.html", {"page": page})


@require(permissions.can_list_people)
@require_http_methods(["GET", "POST"])
def decide(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """One request: what was attested, and the decision."""
    found = get_object_or_404(classifications(), uuid=uuid)
    form = DecisionForm(_posted(request))
    refusal: RuleViolation | None = None
    if request.method == "POST":
        if not permissions.can_check_people(request.user):
            raise PermissionDenied
        act = next((one for name, one in _DECISIONS.items() if name in request.POST), None)
        if act is not None and form.is_valid():
            try:
                act(classification=found, reason=form.cleaned_data["grounds"], by=request.user, at=clock.now())
            except RuleViolation as refused:
                refusal = refused
            else:
                messages.success(request, _("Votre décision est enregistrée ; la personne la reçoit par message."))
                return redirect("protection:decide", uuid=uuid)
    known = {one.key: one for one in criteria_for(found.party.kind, found.wanted)}
    context = {
        "classification": found,
        "criteria": [words_of(known[key]) for key in found.criteria if key in known],
        "form": form,
        "refusal": refusal,
        "can_decide": permissions.can_check_people(request.user),
    }
    return render(request, "protection/desk_request.html", context, status=422 if refusal or form.errors else 200)


_DECISIONS = {
    "approve": classifying.approve_class,
    "refuse": classifying.refuse_class,
    "withdraw": classifying.withdraw_class,
}


def _after_assessment(request: SignedInRequest, party: Party, taken: EntryAssessment) -> HttpResponse:
    if taken.outcome == EntryAssessment.Outcome.PASSED:
        words = {"score": taken.score, "out_of": taken.out_of}
        messages.success(request, _("Questionnaire réussi : %(score)s bonnes réponses sur %(out_of)s.") % words)
        return redirect(_address("protection:ready", request, party))
    return redirect(_address("protection:warning", request, party))


def _give_up(request: SignedInRequest, party: Party) -> HttpResponse:
    live = get_object_or_404(Classification, party=party, state__in=(ClassState.REQUESTED, ClassState.GRANTED))
    classifying.give_up_class(classification=live, by=request.user, at=clock.now())
    messages.success(request, _("C’est fait : les protections de la loi s’appliquent à vous."))
    return redirect(_address("protection:ready", request, party))


def _posted(request: HttpRequest) -> QueryDict | None:
    """Return what was posted, were it empty; None for a page that is only shown."""
    return request.POST if request.method == "POST" else None


def _frame(request: SignedInRequest, party: Party) -> dict[str, object]:
    return {"party": party, "target": _target(request), "query": _query(request, party)}


def _target(request: SignedInRequest) -> str:
    """Return the page of this site to come back to, or nothing."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    return target if url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}) else ""


def _query(request: SignedInRequest, party: Party) -> str:
    return urlencode({"pour": str(party.uuid), "next": _target(request)})


def _address(name: str, request: SignedInRequest, party: Party) -> str:
    return f"{reverse(name)}?{_query(request, party)}"


def _to_profile(request: SignedInRequest) -> HttpResponse:
    messages.info(request, _("Complétez d’abord votre profil."))
    return redirect(f"{reverse('investors:profile')}?next={reverse('protection:ready')}")


def _end_of_last_year() -> str:
    return f"{clock.today().year - 1}-12-31"
