"""Staff pages about people: parties, accounts and their roles, the journal of changes."""

from typing import cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from fres.kernel import clock
from fres.kernel.access import Role, reads_only, require
from fres.kernel.errors import RuleViolation
from investors import permissions, selectors
from investors.checks import record_check
from investors.forms import GrantForm, JournalForm, PartyCheckForm, PartySearchForm, UserSearchForm
from investors.models import Party, PartyCheck, RoleGrant, User
from investors.officers import mandates_on, owners_on
from investors.roles import grant_role, revoke_role

_PER_PAGE = 50


@require(permissions.can_list_people)
@require_GET
@reads_only
def parties(request: HttpRequest) -> HttpResponse:
    form = PartySearchForm(request.GET)
    found = Party.objects.none()
    if form.is_valid():
        found = selectors.search_parties(form.cleaned_data["q"], form.cleaned_data["kind"])
    page = Paginator(found, _PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "investors/parties.html", {"form": form, "page": page})


@require(permissions.can_list_people)
@require_GET
@reads_only
def party(request: HttpRequest, uuid: str) -> HttpResponse:
    shown = get_object_or_404(Party.objects.select_related("user"), uuid=uuid)
    context = {
        "party": shown,
        "residences": shown.tax_residences.order_by("-valid_from"),
        "representations": shown.representations.select_related("user").order_by("-valid_from"),
        "gaps": selectors.profile_gaps(shown, clock.today()),
        "checks": shown.checks.select_related("by"),
        "mandates": mandates_on(shown, clock.today()),
        "owners": owners_on(shown, clock.today()),
        "can_check": permissions.can_check_people(request.user),  # type: ignore[arg-type]
        "check_form": PartyCheckForm(initial={"iban_hash": shown.iban_hash}),
        "changes": selectors.changes_of(shown),
    }
    return render(request, "investors/party.html", context)


@require(permissions.can_check_people)
@require_POST
def check(request: HttpRequest, uuid: str) -> HttpResponse:
    """Write that a person's identity, the sanctions lists or their account were checked, on what evidence."""
    shown = get_object_or_404(Party.objects.select_related("user"), uuid=uuid)
    form = PartyCheckForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Dites ce que vous avez contrôlé, et sur quelle preuve."))
        return redirect("investors:party", uuid=shown.uuid)
    try:
        made = record_check(
            party=shown,
            kind=PartyCheck.Kind(form.cleaned_data["kind"]),
            evidence=form.cleaned_data["evidence"],
            iban_hash=form.cleaned_data["iban_hash"],
            by=cast(User, request.user),
            at=clock.now(),
        )
    except RuleViolation as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Contrôle enregistré : %(kind)s.") % {"kind": made.get_kind_display()})
    return redirect("investors:party", uuid=shown.uuid)


@require(permissions.can_list_people)
@require_GET
@reads_only
def users(request: HttpRequest) -> HttpResponse:
    form = UserSearchForm(request.GET)
    found = User.objects.none()
    if form.is_valid():
        found = selectors.search_users(form.cleaned_data["q"], form.cleaned_data["role"])
    page = Paginator(found, _PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "investors/users.html", {"form": form, "page": page})


@require(permissions.can_list_people)
@require_GET
@reads_only
def user(request: HttpRequest, uuid: str) -> HttpResponse:
    return _show_user(request, get_object_or_404(User, uuid=uuid), GrantForm())


@require(permissions.can_grant_roles)
@require_POST
def grant(request: HttpRequest, uuid: str) -> HttpResponse:
    shown = get_object_or_404(User, uuid=uuid)
    form = GrantForm(request.POST)
    if not form.is_valid():
        return _show_user(request, shown, form, status=422)
    try:
        granted = grant_role(
            user=shown,
            role=Role(form.cleaned_data["role"]),
            by=cast(User, request.user),
            on=clock.today(),
            scope_kind=form.cleaned_data["scope_kind"],
            scope_uuid=form.cleaned_data["scope_uuid"],
        )
    except RuleViolation as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Rôle attribué : %(role)s.") % {"role": granted.get_role_display()})
    return redirect("investors:user", uuid=shown.uuid)


@require(permissions.can_grant_roles)
@require_POST
def revoke(request: HttpRequest, uuid: str) -> HttpResponse:
    held = get_object_or_404(RoleGrant.objects.select_related("user"), uuid=uuid)
    try:
        ended = revoke_role(grant=held, on=clock.today())
    except RuleViolation as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Rôle retiré : %(role)s.") % {"role": ended.get_role_display()})
    return redirect("investors:user", uuid=held.user.uuid)


@require(permissions.can_read_audit_trail)
@require_GET
@reads_only
def journal(request: HttpRequest) -> HttpResponse:
    """Every change to people, newest first: when, who, what was and what is."""
    form = JournalForm(request.GET)
    asked = form.cleaned_data["kind"] if form.is_valid() else ""
    kind = asked or next(iter(selectors.audited_kinds()))
    page = Paginator(selectors.changes_of_kind(kind), _PER_PAGE).get_page(request.GET.get("page"))
    changes = selectors.describe_changes(page.object_list)
    return render(request, "investors/journal.html", {"form": form, "page": page, "changes": changes})


def _show_user(request: HttpRequest, shown: User, form: GrantForm, status: int = 200) -> HttpResponse:
    context = {
        "shown": shown,
        "party": selectors.party_of(shown),
        "grants": shown.role_grants.select_related("granted_by").order_by("valid_to", "-valid_from", "role"),
        "form": form,
        "can_grant": permissions.can_grant_roles(request.user),
        "changes": selectors.changes_of(shown),
    }
    return render(request, "investors/user.html", context, status=status)
