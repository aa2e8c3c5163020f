"""Each territory says what is useful there: weights by département, dated, published, and used by conclusions."""

from datetime import date

import pytest
from django.urls import reverse

from fres.kernel.models import Territory
from fres.kernel.territory_files import VINTAGE
from projects.labels.weights import WeightsRefused, set_weights, territories_of, weights_of
from projects.models import CriterionWeight, Label, Project
from tests.funds.factories import FundFactory
from tests.investors.factories import RoleGrantFactory, UserFactory
from tests.investors.sessions import sign_in
from tests.projects.labels.scenes import LOCAL_ANSWERS, NOW, a_project, assess, label_of

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 23)


def a_department(code="62", name="Pas-de-Calais"):
    Territory.objects.create(vintage=VINTAGE, level=Territory.Level.DEPARTEMENT, code=code, name=name, region_code="32")


def weigh(label, **fields):
    values = {
        "territory_code": "62", "weights": {"HDF-P1": 5, "HDF-P2": 0, "HDF-P3": 0}, "valid_from": DAY,
        "reason": "Conseil départemental, 3 novembre.", "by": UserFactory(), "at": NOW, **fields,
    }  # fmt: skip
    return set_weights(label=label, **values)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"territory_code": "99"}, "99"),
        ({"weights": {"HDF-M1": 3}}, "critères de progrès"),
        ({"weights": {"HDF-P1": 6}}, "de 0 à 5"),
        ({"weights": {"HDF-P1": 0, "HDF-P2": 0, "HDF-P3": 0}}, "plus aucun critère"),
        ({"weights": {}}, "Rien ne change"),
        ({"valid_from": date(2026, 1, 1)}, "jour à venir"),
        ({"reason": " "}, "cite la décision"),
    ],
)
def test_weights_that_make_no_sense_are_refused_and_not_written(fields, words):
    a_department()
    with pytest.raises(WeightsRefused, match=words):
        weigh(label_of("FRES-HDF@2024"), **fields)
    assert not CriterionWeight.objects.exists()


def test_a_conclusion_counts_by_the_weights_of_its_own_territory():
    a_department()
    label = label_of("FRES-HDF@2024")
    here, there = a_project(), a_project()
    Project.objects.filter(uuid=here.uuid).update(commune_code="62498")
    Project.objects.filter(uuid=there.uuid).update(commune_code="59350")
    weigh(label)
    from projects.labels.assessing import conclusion_of
    from projects.labels.subjects import find_subject

    found = {}
    for subject in (here, there):
        fresh = find_subject("project", subject.uuid)
        assessment = assess("FRES-HDF@2024", fresh, LOCAL_ANSWERS, ends=False)
        found[subject.uuid] = conclusion_of(assessment, on=DAY).progress
    # P1 alone counts here, at 2 of the highest level; there, the label's own weights.
    assert found[here.uuid] != found[there.uuid]
    own = {one.identifier: one.weight for one in label.criteria.all()}
    assert weights_of(label, "59", DAY) == {one.pk: own[one.identifier] for one in label.criteria.all()}


@pytest.mark.usefixtures("clock")
def test_weights_are_written_at_the_desk_and_read_by_everybody(client):
    a_department()
    label = label_of("FRES-HDF@2024")
    sign_in(client, RoleGrantFactory(role="manager").user)
    address = reverse("labels:weights", args=[label.code, label.version])
    progress = list(label.criteria.filter(kind="P"))
    sent = {"territory_code": "62", "valid_from": "2026-11-23", "reason": "Conseil départemental."} | {
        f"weight_{one.pk}": one.weight for one in progress
    }
    assert client.get(address).status_code == 200
    assert client.post(address, sent).status_code == 422
    other = 0 if progress[0].weight else 3
    assert client.post(address, sent | {f"weight_{progress[0].pk}": other}).status_code == 302
    (territory,) = territories_of(label, DAY)
    assert [row.weight for row in territory.rows] == [other]
    client.logout()
    page = client.get(reverse("labels:referential", args=[label.code, label.version])).content.decode()
    assert "Pas-de-Calais" in page and "Conseil départemental." in page


@pytest.mark.usefixtures("clock")
def test_a_fund_publishes_a_label_of_its_own_with_at_least_one_mandatory_criterion(client):
    fund = FundFactory()
    sign_in(client, RoleGrantFactory(role="manager").user)
    address = reverse("labels:new_label")
    assert client.get(address).status_code == 200
    sent = {
        "fund_uuid": str(fund.uuid), "code": "local-62", "version": "2026", "name": "Label du bassin",
        "purpose": "Utile.", "owner": "Fonds régional", "subject_types": ["project"],
        "validity_months": "36", "valid_from": "2026-12-01",
        "criteres-TOTAL_FORMS": "1", "criteres-INITIAL_FORMS": "0", "criteres-0-identifier": "L-1",
        "criteres-0-kind": "P", "criteres-0-scale": "PROG", "criteres-0-title": "Emploi", "criteres-0-text_fr": "Crée.",
        "criteres-0-weight": "1",
    }  # fmt: skip
    refused = client.post(address, sent)
    assert refused.status_code == 422 and "aucun critère obligatoire" in refused.content.decode()
    assert client.post(address, sent | {"code": "Ô label"}).status_code == 422
    assert not Label.objects.filter(code="LOCAL-62").exists()
    mandatory = {"criteres-0-kind": "M", "criteres-0-scale": "BOOL"}
    assert client.post(address, sent | mandatory).status_code == 302
    assert Label.objects.get(code="LOCAL-62").fund_uuid == fund.uuid
