"""Communes are never guessed, merged ones lead to their successor, weights add up to exactly 1."""

from fractions import Fraction

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from projects.models import TerritoryRole
from projects.organisations.communes import CommuneAmbiguous, CommuneUnknown, settle_commune, written_out
from projects.organisations.places import (
    Benefit,
    CommuneTwice,
    WeightsDoNotAddUp,
    reporting_weights,
    set_territories,
    shares,
)
from tests.projects.factories import OrganisationFactory, ProjectFactory
from tests.projects.organisations.scenes import some_communes

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def communes(db):
    some_communes()


@pytest.mark.parametrize("typed", ["Lens (62498)", "62498", "lens", "  LENS "])
def test_a_commune_is_found_by_code_or_name(typed):
    assert settle_commune(typed).code == "62498"


def test_a_postal_code_that_is_also_a_code_is_not_guessed():
    with pytest.raises(CommuneAmbiguous, match=r"Lens \(62498\)"):
        settle_commune("62300")


def test_a_merged_commune_leads_to_its_successor_and_says_so():
    settled = settle_commune("62999")
    assert (settled.code, settled.replaced) == ("62498", "62999")


def test_a_split_commune_is_not_guessed():
    with pytest.raises(CommuneAmbiguous):
        settle_commune("62998")


@pytest.mark.parametrize("typed", ["", "Nulle-Part", "99999", "Lens (99999)"])
def test_an_unknown_commune_is_refused(typed):
    with pytest.raises(CommuneUnknown):
        settle_commune(typed)


def test_what_is_written_out_is_read_again():
    assert settle_commune(written_out("62498")).code == "62498"


def test_weights_are_exact_shares_of_one():
    project = ProjectFactory()
    set_territories(
        subject=project,
        seat="Lens",
        benefits=[Benefit("Lens", 3334), Benefit("Loos-en-Gohelle", 3333), Benefit("Lille", 3333)],
    )
    weights = reporting_weights(project)
    assert sum(weights.values()) == 1
    assert weights["62498"] == Fraction(3334, 10_000)


@pytest.mark.parametrize("weights", [(5000, 4999), (5000, 5001), (10_000, 0)])
def test_weights_that_do_not_add_up_are_refused_and_nothing_is_written(weights):
    project = ProjectFactory()
    set_territories(subject=project, seat="Lille")
    with pytest.raises(WeightsDoNotAddUp):
        set_territories(
            subject=project,
            seat="Lens",
            benefits=[Benefit("Lens", weights[0]), Benefit("Lille", weights[1])],
        )
    assert [row.commune_code for row in project.territory_roles.all()] == ["59350"]


def test_a_merged_commune_beside_its_successor_is_the_same_twice():
    with pytest.raises(CommuneTwice):
        set_territories(
            subject=OrganisationFactory(), seat="Lens", benefits=[Benefit("62999", 5000), Benefit("62498", 5000)]
        )


def test_without_zones_reports_use_the_sites_then_the_seat():
    organisation = OrganisationFactory(commune_code="62498")
    assert reporting_weights(organisation) == {"62498": 1}
    set_territories(subject=organisation, seat="Lens", sites=["Lille", "Loos-en-Gohelle"])
    assert reporting_weights(organisation) == {"59350": Fraction(1, 2), "62528": Fraction(1, 2)}


def test_what_is_set_again_replaces_what_stood_there():
    organisation = OrganisationFactory()
    set_territories(subject=organisation, seat="Lens", sites=["Lille"])
    set_territories(subject=organisation, seat="Lille")
    organisation.refresh_from_db()
    assert organisation.commune_code == "59350"
    assert [(row.role, row.commune_code) for row in organisation.territory_roles.all()] == [("SIEGE", "59350")]


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=6))
def test_shares_add_up_to_one_or_are_refused(weights):
    named = {str(rank): weight for rank, weight in enumerate(weights)}
    if sum(weights) == 10_000:
        assert sum(shares(named).values()) == 1
    else:
        with pytest.raises(ValueError, match="add up"):
            shares(named)


@pytest.mark.parametrize(
    "values",
    [
        {"role": "BENEFICE", "weight_bp": None},
        {"role": "BENEFICE", "weight_bp": 10_001},
        {"role": "SITE", "weight_bp": 10},
    ],
)
def test_the_database_refuses_a_weight_out_of_place(values):
    organisation = OrganisationFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        TerritoryRole.objects.create(organisation=organisation, commune_code="62498", **values)


def test_the_database_refuses_an_attachment_of_nothing_and_a_second_seat():
    organisation = OrganisationFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        TerritoryRole.objects.create(role="SIEGE", commune_code="62498")
    TerritoryRole.objects.create(organisation=organisation, role="SIEGE", commune_code="62498")
    with pytest.raises(IntegrityError), transaction.atomic():
        TerritoryRole.objects.create(organisation=organisation, role="SIEGE", commune_code="59350")
