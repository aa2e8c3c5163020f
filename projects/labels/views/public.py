"""What anybody reads of labels: the register, each referential and its versions, who signed, how to report misuse."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from fres.kernel import clock
from fres.kernel.access import open_to_all, reads_only
from fres.kernel.models import Territory
from projects.labels import selectors
from projects.labels.charters import report_misuse
from projects.labels.forms import MisuseForm, RegisterFilterForm
from projects.labels.versions import compare_versions, level_name
from projects.labels.weights import territories_of
from projects.models import Award, Label

ROWS_A_PAGE = 50


@open_to_all
@require_safe
@reads_only
def register(request: HttpRequest) -> HttpResponse:
    """Every label held, and how those that stopped did, narrowed down by label, territory and state."""
    held = selectors.departments_held()
    names = dict(
        Territory.objects.filter(level=Territory.Level.DEPARTEMENT, code__in=held, is_current=True).values_list(
            "code", "name"
        )
    )
    form = RegisterFilterForm(
        request.GET,
        labels=selectors.label_choices(),
        departments=[(code, f"{names.get(code, '')} ({code})".strip()) for code in held],
    )
    form.is_valid()
    filters = {name: value for name, value in form.cleaned_data.items() if value}
    page = Paginator(selectors.public_awards(filters), ROWS_A_PAGE).get_page(request.GET.get("page"))
    label_names = selectors.label_names()
    rows = [{"award": award, "name": label_names.get(str(award), str(award))} for award in page.object_list]
    context = {"form": form, "page": page, "rows": rows, "is_filtered": bool(filters), "department_names": names}
    return render(request, "labels/register.html", context)


@open_to_all
@require_safe
@reads_only
def referentials(request: HttpRequest) -> HttpResponse:
    """Every referential and version, with what it decides."""
    return render(request, "labels/referentials.html", {"labels": selectors.referentials(), "today": clock.today()})


@open_to_all
@require_safe
@reads_only
def referential(request: HttpRequest, code: str, version: str) -> HttpResponse:
    """One version: its criteria, its evidence, the other versions, compared on demand (`avec`)."""
    label = get_object_or_404(Label, code=code, version=version)
    other = None
    if request.GET.get("avec"):
        other = get_object_or_404(Label, code=code, version=request.GET["avec"])
    context = {
        "label": label,
        "criteria": label.criteria.all(),
        "levels": label.levels,
        "territories": territories_of(label, clock.today()),
        "versions": selectors.versions_of(label),
        "other": other,
        "comparison": compare_versions(other, label) if other else [],
        "signatories": selectors.public_signatories(label).count(),
        "misuses": selectors.public_misuses(label),
        "today": clock.today(),
    }
    return render(request, "labels/referential.html", context)


@open_to_all
@require_safe
@reads_only
def award(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One label held: since when, until when, on which criteria."""
    found = get_object_or_404(
        Award.objects.filter(state__in=selectors.PUBLIC_STATES).select_related(
            "assessment__label", "assessment__document"
        ),
        uuid=uuid,
    )
    label = Label.objects.filter(code=found.label, version=found.label_version).first()
    context = {
        "award": found,
        "label": label,
        "level": level_name(label, found.level) if label else "",
        "explanation": found.assessment.explanation if found.assessment else None,
        "profile": selectors.profile_of(found.assessment) if found.assessment else None,
    }
    return render(request, "labels/award.html", context)


@open_to_all
@require_safe
@reads_only
def signatories(request: HttpRequest) -> HttpResponse:
    """Who signed a charter, and who left it or was taken off, with the reason."""
    page = Paginator(selectors.public_signatories(), ROWS_A_PAGE).get_page(request.GET.get("page"))
    charters = Label.objects.filter(holding=Label.Holding.CHARTER, valid_to=None)
    return render(request, "labels/signatories.html", {"page": page, "charters": charters})


@open_to_all
@require_http_methods(["GET", "POST"])
def report(request: HttpRequest, code: str, version: str) -> HttpResponseBase:
    """Report that a name is used without its substance."""
    label = get_object_or_404(Label, code=code, version=version)
    form = MisuseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        report_misuse(label=label, at=clock.now(), **form.cleaned_data)
        messages.success(request, _("Merci. Une personne examine ce signalement ; rien n’est publié avant."))
        return redirect("labels:referential", code=code, version=version)
    status = 422 if request.method == "POST" else 200
    return render(request, "labels/report.html", {"form": form, "label": label}, status=status)
