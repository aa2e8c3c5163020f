"""The holder's pages: make an organisation, keep it true, sign for it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fres.kernel import clock
from fres.kernel.access import reads_only
from fres.kernel.errors import RuleViolation
from investors.officers import add_mandate, declare_owner, end_mandate, end_owner, mandates_on, owners_on
from investors.requests import SignedInRequest
from projects.organisations import selectors
from projects.organisations.communes import SettledCommune, commune_names
from projects.organisations.forms import (
    MandateForm,
    OrganisationForm,
    OwnerForm,
    PlacesForm,
    ProfileForm,
    RegisteredNumbersForm,
    show_refusal,
)
from projects.organisations.legal_forms import all_legal_forms
from projects.organisations.permissions import can_manage_team, can_sign
from projects.organisations.places import reporting_weights, set_territories
from projects.organisations.profiles import (
    change_numbers,
    create_organisation,
    edit_organisation,
    give_lei,
    open_public_page,
    profile_of,
    sign_off,
)
from projects.organisations.views.finding import own_organisation


@require_http_methods(["GET", "POST"])
def create(request: SignedInRequest) -> HttpResponse:
    """Make my organisation: one page, then its own."""
    form = OrganisationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = create_organisation(
                profile=form.profile(),
                numbers=form.numbers,
                by=request.user,
                is_legal_representative=form.is_legal_representative,
                function=form.cleaned_data["function"],
                at=clock.now(),
            )
        except RuleViolation as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("« %(name)s » est inscrite. Vous pouvez préparer un dossier.") % {"name": made})
            return redirect("organisations:own", slug=made.slug)
    return render(request, "organisations/create.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
@reads_only
def own(request: SignedInRequest, slug: str) -> HttpResponse:
    """Where an organisation stands: register, signature, team, places, people, and who changed what."""
    organisation = own_organisation(request, slug)
    weights = reporting_weights(organisation)
    names = commune_names([*weights, *(row.commune_code for row in organisation.territory_roles.all())])
    form = all_legal_forms().get(organisation.legal_category)
    on = clock.today()
    context = {
        "organisation": organisation,
        "legal_form": form.label if form else organisation.party.legal_form,
        "place": names.get(organisation.commune_code, organisation.commune_code),
        "last_check": organisation.register_checks.first(),
        "is_signed_off": selectors.is_signed_off(organisation),
        "last_sign_off": organisation.sign_offs.select_related("signed_by").first(),
        "can_sign": can_sign(request.user, organisation),
        "team": selectors.team_of(organisation),
        "roles": [(row, names[row.commune_code]) for row in organisation.territory_roles.all()],
        "mandates": mandates_on(organisation.party, on),
        "owners": owners_on(organisation.party, on),
        "awards": selectors.awards_of(organisation),
        "groupings": selectors.groupings_of(organisation),
        "waiting_memberships": organisation.grouping_memberships.filter(signed_on=None, left_on=None).select_related(
            "grouping"
        ),
        "changes": selectors.changes_around(organisation),
    }
    return render(request, "organisations/own.html", context)


@require_http_methods(["GET", "POST"])
def edit(request: SignedInRequest, slug: str) -> HttpResponse:
    """What the organisation says of itself."""
    organisation = own_organisation(request, slug)
    form = ProfileForm(request.POST or None, profile=profile_of(organisation))
    if request.method == "POST" and form.is_valid():
        try:
            edit_organisation(organisation=organisation, profile=form.profile(), at=clock.now())
        except RuleViolation as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("La fiche est enregistrée."))
            return redirect("organisations:own", slug=slug)
    context = {"form": form, "organisation": organisation}
    return render(request, "organisations/edit.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def numbers(request: SignedInRequest, slug: str) -> HttpResponse:
    """The organisation's numbers: given when it is born, corrected while nothing was submitted under them."""
    organisation = own_organisation(request, slug)
    party = organisation.party
    known = {"number": party.siret or party.siren, "rna": party.rna, "lei": party.lei}
    form = RegisteredNumbersForm(request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        try:
            changed = change_numbers(organisation=organisation, numbers=form.numbers, at=clock.now())
            give_lei(organisation=organisation, lei=form.cleaned_data["lei"])
        except RuleViolation as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(
                request,
                _("Les numéros sont enregistrés. Registre : %(state)s.")
                % {"state": changed.get_register_state_display().lower()},
            )
            return redirect("organisations:own", slug=slug)
    context = {"form": form, "organisation": organisation}
    return render(request, "organisations/numbers.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def places(request: SignedInRequest, slug: str) -> HttpResponse:
    """Where the organisation is and works, and which communes benefit, with shares that add up to 100 %."""
    organisation = own_organisation(request, slug)
    form = PlacesForm(request.POST or None, roles=list(organisation.territory_roles.all()))
    if request.method == "POST" and form.is_valid():
        try:
            replaced = set_territories(
                subject=organisation, seat=form.cleaned_data["seat"], sites=form.sites, benefits=form.benefits
            )
        except RuleViolation as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Les territoires sont enregistrés."))
            _say_replaced(request, replaced)
            return redirect("organisations:own", slug=slug)
    context = {"form": form, "organisation": organisation}
    return render(request, "organisations/places.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def people(request: SignedInRequest, slug: str) -> HttpResponse:
    """Who directs the organisation and who owns it in the end."""
    organisation = own_organisation(request, slug)
    act = request.POST.get("act", "")
    mandate_form = MandateForm(request.POST if act == "mandate" else None)
    owner_form = OwnerForm(request.POST if act == "owner" else None)
    try:
        if act == "mandate" and mandate_form.is_valid():
            add_mandate(party=organisation.party, **mandate_form.cleaned_data)
            messages.success(request, _("La personne est enregistrée."))
            return redirect("organisations:people", slug=slug)
        if act == "owner" and owner_form.is_valid():
            declare_owner(party=organisation.party, owner=owner_form.owner(), at=clock.now())
            messages.success(request, _("La déclaration est enregistrée."))
            return redirect("organisations:people", slug=slug)
    except RuleViolation as refusal:
        (mandate_form if act == "mandate" else owner_form).add_error(None, str(refusal))
    on = clock.today()
    context = {
        "organisation": organisation,
        "mandate_form": mandate_form,
        "owner_form": owner_form,
        "mandates": mandates_on(organisation.party, on),
        "owners": owners_on(organisation.party, on),
    }
    has_errors = bool(mandate_form.errors or owner_form.errors)
    return render(request, "organisations/people.html", context, status=422 if has_errors else 200)


@require_POST
def end_person(request: SignedInRequest, slug: str, uuid: str) -> HttpResponse:
    """End a mandate or a declaration of ownership."""
    organisation = own_organisation(request, slug)
    mandate = organisation.party.mandates.filter(uuid=uuid).first()
    owner = organisation.party.beneficial_owners.filter(uuid=uuid).first()
    try:
        if mandate is not None:
            end_mandate(mandate=mandate, on=clock.today())
        elif owner is not None:
            end_owner(owner=owner, on=clock.today())
    except RuleViolation as refusal:
        messages.error(request, str(refusal))
    return redirect("organisations:people", slug=slug)


@require_POST
def sign(request: SignedInRequest, slug: str) -> HttpResponse:
    """The legal representative answers for what the organisation says of itself."""
    organisation = own_organisation(request, slug)
    try:
        sign_off(organisation=organisation, by=request.user, at=clock.now())
    except RuleViolation as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Votre signature est enregistrée."))
    return redirect("organisations:own", slug=slug)


@require_POST
def public_page(request: SignedInRequest, slug: str) -> HttpResponse:
    """Open or close the public page."""
    organisation = own_organisation(request, slug)
    if not can_manage_team(request.user, organisation):
        messages.error(request, _("C’est une personne qui représente l’organisation qui ouvre sa page publique."))
        return redirect("organisations:own", slug=slug)
    opened = open_public_page(organisation=organisation, is_listed=request.POST.get("open") == "yes")
    messages.success(
        request, _("La page publique est ouverte.") if opened.is_listed else _("La page publique est fermée.")
    )
    return redirect("organisations:own", slug=slug)


def _say_replaced(request: SignedInRequest, replaced: list[SettledCommune]) -> None:
    for one in replaced:
        messages.info(
            request,
            _("Le code %(old)s est celui d’une commune fusionnée : %(name)s (%(code)s) lui a succédé.")
            % {"old": one.replaced, "name": one.name, "code": one.code},
        )
