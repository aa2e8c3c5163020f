"""The instruction's pages: the list with its deadlines, one file with its acts, appeals, calls."""

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fres.kernel import clock
from fres.kernel.access import is_staff_member, reads_only, require
from fres.kernel.errors import RuleViolation
from investors.models import User
from projects.applications import concluding, forms, instruction, selectors
from projects.applications.appeals import decide_appeal, last_refusal
from projects.applications.calls import schema_of
from projects.applications.concluding import note_points, rule_checks
from projects.applications.drafts import cancel
from projects.applications.eligibility import REASON_OF, hints_of
from projects.applications.instruction import assign_applications
from projects.applications.permissions import (
    can_assign,
    can_cancel,
    can_decide_appeals,
    can_instruct,
    can_manage_calls,
    can_read_files,
)
from projects.applications.views.common import send_piece, send_receipt
from projects.four_eyes import is_stranger
from projects.models import Appeal, Application, ApplicationPiece, ApplicationVersion, ExpertOpinion, SiteVisit
from projects.states import BEFORE_LABEL, ApplicationState

PER_PAGE = 50
_hidden = require(is_staff_member, hidden=True)
_readers = require(can_read_files)


@_hidden
@_readers
@require_http_methods(["GET", "POST"])
def reviews(request: HttpRequest) -> HttpResponseBase:
    """The files that were sent, what falls due first at the top; POST entrusts those ticked to one person."""
    if request.method == "POST":
        return _assign(request)
    return _list(request)


@reads_only
def _list(request: HttpRequest) -> HttpResponseBase:
    people = selectors.instructors()
    form = forms.FileFilterForm(request.GET or None, people=people)
    chosen = selectors.FileFilter()
    if form.is_valid():
        data = form.cleaned_data
        chosen = selectors.FileFilter(data["q"], data["state"], data["call"], data["instructor"], data["late"])
    lines = selectors.listed_files(chosen, today=clock.today())
    context = {
        "form": form,
        "page": Paginator(lines, PER_PAGE).get_page(request.GET.get("page")),
        "late": sum(1 for line in lines if line.deadline is not None and line.deadline.is_late),
        "people": people,
        "can_assign": can_assign(request.user),
        "can_manage_calls": can_manage_calls(request.user),
    }
    return render(request, "projects/applications/reviews.html", context)


def _assign(request: HttpRequest) -> HttpResponseBase:
    if not can_assign(request.user):
        raise PermissionDenied
    keys = [one for text in request.POST.getlist("file") if (one := _uuid(text))]
    files = list(selectors.sent_files().filter(uuid__in=keys))
    person = next((one for one in selectors.instructors() if str(one.pk) == request.POST.get("instructor")), None)
    if not files or person is None:
        messages.error(request, _("Cochez des dossiers, et choisissez la personne à qui les confier."))
        return redirect("applications:reviews")
    try:
        made = assign_applications(applications=files, instructor=person, by=_user(request), at=clock.now())
    except RuleViolation as refusal:
        messages.error(request, str(refusal))
    else:
        told = ngettext("%(n)d dossier confié à %(name)s.", "%(n)d dossiers confiés à %(name)s.", len(made))
        messages.success(request, told % {"n": len(made), "name": person})
    return redirect("applications:reviews")


