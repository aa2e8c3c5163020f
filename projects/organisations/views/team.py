"""The team of an organisation: invite, accept, change, remove."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from fres.kernel import clock
from fres.kernel.errors import RuleViolation
from investors.requests import SignedInRequest
from projects.models import Invitation, Membership, Organisation
from projects.organisations import selectors
from projects.organisations.forms import InvitationForm, MemberForm
from projects.organisations.permissions import can_manage_team
from projects.organisations.team import (
    accept_invitation,
    addresses_of,
    change_member,
    invite_member,
    refuse_unusable,
    remove_member,
    token_hash,
    withdraw_invitation,
)
from projects.organisations.views.finding import own_organisation


@require_http_methods(["GET", "POST"])
def team(request: SignedInRequest, slug: str) -> HttpResponse:
    """Who is in the team, who was invited, and a form to invite."""
    organisation = own_organisation(request, slug)
    may_manage = can_manage_team(request.user, organisation)
    form = InvitationForm(request.POST or None)
    if request.method == "POST":
        if not may_manage:
            raise PermissionDenied
        if form.is_valid():
            try:
                invitation = invite_member(
                    organisation=organisation, by=request.user, at=clock.now(), **form.cleaned_data
                )
            except RuleViolation as refusal:
                form.add_error("email", str(refusal))
            else:
                messages.success(request, _("L’invitation part à %(email)s.") % {"email": invitation.email})
                return redirect("organisations:team", slug=slug)
    members = [
        (
            one,
            MemberForm(
                initial={
                    "function": one.function,
                    "is_public": one.is_public,
                    "is_legal_representative": one.is_legal_representative,
                },
                prefix=f"m{one.pk}",
            ),
        )
        for one in selectors.team_of(organisation)
    ]
    context = {
        "organisation": organisation,
        "members": members,
        "invitations": selectors.pending_invitations(organisation),
        "form": form,
        "may_manage": may_manage,
    }
    return render(request, "organisations/team.html", context, status=422 if form.errors else 200)


@require_POST
def change(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    """Change what a person is in the team."""
    organisation, membership = _managed_member(request, slug, pk)
    form = MemberForm(request.POST, prefix=f"m{membership.pk}")
    if form.is_valid():
        try:
            change_member(membership=membership, by=request.user, **form.cleaned_data)
        except RuleViolation as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("L’équipe est enregistrée."))
    return redirect("organisations:team", slug=organisation.slug)


@require_POST
def remove(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    """End a person's place in the team; anyone may leave it themselves."""
    organisation = own_organisation(request, slug)
    membership = get_object_or_404(Membership, organisation=organisation, pk=pk, left_on=None)
    is_mine = membership.user_id == request.user.pk
    if not is_mine and not can_manage_team(request.user, organisation):
        raise PermissionDenied
    try:
        remove_member(membership=membership, at=clock.now())
    except RuleViolation as refusal:
        messages.error(request, str(refusal))
        return redirect("organisations:team", slug=slug)
    messages.success(request, _("Vous avez quitté l’équipe.") if is_mine else _("La personne a quitté l’équipe."))
    return redirect("funds:holder_space") if is_mine else redirect("organisations:team", slug=slug)


@require_POST
def withdraw(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Take an invitation back."""
    organisation = own_organisation(request, slug)
    if not can_manage_team(request.user, organisation):
        raise PermissionDenied
    invitation = get_object_or_404(Invitation, organisation=organisation, uuid=uuid)
    try:
        withdraw_invitation(invitation=invitation, by=request.user, at=clock.now())
    except RuleViolation as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("L’invitation est retirée."))
    return redirect("organisations:team", slug=slug)


@require_http_methods(["GET", "POST"])
def invitation(request: SignedInRequest, token: str) -> HttpResponse:
    """What is offered and by whom, then one button to accept; an unknown key does not exist."""
    offered = get_object_or_404(
        Invitation.objects.select_related("organisation", "invited_by"), token_hash=token_hash(token)
    )
    refusal = None
    try:
        refuse_unusable(offered, clock.now())
        if request.method == "POST":
            membership = accept_invitation(token=token, by=request.user, at=clock.now())
            messages.success(
                request, _("Vous êtes dans l’équipe de « %(name)s ».") % {"name": membership.organisation.name}
            )
            return redirect("organisations:own", slug=membership.organisation.slug)
    except RuleViolation as violation:
        refusal = violation
    context = {
        "invitation": offered,
        "refusal": refusal,
        "is_for_me": offered.email in addresses_of(request.user),
    }
    return render(request, "organisations/invitation.html", context, status=422 if refusal else 200)


def _managed_member(request: SignedInRequest, slug: str, pk: int) -> tuple[Organisation, Membership]:
    organisation = own_organisation(request, slug)
    if not can_manage_team(request.user, organisation):
        raise PermissionDenied
    return organisation, get_object_or_404(Membership, organisation=organisation, pk=pk, left_on=None)
