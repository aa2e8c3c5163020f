"""Who acts for an organisation: invitations by e-mail, people who join, change and leave."""

import hashlib
import secrets
from datetime import datetime

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from fres.kernel import clock
from fres.kernel.access import Role
from fres.kernel.errors import RuleViolation
from fres.kernel.messages import queue_message
from fres.kernel.parameters import value_at
from fres.kernel.states import advance
from fres.kernel.templatetags.fres import date_long
from investors.models import RoleGrant, User
from investors.roles import grant_role, revoke_role
from projects.models import Invitation, Membership, Organisation
from projects.organisations.locking import hold
from projects.organisations.states import ACCEPT, LAPSE, WITHDRAW, InvitationState

VALID_DAYS = "organisation.invitation_days"


class AlreadyInTheTeam(RuleViolation):
    """A person is a member once."""

    rule = "already-in-the-team"


class AlreadyInvited(RuleViolation):
    """One invitation at a time for one address."""

    rule = "already-invited"


class InvitationUsed(RuleViolation):
    """An invitation opens one place, once."""

    rule = "invitation-used"


class InvitationExpired(RuleViolation):
    """An invitation is good for a few days."""

    rule = "invitation-expired"


class InvitationForAnotherAddress(RuleViolation):
    """Whoever accepts proves that they read mail at the address invited."""

    rule = "invitation-for-another-address"


class LastLegalRepresentative(RuleViolation):
    """An organisation keeps someone who may sign for it."""

    rule = "last-legal-representative"


class LegalRepresentativeNamedByAnother(RuleViolation):
    """Only a legal representative makes another one, once there is one."""

    rule = "legal-representative-named-by-another"


class HasLeft(RuleViolation):
    """The person has left the team already."""

    rule = "has-left"


@transaction.atomic
def invite_member(
    *, organisation: Organisation, email: str, function: str, as_legal_representative: bool, by: User, at: datetime
) -> Invitation:
    """Offer a place in the team to an address, by a message that carries the key; the key itself is not kept.

    Raises: AlreadyInTheTeam; AlreadyInvited; LegalRepresentativeNamedByAnother.
    """
    email = email.strip().lower()
    Organisation.objects.select_for_update().get(pk=organisation.pk)
    if Membership.objects.filter(organisation=organisation, user__email=email, left_on=None).exists():
        raise AlreadyInTheTeam(_("%(email)s est déjà dans l’équipe.") % {"email": email})
    _lapse_one(organisation, email, at)
    if Invitation.objects.filter(organisation=organisation, email=email, state=InvitationState.SENT).exists():
        raise AlreadyInvited(
            _("%(email)s a déjà une invitation en cours.") % {"email": email},
            next_step=_("Retirez-la pour en envoyer une autre."),
        )
    if as_legal_representative:
        _refuse_naming(organisation, by)
    token = secrets.token_urlsafe(32)
    days = value_at(VALID_DAYS, clock.local(at).date()).days
    invitation = Invitation.objects.create(
        organisation=organisation,
        email=email,
        function=function,
        as_legal_representative=as_legal_representative,
        token_hash=token_hash(token),
        invited_by=by,
        invited_at=at,
        expires_at=at + days,
    )
    queue_message(
        to=email,
        template="organisations/invitation",
        context={
            "organisation": organisation.name,
            "by": str(by),
            "as_legal_representative": as_legal_representative,
            "accept_url": f"{settings.SITE_URL}{reverse('organisations:invitation', args=[token])}",
            "until": date_long(clock.local(invitation.expires_at).date()),
        },
        key=f"organisations/invitation/{invitation.uuid}",
        at=at,
        about=("projects.Invitation", invitation.uuid),
    )
    return invitation


@transaction.atomic
def accept_invitation(*, token: str, by: User, at: datetime) -> Membership:
    """Give the place an invitation offers to the person signed in, who becomes a holder for the organisation.

    Raises: InvitationUsed; InvitationExpired; InvitationForAnotherAddress; AlreadyInTheTeam; Invitation.DoesNotExist.
    """
    invitation = Invitation.objects.select_related("organisation").get(token_hash=token_hash(token))
    organisation = Organisation.objects.select_for_update().get(pk=invitation.organisation_id)
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    refuse_unusable(invitation, at)
    if invitation.email not in addresses_of(by):
        raise InvitationForAnotherAddress(
            _("Cette invitation a été envoyée à %(email)s.") % {"email": invitation.email},
            next_step=_("Connectez-vous avec cette adresse, ou ajoutez-la à votre compte et confirmez-la."),
        )
    if Membership.objects.filter(organisation=organisation, user=by, left_on=None).exists():
        raise AlreadyInTheTeam(_("Vous êtes déjà dans l’équipe de « %(name)s ».") % {"name": organisation.name})
    advance(invitation, ACCEPT, by=by, at=at, accepted_by=by, accepted_at=at)
    on = clock.local(at).date()
    hold(f"holder {by.pk} {organisation.uuid}")
    if not _holder_grants(by, organisation).exists():
        grant_role(
            user=by,
            role=Role.HOLDER,
            by=invitation.invited_by,
            on=on,
            scope_kind="organisation",
            scope_uuid=organisation.uuid,
        )
    return Membership.objects.create(
        organisation=organisation,
        user=by,
        is_legal_representative=invitation.as_legal_representative,
        function=invitation.function,
        joined_on=on,
    )


