"""Instructing a file: who may, with what, by when; refusals and appeals; what ends by itself."""

from datetime import date, timedelta

import pytest
from django.db import ProgrammingError, transaction

from fres.kernel.errors import RuleViolation
from fres.kernel.models import Message, TransitionLog
from fres.kernel.states import TransitionRefused, advance
from projects.applications import duties, selectors
from projects.applications.appeals import decide_appeal, file_appeal
from projects.applications.concluding import (
    ask_opinion,
    plan_visit,
    record_opinion,
    report_visit,
    save_note,
    send_to_committee,
)
from projects.applications.drafts import save_section
from projects.applications.errors import (
    AnswerMissing,
    AppealRefused,
    FiguresInconsistent,
    InstructionIncomplete,
    NotYourMove,
    ReasonMissing,
)
from projects.applications.instruction import answer_questions, assign_applications, check_eligibility, post_message
from projects.applications.refusing import RefusalWithoutReason
from projects.four_eyes import Act, SamePersonTwice, acts_on, check_four_eyes
from projects.models import ApplicationMessage, Assignment, InstructionNote, Refusal
from projects.states import APPROVE, ApplicationState
from tests.investors.factories import RoleGrantFactory, UserFactory
from tests.projects.applications import scenes
from tests.projects.applications.scenes import AT

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def deadline(application, on):
    return selectors.deadline_of_file(application, today=on)


def test_an_eligible_file_is_instructed_within_sixty_days():
    application, signer, person = scenes.a_file_in_review()
    assert application.state == ApplicationState.UNDER_REVIEW
    assert deadline(application, AT.date()).due_on == date(2027, 1, 22)
    assert acts_on(application)[Act.INSTRUCTED] == {person.pk}
    assert Message.objects.filter(to=signer.email).count() == 2


def test_eligibility_looks_at_every_rule():
    application, _signer = scenes.a_sent_file()
    findings = scenes.met()
    del findings["OWNERS"]
    with pytest.raises(InstructionIncomplete, match="5"):
        check_eligibility(application=application, findings=findings, by=scenes.an_instructor(), at=AT)


def test_a_refusal_without_reason_or_next_step_is_no_refusal():
    application, _signer = scenes.a_sent_file()
    with pytest.raises(RefusalWithoutReason):
        check_eligibility(
            application=application, findings=scenes.met(ESS=False), by=scenes.an_instructor(), at=AT, code="NOT_ESS",
            reason="Aucun statut.", next_step=" ",
        )  # fmt: skip
    application.refresh_from_db()
    assert application.state == ApplicationState.SUBMITTED
    assert not Refusal.objects.exists()


def test_a_refusal_says_why_what_next_and_until_when_to_appeal():
    application, signer, _person = scenes.a_refused_file()
    refusal = Refusal.objects.get()
    assert (application.state, refusal.appeal_until) == (ApplicationState.INELIGIBLE, date(2026, 12, 23))
    message = Message.objects.get(key__startswith="application-refusal", to=signer.email)
    assert "Écrivez au fonds voisin." in " ".join(message.context["lines"])
    assert "23 décembre 2026" in message.context["notice"].replace("\u00a0", " ")
    with pytest.raises(ProgrammingError), transaction.atomic():
        Refusal.objects.update(code="NOT_ESS")


def test_questions_stop_the_clock_until_they_are_answered():
    application, signer, person = scenes.a_file_in_review()
    asked = scenes.ask_one(application, by=person, at=AT + 10 * DAY)
    application.refresh_from_db()
    assert application.state == ApplicationState.QUESTIONED
    assert deadline(application, (AT + 12 * DAY).date()).due_on == asked.due_on == (AT + 70 * DAY).date()
    question = asked.questions.get()
    with pytest.raises(AnswerMissing, match="1"):
        answer_questions(application=application, answers={question.uuid: " "}, by=signer, at=AT + 30 * DAY)
    answer_questions(application=application, answers={question.uuid: "400 € par mois."}, by=signer, at=AT + 30 * DAY)
    application.refresh_from_db()
    stands = deadline(application, (AT + 31 * DAY).date())
    assert application.state == ApplicationState.UNDER_REVIEW
    assert (stands.paused_days, stands.due_on) == (20, (AT + 80 * DAY).date())
    assert application.versions.count() == 1


