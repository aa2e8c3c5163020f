"""Answers given before the file are in it when it starts; what signs a file signs the organisation's sheet too."""

import pytest
from django.test import Client
from django.urls import reverse

from projects.applications.errors import SignatureRequired
from projects.applications.kept import from_diagnosis, from_eligibility
from projects.applications.submitting import submit_application
from projects.models import Application, ApplicationVersion, KeptAnswers, SignOff
from projects.organisations.answers import keep_answers
from projects.organisations.profiles import sign_off
from projects.organisations.selectors import is_signed_off
from tests.investors.factories import PartyFactory, TaxResidenceFactory
from tests.investors.sessions import sign_in
from tests.projects.applications import scenes

pytestmark = pytest.mark.django_db
ELIGIBILITY = {
    "place": "62", "form": "cooperative", "stage": "CREATION", "purpose": "energy", "profit": "kept",
    "amount": 30_000, "when": "later", "bank": "not_asked", "support": "named",
}  # fmt: skip


def test_the_eligibility_questions_answer_what_the_form_asks_again() -> None:
    answers = from_eligibility(ELIGIBILITY)
    assert answers["maturity"] == "new"
    assert answers["ess_status"] == "statutory"
    assert answers["asked_bank"] is False
    assert [line["year1"] for line in answers["resources"]] == [3_000_000]


def test_what_the_form_asks_otherwise_is_not_carried() -> None:
    answers = from_eligibility(ELIGIBILITY | {"form": "company", "bank": "", "amount": 0})
    assert set(answers) == {"maturity"}


def test_where_two_questions_look_at_one_balise_the_lower_level_counts() -> None:
    answers = from_diagnosis({"sobriety": "3", "circular": "1", "work": "2", "power": "na"})
    assert answers == {
        "balises_version": "BALISES@2",
        "balise2_04": {"level": 1},
        "balise2_10": {"level": 2},
    }
    assert from_diagnosis({}) == {}


def test_a_file_starts_with_the_answers_its_author_kept() -> None:
    scenes.a_commune()
    call = scenes.a_call()
    organisation, signer = scenes.a_team()
    TaxResidenceFactory(party=PartyFactory(user=signer))
    keep_answers(user=signer, kind=KeptAnswers.Kind.ELIGIBILITY, version="2026-11", answers=ELIGIBILITY, at=scenes.AT)
    client = Client()
    sign_in(client, signer)
    address = reverse("applications:start", args=[call.slug])
    assert "Puis-je demander" in client.get(address).content.decode()
    data = {"organisation": organisation.pk, "title": "Toit", "summary": "Un toit.", "theme": "energy"}
    assert client.post(address, data | {"postal_code": "62300"}).status_code == 302
    application = Application.objects.get()
    assert application.sections.get(section="carrier").answers["maturity"] == "new"
    assert application.sections.get(section="budget").answers["resources"][0]["year1"] == 3_000_000
    assert application.sections.get(section="project").answers["project_title"] == "Toit"


def test_who_signs_a_file_signs_the_sheet_of_the_organisation_as_it_is() -> None:
    application, signer = scenes.a_sent_file()
    assert is_signed_off(application.organisation)
    assert SignOff.objects.get().signed_by == signer


def test_a_sheet_signed_already_is_not_signed_again() -> None:
    organisation, signer = scenes.a_team()
    sign_off(organisation=organisation, by=signer, at=scenes.AT)
    application = scenes.fill(scenes.a_draft(by=signer), by=signer)
    submit_application(application=application, by=signer, at=scenes.AT)
    assert SignOff.objects.count() == 1


def test_a_signature_without_a_name_is_refused_and_nothing_is_sent() -> None:
    _organisation, signer = scenes.a_team()
    application = scenes.fill(scenes.a_draft(by=signer), by=signer)
    signer.display_name = ""
    signer.save()
    with pytest.raises(SignatureRequired, match="porte un nom"):
        submit_application(application=application, by=signer, at=scenes.AT)
    assert not ApplicationVersion.objects.exists()
    assert not SignOff.objects.exists()
