"""The file of an offer starts with what the application said: nothing is typed twice, nothing unfit is forced in."""

import pytest

from funds.campaigns.carrying import prepare_from_application, proposed_terms
from funds.models import FundingSource
from projects.models import Application
from projects.states import ApplicationState
from tests.funds.campaigns.scenes import terms
from tests.funds.factories import NOW, FundFactory, euros
from tests.projects.applications import scenes as files
from tests.projects.factories import AwardFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def approved():
    application, signer = files.a_sent_file()
    Application.objects.filter(pk=application.pk).update(state=ApplicationState.APPROVED)
    AwardFactory(project=application.project)
    return Application.objects.get(pk=application.pk), signer


def test_what_the_application_says_is_in_the_file_of_the_offer(approved):
    application, signer = approved
    offer = prepare_from_application(project=application.project, fund=FundFactory(), terms=terms(), by=signer, at=NOW)
    answers = offer.file.answers
    assert answers["activities"] == application.organisation.purpose
    assert answers["own_funds"] == "10000"
    assert answers["debt_before"] == "2000"
    assert answers["guarantee"] == "aucune"
    assert "Panneaux" in answers["use_of_funds"]
    assert "60" in answers["expected_result"]
    assert [year["year"] for year in answers["figures"]] == ["2025", "2024", "2023"]
    assert answers["figures"][0]["equity"] == 20_000
    assert "risk_project" not in answers  # what the application did not ask stays to be written
    lines = offer.funding.exclude(kind=FundingSource.Kind.SAVERS)
    assert [(one.kind, one.amount, one.is_obtained) for one in lines] == [("OWN", euros(10_000), False)]


def test_a_gift_takes_only_what_a_gift_is_asked(approved):
    application, signer = approved
    offer = prepare_from_application(
        project=application.project, fund=FundFactory(), terms=terms(lane="GIFT", rate_bp=0, months=0), by=signer,
        at=NOW,
    )  # fmt: skip
    assert set(offer.file.answers) <= {"use_of_funds", "expected_result", "figures"}


def test_an_answer_too_long_for_the_sheet_is_left_to_the_holder(approved):
    application, signer = approved
    application.organisation.purpose = "b" * 501
    application.organisation.save()
    offer = prepare_from_application(project=application.project, fund=FundFactory(), terms=terms(), by=signer, at=NOW)
    assert "activities" not in offer.file.answers
    assert "management" in offer.file.answers


def test_the_terms_start_with_what_is_asked_of_the_savers(approved):
    application, _signer = approved
    assert proposed_terms(application.project) == {"lane": "PROJECT", "maximum": "30000"}
