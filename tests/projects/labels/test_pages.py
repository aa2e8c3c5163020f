"""Pages of labels: quick at 2 000 rows, plain refusals, what evaluators and holders do there."""

from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from projects.models import Award, Label, MisuseReport, Organisation
from projects.states import AwardState
from tests.investors.factories import RoleGrantFactory, UserFactory
from tests.investors.sessions import sign_in
from tests.projects.labels.answers import just_enough
from tests.projects.labels.scenes import (
    LOCAL_ANSWERS,
    a_project,
    an_organisation,
    assess,
    grant,
    label_of,
    representative_of,
)

pytestmark = pytest.mark.django_db


def a_client(*, role="", user=None):
    user = user or UserFactory()
    if role:
        RoleGrantFactory(user=user, role=role)
    client = Client()
    sign_in(client, user)
    return client


def fill_register(count):
    organisation = an_organisation().organisation
    Award.objects.bulk_create(
        Award(
            subject_type="organisation", subject_uuid=organisation.uuid, subject_name=f"Coopérative {rank:04d}",
            commune_code="62498" if rank % 2 else "59350", label=f"LOCAL-{rank}", label_version="1",
            state=AwardState.GRANTED, valid_from=date(2025, 1, 1),
        )
        for rank in range(count)
    )  # fmt: skip


def test_the_register_holds_at_two_thousand_rows(clock):
    fill_register(2_000)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        page = Client().get(reverse("labels:register"), {"department": "62"})
    assert page.status_code == 200
    assert "Coopérative 0001" in page.content.decode()
    assert "Coopérative 0002" not in page.content.decode()
    assert len(queries) <= 15


def test_the_register_filters_and_hides_claims_and_refusals(clock):
    fill_register(3)
    Award.objects.filter(subject_name="Coopérative 0000").update(state=AwardState.CLAIMED, proof="Arrêté")
    text = Client().get(reverse("labels:register")).content.decode()
    assert "Coopérative 0000" not in text
    assert "Coopérative 0001" in text
    assert "Coopérative 0001" not in Client().get(reverse("labels:register"), {"search": "0002"}).content.decode()


@pytest.mark.parametrize("name", ["referentials", "signatories"])
def test_lists_of_referentials_and_signatories_have_few_queries(clock, name):
    with CaptureQueriesContext(connection) as queries:
        assert Client().get(reverse(f"labels:{name}")).status_code == 200
    assert len(queries) <= 15


def test_two_versions_are_compared_criterion_by_criterion(clock):
    page = Client().get(reverse("labels:referential", args=["BALISES", "2"]), {"avec": "1"}).content.decode()
    assert "Sobriété d’abord" in page
    assert "CC BY-SA" in page
    assert Client().get(reverse("labels:referential", args=["BALISES", "2"]), {"avec": "9"}).status_code == 404


def test_the_page_of_a_label_says_its_criteria_and_evidence(clock):
    award = grant(a_project())
    page = Client().get(reverse("labels:award", args=[award.uuid])).content.decode()
    assert "Ancrage dans la région" in page
    assert "Pièce n° 1" in page


def test_a_profile_is_drawn_beside_the_median_of_its_departement(clock):
    for _rank in range(2):
        assess("BALISES@2", an_organisation(), just_enough("balises-2"))
    third = assess("BALISES@2", an_organisation(), just_enough("balises-2"))
    client = a_client(role="evaluator")
    page = client.get(reverse("labels:assessment", args=[third.uuid])).content.decode()
    assert "Médiane du département 62" in page
    assert "<svg" in page


def test_anybody_reports_misuse_and_nothing_is_public_before_it_is_examined(clock):
    address = reverse("labels:report", args=["CCES", "2015"])
    assert Client().post(address, {"about": "Un magasin"}).status_code == 422
    data = {"about": "Un magasin", "seen_where": "Vitrine", "facts": "Affiche sans signature"}
    assert Client().post(address, data).status_code == 302
    page = reverse("labels:referential", args=["CCES", "2015"])
    assert "Un magasin" not in Client().get(page).content.decode()
    report = MisuseReport.objects.get()
    client = a_client(role="evaluator")
    client.post(reverse("labels:misuse", args=[report.uuid]), {"decision": "uphold", "answer": "Affiche retirée."})
    assert "Affiche retirée." in Client().get(page).content.decode()


def test_an_evaluator_answers_concludes_and_grants_from_the_page(clock):
    subject = a_project()
    assessment = assess("FRES-HDF@2024", subject, {}, ends=False)
    client = a_client(role="evaluator")
    address = reverse("labels:assessment", args=[assessment.uuid])
    assert client.post(address, {"act": "conclude"}).status_code == 422
    for criterion in assessment.label.criteria.all():
        given = LOCAL_ANSWERS[criterion.identifier]
        prefix = f"c{criterion.pk}"
        data = {"act": "answer", "criterion": criterion.pk, f"{prefix}-reference": "Pièce n° 1"}
        if given.yes is not None:
            data[f"{prefix}-yes"] = "yes" if given.yes else "no"
        if given.level is not None:
            data[f"{prefix}-level"] = given.level
        data |= {f"{prefix}-value_{name}": "9" if name == "highest" else "2/3" for name in given.values}
        assert client.post(address, data).status_code == 302
    assert client.post(address, {"act": "conclude"}).status_code == 302
    assert client.post(address, {"act": "grant"}).status_code == 302
    assert Award.objects.get(subject_uuid=subject.uuid).state == AwardState.GRANTED


def test_a_holder_claims_a_status_and_signs_a_charter(clock):
    subject = an_organisation()
    client = a_client(user=representative_of(subject))
    claim = {
        "subject": f"organisation:{subject.uuid}", "label": label_of("SCOP@1978").pk, "proof": "Liste 2026",
        "valid_from": "2026-01-01", "valid_to": "2027-12-31",
    }  # fmt: skip
    assert client.post(reverse("labels:claim"), claim).status_code == 422
    assert client.post(reverse("labels:claim"), claim | {"valid_to": "2026-12-31"}).status_code == 302
    charter = label_of("CCES@2015")
    data = {"subject": claim["subject"], "sector": "FOOD", "agrees": "on"}
    data |= {f"accepts_{one.pk}": "on" for one in charter.criteria.filter(part="A", kind="M")}
    assert client.post(reverse("labels:sign", args=["CCES", "2015"]), data).status_code == 302
    page = Client().get(reverse("labels:signatories")).content.decode()
    assert subject.name in page


def test_a_manager_publishes_the_version_that_follows_from_the_page(clock):
    base = Label.objects.get(code="GEIQ", version="2015")
    client = a_client(role="manager")
    address = reverse("labels:new_version", args=["GEIQ", "2015"])
    data = {
        "version": "2027", "valid_from": "2027-01-01", "purpose": base.purpose, "validity_months": "12",
        "source": "Nouveau cahier", "criteres-TOTAL_FORMS": "1", "criteres-INITIAL_FORMS": "0",
        "criteres-0-identifier": "GEIQ-01", "criteres-0-kind": "M", "criteres-0-scale": "NUM",
        "criteres-0-title": "Forme", "criteres-0-text_fr": "Forme juridique.", "criteres-0-evidence": "Statuts",
        "criteres-0-tests": "part ; part des membres ; >= ; 66 ; %", "criteres-0-weight": "1",
    }  # fmt: skip
    assert client.post(address, data | {"criteres-0-tests": "66"}).status_code == 422
    assert client.post(address, data).status_code == 302
    assert Label.objects.get(code="GEIQ", version="2027").criteria.get().tests[0]["threshold"] == "66"
    assert Organisation.objects.count() == 0