@transaction.atomic
def withdraw_invitation(*, invitation: Invitation, by: User, at: datetime) -> Invitation:
    """Take an invitation back: its key opens nothing any more. Raises: TransitionRefused."""
    return advance(invitation, WITHDRAW, by=by, at=at)


@transaction.atomic
def change_member(
    *, membership: Membership, function: str, is_public: bool, is_legal_representative: bool, by: User
) -> Membership:
    """Change what a person is in the team.

    Raises: HasLeft; LastLegalRepresentative; LegalRepresentativeNamedByAnother.
    """
    Organisation.objects.select_for_update().get(pk=membership.organisation_id)
    membership = Membership.objects.select_for_update().select_related("organisation").get(pk=membership.pk)
    _refuse_gone(membership)
    if is_legal_representative and not membership.is_legal_representative:
        _refuse_naming(membership.organisation, by)
    if membership.is_legal_representative and not is_legal_representative:
        _refuse_last(membership)
    membership.function, membership.is_public = function, is_public
    membership.is_legal_representative = is_legal_representative
    membership.save()
    return membership


@transaction.atomic
def remove_member(*, membership: Membership, at: datetime) -> Membership:
    """End a person's place in the team today, and their role of holder for the organisation.

    Raises: HasLeft; LastLegalRepresentative.
    """
    Organisation.objects.select_for_update().get(pk=membership.organisation_id)
    membership = Membership.objects.select_for_update().select_related("organisation", "user").get(pk=membership.pk)
    _refuse_gone(membership)
    if membership.is_legal_representative:
        _refuse_last(membership)
    on = clock.local(at).date()
    membership.left_on = max(on, membership.joined_on)
    membership.save(update_fields=["left_on"])
    for grant in _holder_grants(membership.user, membership.organisation):
        revoke_role(grant=grant, on=on)
    return membership


def lapse_invitations(*, at: datetime) -> int:
    """Record the end of the invitations nobody accepted in time; return how many."""
    late = Invitation.objects.filter(state=InvitationState.SENT, expires_at__lte=at).order_by("pk")
    for invitation in late:
        advance(invitation, LAPSE, by=None, at=at)
    return len(late)


def refuse_unusable(invitation: Invitation, at: datetime) -> None:
    """Raise InvitationUsed or InvitationExpired when an invitation opens no place any more."""
    if invitation.state == InvitationState.EXPIRED or (
        invitation.state == InvitationState.SENT and invitation.expires_at <= at
    ):
        raise InvitationExpired(
            _("Cette invitation valait jusqu’au %(day)s.")
            % {"day": date_long(clock.local(invitation.expires_at).date())},
            next_step=_("Demandez à l’équipe de vous en envoyer une autre."),
        )
    if invitation.state != InvitationState.SENT:
        raise InvitationUsed(
            _("Cette invitation a déjà servi ou a été retirée."),
            next_step=_("Si vous n’êtes pas dans l’équipe, demandez-lui une autre invitation."),
        )


def addresses_of(user: User) -> set[str]:
    """Return the addresses a person has proven to read, in lower case."""
    verified = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    return {address.lower() for address in verified}


def token_hash(token: str) -> str:
    """Return what is kept of a key: its SHA-256. A key has 256 bits of chance: it needs no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def _holder_grants(user: User, organisation: Organisation) -> QuerySet[RoleGrant]:
    return RoleGrant.objects.filter(user=user, role=Role.HOLDER, scope_uuid=organisation.uuid, valid_to=None)


def _lapse_one(organisation: Organisation, email: str, at: datetime) -> None:
    stale = Invitation.objects.filter(
        organisation=organisation, email=email, state=InvitationState.SENT, expires_at__lte=at
    ).first()
    if stale is not None:
        advance(stale, LAPSE, by=None, at=at)


def _refuse_naming(organisation: Organisation, by: User) -> None:
    present = Membership.objects.filter(organisation=organisation, is_legal_representative=True, left_on=None)
    if present.exists() and not present.filter(user=by).exists():
        raise LegalRepresentativeNamedByAnother(
            _("« %(name)s » a déjà quelqu’un qui la représente légalement.") % {"name": organisation.name},
            next_step=_("C’est cette personne qui en désigne une autre."),
        )


def _refuse_gone(membership: Membership) -> None:
    if membership.left_on is not None:
        raise HasLeft(_("Cette personne a déjà quitté l’équipe."))


def _refuse_last(membership: Membership) -> None:
    others = Membership.objects.filter(
        organisation=membership.organisation, is_legal_representative=True, left_on=None
    ).exclude(pk=membership.pk)
    if not others.exists():
        raise LastLegalRepresentative(
            _("%(name)s est la seule personne qui représente légalement « %(organisation)s ».")
            % {"name": str(membership.user), "organisation": membership.organisation.name},
            next_step=_("Désignez d’abord une autre personne, qui pourra signer."),
        )
