"""Pages of groupings: the public directory, the page of each, and what its carrier writes."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from fres.kernel import clock
from fres.kernel.access import open_to_all, reads_only
from fres.kernel.errors import RuleViolation
from investors.requests import SignedInRequest
from projects.groupings import editing, forms, membership, selectors
from projects.groupings.measures import grouping_measures
from projects.models import Grouping, GroupingMember
from projects.models.groupings import GroupingKind
from projects.organisations.communes import commune_names
from projects.organisations.forms import show_refusal
from projects.organisations.maps import directory_map
from projects.organisations.permissions import can_sign
from projects.organisations.selectors import organisations_of
from projects.organisations.views.finding import own_organisation

A_PAGE = 20


@open_to_all
@require_safe
@reads_only
def directory(request: HttpRequest) -> HttpResponse:
    """Every pole and circuit, those being prepared too, on a map and in a list (R-058)."""
    form = forms.GroupingFilterForm(request.GET)
    found = selectors.filter_groupings(selectors.public_groupings(), form.cleaned_data if form.is_valid() else {})
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "lines": selectors.grouping_lines(page.object_list),
        "map": directory_map(
            found.order_by().values_list("commune_code", flat=True),
            title=_("Pôles et circuits par département."),
            header=_("Groupements"),
        ),
    }
    return render(request, "groupings/directory.html", context)


@open_to_all
@require_safe
@reads_only
def grouping(request: HttpRequest, slug: str) -> HttpResponse:
    """One grouping: who is in it, what they put together, on which agreement."""
    shown = get_object_or_404(selectors.public_groupings(), slug=slug)
    members = list(selectors.present_members(shown))
    names = commune_names([shown.commune_code, *(member.commune_code for member in members)])
    on = clock.today()
    context = {
        "grouping": shown,
        "place": names[shown.commune_code],
        "members": [(one, names[one.commune_code]) for one in members if one.signed_on],
        "measures": grouping_measures(shown, on),
        "facets": forms.facet_labels(shown),
        "perimeter": selectors.perimeter_names(shown),
        "resources": shown.resources.filter(valid_from__lte=on).exclude(valid_to__lt=on),
        "activities": shown.activities.filter(started_on__lte=on).exclude(ended_on__lt=on),
        "carriers": shown.carriers.filter(valid_from__lte=on).exclude(valid_to__lt=on),
        "parts": shown.parts.all(),
    }
    return render(request, "groupings/grouping.html", context)


@require_http_methods(["GET", "POST"])
def create(request: SignedInRequest, slug: str) -> HttpResponse:
    """Make a pole or a circuit carried by one of my organisations."""
    organisation = own_organisation(request, slug)
    form = forms.NewGroupingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = editing.found_grouping(
                kind=GroupingKind(form.cleaned_data["kind"]),
                profile=form.profile(),
                pivot=organisation,
                by=request.user,
                at=clock.now(),
            )
        except RuleViolation as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("« %(name)s » est créé, en préfiguration.") % {"name": made.name})
            return redirect("groupings:manage", slug=made.slug)
    context = {"form": form, "organisation": organisation}
    return render(request, "groupings/create.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def edit(request: SignedInRequest, slug: str) -> HttpResponse:
    """What the grouping says of itself."""
    carried = _carried(request, slug)
    form = forms.GroupingForm(request.POST or None, grouping=carried)
    if request.method == "POST" and form.is_valid():
        try:
            editing.edit_grouping(grouping=carried, profile=form.profile())
        except RuleViolation as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("La fiche du groupement est enregistrée."))
            return redirect("groupings:manage", slug=slug)
    context = {"form": form, "grouping": carried}
    return render(request, "groupings/edit.html", context, status=422 if form.errors else 200)


@require_GET
@reads_only
def manage(request: SignedInRequest, slug: str) -> HttpResponse:
    """Everything the carrier may write, and where the grouping stands on the criteria of a pole."""
    return _manage(request, _carried(request, slug))


@require_POST
def act(request: SignedInRequest, slug: str, name: str) -> HttpResponse:
    """Write one thing of a grouping: a member, a resource, an activity, a carrier, a part, a benefit."""
    carried = _carried(request, slug)
    if name not in _ACTS:
        raise Http404
    form = _form(name, carried, request.POST)
    if form.is_valid():
        try:
            _ACTS[name](carried, form)
        except RuleViolation as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("C’est enregistré."))
            return redirect("groupings:manage", slug=slug)
    return _manage(request, carried, wrong={name: form})


@require_POST
def change_state(request: SignedInRequest, slug: str, name: str) -> HttpResponse:
    """Open the grouping, or end it."""
    carried = _carried(request, slug)
    try:
        if name == "ouvrir":
            editing.start_grouping(grouping=carried, by=request.user, at=clock.now())
        elif name == "terminer":
            reason = request.POST.get("reason", "")[:500]
            editing.end_grouping(grouping=carried, by=request.user, at=clock.now(), reason=reason)
        else:
            raise Http404
    except RuleViolation as refusal:
        messages.error(request, str(refusal))
    return redirect("groupings:manage", slug=slug)


@require_POST
def leave(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """End a membership: by the carrier, or by whoever may sign for the member."""
    member = get_object_or_404(GroupingMember.objects.select_related("grouping", "organisation"), uuid=uuid)
    carries = selectors.groupings_carried_by(request.user, clock.today()).filter(pk=member.grouping_id).exists()
    signs = member.organisation is not None and can_sign(request.user, member.organisation)
    if not carries and not signs:
        raise Http404
    try:
        membership.leave_grouping(member=member, at=clock.now())
    except RuleViolation as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("« %(name)s » est sortie du groupement.") % {"name": member.name})
    if carries:
        return redirect("groupings:manage", slug=member.grouping.slug)
    return redirect("organisations:own", slug=member.organisation.slug)  # type: ignore[union-attr]


@require_POST
def sign(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Sign the membership of one of my organisations."""
    mine = organisations_of(request.user, clock.today())
    member = get_object_or_404(
        GroupingMember.objects.select_related("grouping", "organisation"), uuid=uuid, organisation__in=mine
    )
    try:
        membership.sign_membership(member=member, by=request.user, at=clock.now())
    except RuleViolation as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("L’adhésion à « %(name)s » est signée.") % {"name": member.grouping.name})
    return redirect("organisations:own", slug=member.organisation.slug)  # type: ignore[union-attr]


