"""The evaluators' desk: assessments, versions, signatures questioned, reports. What is held is in `funds` (A6)."""

from io import BytesIO
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fres.kernel import clock
from fres.kernel.access import reads_only, require
from fres.kernel.document_files import path_of
from fres.kernel.errors import RuleViolation
from investors.requests import SignedInRequest
from projects.labels import selectors
from projects.labels.assessing import (
    abandon_assessment,
    add_evidence,
    answer_criterion,
    conclude_assessment,
    conclusion_of,
    start_assessment,
)
from projects.labels.awarding import grant_award, refuse_award
from projects.labels.charters import maintain_signature, moderate_misuse, question_signature, remove_signature
from projects.labels.forms import (
    BRANCHES,
    AnswerForm,
    CriterionFormSet,
    LocalLabelForm,
    NewCriterionFormSet,
    StartForm,
    VersionForm,
    WeightsForm,
    criterion_initial,
)
from projects.labels.permissions import can_evaluate, can_publish_versions, can_see_labels_desk
from projects.labels.prefill import measured_answers
from projects.labels.subjects import SubjectUnknown, find_subject
from projects.labels.versions import in_force, publish_local_label, publish_version
from projects.labels.weights import set_weights
from projects.models import (
    Application,
    Assessment,
    AssessmentAnswer,
    AssessmentOutcome,
    CharterSignature,
    Criterion,
    Evidence,
    Label,
    MisuseReport,
    SubjectType,
)
from projects.states import AssessmentState

_sees_desk = require(can_see_labels_desk, hidden=True)


@_sees_desk
@require_safe
@reads_only
def desk(request: SignedInRequest) -> HttpResponse:
    """What waits for an evaluator."""
    context = {
        "work": selectors.work_of_evaluators(),
        "labels": selectors.referentials(),
        "can_evaluate": can_evaluate(request.user),
        "can_publish": can_publish_versions(request.user),
    }
    return render(request, "labels/desk.html", context)


@_sees_desk
@require(can_evaluate)
@require_http_methods(["GET", "POST"])
def start(request: SignedInRequest, subject_type: str, subject_uuid: UUID) -> HttpResponseBase:
    """Begin to assess a subject; `dossier` names the file it is for."""
    try:
        subject = find_subject(subject_type, subject_uuid)
    except SubjectUnknown as unknown:
        raise Http404 from unknown
    application = None
    if request.GET.get("dossier"):
        application = get_object_or_404(Application, uuid=_uuid(request.GET["dossier"]))
    labels = in_force(clock.today()).filter(subject_types__contains=[subject.type]).order_by("code")
    form = StartForm(request.POST or None, labels=labels)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            assessment = start_assessment(
                label=form.cleaned_data["label"],
                subject=subject,
                application=application,
                branch=form.cleaned_data["branch"],
                by=request.user,
                at=clock.now(),
            )
        except RuleViolation as violation:
            refusal = violation
        else:
            return redirect("labels:assessment", uuid=assessment.uuid)
    context = {"form": form, "subject": subject, "application": application, "refusal": refusal}
    return render(request, "labels/start.html", context, status=422 if request.method == "POST" else 200)


