"""A team grows by invitations that open one place, once, for the address invited; it keeps someone who may sign."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress

from fres.kernel.access import Role
from fres.kernel.models import Message
from investors.models import RoleGrant
from investors.permissions import has_role
from projects.models import Invitation, Membership
from projects.organisations.states import InvitationState
from projects.organisations.team import (
    AlreadyInTheTeam,
    AlreadyInvited,
    HasLeft,
    InvitationExpired,
    InvitationForAnotherAddress,
    InvitationUsed,
    LastLegalRepresentative,
    LegalRepresentativeNamedByAnother,
    accept_invitation,
    change_member,
    invite_member,
    lapse_invitations,
    remove_member,
    withdraw_invitation,
)
from tests.investors.factories import UserFactory
from tests.projects.organisations.scenes import AT, an_organisation, some_communes

pytestmark = pytest.mark.django_db


@pytest.fixture
def chair(db, clock):
    clock.move_to(AT)
    some_communes()
    return UserFactory()


@pytest.fixture
def organisation(chair):
    return an_organisation(by=chair)


def invited(organisation, chair, email="lea@exemple.invalid", signs=False):
    invitation = invite_member(
        organisation=organisation, email=email, function="employee", as_legal_representative=signs, by=chair, at=AT
    )
    message = Message.objects.get(about_uuid=invitation.uuid)
    return invitation, message.context["accept_url"].rstrip("/").rpartition("/")[2]


def test_an_invitation_carries_a_key_that_is_not_kept_and_opens_a_place_once(organisation, chair):
    invitation, token = invited(organisation, chair, signs=True)
    assert token not in str(Invitation.objects.values().get())
    lea = UserFactory(email="lea@exemple.invalid")
    membership = accept_invitation(token=token, by=lea, at=AT)
    assert membership.is_legal_representative
    assert has_role(lea, Role.HOLDER, organisation.uuid)
    with pytest.raises(InvitationUsed):
        accept_invitation(token=token, by=lea, at=AT)
    assert organisation.memberships.count() == 2
    invitation.refresh_from_db()
    assert (invitation.state, invitation.accepted_by) == (InvitationState.ACCEPTED, lea)


def test_an_invitation_is_for_whoever_reads_the_address(organisation, chair):
    _invitation, token = invited(organisation, chair)
    other = UserFactory()
    with pytest.raises(InvitationForAnotherAddress):
        accept_invitation(token=token, by=other, at=AT)
    EmailAddress.objects.create(user=other, email="lea@exemple.invalid", verified=False)
    with pytest.raises(InvitationForAnotherAddress):
        accept_invitation(token=token, by=other, at=AT)
    EmailAddress.objects.filter(email="lea@exemple.invalid").update(verified=True)
    assert accept_invitation(token=token, by=other, at=AT).user == other


def test_an_invitation_expires_and_a_new_one_may_be_sent(organisation, chair):
    _invitation, token = invited(organisation, chair)
    lea = UserFactory(email="lea@exemple.invalid")
    late = AT + timedelta(days=14)
    with pytest.raises(InvitationExpired):
        accept_invitation(token=token, by=lea, at=late)
    assert lapse_invitations(at=late - timedelta(seconds=1)) == 0
    assert lapse_invitations(at=late) == 1
    with pytest.raises(InvitationExpired):
        accept_invitation(token=token, by=lea, at=late)
    assert not Membership.objects.filter(user=lea).exists()


def test_an_invitation_withdrawn_opens_nothing(organisation, chair):
    invitation, token = invited(organisation, chair)
    withdraw_invitation(invitation=invitation, by=chair, at=AT)
    with pytest.raises(InvitationUsed):
        accept_invitation(token=token, by=UserFactory(email="lea@exemple.invalid"), at=AT)


def test_nobody_is_invited_twice_nor_when_already_there(organisation, chair):
    invited(organisation, chair)
    with pytest.raises(AlreadyInvited):
        invited(organisation, chair)
    with pytest.raises(AlreadyInTheTeam):
        invited(organisation, chair, email=chair.email)
    assert Invitation.objects.count() == 1


def test_only_a_representative_names_another(organisation, chair):
    _invitation, token = invited(organisation, chair)
    lea = UserFactory(email="lea@exemple.invalid")
    membership = accept_invitation(token=token, by=lea, at=AT)
    with pytest.raises(LegalRepresentativeNamedByAnother):
        invited(organisation, lea, email="paul@exemple.invalid", signs=True)
    with pytest.raises(LegalRepresentativeNamedByAnother):
        change_member(membership=membership, function="", is_public=False, is_legal_representative=True, by=lea)


def test_the_last_representative_neither_leaves_nor_resigns(organisation, chair):
    mine = organisation.memberships.get(user=chair)
    with pytest.raises(LastLegalRepresentative):
        remove_member(membership=mine, at=AT)
    with pytest.raises(LastLegalRepresentative):
        change_member(membership=mine, function="", is_public=False, is_legal_representative=False, by=chair)
    mine.refresh_from_db()
    assert mine.is_legal_representative
    assert mine.left_on is None


def test_a_person_who_leaves_loses_the_role_and_may_come_back(organisation, chair):
    _invitation, token = invited(organisation, chair)
    lea = UserFactory(email="lea@exemple.invalid")
    membership = accept_invitation(token=token, by=lea, at=AT)
    gone = remove_member(membership=membership, at=AT)
    assert not RoleGrant.objects.filter(user=lea, role=Role.HOLDER, valid_to=None).exists()
    with pytest.raises(HasLeft):
        remove_member(membership=gone, at=AT)
    _again, token = invited(organisation, chair)
    accept_invitation(token=token, by=lea, at=AT)
    assert has_role(lea, Role.HOLDER, organisation.uuid)
