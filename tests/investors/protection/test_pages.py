"""The pages before a loan: two steps, a warning that stays, a simulation that sends only its result, a class."""

import re

import pytest
from django.urls import reverse

from fres.kernel.access import Role
from investors.models import Classification, EntryAssessment, LossSimulation
from tests.investors.factories import EntryAssessmentFactory, PartyFactory, RoleGrantFactory
from tests.investors.protection.scenes import STATEMENTS, a_request, answers
from tests.investors.sessions import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
BACK = "/projets/toit/engager/"


@pytest.fixture
def party(client):
    party = PartyFactory(ready=False)
    sign_in(client, party.user)
    return party


def page(client, name, **query):
    return client.get(reverse(f"protection:{name}"), query).content.decode()


def test_a_new_saver_finds_two_steps_and_comes_back_to_the_commitment_once_they_are_done(client, party):
    assert "Avant un premier prêt, deux étapes" in page(client, "ready", next=BACK)
    form = answers() | {"version": "2026-11", "next": BACK}
    answered = client.post(reverse("protection:questionnaire"), form)
    assert answered["Location"].startswith(reverse("protection:ready"))
    sent = client.post(
        reverse("protection:simulation"),
        {"send": "1", "result": "2860,00", "reference_date": "2025-12-31", "received": "on", "next": BACK},
    )
    shown = client.get(sent["Location"]).content.decode()
    assert "Vous pouvez prêter" in shown
    assert f'href="{BACK}"' in shown
    assert "2\u202f860,00" in shown


def test_a_page_of_another_site_is_never_come_back_to(client, party):
    assert 'href="https://evil' not in page(client, "ready", next="https://evil.example/")


def test_missing_answers_are_pointed_at_and_nothing_is_written(client, party):
    response = client.post(reverse("protection:questionnaire"), {"version": "2026-11", "loss": "a"})
    assert response.status_code == 422
    assert response.content.decode().count("Cette question attend une réponse.") == 18
    assert not EntryAssessment.objects.exists()


def test_a_questionnaire_failed_leads_to_a_warning_that_stays_until_it_is_acknowledged(client, party):
    form = answers(wrong=10) | {"version": "2026-11"}
    answered = client.post(reverse("protection:questionnaire"), form)
    assert answered["Location"].startswith(reverse("protection:warning"))
    assert "0 bonnes réponses sur 10" in page(client, "warning")
    assert client.post(reverse("protection:warning"), {}).status_code == 422
    assert "Lire l’avertissement" in page(client, "ready")
    client.post(reverse("protection:warning"), {"understood": "on"})
    assert "avertissement lu" in page(client, "ready")
    assert client.get(reverse("protection:warning")).status_code == 302


def test_whoever_will_not_answer_says_so_with_one_button(client, party):
    refused = client.post(reverse("protection:questionnaire"), {"refuse": "1"})
    assert refused["Location"].startswith(reverse("protection:warning"))
    assert EntryAssessment.objects.get().outcome == "REFUSED"


def test_the_simulation_has_no_field_that_a_form_could_send_but_its_result_and_date(client, party):
    shown = page(client, "simulation")
    form = re.search(r'<form method="post" id="simulation-form".*?</form>', shown, re.S)[0]
    names = set(re.findall(r'name="(\w+)"', form))
    assert names == {"csrfmiddlewaretoken", "pour", "next", "result", "reference_date", "received", "send", "withhold"}
    typed = re.findall(r"<input[^>]*data-term[^>]*>", shown)
    assert len(typed) == 12
    assert not any("name=" in one for one in typed)
    assert shown.index("data-term") < shown.index("simulation-form")


def test_a_result_is_sent_or_withheld_and_never_empty(client, party):
    address, kept = reverse("protection:simulation"), {"received": "on", "reference_date": "2025-12-31"}
    assert client.post(address, {"send": "1", **kept}).status_code == 422
    assert client.post(address, {"withhold": "1"}).status_code == 422
    assert not LossSimulation.objects.exists()
    client.post(address, {"withhold": "1", "result": "900", **kept})
    assert LossSimulation.objects.get().result is None
    assert client.post(address, {"send": "1", "result": "-3", **kept}).status_code == 422


def test_a_class_is_asked_for_with_three_statements_and_decided_at_the_desk(client, party):
    form = {"wanted": "SOPH", "criteria": ["means", "trades"], "evidence": "Avis d’impôt."}
    refused = client.post(reverse("protection:status"), form)
    assert refused.status_code == 422
    assert "trois déclarations" in refused.content.decode()
    client.post(reverse("protection:status"), form | dict.fromkeys(STATEMENTS, "on"))
    asked = Classification.objects.get()
    assert "Retirer ma demande" in page(client, "ready")

    sign_in(client, RoleGrantFactory(role=Role.COMPLIANCE).user)
    assert party.name in page(client, "requests")
    address = reverse("protection:decide", args=[asked.uuid])
    assert "60\u202f000" in client.get(address).content.decode()
    assert client.post(address, {"approve": "1", "grounds": ""}).status_code == 422
    client.post(address, {"approve": "1", "grounds": "Avis d’impôt regardé."})
    asked.refresh_from_db()
    assert asked.state == "GRANTED"

    sign_in(client, party.user)
    assert "Votre statut vous en dispense" in page(client, "ready")
    client.post(reverse("protection:status"), {"give_up": "1"})
    assert "Avant un premier prêt, deux étapes" in page(client, "ready")


def test_only_compliance_decides(client):
    asked = a_request()
    sign_in(client, RoleGrantFactory(role=Role.ADMINISTRATOR).user)
    address = reverse("protection:decide", args=[asked.uuid])
    assert "Accorder" not in client.get(address).content.decode()
    assert client.post(address, {"approve": "1", "grounds": "Vu."}).status_code == 403


def test_what_has_ended_is_asked_for_again(client, clock, party):
    EntryAssessmentFactory(party=party, expires_on=clock.now.date())
    assert "Répondre au questionnaire" in page(client, "ready")


def test_the_desk_holds_two_thousand_requests_with_few_queries(client, django_assert_max_num_queries):
    people = [PartyFactory(ready=False) for _rank in range(3)]
    first = a_request(party=people[0])
    Classification.objects.bulk_create(
        Classification(
            party=people[rank % 3], wanted="SOPH", criteria=["means"], evidence="…", text_version="1", text_sha256="0",
            state="REFUSED", grounds="…", decided_by=first.requested_by, decided_at=first.requested_at,
            requested_by=first.requested_by, requested_at=first.requested_at,
        )
        for rank in range(2_000)
    )  # fmt: skip
    sign_in(client, RoleGrantFactory(role=Role.COMPLIANCE).user)
    with django_assert_max_num_queries(15):
        assert client.get(reverse("protection:requests")).status_code == 200