def test_what_changes_while_questions_wait_becomes_a_version_that_must_hold():
    application, signer, person = scenes.a_file_in_review()
    asked = scenes.ask_one(application, by=person)
    row = application.sections.get(section="budget")
    charges = [{"kind": "investment", "label": "Panneaux", "year1": 5_000_000}]
    save_section(
        application=application, section="budget", answers=row.answers | {"charges": charges}, revision=row.revision,
        by=signer, at=AT,
    )  # fmt: skip
    answers = {question.uuid: "Voici." for question in asked.questions.all()}
    with pytest.raises(FiguresInconsistent):
        answer_questions(application=application, answers=answers, by=signer, at=AT)
    row.refresh_from_db()
    save_section(
        application=application, section="budget", answers=row.answers | {
            "charges": [{"kind": "investment", "label": "Tout", "year1": 4_500_000, "year2": 500_000, "year3": 500_000}]
        }, revision=row.revision, by=signer, at=AT,
    )  # fmt: skip
    answer_questions(application=application, answers=answers, by=signer, at=AT)
    assert list(application.versions.order_by("rank").values_list("rank", "why")) == [
        (1, "submission"),
        (2, "complement"),
    ]


def test_questions_never_answered_abandon_the_file():
    application, signer, person = scenes.a_file_in_review()
    scenes.ask_one(application, by=person)
    assert duties.abandon_unanswered(AT + 60 * DAY) == "0 files abandoned"
    assert duties.abandon_unanswered(AT + 61 * DAY) == "1 files abandoned"
    application.refresh_from_db()
    assert application.state == ApplicationState.ABANDONED
    assert Message.objects.filter(to=signer.email, key__contains=":abandoned").exists()
    assert duties.abandon_unanswered(AT + 62 * DAY) == "0 files abandoned"


def test_an_approval_lapses_after_twelve_months():
    application, _signer, _person = scenes.a_file_in_committee()
    advance(application, APPROVE, by=UserFactory(), at=AT)
    assert duties.lapse_approvals(AT + 365 * DAY) == "0 approvals lapsed"
    assert duties.lapse_approvals(AT + 366 * DAY) == "1 approvals lapsed"
    application.refresh_from_db()
    assert application.state == ApplicationState.LAPSED


def test_a_draft_filled_and_not_sent_is_told_once():
    _organisation, signer = scenes.a_team()
    application = scenes.fill(scenes.a_draft(by=signer), by=signer)
    assert duties.nudge_filled_drafts(AT + 6 * DAY) == "0 filled drafts reminded"
    assert duties.nudge_filled_drafts(AT + 7 * DAY) == "1 filled drafts reminded"
    assert duties.nudge_filled_drafts(AT + 8 * DAY) == "0 filled drafts reminded"
    assert Message.objects.get().to == signer.email
    assert application.state == ApplicationState.DRAFT


def test_a_draft_not_filled_is_left_in_peace():
    scenes.a_draft()
    assert duties.nudge_filled_drafts(AT + 7 * DAY) == "0 filled drafts reminded"


def test_the_committee_gets_no_file_without_a_complete_note():
    application, _signer, person = scenes.a_file_in_review()
    with pytest.raises(InstructionIncomplete, match="viabilité économique"):
        send_to_committee(application=application, by=person, at=AT)
    save_note(application=application, points=scenes.note_points(without_visit_because=""), by=person, at=AT)
    with pytest.raises(InstructionIncomplete, match="visite"):
        send_to_committee(application=application, by=person, at=AT)
    visit = plan_visit(application=application, planned_on=AT.date(), place="Lens", by=person, at=AT)
    with pytest.raises(ReasonMissing):
        report_visit(visit=visit, visited_on=(AT + DAY).date(), people_met="", report="Vu.", by=person, at=AT)
    report_visit(visit=visit, visited_on=AT.date(), people_met="Présidence", report="Vu.", by=person, at=AT)
    opinion = ask_opinion(application=application, expert="Une ingénieure", subject="Le toit", by=person, at=AT)
    with pytest.raises(InstructionIncomplete, match="avis"):
        send_to_committee(application=application, by=person, at=AT)
    record_opinion(opinion=opinion, verdict="favourable", text="Solide.", by=person, at=AT)
    with pytest.raises(NotYourMove):
        record_opinion(opinion=opinion, verdict="favourable", text="Solide.", by=person, at=AT)
    sent = send_to_committee(application=application, by=person, at=AT)
    note = InstructionNote.objects.get()
    assert sent.state == ApplicationState.IN_COMMITTEE
    assert note.signed_at == AT
    assert all(check["met"] for check in note.rule_checks)
    with pytest.raises(NotYourMove):
        save_note(application=application, points=scenes.note_points(), by=person, at=AT)


def test_files_are_entrusted_together_or_not_at_all():
    one, _signer = scenes.a_sent_file()
    two, _signer, _person = scenes.a_file_in_committee()
    first, second, manager = scenes.an_instructor(), scenes.an_instructor(), UserFactory()
    with pytest.raises(NotYourMove):
        assign_applications(applications=[one, two], instructor=first, by=manager, at=AT)
    assert not Assignment.objects.exists()
    assign_applications(applications=[one], instructor=first, by=manager, at=AT)
    assign_applications(applications=[one], instructor=first, by=manager, at=AT)
    assign_applications(applications=[one], instructor=second, by=manager, at=AT + DAY)
    assert list(Assignment.objects.order_by("pk").values_list("instructor", "ended_at")) == [
        (first.pk, AT + DAY),
        (second.pk, None),
    ]


