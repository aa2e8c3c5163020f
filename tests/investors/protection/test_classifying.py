"""The class of a sophisticated investor: bounds, statements, decision, end (Regulation (EU) 2020/1503, Annex II)."""

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction

from fres.kernel.access import Role
from fres.kernel.models import Message
from fres.kernel.states import TransitionRefused
from investors.models import Classification
from investors.protection.classifying import (
    ClassRefused,
    approve_class,
    expire_classes,
    give_up_class,
    refuse_class,
    withdraw_class,
)
from investors.protection.criteria import are_met
from investors.protection.selectors import readiness_of
from investors.protection.states import ClassState
from tests.investors.factories import PartyFactory, RoleGrantFactory
from tests.investors.protection.scenes import NOW, STATEMENTS, a_request

pytestmark = pytest.mark.django_db
GROUNDS = "Avis d’impôt de 2025 : 61 200 €. Relevé du 30/09 : 44 ordres en un an."


@pytest.fixture
def officer():
    return RoleGrantFactory(role=Role.COMPLIANCE).user


def test_a_person_needs_two_criteria_of_three_and_a_legal_person_one():
    assert are_met("PERSON", "SOPH", ["means", "trades"])
    assert not are_met("PERSON", "SOPH", ["means"])
    assert not are_met("PERSON", "SOPH", ["means", "means"])
    assert not are_met("PERSON", "SOPH", ["means", "turnover"])
    assert are_met("LEGAL", "SOPH", ["turnover"])
    assert not are_met("LEGAL", "SOPH", [])
    assert are_met("PERSON", "PROF", ["professional"])


@pytest.mark.parametrize("missing", sorted(STATEMENTS))
def test_each_of_the_three_statements_is_needed(missing):
    with pytest.raises(ClassRefused, match="trois déclarations"):
        a_request(**{missing: False})
    assert not Classification.objects.exists()


def test_a_request_without_enough_criteria_or_without_evidence_is_refused():
    with pytest.raises(ClassRefused, match="2 critère"):
        a_request(criteria=["means"])
    with pytest.raises(ClassRefused, match="vérifier"):
        a_request(evidence="  ")
    with pytest.raises(ClassRefused, match="n’agissez pas"):
        a_request(by=PartyFactory().user)
    assert not Classification.objects.exists()


def test_a_class_is_granted_for_two_years_told_and_ends_by_itself(officer):
    asked = a_request()
    party = asked.party
    assert readiness_of(party, date(2026, 11, 23)).is_retail
    held = approve_class(classification=asked, reason=GROUNDS, by=officer, at=NOW)
    assert (held.state, held.expires_on, held.grounds) == (ClassState.GRANTED, date(2028, 11, 23), GROUNDS)
    assert readiness_of(party, date(2026, 11, 23)).saver_class == "SOPH"
    assert readiness_of(party, date(2026, 11, 23)).is_ready
    assert readiness_of(party, date(2028, 11, 23)).is_retail
    assert expire_classes(at=datetime(2028, 11, 22, 9, tzinfo=UTC)) == 0
    assert expire_classes(at=datetime(2028, 11, 23, 9, tzinfo=UTC)) == 1
    assert Message.objects.filter(template="protection/class", is_legal=True).count() == 2


def test_a_refusal_says_why_and_leaves_the_protections(officer):
    refused = refuse_class(classification=a_request(), reason="Aucune pièce reçue.", by=officer, at=NOW)
    assert refused.state == ClassState.REFUSED
    assert readiness_of(refused.party, date(2026, 11, 23)).is_retail
    assert Message.objects.get().context["reason"] == "Aucune pièce reçue."
    with pytest.raises(TransitionRefused):
        approve_class(classification=refused, reason=GROUNDS, by=officer, at=NOW)


def test_nobody_decides_on_their_own_class_and_every_decision_has_its_grounds(officer):
    own = PartyFactory(user=officer, ready=False)
    with pytest.raises(ClassRefused, match="propre statut"):
        approve_class(classification=a_request(party=own), reason=GROUNDS, by=officer, at=NOW)
    for act in (approve_class, refuse_class):
        with pytest.raises(ClassRefused, match="500 signes"):
            act(classification=a_request(), reason=" ", by=officer, at=NOW)
    assert not Classification.objects.exclude(state="REQUESTED").exists()


def test_a_class_whose_conditions_are_gone_is_ended_and_one_may_give_it_up(officer):
    held = approve_class(classification=a_request(), reason=GROUNDS, by=officer, at=NOW)
    ended = withdraw_class(classification=held, reason="Vente du portefeuille.", by=officer, at=NOW)
    assert (ended.state, ended.ended_at) == (ClassState.ENDED, NOW)
    again = a_request(party=held.party)
    assert give_up_class(classification=again, by=held.party.user, at=NOW).state == ClassState.ENDED
    with pytest.raises(ClassRefused):
        give_up_class(classification=a_request(), by=PartyFactory().user, at=NOW)


def test_one_request_at_a_time_also_says_the_database():
    asked = a_request()
    with pytest.raises(ClassRefused, match="en cours"):
        a_request(party=asked.party)
    with pytest.raises(IntegrityError), transaction.atomic():
        Classification.objects.create(
            party=asked.party, wanted="SOPH", criteria=["means"], evidence="…", text_version="1", text_sha256="0",
            requested_by=asked.requested_by, requested_at=NOW,
        )  # fmt: skip
