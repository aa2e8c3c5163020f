"""An organisation is made once, by someone who becomes its holder; its numbers are fixed once a file is submitted."""

from dataclasses import replace

import pytest
from django.db import DatabaseError, transaction

from fres.kernel.access import Role
from fres.kernel.models import Territory
from fres.kernel.territory_files import VINTAGE
from investors.models import Party, Representation
from investors.permissions import has_role
from projects.models import Application, Organisation, SignOff
from projects.models.organisations import RegisterState
from projects.organisations.communes import CommuneUnknown
from projects.organisations.identifiers import Numbers
from projects.organisations.profiles import (
    NotALegalRepresentative,
    NumberAlreadyFiled,
    OrganisationAlreadyThere,
    change_numbers,
    content_hash,
    edit_organisation,
    profile_of,
    sign_off,
    signed_content,
)
from projects.organisations.register import SilentRegister
from projects.states import ApplicationState
from tests.investors.factories import PartyFactory, UserFactory
from tests.projects.factories import MembershipFactory, ProjectFactory
from tests.projects.organisations.scenes import (
    AT,
    OTHER_SIREN,
    SIREN,
    SIRET,
    KnowingRegister,
    an_organisation,
    some_communes,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def communes(db):
    some_communes()


def test_whoever_makes_an_organisation_becomes_its_holder():
    user = UserFactory()
    made = an_organisation(by=user)
    assert has_role(user, Role.HOLDER, made.uuid)
    assert made.party.siren == SIREN
    assert made.memberships.get().is_legal_representative
    assert made.territory_roles.get().commune_code == made.commune_code == made.party.commune_code == "62498"
    assert made.slug == "les-halles-de-lens"
    assert made.ess_status == "BY_FORM"


def test_two_organisations_of_one_name_have_two_addresses():
    an_organisation(by=UserFactory())
    assert an_organisation(by=UserFactory(), numbers=Numbers(siren=OTHER_SIREN)).slug == "les-halles-de-lens-2"


@pytest.mark.parametrize("numbers", [Numbers(siren=SIREN), Numbers(siren=SIREN, siret=SIRET)])
def test_a_number_already_there_is_refused_and_nothing_is_written(numbers):
    an_organisation(by=UserFactory())
    with pytest.raises(OrganisationAlreadyThere):
        an_organisation(by=UserFactory(), numbers=numbers)
    assert Organisation.objects.count() == 1
    assert Party.objects.filter(kind="LEGAL").count() == 1


def test_an_rna_already_there_is_refused():
    an_organisation(by=UserFactory(), numbers=Numbers(rna="W621000123"))
    with pytest.raises(OrganisationAlreadyThere):
        an_organisation(by=UserFactory(), numbers=Numbers(rna="W621000123"))


def test_two_organisations_in_creation_do_not_meet():
    for _one in range(2):
        assert an_organisation(by=UserFactory(), numbers=Numbers()).register_state == RegisterState.NO_NUMBER


def test_a_saving_organisation_gets_its_project_side_from_who_represents_it_only():
    party = PartyFactory(legal=True, siren=SIREN)
    with pytest.raises(OrganisationAlreadyThere):
        an_organisation(by=UserFactory())
    user = UserFactory()
    Representation.objects.create(
        party=party, user=user, role=Representation.Capacity.LEGAL_REPRESENTATIVE, valid_from=AT.date()
    )
    assert an_organisation(by=user).party == party


def test_an_unknown_commune_writes_nothing():
    with pytest.raises(CommuneUnknown):
        an_organisation(by=UserFactory(), commune="Nulle-Part")
    assert not Organisation.objects.exists()


def test_a_register_that_is_down_does_not_stop_anybody():
    assert an_organisation(by=UserFactory(), register=SilentRegister()).register_state == RegisterState.TO_VERIFY


@pytest.mark.parametrize(
    ("register", "state"),
    [
        (KnowingRegister(SIREN), RegisterState.VERIFIED),
        (KnowingRegister(SIREN, is_active=False), RegisterState.CLOSED),
        (KnowingRegister(), RegisterState.NOT_FOUND),
    ],
)
def test_what_the_register_answers_is_kept_with_its_day(register, state):
    made = an_organisation(by=UserFactory(), register=register)
    assert (made.register_state, made.register_checked_at) == (state, AT)
    assert made.register_checks.get().outcome == state


def _file(organisation, state):
    project = ProjectFactory(organisation=organisation)
    user = organisation.memberships.first().user
    return Application.objects.create(
        organisation=organisation, project=project, state=state, created_by=user, created_at=AT
    )


def test_a_number_changes_while_every_file_is_a_draft():
    made = an_organisation(by=UserFactory(), register=KnowingRegister(SIREN))
    _file(made, ApplicationState.DRAFT)
    changed = change_numbers(organisation=made, numbers=Numbers(siren=OTHER_SIREN), at=AT, register=SilentRegister())
    assert changed.party.siren == OTHER_SIREN
    assert (changed.register_state, changed.register_checked_at) == (RegisterState.TO_VERIFY, None)


def test_a_number_of_a_submitted_file_does_not_change_but_a_missing_one_is_given():
    made = an_organisation(by=UserFactory())
    _file(made, ApplicationState.SUBMITTED)
    with pytest.raises(NumberAlreadyFiled):
        change_numbers(organisation=made, numbers=Numbers(siren=OTHER_SIREN), at=AT)
    with pytest.raises(NumberAlreadyFiled):
        change_numbers(organisation=made, numbers=Numbers(), at=AT)
    assert change_numbers(organisation=made, numbers=Numbers(siren=SIREN, siret=SIRET), at=AT).party.siret == SIRET


def test_an_organisation_in_creation_receives_its_number_after_its_file():
    made = an_organisation(by=UserFactory(), numbers=Numbers())
    _file(made, ApplicationState.UNDER_REVIEW)
    changed = change_numbers(organisation=made, numbers=Numbers(siren=SIREN), at=AT, register=KnowingRegister(SIREN))
    assert (changed.identified_by, changed.register_state) == ("SIREN", RegisterState.VERIFIED)


def test_a_number_of_somebody_else_is_refused_when_changing():
    an_organisation(by=UserFactory())
    other = an_organisation(by=UserFactory(), numbers=Numbers())
    with pytest.raises(OrganisationAlreadyThere):
        change_numbers(organisation=other, numbers=Numbers(siren=SIREN), at=AT)


def test_a_new_legal_name_asks_for_new_checks():
    made = an_organisation(by=UserFactory(), register=KnowingRegister(SIREN))
    Party.objects.filter(pk=made.party_id).update(kyc_verified_at=AT, screened_at=AT)
    made.refresh_from_db()
    edited = edit_organisation(organisation=made, profile=replace(profile_of(made), legal_name="Autre SCIC"), at=AT)
    assert edited.register_state == RegisterState.TO_VERIFY
    assert Party.objects.get(pk=made.party_id).kyc_verified_at is None


def test_a_new_purpose_asks_for_nothing_and_a_new_commune_moves_the_seat():
    made = an_organisation(by=UserFactory(), register=KnowingRegister(SIREN))
    edited = edit_organisation(
        organisation=made, profile=replace(profile_of(made), purpose="Autre chose.", commune="Lille"), at=AT
    )
    assert edited.register_state == RegisterState.VERIFIED
    assert edited.territory_roles.get().commune_code == edited.commune_code == "59350"


def test_a_representative_signs_word_for_word_and_a_change_asks_for_a_new_signature():
    user = UserFactory()
    made = an_organisation(by=user)
    signed = sign_off(organisation=made, by=user, at=AT)
    assert sign_off(organisation=made, by=user, at=AT) == signed
    assert signed.content_hash == content_hash(signed_content(made))
    edited = edit_organisation(organisation=made, profile=replace(profile_of(made), purpose="Autre."), at=AT)
    assert content_hash(signed_content(edited)) != signed.content_hash
    sign_off(organisation=edited, by=user, at=AT)
    assert SignOff.objects.count() == 2


def test_a_colleague_does_not_sign_and_a_signature_is_never_changed():
    user = UserFactory()
    made = an_organisation(by=user)
    with pytest.raises(NotALegalRepresentative):
        sign_off(organisation=made, by=MembershipFactory(organisation=made).user, at=AT)
    signed = sign_off(organisation=made, by=user, at=AT)
    with pytest.raises(DatabaseError), transaction.atomic():
        SignOff.objects.filter(pk=signed.pk).update(content={})


def test_an_organisation_whose_code_is_somebodys_postal_code_is_made_and_edited():
    Territory.objects.create(
        vintage=VINTAGE, level=Territory.Level.COMMUNE, code="59527", name="Saint-André", postal_codes="59350"
    )
    made = an_organisation(by=UserFactory(), commune="Lille")
    edited = edit_organisation(organisation=made, profile=profile_of(made), at=AT)
    assert edited.commune_code == edited.territory_roles.get().commune_code == "59350"