@_sees_desk
@require_http_methods(["GET", "POST"])
def assessment(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
    """One assessment: answers, evidence, what they conclude so far; POST answers, concludes, abandons, decides."""
    found = get_object_or_404(
        Assessment.objects.select_related("label", "evaluator", "application__project", "document"), uuid=uuid
    )
    if request.method == "POST":
        if not can_evaluate(request.user):
            raise PermissionDenied
        return _act(request, found)
    return _show(request, found, refusal=None, invalid=None)


def _act(request: SignedInRequest, found: Assessment) -> HttpResponseBase:
    act, at = request.POST.get("act"), clock.now()
    try:
        if act == "answer":
            return _answer(request, found)
        if act == "measure":
            count = _take_measures(request, found)
            messages.success(request, _("%(count)s critères repris des mesures du groupement.") % {"count": count})
        elif act == "conclude":
            conclude_assessment(assessment=found, by=request.user, at=at)
            messages.success(request, _("L’évaluation est conclue et expliquée."))
        elif act == "abandon":
            abandon_assessment(assessment=found, by=request.user, at=at, reason=request.POST.get("reason", ""))
            messages.success(request, _("L’évaluation est abandonnée."))
        elif act == "grant":
            grant_award(assessment=found, by=request.user, at=at)
            messages.success(request, _("Le label est attribué ; le porteur en est informé."))
        elif act == "refuse":
            refuse_award(assessment=found, by=request.user, at=at)
            messages.success(request, _("Le refus est enregistré avec son motif ; le porteur en est informé."))
        else:
            raise Http404
    except RuleViolation as violation:
        return _show(request, found, refusal=violation, invalid=None)
    return redirect("labels:assessment", uuid=found.uuid)


def _answer(request: SignedInRequest, found: Assessment) -> HttpResponseBase:
    criterion = get_object_or_404(Criterion, pk=_key(request.POST.get("criterion")), label=found.label)
    form = AnswerForm(request.POST, request.FILES, criterion=criterion)
    if not form.is_valid():
        return _show(request, found, refusal=None, invalid=form)
    at = clock.now()
    answer = answer_criterion(
        assessment=found, criterion=criterion, by=request.user, at=at, **form.operation_arguments()
    )
    if form.cleaned_data.get("file"):
        add_evidence(answer=answer, file=form.cleaned_data["file"], by=request.user, at=at)
    address = redirect("labels:assessment", uuid=found.uuid)
    address["Location"] += f"#c{criterion.pk}"
    return address


def _take_measures(request: SignedInRequest, found: Assessment) -> int:
    measured = measured_answers(found, on=clock.today())
    for criterion, values, yes, reference in measured:
        answer_criterion(
            assessment=found, criterion=criterion, by=request.user, at=clock.now(), values=values, yes=yes,
            reference=reference,
        )  # fmt: skip
    return len(measured)


@reads_only
def _show(
    request: SignedInRequest, found: Assessment, *, refusal: RuleViolation | None, invalid: AnswerForm | None
) -> HttpResponseBase:
    answers = {
        one.criterion_id: one for one in AssessmentAnswer.objects.filter(assessment=found).prefetch_related("pieces")
    }
    is_open = found.state == AssessmentState.IN_PROGRESS
    may_write = is_open and can_evaluate(request.user)
    lines = []
    for criterion in found.label.criteria.all():
        if criterion.branch and found.branch not in criterion.branch.split(","):
            continue
        answer = answers.get(criterion.pk)
        form = None
        if may_write:
            form = invalid if invalid and invalid.criterion == criterion else _form_of(criterion, answer)
        lines.append({"criterion": criterion, "answer": answer, "form": form})
    context = {
        "assessment": found,
        "lines": lines,
        "so_far": _so_far(found) if is_open else None,
        "profile": selectors.profile_of(found),
        "branch": BRANCHES.get(found.branch, found.branch),
        "may_write": may_write,
        "can_measure": may_write and found.subject_type == SubjectType.GROUPING,
        "can_decide": can_evaluate(request.user)
        and found.state == AssessmentState.CONCLUDED
        and found.label.holding == Label.Holding.INTERNAL
        and not found.awards.exists(),
        "has_passed": found.outcome == AssessmentOutcome.PASSED,
        "refusal": refusal,
    }
    return render(request, "labels/assessment.html", context, status=422 if refusal or invalid else 200)


def _form_of(criterion: Criterion, answer: AssessmentAnswer | None) -> AnswerForm:
    if answer is None:
        return AnswerForm(criterion=criterion)
    initial: dict[str, object] = {
        "yes": "" if answer.yes is None else "yes" if answer.yes else "no",
        "level": "" if answer.level is None else str(answer.level),
        "is_na": answer.is_na,
        "reference": answer.reference,
        "valid_to": answer.valid_to,
        "note": answer.note,
    }
    initial |= {
        f"value_{name}": value if isinstance(value, str) else "/".join(value) for name, value in answer.values.items()
    }
    return AnswerForm(criterion=criterion, initial=initial)


def _so_far(found: Assessment) -> dict[str, object]:
    try:
        conclusion = conclusion_of(found, on=clock.today())
    except RuleViolation as waiting:
        return {"waiting": waiting.message}
    return {"outcome": AssessmentOutcome(conclusion.outcome).label, "reasons": conclusion.reasons}


@_sees_desk
@require_safe
@reads_only
def piece(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
    """A piece of evidence, as it was given."""
    found = get_object_or_404(Evidence, uuid=uuid)
    content = BytesIO(path_of(found.sha256).read_bytes())
    return FileResponse(content, as_attachment=True, filename=found.name, content_type=found.mime)


@_sees_desk
@require(can_publish_versions)
@require_http_methods(["GET", "POST"])
def new_version(request: SignedInRequest, code: str, version: str) -> HttpResponseBase:
    """Write the version that follows: what is published does not change."""
    base = get_object_or_404(Label, code=code, version=version)
    initial = {
        "purpose": base.purpose, "validity_months": base.validity_months, "source": base.source,
    }  # fmt: skip
    form = VersionForm(request.POST or None, initial=initial)
    criteria = CriterionFormSet(request.POST or None, initial=criterion_initial(base), prefix="criteres")
    refusal = None
    if request.method == "POST" and form.is_valid() and criteria.is_valid():
        known = {one.identifier: one for one in base.criteria.all()}
        drafts = [
            one.draft(known.get(one.cleaned_data["identifier"]))
            for one in criteria
            if one.cleaned_data.get("identifier")
        ]
        try:
            published = publish_version(
                base=base, criteria=drafts, by=request.user, at=clock.now(), **form.cleaned_data
            )
        except RuleViolation as violation:
            refusal = violation
        else:
            messages.success(request, _("La version est publiée."))
            return redirect("labels:referential", code=published.code, version=published.version)
    context = {"label": base, "form": form, "criteria": criteria, "refusal": refusal}
    return render(request, "labels/new_version.html", context, status=422 if request.method == "POST" else 200)


@_sees_desk
@require(can_publish_versions)
@require_http_methods(["GET", "POST"])
def new_label(request: SignedInRequest) -> HttpResponseBase:
    """Publish the first version of a label that a fund makes its own."""
    sent = request.POST if request.method == "POST" else None
    form, criteria = LocalLabelForm(sent), NewCriterionFormSet(sent, prefix="criteres")
    refusal = None
    if form.is_valid() and criteria.is_valid():
        drafts = [one.draft(None) for one in criteria if one.cleaned_data.get("identifier")]
        try:
            made = publish_local_label(criteria=drafts, by=request.user, at=clock.now(), **form.cleaned_data)
        except RuleViolation as violation:
            refusal = violation
        else:
            messages.success(request, _("Le label est publié. Le fonds l’accepte quand il l’ajoute à ses labels."))
            return redirect("labels:referential", code=made.code, version=made.version)
    context = {"form": form, "criteria": criteria, "refusal": refusal}
    return render(request, "labels/new_label.html", context, status=422 if request.method == "POST" else 200)


@_sees_desk
@require(can_publish_versions)
@require_http_methods(["GET", "POST"])
def weights(request: SignedInRequest, code: str, version: str) -> HttpResponseBase:
    """Write what a territory makes of the criteria of a version (R-102)."""
    label = get_object_or_404(Label, code=code, version=version)
    form = WeightsForm(request.POST if request.method == "POST" else None, label=label)
    refusal = None
    if form.is_valid():
        data = form.cleaned_data
        try:
            set_weights(
                label=label, territory_code=data["territory_code"], weights=form.weights(),
                valid_from=data["valid_from"], reason=data["reason"], by=request.user, at=clock.now(),
            )  # fmt: skip
        except RuleViolation as violation:
            refusal = violation
        else:
            messages.success(request, _("Les poids du territoire sont publiés."))
            return redirect("labels:referential", code=label.code, version=label.version)
    context = {"label": label, "form": form, "refusal": refusal}
    return render(request, "labels/weights.html", context, status=422 if refusal or form.errors else 200)


@_sees_desk
@require(can_evaluate)
@require_POST
def misuse(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
    """Answer a report of misuse."""
    found = get_object_or_404(MisuseReport.objects.select_related("label"), uuid=uuid)
    try:
        moderate_misuse(
            report=found,
            is_upheld=request.POST.get("decision") == "uphold",
            answer=request.POST.get("answer", ""),
            by=request.user,
            at=clock.now(),
        )
        messages.success(request, _("La réponse est publiée."))
    except RuleViolation as violation:
        messages.error(request, str(violation))
    return redirect("labels:desk")


@_sees_desk
@require(can_evaluate)
@require_POST
def signature(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
    """Question, keep or remove a signature."""
    found = get_object_or_404(CharterSignature.objects.select_related("label"), uuid=uuid)
    acts = {"question": question_signature, "maintain": maintain_signature, "remove": remove_signature}
    act = acts.get(request.POST.get("act", ""))
    if act is None:
        raise Http404
    try:
        act(signature=found, by=request.user, at=clock.now(), reason=request.POST.get("reason", ""))
        messages.success(request, _("C’est fait ; le signataire en est informé."))
    except RuleViolation as violation:
        messages.error(request, str(violation))
    return redirect("labels:desk")


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as mistake:
        raise Http404 from mistake


def _key(text: str | None) -> int:
    if not (text or "").isdecimal():
        raise Http404
    return int(text or "0")
