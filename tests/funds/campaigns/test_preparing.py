"""An offer is prepared from an approved and labelled project, reviewed by another person, then opened."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from funds.campaigns import refusals
from funds.campaigns.preparing import (
    FundingLine,
    TrancheLine,
    accept_file,
    announce_offer,
    change_terms,
    prepare_offer,
    return_file,
    save_answers,
    send_file,
    set_funding,
    set_tranches,
)
from funds.campaigns.threshold import compute_threshold
from funds.fici.publishing import publish_fici
from funds.models import Offer, ThresholdComputation
from funds.offers import FileNotAccepted, LabelMissing, OwnerCapExceeded, SheetMissing, open_offer
from funds.states import OfferFileState, OfferState
from projects.models import Application
from projects.states import ApplicationState, AwardState
from tests.funds.campaigns.scenes import a_drafted_offer, an_accepted_offer, an_offer_with_sheet, terms
from tests.funds.factories import NOW, FundFactory, OfferFactory, euros
from tests.investors.factories import UserFactory
from tests.projects.factories import AwardFactory, MembershipFactory, ProjectFactory

pytestmark = pytest.mark.django_db


def an_application(project, state=ApplicationState.LABELLED):
    return Application.objects.create(
        organisation=project.organisation, project=project, state=state, created_by=UserFactory(), created_at=NOW
    )


def prepare(project, **changes):
    return prepare_offer(project=project, fund=FundFactory(), terms=terms(**changes), by=UserFactory(), at=NOW)


def test_an_approved_and_labelled_project_gets_an_offer_with_its_file():
    project = ProjectFactory()
    award, application = AwardFactory(project=project), an_application(project)
    offer = prepare(project)
    assert (offer.state, offer.award, offer.slug) == (OfferState.PREPARED, award, project.slug)
    assert (offer.file.application, offer.file.state) == (application, OfferFileState.DRAFT)
    assert offer.settles_on == date(2027, 2, 26)  # reflection to 4 February, asked on the 5th, 7 and 14 days


def test_a_second_offer_of_a_project_has_its_own_address():
    project = ProjectFactory()
    AwardFactory(project=project)
    assert [prepare(project).slug for _ in range(3)] == [project.slug, f"{project.slug}-2", f"{project.slug}-3"]


def test_an_offer_without_a_label_is_refused():
    project = ProjectFactory()
    an_application(project)
    with pytest.raises(LabelMissing):
        prepare(project)
    AwardFactory(project=project, state=AwardState.SUSPENDED)
    with pytest.raises(LabelMissing):
        prepare(project)
    assert not Offer.objects.exists()


def test_an_offer_of_a_project_that_is_not_approved_is_refused():
    project = ProjectFactory()
    AwardFactory(project=project)
    an_application(project, ApplicationState.IN_COMMITTEE)
    with pytest.raises(refusals.NotApproved, match="Comité"):
        prepare(project)


@pytest.mark.parametrize("changes", [
    {"minimum": euros(0)}, {"minimum": euros(20_000)}, {"ticket_minimum": euros(6_000)}, {"ticket_minimum": euros(0)},
    {"rate_bp": 0}, {"months": 0}, {"lane": "GIFT"}, {"closes_at": NOW - timedelta(days=1)},
    {"risks": "Haut \U0001f680"},
])  # fmt: skip
def test_terms_that_contradict_each_other_are_refused(changes):
    project = ProjectFactory()
    AwardFactory(project=project)
    with pytest.raises(refusals.AnswerUnfit):
        prepare(project, **changes)
    assert not Offer.objects.exists()


def test_a_file_is_sent_when_complete_reviewed_by_another_person_and_keeps_its_threshold():
    offer = a_drafted_offer()
    holder = offer.file.created_by
    send_file(offer=offer, by=holder, at=NOW)
    with pytest.raises(refusals.FileLocked):
        save_answers(offer=offer, answers={"activities": "Autre"}, by=holder, at=NOW)
    with pytest.raises(refusals.OfferFourEyes):
        accept_file(offer=offer, by=holder, at=NOW)
    file = accept_file(offer=offer, by=UserFactory(), at=NOW)
    assert file.state == OfferFileState.ACCEPTED
    kept = ThresholdComputation.objects.get(offer=offer)
    assert (kept.total_cents, kept.cap_cents) == (1_000_000, 500_000_000)
    assert set(kept.parameters) == {"ecspr.offer_cap", "ecspr.offer_cap_months"}


def test_a_member_of_the_organisation_reviews_nothing_of_its_own():
    offer = a_drafted_offer()
    send_file(offer=offer, by=offer.file.created_by, at=NOW)
    member = MembershipFactory(organisation=offer.project.organisation).user
    with pytest.raises(refusals.OfferFourEyes, match="membre"):
        accept_file(offer=offer, by=member, at=NOW)


def test_the_database_refuses_that_one_person_sends_and_reviews():
    offer = a_drafted_offer()
    file = send_file(offer=offer, by=offer.file.created_by, at=NOW)
    file.state, file.reviewed_by, file.reviewed_at = "ACCEPTED", file.sent_by, NOW
    with pytest.raises(IntegrityError, match="offer_file_four_eyes"), transaction.atomic():
        file.save()


def test_an_incomplete_file_names_what_is_missing():
    offer = a_drafted_offer()
    offer.team.all().delete()
    file = offer.file
    file.answers.pop("risk_default")
    file.save()
    with pytest.raises(refusals.FileIncomplete) as refused:
        send_file(offer=offer, by=offer.file.created_by, at=NOW)
    assert "Risque de défaut" in refused.value.message and "l’équipe" in refused.value.message


def test_a_returned_file_says_why_and_may_change_again():
    offer = an_accepted_offer()
    with pytest.raises(refusals.FileIncomplete):
        return_file(offer=offer, by=UserFactory(), at=NOW, note=" ")
    return_file(offer=offer, by=UserFactory(), at=NOW, note="Précisez la garantie.")
    file = save_answers(offer=offer, answers={"guarantee": "Caution"}, by=offer.file.created_by, at=NOW)
    assert (file.answers["guarantee"], file.review_note) == ("Caution", "Précisez la garantie.")


@pytest.mark.parametrize(("key", "value"), [
    ("activities", "x" * 501), ("own_funds", "beaucoup"), ("criminal_record_on", "hier"), ("inconnue", "x"),
    ("risk_other", "\U0001f331"),
])  # fmt: skip
def test_an_answer_that_is_not_of_its_kind_is_refused_and_nothing_is_kept(key, value):
    offer = a_drafted_offer()
    before = offer.file.answers
    with pytest.raises(refusals.AnswerUnfit):
        save_answers(offer=offer, answers={"activities": "Changé", key: value}, by=offer.file.created_by, at=NOW)
    offer.file.refresh_from_db()
    assert offer.file.answers == before


def test_terms_change_while_prepared_and_wrong_tranches_go_away():
    offer = a_drafted_offer(tranches=(4_000, 6_000))
    change_terms(offer=offer, terms=terms(maximum=euros(8_000)), by=offer.file.created_by, at=NOW)
    offer.refresh_from_db()
    assert offer.maximum == euros(8_000) and not offer.tranches.exists()
    with pytest.raises(refusals.AnswerUnfit, match="voie"):
        gift = replace(terms(), lane="GIFT", rate_bp=0, months=0)
        change_terms(offer=offer, terms=gift, by=offer.file.created_by, at=NOW)


@pytest.mark.parametrize("planned", [(4_000, 5_999.99), (4_000, 6_000.01), (10_000,), (0, 10_000), (1_000,) * 10])
def test_tranches_that_do_not_add_up_are_refused(planned):
    offer = a_drafted_offer()
    lines = [TrancheLine(euros(str(amount)), "Étape", "Facture") for amount in planned]
    with pytest.raises(refusals.TranchesDoNotAddUp):
        set_tranches(offer=offer, lines=lines, by=offer.file.created_by, at=NOW)
    assert not offer.tranches.exists()


def test_the_savers_line_of_the_plan_is_the_offer_s_maximum():
    offer = a_drafted_offer()
    lines = [FundingLine("SAVERS", "", euros(1)), FundingLine("REGION", "Conseil régional", euros(3_000))]
    set_funding(offer=offer, lines=lines, by=offer.file.created_by, at=NOW)
    assert [(one.kind, one.amount) for one in offer.funding.all()] == [
        ("SAVERS", offer.maximum), ("REGION", euros(3_000)),
    ]  # fmt: skip


@pytest.mark.parametrize(("earlier", "maximum", "is_within"), [
    ("3200000", "1800000", True), ("3200000", "1800000.01", False),
])  # fmt: skip
def test_five_million_in_twelve_months_is_the_last_euro_allowed(earlier, maximum, is_within):
    offer = a_drafted_offer(maximum=euros(maximum))
    OfferFactory(
        project=offer.project,
        award=offer.award,
        open=True,
        maximum=euros(earlier),
        opens_at=offer.opens_at - timedelta(days=90),
    )
    computed = compute_threshold(offer, at=NOW)
    assert computed.is_within is is_within
    assert computed.total_cents == sum(one["cents"] for one in computed.lines) + computed.maximum_cents
    send_file(offer=offer, by=offer.file.created_by, at=NOW)
    if is_within:
        accept_file(offer=offer, by=UserFactory(), at=NOW)
        assert ThresholdComputation.objects.get(offer=offer).lines[0]["cents"] == 320_000_000
    else:
        with pytest.raises(OwnerCapExceeded):
            accept_file(offer=offer, by=UserFactory(), at=NOW)
        assert not ThresholdComputation.objects.exists()


def test_an_offer_launched_a_day_before_the_twelve_months_is_not_counted():
    offer = a_drafted_offer()
    launched = offer.opens_at.replace(year=offer.opens_at.year - 1)
    OfferFactory(
        project=offer.project, award=offer.award, open=True, minimum=euros(100), maximum=euros(500), opens_at=launched
    )
    OfferFactory(
        project=offer.project,
        award=offer.award,
        open=True,
        minimum=euros(100),
        maximum=euros(700),
        opens_at=launched - timedelta(days=1),
    )
    assert compute_threshold(offer, at=NOW).raised_cents == 50_000


def test_an_offer_with_a_file_opens_once_reviewed_with_its_sheet_by_another_person():
    offer = a_drafted_offer()
    with pytest.raises(FileNotAccepted):
        open_offer(offer=offer, by=UserFactory(), at=NOW)
    send_file(offer=offer, by=offer.file.created_by, at=NOW)
    accept_file(offer=offer, by=UserFactory(), at=NOW)
    with pytest.raises(SheetMissing):
        open_offer(offer=offer, by=UserFactory(), at=NOW)
    publish_fici(offer=offer, by=UserFactory(), at=NOW)
    with pytest.raises(FileNotAccepted, match="une autre personne"):
        open_offer(offer=offer, by=offer.file.created_by, at=NOW)
    opened = open_offer(offer=offer, by=UserFactory(), at=NOW)
    assert opened.state == OfferState.OPEN and opened.threshold_computations.count() == 2


def test_terms_that_are_published_bind_the_holder():
    offer = an_offer_with_sheet()
    return_file(offer=offer, by=UserFactory(), at=NOW, note="Un changement.")
    with pytest.raises(refusals.FileLocked, match="engagent"):
        change_terms(offer=offer, terms=terms(), by=offer.file.created_by, at=NOW)


def test_an_offer_is_announced_once_its_file_is_accepted():
    offer = a_drafted_offer()
    with pytest.raises(refusals.FileLocked):
        announce_offer(offer=offer, by=UserFactory(), at=NOW)
    accepted = an_accepted_offer()
    assert announce_offer(offer=accepted, by=UserFactory(), at=NOW).announced_at == NOW
