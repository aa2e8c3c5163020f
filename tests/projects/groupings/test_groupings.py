"""Poles and circuits: who is in them, what they put together, and the exact measures of the criteria."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from django.db import IntegrityError, transaction
from djmoney.money import Money

from fres.kernel.states import TransitionRefused
from projects.groupings.editing import (
    CofinancingAboveBudget,
    GroupingNotReady,
    GroupingOver,
    GroupingProfile,
    PlaceNotInTheTable,
    ResourceWithoutAmount,
    SectorMissing,
    StartUpPaidAlone,
    add_activity,
    add_carrier,
    add_resource,
    edit_grouping,
    end_grouping,
    found_grouping,
    record_benefit,
    start_grouping,
    write_programme_part,
)
from projects.groupings.measures import agreement_years, grouping_measures
from projects.groupings.membership import (
    AlreadyAMember,
    DeliberationOfAnAuthority,
    HasLeftTheGrouping,
    PivotMayNotLeave,
    SignatureNotProven,
    SignedAlready,
    add_outside_member,
    leave_grouping,
    propose_member,
    sign_membership,
)
from projects.groupings.states import GroupingState
from projects.models import Grouping, GroupingMember, ProgrammePart
from projects.models.groupings import GroupingKind, MemberType
from projects.organisations.communes import CommuneUnknown
from projects.organisations.identifiers import Numbers, SirenNotValid
from projects.organisations.profiles import NotALegalRepresentative
from tests.investors.factories import UserFactory
from tests.projects.factories import MembershipFactory
from tests.projects.groupings.scenes import GroupingFactory
from tests.projects.organisations.scenes import AT, OTHER_SIREN, an_organisation, some_communes

pytestmark = pytest.mark.django_db
DAY = AT.date()
PROFILE = GroupingProfile(
    name="Pôle des Terrils",
    purpose="Coopérer dans le bassin minier.",
    commune="Lens",
    perimeter=("CA de Lens-Liévin", ""),
    strategy="Nourrir et loger ici.",
    strategy_approved_on=DAY,
    agreement_signed_on=DAY,
    agreement_ends_on=DAY + timedelta(days=3 * 365),
)


@pytest.fixture
def chair(db):
    some_communes()
    return UserFactory()


@pytest.fixture
def pole(chair):
    return found_grouping(kind=GroupingKind.PTCE, profile=PROFILE, pivot=an_organisation(by=chair), by=chair, at=AT)


def outside(grouping, name, kind=MemberType.COMPANY, commune="Lens", **more):
    values = {"signed_on": DAY, "evidence": "bulletin du 2 mars"} | more
    return add_outside_member(grouping=grouping, member_type=kind, name=name, commune=commune, at=AT, **values)


def test_the_carrier_is_the_first_signed_member(pole, chair):
    member = pole.members.get()
    assert (member.signed_by, member.signed_on, member.member_type) == (chair, DAY, MemberType.ESS)
    assert pole.state == GroupingState.PREFIGURATION
    assert pole.perimeter_codes == ["246200364"]


@pytest.mark.parametrize(("kind", "sector"), [(GroupingKind.CCES, ""), (GroupingKind.PTCE, "FOOD")])
def test_a_circuit_names_its_sector_and_a_pole_has_none(chair, kind, sector):

    with pytest.raises(SectorMissing):
        found_grouping(
            kind=kind, profile=replace(PROFILE, sector=sector), pivot=an_organisation(by=chair), by=chair, at=AT
        )
    assert not Grouping.objects.exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        GroupingFactory(kind=kind, sector=sector)


@pytest.mark.parametrize(("place", "refusal"), [("000001032", PlaceNotInTheTable), ("Nulle-Part", CommuneUnknown)])
def test_a_perimeter_is_made_of_places_of_the_table(pole, place, refusal):

    with pytest.raises(refusal):
        edit_grouping(grouping=pole, profile=replace(PROFILE, perimeter=(place,)))


def test_an_organisation_of_the_site_joins_once_its_representative_signed(pole):
    signatory = UserFactory()
    other = an_organisation(by=signatory, numbers=Numbers(siren=OTHER_SIREN))
    member = propose_member(grouping=pole, organisation=other, at=AT)
    with pytest.raises(AlreadyAMember):
        propose_member(grouping=pole, organisation=other, at=AT)
    with pytest.raises(NotALegalRepresentative):
        sign_membership(member=member, by=MembershipFactory(organisation=other).user, at=AT)
    assert grouping_measures(pole, DAY).signed_members == 1
    sign_membership(member=member, by=signatory, at=AT)
    with pytest.raises(SignedAlready):
        sign_membership(member=member, by=signatory, at=AT)
    assert grouping_measures(pole, DAY).signed_members == 2
    leave_grouping(member=member, at=AT + timedelta(days=1))
    with pytest.raises(HasLeftTheGrouping):
        leave_grouping(member=member, at=AT)
    assert grouping_measures(pole, DAY).signed_members == 2
    assert grouping_measures(pole, DAY + timedelta(days=1)).signed_members == 1


def test_the_carrier_does_not_leave(pole):
    with pytest.raises(PivotMayNotLeave):
        leave_grouping(member=pole.members.get(), at=AT)


def test_a_body_outside_signs_on_a_paper_and_an_authority_deliberates(pole):
    with pytest.raises(SignatureNotProven):
        outside(pole, "Boulangerie Petit", evidence="")
    with pytest.raises(DeliberationOfAnAuthority):
        outside(pole, "Boulangerie Petit", deliberation="2026-12", deliberated_on=DAY)
    with pytest.raises(DeliberationOfAnAuthority):
        outside(pole, "Ville de Lens", MemberType.AUTHORITY, deliberation="2026-12")
    with pytest.raises(SirenNotValid):
        outside(pole, "Boulangerie Petit", siren="123456789")
    assert pole.members.count() == 1
    outside(pole, "Ville de Lens", MemberType.AUTHORITY, deliberation="2026-12", deliberated_on=DAY)
    with pytest.raises(AlreadyAMember):
        outside(pole, "ville de lens", MemberType.AUTHORITY)


def test_the_measures_of_a_pole_are_exact(pole):
    outside(pole, "Ville de Lens", MemberType.AUTHORITY, deliberation="2026-12", deliberated_on=DAY)
    outside(pole, "Boulangerie Petit")
    outside(pole, "Université", MemberType.RESEARCH, commune="Lille")
    outside(pole, "Pas encore signée", signed_on=None, evidence="")
    outside(pole, "Ancienne commune", MemberType.COMPANY, commune="62999")
    add_activity(grouping=pole, label="Cuisine partagée", recognised_by="CRESS", since=DAY)
    add_activity(grouping=pole, label="Conseil", recognised_by="", since=DAY)
    add_activity(grouping=pole, label="Plus tard", recognised_by="CRESS", since=DAY + timedelta(days=1))
    add_resource(grouping=pole, kind="post", label="Animation", amount=Money("30000.50", "EUR"), since=DAY)
    add_resource(
        grouping=pole, kind="premises", label="Fini", amount=Money(1, "EUR"), since=DAY - timedelta(days=9),
        until=DAY - timedelta(days=1),
    )  # fmt: skip
    measures = grouping_measures(pole, DAY)
    assert (measures.signed_members, measures.ess_members, measures.other_members) == (5, 1, 4)
    assert measures.member_types == ("AUTHORITY", "COMPANY", "ESS", "RESEARCH")
    assert measures.strategy_approved
    assert measures.local_share == Fraction(4, 5)
    assert measures.recognised_share == Fraction(1, 2)
    assert measures.agreement_years == 3
    assert (measures.pooled_items, measures.pooled_amount) == (1, Money("30000.50", "EUR"))
    assert (measures.authorities, measures.deliberated_authorities) == (1, 1)


@pytest.mark.parametrize(
    ("start", "end", "years"),
    [
        (date(2024, 3, 1), date(2027, 2, 28), Fraction(3)),
        (date(2024, 3, 1), date(2027, 2, 27), 2 + Fraction(4 * 364, 1461)),
        (date(2024, 2, 29), date(2025, 2, 28), Fraction(1)),
        (None, None, None),
    ],
)
def test_the_term_of_an_agreement_counts_its_last_day(start, end, years):
    assert agreement_years(Grouping(agreement_signed_on=start, agreement_ends_on=end)) == years


def test_without_anything_to_divide_by_a_share_is_not_zero():
    measures = grouping_measures(GroupingFactory(), DAY)
    assert measures.local_share is None
    assert measures.recognised_share is None
    assert measures.agreement_years is None


def test_a_grouping_opens_with_its_agreement_and_ends_for_good(pole, chair):

    bare = replace(PROFILE, strategy_approved_on=None, agreement_ends_on=None)
    with pytest.raises(GroupingNotReady, match="accord"):
        start_grouping(grouping=edit_grouping(grouping=pole, profile=bare), by=chair, at=AT)
    edit_grouping(grouping=pole, profile=PROFILE)
    assert start_grouping(grouping=pole, by=chair, at=AT).state == GroupingState.ACTIVE
    with pytest.raises(TransitionRefused):
        start_grouping(grouping=pole, by=chair, at=AT)
    end_grouping(grouping=pole, by=chair, at=AT, reason="Le territoire a changé.")
    with pytest.raises(GroupingOver):
        add_activity(grouping=pole, label="Trop tard", recognised_by="", since=DAY)


def test_what_is_pooled_has_an_amount(pole):
    with pytest.raises(ResourceWithoutAmount):
        add_resource(grouping=pole, kind="post", label="Rien", amount=Money(0, "EUR"), since=DAY)
    assert not pole.resources.exists()


def test_the_start_up_is_paid_with_others_and_each_part_stands_once(pole):
    values = {
        "grouping": pole,
        "part": "V2",
        "stage": "planned",
        "budget": Money(80_000, "EUR"),
        "cofinancers": "Région",
        "starts_on": DAY,
    }
    with pytest.raises(StartUpPaidAlone):
        write_programme_part(cofinanced=Money(0, "EUR"), **values)
    with pytest.raises(CofinancingAboveBudget):
        write_programme_part(cofinanced=Money(80_001, "EUR"), **values)
    assert not ProgrammePart.objects.exists()
    write_programme_part(cofinanced=Money(40_000, "EUR"), **values)
    write_programme_part(cofinanced=Money(50_000, "EUR"), **(values | {"stage": "done"}))
    assert ProgrammePart.objects.get().stage == "done"


def test_a_member_records_what_it_received_and_a_person_carries(pole):
    benefit = record_benefit(
        member=pole.members.get(), kind="credits", granted_by="Région", since=DAY, amount=Money(5000, "EUR")
    )
    assert benefit.member.grouping == pole
    add_carrier(grouping=pole, name="Nour Lahmar", side="operational", body="", is_funded_post=True, since=DAY)
    assert pole.carriers.get().is_funded_post


@pytest.mark.parametrize(
    "values",
    [
        {"signed_on": DAY},
        {"deliberation": "12"},
        {"deliberation": "12", "deliberated_on": DAY},
        {"signed_on": DAY, "evidence": "x", "left_on": DAY - timedelta(days=1)},
    ],
)
def test_the_database_refuses_a_member_without_proof(values):
    with pytest.raises(IntegrityError), transaction.atomic():
        GroupingMember.objects.create(
            grouping=GroupingFactory(), member_type="COMPANY", name="X", commune_code="62498", asked_at=AT, **values
        )


def test_the_database_refuses_an_agreement_that_ends_without_having_started():
    with pytest.raises(IntegrityError), transaction.atomic():
        GroupingFactory(agreement_ends_on=DAY)
