"""A holder's own labels: what they hold, claim, sign and answer."""

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
from fres.kernel.access import reads_only
from fres.kernel.documents import open_document
from fres.kernel.errors import RuleViolation
from investors.requests import SignedInRequest
from projects.labels import selectors
from projects.labels.awarding import claim_status
from projects.labels.charters import commitment_text, leave_charter, reply_to_question
from projects.labels.forms import ClaimForm, SignForm
from projects.labels.permissions import can_read_explanation
from projects.labels.signing import declare_and_sign
from projects.labels.subjects import Subject, SubjectUnknown, find_subject, signs_for
from projects.labels.versions import in_force
from projects.models import Assessment, CharterSignature, Criterion, Label


@require_safe
@reads_only
def mine(request: SignedInRequest) -> HttpResponse:
    """Labels, statuses, assessments and signatures of the organisations I act for."""
    own = selectors.own_of(request.user)
    charters = Label.objects.filter(holding=Label.Holding.CHARTER, valid_to=None)
    return render(request, "labels/mine.html", {"own": own, "charters": charters})


@require_http_methods(["GET", "POST"])
def claim(request: SignedInRequest) -> HttpResponseBase:
    """Say that one of my subjects holds a status given by somebody else."""
    subjects = selectors.own_subjects(request.user)
    if not subjects:
        raise PermissionDenied
    labels = in_force(clock.today()).filter(holding=Label.Holding.EXTERNAL)
    form = ClaimForm(request.POST or None, request.FILES or None, subjects=subjects, labels=labels)
    refusal = None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            claim_status(
                label=given["label"],
                subject=_chosen(subjects, given["subject"]),
                proof=given["proof"],
                valid_from=given["valid_from"],
                valid_to=given["valid_to"],
                file=given["file"],
                by=request.user,
                at=clock.now(),
            )
        except RuleViolation as violation:
            refusal = violation
        else:
            messages.success(request, _("Le statut est déclaré. Il comptera une fois vérifié."))
            return redirect("labels:mine")
    status = 422 if request.method == "POST" else 200
    return render(request, "labels/claim.html", {"form": form, "refusal": refusal}, status=status)


@require_http_methods(["GET", "POST"])
def sign(request: SignedInRequest, code: str, version: str) -> HttpResponseBase:
    """Read a charter, accept its criteria one by one, sign it."""
    label = get_object_or_404(Label, code=code, version=version, holding=Label.Holding.CHARTER)
    subjects = [one for one in selectors.own_subjects(request.user) if one.type in label.subject_types]
    subjects = [one for one in subjects if signs_for(request.user, one)]
    if not subjects:
        raise PermissionDenied
    criteria = list(label.criteria.filter(part="A", kind=Criterion.Kind.MANDATORY))
    form = SignForm(request.POST or None, subjects=subjects, criteria=criteria)
    refusal = None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            declare_and_sign(
                label=label,
                subject=_chosen(subjects, given["subject"]),
                sector=given["sector"],
                accepted=frozenset(one.pk for one in criteria if given[f"accepts_{one.pk}"]),
                by=request.user,
                at=clock.now(),
            )
        except RuleViolation as violation:
            refusal = violation
        else:
            messages.success(request, _("La charte est signée. Le registre public le dit."))
            return redirect("labels:mine")
    context = {
        "form": form,
        "label": label,
        "criteria": criteria,
        "commitment": commitment_text(label, form.cleaned_data["sector"] if refusal else ""),
        "refusal": refusal,
    }
    return render(request, "labels/sign.html", context, status=422 if request.method == "POST" else 200)


@require_POST
def reply(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
    """Answer a removal procedure, or leave a charter (`leave`)."""
    signature = get_object_or_404(CharterSignature.objects.select_related("label"), uuid=uuid)
    if not signs_for(request.user, find_subject(signature.subject_type, signature.subject_uuid)):
        raise Http404
    text = request.POST.get("text", "")
    try:
        if request.POST.get("act") == "leave":
            leave_charter(signature=signature, by=request.user, at=clock.now(), reason=text)
            messages.success(request, _("Vous avez quitté la charte ; le registre le dit."))
        else:
            reply_to_question(signature=signature, by=request.user, at=clock.now(), reply=text)
            messages.success(request, _("Votre réponse est versée à la procédure."))
    except RuleViolation as violation:
        messages.error(request, str(violation))
    return redirect("labels:mine")


@require_safe
@reads_only
def explanation(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
    """The page that explains an assessment, as it was issued."""
    assessment = get_object_or_404(Assessment.objects.select_related("document"), uuid=uuid)
    subject = find_subject(assessment.subject_type, assessment.subject_uuid)
    if assessment.document is None or not can_read_explanation(request.user, subject):
        raise Http404
    name = assessment.document.number.replace("/", "-")
    return FileResponse(
        BytesIO(open_document(assessment.document)), as_attachment=True, filename=f"{name}.pdf",
        content_type="application/pdf",
    )  # fmt: skip


def _chosen(subjects: list[Subject], wanted: str) -> Subject:
    found = next((one for one in subjects if f"{one.type}:{one.uuid}" == wanted), None)
    if found is None:
        raise SubjectUnknown(_("Ce sujet n’est pas l’un des vôtres."))
    return found