def test_who_instructed_does_not_vote_prepare_or_approve():
    application, _signer, person = scenes.a_file_in_review()
    for act in (Act.VOTED, Act.PREPARED, Act.APPROVED):
        with pytest.raises(SamePersonTwice):
            check_four_eyes(application=application, user=person, act=act)
        check_four_eyes(application=application, user=UserFactory(), act=act)
    check_four_eyes(application=application, user=person, act=Act.INSTRUCTED)


def test_a_message_is_kept_and_told_to_the_other_side():
    application, signer, person = scenes.a_file_in_review()
    assign_applications(applications=[application], instructor=person, by=person, at=AT)
    post_message(application=application, text="Bonjour.", is_from_fund=False, by=signer, at=AT)
    assert Message.objects.filter(to=person.email).count() == 1
    with pytest.raises(ReasonMissing):
        post_message(application=application, text=" ", is_from_fund=True, by=person, at=AT)
    assert ApplicationMessage.objects.count() == 1


# Appeals


def test_an_appeal_is_decided_by_somebody_else_and_sends_the_file_back():
    application = scenes.an_appealed_file()
    refusal = Refusal.objects.get()
    appeal = refusal.appeal
    assert application.state == ApplicationState.APPEALED
    for person in (refusal.decided_by, appeal.filed_by):
        with pytest.raises(AppealRefused):
            decide_appeal(appeal=appeal, is_accepted=True, answer="Oui.", next_step="", by=person, at=AT)
    manager = RoleGrantFactory(role="manager").user
    with pytest.raises(ReasonMissing):
        decide_appeal(appeal=appeal, is_accepted=True, answer="", next_step="", by=manager, at=AT)
    decide_appeal(appeal=appeal, is_accepted=True, answer="Le site est à Lens.", next_step="", by=manager, at=AT)
    application.refresh_from_db()
    assert application.state == ApplicationState.UNDER_REVIEW
    with pytest.raises(AppealRefused):
        decide_appeal(appeal=appeal, is_accepted=False, answer="Non.", next_step="Rien.", by=manager, at=AT)


def test_a_dismissed_appeal_opens_no_other():
    application = scenes.an_appealed_file()
    manager, appeal = RoleGrantFactory(role="manager").user, Refusal.objects.get().appeal
    with pytest.raises(RefusalWithoutReason):
        decide_appeal(appeal=appeal, is_accepted=False, answer="Non.", next_step="", by=manager, at=AT)
    decide_appeal(appeal=appeal, is_accepted=False, answer="Non.", next_step="Le fonds voisin.", by=manager, at=AT)
    application.refresh_from_db()
    assert application.state == ApplicationState.REFUSED
    with pytest.raises(AppealRefused):
        file_appeal(application=application, grounds="Encore.", by=application.created_by, at=AT)


def test_an_appeal_comes_within_thirty_days():
    application, signer, _person = scenes.a_refused_file()
    with pytest.raises(ReasonMissing):
        file_appeal(application=application, grounds=" ", by=signer, at=AT)
    with pytest.raises(AppealRefused, match="23/12/2026"):
        file_appeal(application=application, grounds="Si.", by=signer, at=AT + 31 * DAY)
    file_appeal(application=application, grounds="Si.", by=signer, at=AT + 30 * DAY)


def test_a_file_that_was_not_refused_is_not_appealed():
    application, signer = scenes.a_sent_file()
    with pytest.raises(RuleViolation):
        file_appeal(application=application, grounds="Si.", by=signer, at=AT)


def test_a_draft_is_not_instructed():
    application = scenes.a_draft()
    with pytest.raises(TransitionRefused):
        check_eligibility(application=application, findings=scenes.met(), by=scenes.an_instructor(), at=AT)
    assert not TransitionLog.objects.exists()


# The list


def test_the_list_puts_what_falls_due_first_and_finds_what_is_late(django_assert_max_num_queries):
    late, _signer, _person = scenes.a_file_in_review(at=AT - 80 * DAY)
    fresh, _signer = scenes.a_sent_file()
    scenes.a_draft()
    chosen = selectors.FileFilter()
    lines = selectors.listed_files(chosen, today=AT.date())
    assert [line.application for line in lines] == [late, fresh]
    assert lines[0].deadline.days_late == 20
    only = selectors.listed_files(selectors.FileFilter(late=True), today=AT.date())
    assert [line.application for line in only] == [late]
    assert not selectors.listed_files(selectors.FileFilter(text="introuvable"), today=AT.date())
    assert len(selectors.listed_files(selectors.FileFilter(instructor="none"), today=AT.date())) == 2
    with django_assert_max_num_queries(9):
        selectors.listed_files(chosen, today=AT.date())