def _carried(request: SignedInRequest, slug: str) -> Grouping:
    return get_object_or_404(selectors.groupings_carried_by(request.user, clock.today()), slug=slug)


def _manage(request: SignedInRequest, carried: Grouping, wrong: dict[str, Any] | None = None) -> HttpResponse:
    members = list(selectors.present_members(carried))
    names = commune_names(member.commune_code for member in members)
    context = {
        "grouping": carried,
        "members": [(one, names[one.commune_code]) for one in members],
        "measures": grouping_measures(carried, clock.today()),
        "resources": carried.resources.all(),
        "activities": carried.activities.all(),
        "carriers": carried.carriers.all(),
        "parts": carried.parts.all(),
        "benefits": [benefit for one in members for benefit in one.benefits.all()] if members else [],
        "forms": [
            (name, title, (wrong or {}).get(name) or _form(name, carried, None)) for name, title in _titles().items()
        ],
    }
    return render(request, "groupings/manage.html", context, status=422 if wrong else 200)


def _titles() -> dict[str, str]:
    return {
        "proposer": _("Proposer à une organisation inscrite ici"),
        "exterieur": _("Ajouter une structure extérieure ou une collectivité"),
        "ressource": _("Ajouter une ressource mutualisée"),
        "activite": _("Ajouter une activité"),
        "porteur": _("Nommer qui porte le groupement"),
        "volet": _("Écrire un volet du programme"),
        "avantage": _("Noter l’avantage reçu par un membre"),
    }


def _form(name: str, carried: Grouping, data: Any) -> Any:
    if name == "avantage":
        members = [(str(one.uuid), one.name) for one in selectors.present_members(carried)]
        return forms.BenefitForm(data, prefix=name, members=members)
    made: dict[str, Callable[..., Any]] = {
        "proposer": forms.ProposalForm,
        "exterieur": forms.OutsideMemberForm,
        "ressource": forms.ResourceForm,
        "activite": forms.ActivityForm,
        "porteur": forms.CarrierForm,
        "volet": forms.PartForm,
    }
    return made[name](data, prefix=name)


def _propose(carried: Grouping, form: Any) -> None:
    membership.propose_member(grouping=carried, organisation=form.cleaned_data["organisation"], at=clock.now())


def _add_outside(carried: Grouping, form: Any) -> None:
    membership.add_outside_member(grouping=carried, at=clock.now(), **form.cleaned_data)


def _benefit(carried: Grouping, form: Any) -> None:
    member = carried.members.get(uuid=form.cleaned_data["member"])
    editing.record_benefit(member=member, **form.values())


_ACTS: dict[str, Callable[[Grouping, Any], object]] = {
    "proposer": _propose,
    "exterieur": _add_outside,
    "ressource": lambda carried, form: editing.add_resource(grouping=carried, **form.values()),
    "activite": lambda carried, form: editing.add_activity(grouping=carried, **form.values()),
    "porteur": lambda carried, form: editing.add_carrier(grouping=carried, **form.values()),
    "volet": lambda carried, form: editing.write_programme_part(grouping=carried, **form.values()),
    "avantage": _benefit,
}