@_hidden
@_readers
@require_safe
@reads_only
def review(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One file: what was sent, where it stands, and what may be done now."""
    return _show(request, _sent(uuid))


@_hidden
@_readers
@require_POST
def review_act(request: HttpRequest, uuid: UUID, act: str) -> HttpResponse:
    """One act of the instruction; `act` is a key of `_ACTS`."""
    application = _sent(uuid)
    if act not in _ACTS:
        raise Http404
    if not (can_cancel(request.user) if act == "cancel" else can_instruct(request.user)):
        raise PermissionDenied
    form_class, do, done = _ACTS[act]
    form = form_class(request.POST) if form_class else None
    if form is not None and not form.is_valid():
        return _show(request, application, act=act, form=form)
    try:
        do(request, application, form)
    except RuleViolation as refusal:
        return _show(request, application, act=act, form=form, refusal=refusal)
    messages.success(request, str(done))
    return redirect("applications:review", uuid=uuid)


@_hidden
@_readers
@require_POST
def decide(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Decide the appeal of a file."""
    application = _sent(uuid)
    if not can_decide_appeals(request.user):
        raise PermissionDenied
    appeal = get_object_or_404(Appeal, refusal__application=application, outcome="")
    try:
        decide_appeal(
            appeal=appeal,
            is_accepted=request.POST.get("decision") == "accept",
            answer=request.POST.get("answer", ""),
            next_step=request.POST.get("next_step", ""),
            by=_user(request),
            at=clock.now(),
        )
    except RuleViolation as refusal:
        return _show(request, application, act="appeal", refusal=refusal)
    messages.success(request, _("Le recours est décidé, et le porteur en est averti."))
    return redirect("applications:review", uuid=uuid)


@_hidden
@_readers
@require_safe
@reads_only
def review_piece(request: HttpRequest, uuid: UUID, piece: UUID) -> HttpResponse:
    return send_piece(get_object_or_404(ApplicationPiece, application=_sent(uuid), uuid=piece))


@_hidden
@_readers
@require_safe
@reads_only
def review_receipt(request: HttpRequest, uuid: UUID, rank: int) -> HttpResponse:
    return send_receipt(get_object_or_404(ApplicationVersion, application=_sent(uuid), rank=rank))


def _show(
    request: HttpRequest,
    application: Application,
    *,
    act: str = "",
    form: Form | None = None,
    refusal: RuleViolation | None = None,
) -> HttpResponse:
    """The page of a file, with the form that was just refused where it stood."""
    today, user = clock.today(), _user(request)
    note = getattr(application, "note", None)
    last = application.versions.select_related("receipt", "signed_by").order_by("-rank").first()
    refused = last_refusal(application)
    appeal = getattr(refused, "appeal", None) if refused else None
    may_act = can_instruct(user)
    is_in_review = application.state == ApplicationState.UNDER_REVIEW

    def given(name: str, empty: Form) -> Form:
        return form if form is not None and act == name else empty

    sections = schema_of(application.form).sections if application.form else ()
    context = {
        "application": application,
        "line": selectors.lines_of(Application.objects.filter(pk=application.pk), today=today)[0],
        "history": selectors.history_of(application),
        "version": last,
        "versions": application.versions.select_related("receipt", "signed_by").order_by("-rank"),
        "pieces": application.pieces.filter(removed_at=None).order_by("field", "uploaded_at"),
        "today": today,
        "hints": hints_of(application, on=today) if application.state == ApplicationState.SUBMITTED else [],
        "reason_of": {rule.value: reason.label for rule, reason in REASON_OF.items()},
        "checks": application.eligibility_checks.select_related("checked_by"),
        "rounds": application.question_rounds.select_related("asked_by").prefetch_related("questions__answer"),
        "opinions": application.opinions.all(),
        "visits": application.visits.all(),
        "note": note,
        "note_points": note_points(),
        "rule_checks": rule_checks(application, note) if is_in_review else [],
        "thread": application.messages.select_related("by"),
        "refusals": application.refusals.select_related("decided_by"),
        "appeal": appeal,
        "sections": sections,
        "may_check": may_act and application.state == ApplicationState.SUBMITTED,
        "may_instruct": may_act and is_in_review,
        "may_write": may_act,
        "may_bring_back": may_act and application.state == ApplicationState.ADJOURNED,
        "may_cancel": can_cancel(user) and application.state in BEFORE_LABEL,
        "may_decide": bool(
            appeal
            and not appeal.outcome
            and application.state == ApplicationState.APPEALED
            and can_decide_appeals(user)
            and is_stranger(application, user)
            and refused
            and refused.decided_by_id != user.pk
        ),
        "eligibility_form": given("eligibility", forms.EligibilityForm()),
        "opinion_form": given("opinion", forms.OpinionForm()),
        "opinion_given_form": given("opinion-given", forms.OpinionGivenForm()),
        "visit_form": given("visit", forms.VisitForm()),
        "visit_report_form": given("visit-report", forms.VisitReportForm()),
        "note_form": given("note", cast(Form, forms.NoteForm(instance=note))),
        "act": act,
        "refusal": refusal,
        "typed": {"answer": request.POST.get("answer", ""), "next_step": request.POST.get("next_step", "")},
        "questions": [
            (section, text)
            for section, text in zip(request.POST.getlist("section"), request.POST.getlist("question"), strict=False)
        ]
        or [("", "")] * 3,
    }
    return render(
        request, "projects/applications/review.html", context, status=422 if refusal or (form and form.errors) else 200
    )


# The acts of the instruction: the form they read, what they do, what is said once done.


def _eligibility(request: HttpRequest, application: Application, form: Any) -> None:
    data = form.cleaned_data
    instruction.check_eligibility(
        application=application, findings=form.findings(), by=_user(request), at=clock.now(),
        code=data["code"], reason=data["reason"], next_step=data["next_step"],
    )  # fmt: skip


def _questions(request: HttpRequest, application: Application, form: Any) -> None:
    asked = zip(request.POST.getlist("section"), request.POST.getlist("question"), strict=False)
    instruction.ask_questions(
        application=application, questions=[(section[:40], text) for section, text in asked], by=_user(request),
        at=clock.now(),
    )  # fmt: skip


def _opinion(request: HttpRequest, application: Application, form: Any) -> None:
    concluding.ask_opinion(application=application, **form.cleaned_data, by=_user(request), at=clock.now())


def _opinion_given(request: HttpRequest, application: Application, form: Any) -> None:
    opinion = get_object_or_404(ExpertOpinion, application=application, uuid=_uuid(request.POST.get("opinion", "")))
    concluding.record_opinion(opinion=opinion, **form.cleaned_data, by=_user(request), at=clock.now())


def _visit(request: HttpRequest, application: Application, form: Any) -> None:
    concluding.plan_visit(application=application, **form.cleaned_data, by=_user(request), at=clock.now())


def _visit_report(request: HttpRequest, application: Application, form: Any) -> None:
    visit = get_object_or_404(SiteVisit, application=application, uuid=_uuid(request.POST.get("visit", "")))
    concluding.report_visit(visit=visit, **form.cleaned_data, by=_user(request), at=clock.now())


def _note(request: HttpRequest, application: Application, form: Any) -> None:
    concluding.save_note(application=application, points=form.cleaned_data, by=_user(request), at=clock.now())


def _committee(request: HttpRequest, application: Application, form: Any) -> None:
    concluding.send_to_committee(application=application, by=_user(request), at=clock.now())


def _bring_back(request: HttpRequest, application: Application, form: Any) -> None:
    concluding.bring_back(
        application=application, reason=request.POST.get("reason", ""), by=_user(request), at=clock.now()
    )


def _cancel(request: HttpRequest, application: Application, form: Any) -> None:
    cancel(application=application, reason=request.POST.get("reason", ""), by=_user(request), at=clock.now())


def _message(request: HttpRequest, application: Application, form: Any) -> None:
    instruction.post_message(
        application=application, text=request.POST.get("text", ""), is_from_fund=True, by=_user(request), at=clock.now()
    )


_Act = tuple[type[Any] | None, Callable[[HttpRequest, Application, Any], None], Any]
_ACTS: dict[str, _Act] = {
    "eligibility": (forms.EligibilityForm, _eligibility, gettext_lazy("La recevabilité est dite au porteur.")),
    "questions": (None, _questions, gettext_lazy("Les questions sont envoyées : le délai est arrêté.")),
    "opinion": (forms.OpinionForm, _opinion, gettext_lazy("L’avis est demandé.")),
    "opinion-given": (forms.OpinionGivenForm, _opinion_given, gettext_lazy("L’avis est enregistré.")),
    "visit": (forms.VisitForm, _visit, gettext_lazy("La visite est prévue.")),
    "visit-report": (forms.VisitReportForm, _visit_report, gettext_lazy("Le compte rendu est enregistré.")),
    "note": (forms.NoteForm, _note, gettext_lazy("La note est enregistrée.")),
    "committee": (None, _committee, gettext_lazy("La note est signée, et le dossier transmis au comité.")),
    "bring-back": (None, _bring_back, gettext_lazy("Le dossier revient au comité.")),
    "cancel": (None, _cancel, gettext_lazy("Le dossier est annulé.")),
    "message": (None, _message, gettext_lazy("Le message est envoyé.")),
}


def _sent(uuid: UUID) -> Application:
    return get_object_or_404(selectors.sent_files().select_related("note"), uuid=uuid)


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
