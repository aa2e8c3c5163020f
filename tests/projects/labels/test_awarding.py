"""Labels held: granted on an assessment, renewed, suspended, withdrawn, expired; statuses claimed and verified."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction

from fres.kernel.documents import open_document
from fres.kernel.models import Message
from fres.kernel.states import TransitionRefused
from projects.four_eyes import Act, acts_on
from projects.labels import awarding
from projects.labels.assessing import (
    AlreadyAssessing,
    AnswerUnfit,
    AssessmentOver,
    EvaluatorNotApart,
    SubjectUnfit,
    answer_criterion,
    conclude_assessment,
    start_assessment,
)
from projects.labels.criteria import AssessmentIncomplete, Given
from projects.labels.dates import longest_term, months_after
from projects.labels.duties import warn_of_ends
from projects.labels.subjects import find_subject
from projects.labels.versions import VersionNotInForce
from projects.models import Assessment, Award, Criterion
from projects.states import ApplicationState, AssessmentState, AwardState
from tests.investors.factories import RoleGrantFactory, UserFactory
from tests.projects.factories import ApplicationFactory, MembershipFactory
from tests.projects.labels.answers import PROOF, just_enough
from tests.projects.labels.scenes import (
    LOCAL_ANSWERS,
    NOW,
    a_product,
    a_project,
    an_organisation,
    assess,
    grant,
    label_of,
    representative_of,
)

pytestmark = pytest.mark.django_db


def refused_with(refusal, act, **arguments):
    """Run an act that must be refused, and see that nothing was written."""
    before = Award.objects.count()
    with pytest.raises(refusal) as caught:
        act(**arguments)
    assert caught.value.message
    assert Award.objects.count() == before
    return caught.value


# ---- Assessing ----


def test_an_assessment_is_concluded_explained_and_frozen():
    assessment = assess("FRES-HDF@2024", a_project(), LOCAL_ANSWERS)
    assert (assessment.state, assessment.outcome, assessment.level) == ("CONCLUDED", "PASSED", "LABELLISE")
    content = open_document(assessment.document)
    assert content.startswith(b"%PDF")
    line = next(one for one in assessment.explanation["lines"] if one["identifier"] == "HDF-M3")
    assert line["proofs"] == list(PROOF)
    criterion = Criterion.objects.get(label=assessment.label, identifier="HDF-M1")
    with pytest.raises(AssessmentOver):
        answer_criterion(assessment=assessment, criterion=criterion, by=assessment.evaluator, at=NOW, yes=False)


def test_the_explanation_of_a_refusal_names_the_criterion_and_the_missing_evidence():
    answers = LOCAL_ANSWERS | {"HDF-M2": Given(yes=True)}
    assessment = assess("FRES-HDF@2024", a_project(), answers)
    assert assessment.outcome == "FAILED"
    assert assessment.explanation["reasons"] == [
        "HDF-M2 – Gouvernance ouverte : Oui. Sans preuve\u00a0: il manque Statuts ou procès-verbaux."
    ]


def test_an_unanswered_criterion_stops_the_conclusion():
    answers = {name: given for name, given in LOCAL_ANSWERS.items() if name != "HDF-X1"}
    with pytest.raises(AssessmentIncomplete) as refused:
        assess("FRES-HDF@2024", a_project(), answers)
    assert refused.value.missing == ("HDF-X1",)
    assert not Assessment.objects.filter(state=AssessmentState.CONCLUDED).exists()


def test_a_product_label_is_never_about_an_organisation():
    with pytest.raises(SubjectUnfit):
        assess("FINANSOL@2025", an_organisation(), {})
    assert assess("FINANSOL@2025", a_product(), just_enough("finansol-2025")).outcome == "PASSED"


def test_no_assessment_on_a_version_that_has_ended():
    with pytest.raises(VersionNotInForce):
        assess("CCES@2012", an_organisation(), {})


def test_one_assessment_at_a_time_on_a_version():
    subject = a_project()
    assess("BALISES@2", subject, {}, ends=False)
    with pytest.raises(AlreadyAssessing):
        assess("BALISES@2", subject, {}, ends=False)


@pytest.mark.parametrize(
    "given",
    [{"values": {"local": "beaucoup"}}, {"values": {"local": "-1"}}, {"values": {"local": ["3", "2"]}},
     {"values": {"autre": "1"}}, {"is_na": True}, {"level": 4}],
)  # fmt: skip
def test_answers_out_of_scale_are_refused(given):
    assessment = assess("FRES-HDF@2024", a_project(), {}, ends=False)
    criterion = Criterion.objects.get(label=assessment.label, identifier="HDF-M3")
    with pytest.raises(AnswerUnfit):
        answer_criterion(assessment=assessment, criterion=criterion, by=assessment.evaluator, at=NOW, **given)
    assert not assessment.answers.exists()


def test_who_instructed_a_file_does_not_evaluate_its_label(monkeypatch):
    instructor, file = UserFactory(), ApplicationFactory(state=ApplicationState.APPROVED)
    acts = dict.fromkeys(Act, frozenset()) | {Act.INSTRUCTED: frozenset({instructor.pk})}
    assert acts_on(file)[Act.INSTRUCTED] == frozenset()
    monkeypatch.setattr("projects.labels.assessing.acts_on", lambda application: acts)
    subject = find_subject("project", file.project.uuid)
    with pytest.raises(EvaluatorNotApart):
        start_assessment(label=label_of("FRES-HDF@2024"), subject=subject, by=instructor, at=NOW, application=file)
    assessment = assess("FRES-HDF@2024", subject, LOCAL_ANSWERS, application=file)
    refused_with(EvaluatorNotApart, awarding.grant_award, assessment=assessment, by=instructor, at=NOW)


# ---- Granting ----


def test_a_label_is_granted_for_its_term_and_the_file_is_labelled():
    file = ApplicationFactory(state=ApplicationState.APPROVED)
    subject = find_subject("project", file.project.uuid)
    MembershipFactory(organisation=subject.organisation, is_legal_representative=True)
    assessment = assess("FRES-HDF@2024", subject, LOCAL_ANSWERS, application=file)
    award = awarding.grant_award(assessment=assessment, by=UserFactory(), at=NOW)
    assert (award.state, award.valid_from, award.valid_to) == ("GRANTED", date(2026, 11, 23), date(2029, 11, 22))
    file.refresh_from_db()
    assert file.state == ApplicationState.LABELLED
    assert Message.objects.get(about_uuid=award.uuid).to == representative_of(subject).email


def test_no_label_without_an_assessment_that_passed():
    under_way = assess("FRES-HDF@2024", a_project(), LOCAL_ANSWERS, ends=False)
    refused_with(awarding.AssessmentMissing, awarding.grant_award, assessment=under_way, by=UserFactory(), at=NOW)
    failed = assess("FRES-HDF@2024", a_project(), LOCAL_ANSWERS | {"HDF-M1": Given(yes=False, proofs=PROOF)})
    refused_with(awarding.AssessmentMissing, awarding.grant_award, assessment=failed, by=UserFactory(), at=NOW)


def test_a_refusal_is_an_award_refused_with_its_criterion():
    failed = assess("FRES-HDF@2024", a_project(), LOCAL_ANSWERS | {"HDF-X1": Given(yes=True, proofs=PROOF)})
    award = awarding.refuse_award(assessment=failed, by=UserFactory(), at=NOW)
    assert award.state == AwardState.REFUSED
    assert award.published_reason.startswith("HDF-X1")


def test_an_external_status_is_never_granted():
    checked = assess("SCOP@1978", an_organisation(), just_enough("scop-1978"))
    refused_with(awarding.ExternalStatusNotGranted, awarding.grant_award, assessment=checked, by=UserFactory(), at=NOW)
    product = assess("FINANSOL@2025", a_product(), just_enough("finansol-2025"))
    refused_with(awarding.ExternalStatusNotGranted, awarding.grant_award, assessment=product, by=UserFactory(), at=NOW)


@pytest.mark.parametrize("code, file, branch", [("CCES@2015", "cces-2015", "FOOD"), ("BALISES@2", "balises-2", "")])
def test_a_charter_and_a_profile_are_not_awards(code, file, branch):
    concluded = assess(code, an_organisation(), just_enough(file, branch), branch=branch)
    refused_with(awarding.NotHeldAsAward, awarding.grant_award, assessment=concluded, by=UserFactory(), at=NOW)


def test_no_label_twice_and_no_assessment_used_twice():
    subject = a_project()
    award = grant(subject)
    refused_with(
        awarding.AssessmentMissing, awarding.grant_award, assessment=award.assessment, by=UserFactory(), at=NOW
    )
    again = assess("FRES-HDF@2024", subject, LOCAL_ANSWERS)
    refused_with(awarding.AlreadyHeld, awarding.grant_award, assessment=again, by=UserFactory(), at=NOW)


def test_the_label_of_a_file_comes_after_its_approval():
    file = ApplicationFactory(state=ApplicationState.UNDER_REVIEW)
    assessment = assess("FRES-HDF@2024", find_subject("project", file.project.uuid), LOCAL_ANSWERS, application=file)
    refused_with(awarding.FileNotApproved, awarding.grant_award, assessment=assessment, by=UserFactory(), at=NOW)


# ---- Time ----


def test_holder_and_evaluators_are_warned_at_90_30_and_7_days_once_each():
    evaluator = RoleGrantFactory(role="evaluator").user
    subject = a_project()
    award = grant(subject)
    Award.objects.filter(pk=award.pk).update(valid_to=date(2027, 2, 21))
    said = []
    for days in (91, 90, 89, 31, 30, 8, 7, 6, 0):
        moment = datetime(2027, 2, 21, 9, 0, tzinfo=UTC) - timedelta(days=days)
        before = Message.objects.filter(template="labels/end_coming").count()
        warn_of_ends(moment)
        warn_of_ends(moment)
        said.append((days, Message.objects.filter(template="labels/end_coming").count() - before))
    assert said == [(91, 0), (90, 2), (89, 0), (31, 0), (30, 2), (8, 0), (7, 2), (6, 0), (0, 0)]
    readers = set(Message.objects.filter(template="labels/end_coming").values_list("to", flat=True))
    assert readers == {evaluator.email, representative_of(subject).email}
    award.refresh_from_db()
    assert award.state == AwardState.RENEWAL_DUE


def test_a_renewal_needs_a_new_assessment_and_follows_the_present_dates():
    subject = a_project()
    award = grant(subject)
    later = NOW + timedelta(days=1_020)
    with pytest.raises(TransitionRefused):
        awarding.renew_award(
            award=award, assessment=assess("FRES-HDF@2024", subject, LOCAL_ANSWERS), by=UserFactory(), at=NOW
        )
    warn_of_ends(later)
    award.refresh_from_db()
    with pytest.raises(awarding.AssessmentMissing):
        awarding.renew_award(award=award, assessment=award.assessment, by=UserFactory(), at=later)
    fresh = assess("FRES-HDF@2024", subject, LOCAL_ANSWERS, at=later)
    renewed = awarding.renew_award(award=award, assessment=fresh, by=UserFactory(), at=later)
    assert (renewed.state, renewed.valid_to) == (AwardState.GRANTED, date(2032, 11, 21))


def test_months_are_those_of_the_calendar():
    assert months_after(date(2026, 8, 31), 6) == date(2027, 2, 28)
    assert months_after(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert months_after(date(2026, 12, 15), 1) == date(2027, 1, 15)


def test_esus_lasts_two_years_when_asked_before_three_years_old():
    esus = label_of("ESUS@2019")
    start = date(2026, 11, 23)
    for created, last in ((date(2023, 11, 23), date(2031, 11, 22)), (date(2023, 11, 24), date(2028, 11, 22))):
        assert longest_term(esus, start=start, created_on=created, asked_on=start) == last


# ---- Stopping ----


def test_a_suspension_says_why_and_ends_by_reinstating_or_withdrawing():
    award = grant(a_project())
    by = UserFactory()
    refused_with(awarding.ReasonMissing, awarding.suspend_award, award=award, by=by, at=NOW, reason=" ")
    suspended = awarding.suspend_award(award=award, by=by, at=NOW, reason="Comptes non fournis")
    assert (suspended.state, suspended.published_reason) == ("SUSPENDED", "Comptes non fournis")
    back = awarding.reinstate_award(award=suspended, by=by, at=NOW, reason="Comptes reçus")
    assert (back.state, back.published_reason, back.suspended_at) == ("GRANTED", "", None)
    refused_with(TransitionRefused, awarding.withdraw_award, award=back, by=by, at=NOW, reason="Fraude")
    again = awarding.suspend_award(award=back, by=by, at=NOW, reason="Fraude")
    assert awarding.withdraw_award(award=again, by=by, at=NOW, reason="Fraude").state == "WITHDRAWN"


def test_lifting_a_suspension_does_not_extend_a_label():
    suspended = awarding.suspend_award(award=grant(a_project()), by=UserFactory(), at=NOW, reason="Comptes")
    late = datetime(2029, 11, 23, 9, 0, tzinfo=UTC)
    refused_with(awarding.DatesUnfit, awarding.reinstate_award, award=suspended, by=UserFactory(), at=late, reason="ok")


def test_the_database_keeps_no_stopped_label_without_a_reason():
    award = grant(a_project())
    with pytest.raises(DatabaseError), transaction.atomic():
        Award.objects.filter(pk=award.pk).update(state="SUSPENDED")


# ---- Statuses of others ----


def claim(subject, code="ESUS@2019", **changes):
    values = {
        "label": label_of(code),
        "subject": subject,
        "proof": "Arrêté préfectoral du 3 mars 2026",
        "valid_from": date(2026, 3, 3),
        "valid_to": date(2031, 3, 2),
        "by": representative_of(subject),
        "at": NOW,
    }
    return awarding.claim_status(**values | changes)


def test_a_status_is_claimed_with_its_piece_then_verified_by_another():
    subject = an_organisation()
    printed = open_document(assess("SCOP@1978", subject, just_enough("scop-1978")).document)
    award = claim(subject, file=SimpleUploadedFile("arrete.pdf", printed))
    assert (award.state, award.pieces.get().name) == (AwardState.CLAIMED, "arrete.pdf")
    checked = assess("ESUS@2019", subject, just_enough("esus-2019", "STANDARD"), branch="STANDARD")
    refused_with(
        awarding.AwardRefused, awarding.verify_status, award=award, assessment=checked, by=award.claimed_by, at=NOW
    )
    verified = awarding.verify_status(award=award, assessment=checked, by=UserFactory(), at=NOW)
    assert (verified.state, verified.valid_to) == (AwardState.VERIFIED, date(2031, 3, 2))


def test_a_claim_without_proof_term_or_with_too_long_a_term_is_refused():
    subject = an_organisation()
    refused_with(awarding.ProofMissing, claim, subject=subject, proof=" ")
    refused_with(awarding.ProofMissing, claim, subject=subject, valid_to=None)
    refused_with(awarding.DatesUnfit, claim, subject=subject, valid_to=date(2031, 3, 3))
    refused_with(awarding.DatesUnfit, claim, subject=subject, valid_from=date(2020, 1, 1), valid_to=date(2024, 12, 31))
    refused_with(awarding.NotHeldAsAward, claim, subject=subject, code="CCES@2015")
    refused_with(awarding.AwardRefused, claim, subject=a_project())


def test_a_status_refused_names_the_criterion_and_a_lost_one_the_reason():
    subject = an_organisation()
    answers = just_enough("esus-2019", "STANDARD") | {"ESUS-5": Given(yes=False)}
    refusing = assess("ESUS@2019", subject, answers, branch="STANDARD")
    refused = awarding.refuse_status(award=claim(subject), by=UserFactory(), at=NOW, reason="", assessment=refusing)
    assert refused.published_reason.startswith("ESUS-5")
    checked = assess("ESUS@2019", subject, just_enough("esus-2019", "STANDARD"), branch="STANDARD")
    verified = awarding.verify_status(award=claim(subject), assessment=checked, by=UserFactory(), at=NOW)
    lost = awarding.record_loss(award=verified, by=UserFactory(), at=NOW, reason="Agrément abrogé")
    assert (lost.state, lost.published_reason) == (AwardState.LOST, "Agrément abrogé")


def test_a_criterion_is_never_edited_in_place():
    criterion = Criterion.objects.filter(identifier="PTCE-M2").get()
    for change in ({"title": "Autre"}, {"tests": []}):
        with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
            Criterion.objects.filter(pk=criterion.pk).update(**change)
    label = criterion.label
    with pytest.raises(DatabaseError), transaction.atomic():
        type(label).objects.filter(pk=label.pk).update(owner="Quelqu’un d’autre")


def test_answers_are_concluded_on_the_day_of_the_conclusion():
    assessment = assess("SIAE-EI@1", an_organisation(), {}, ends=False)
    criterion = assessment.label.criteria.get()
    answer_criterion(
        assessment=assessment, criterion=criterion, by=assessment.evaluator, at=NOW, yes=True,
        reference="Convention n° 59-2024-11", valid_to=date(2026, 11, 23),
    )  # fmt: skip
    late = NOW + timedelta(days=1)
    assert conclude_assessment(assessment=assessment, by=assessment.evaluator, at=late).outcome == "NOT_IN_FORCE"
