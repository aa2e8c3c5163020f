"""The questionnaire, its warning, the simulation: who may, what is refused, what is kept, and for how long."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from djmoney.money import Money

from fres.kernel.locked_texts import read_text, register
from investors.models import EntryAssessment, LossSimulation, WarningAcknowledgement
from investors.protection.assessing import (
    AnswersIncomplete,
    NothingToAcknowledge,
    NotTheirs,
    ResultNotValid,
    acknowledge_warning,
    record_simulation,
    refuse_assessment,
    take_assessment,
    years_after,
)
from investors.protection.questionnaire import Score, read_questionnaire, score_of
from investors.protection.selectors import readiness_of
from tests.investors.factories import EntryAssessmentFactory, PartyFactory
from tests.investors.protection.scenes import NOW, answers

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)


def euros(amount):
    return Money(amount, "EUR")


def test_the_questionnaire_covers_what_the_law_lists_and_its_answers_are_not_always_the_first():
    card = read_questionnaire()
    assert [section.key for section in card.sections] == ["general", "specific", "experience", "objectives"]
    scored = [question for question in card.questions if question.is_scored]
    assert len(scored) == 10
    assert len({next(one.key for one in question.choices if one.is_right) for question in scored}) == 3
    assert all(question.choices[-1].text == "Je ne sais pas" for question in scored)
    assert {"done", "often", "volume", "stage", "skills", "holding", "risk", "sustainability"} <= {
        question.key for question in card.questions
    }


def test_a_questionnaire_passed_counts_two_years_and_keeps_its_answers_and_version():
    party = PartyFactory(ready=False)
    taken = take_assessment(party=party, answers=answers(wrong=2), by=party.user, at=NOW)
    assert (taken.outcome, taken.score, taken.out_of) == ("PASSED", 8, 10)
    assert taken.expires_on == date(2028, 11, 23)
    assert taken.sha256 == read_questionnaire().sha256
    assert taken.answers["risk"] == ["a"]
    assert readiness_of(party, date(2028, 11, 22)).assessment == taken
    assert readiness_of(party, date(2028, 11, 23)).assessment is None


def test_one_right_answer_under_the_mark_is_insufficient_and_never_keeps_anybody_out():
    party = PartyFactory(ready=False)
    taken = take_assessment(party=party, answers=answers(wrong=3), by=party.user, at=NOW)
    assert taken.outcome == EntryAssessment.Outcome.INSUFFICIENT
    readiness = readiness_of(party, TODAY)
    assert readiness.awaits_warning
    acknowledge_warning(party=party, by=party.user, at=NOW)
    record_simulation(party=party, result=None, reference_date=None, by=party.user, at=NOW)
    assert readiness_of(party, TODAY).is_ready


def test_the_share_of_right_answers_is_compared_exactly():
    assert Score(3, 4).reaches(Decimal("0.75"))
    assert not Score(7, 10).reaches(Decimal("0.75"))


def test_a_refusal_to_answer_is_kept_and_calls_for_the_warning():
    party = PartyFactory(ready=False)
    taken = refuse_assessment(party=party, by=party.user, at=NOW)
    assert (taken.outcome, taken.score) == ("REFUSED", None)
    read = acknowledge_warning(party=party, by=party.user, at=NOW)
    assert read.text_sha256 == read_text("entry.warning").digest
    assert acknowledge_warning(party=party, by=party.user, at=NOW) == read
    assert WarningAcknowledgement.objects.count() == 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda given: given.pop("loss"),
        lambda given: given.update(loss=["y"]),
        lambda given: given.update(loss=["a", "b"]),
        lambda given: given.update(done=[]),
    ],
    ids=["missing", "unknown", "two", "empty"],
)
def test_answers_that_do_not_fit_are_refused_and_nothing_is_written(spoil):
    party, given = PartyFactory(ready=False), answers()
    spoil(given)
    with pytest.raises(ValueError, match="no valid answer"):
        score_of(read_questionnaire(), given)
    with pytest.raises(AnswersIncomplete, match="19 questions"):
        take_assessment(party=party, answers=given, by=party.user, at=NOW)
    assert not EntryAssessment.objects.exists()


def test_answers_to_an_older_questionnaire_are_not_taken_for_the_present_one():
    party = PartyFactory(ready=False)
    with pytest.raises(AnswersIncomplete):
        take_assessment(party=party, answers=answers(), by=party.user, at=NOW, version="2025-01")


def test_nobody_answers_for_another():
    party, other = PartyFactory(ready=False), PartyFactory(ready=False)
    for act in (
        lambda: take_assessment(party=party, answers=answers(), by=other.user, at=NOW),
        lambda: refuse_assessment(party=party, by=other.user, at=NOW),
        lambda: acknowledge_warning(party=party, by=other.user, at=NOW),
        lambda: record_simulation(party=party, result=None, reference_date=None, by=other.user, at=NOW),
    ):
        with pytest.raises(NotTheirs):
            act()
    assert not EntryAssessment.objects.exists()
    assert not LossSimulation.objects.exists()


def test_there_is_no_warning_to_read_after_a_questionnaire_that_was_passed_or_none():
    party = PartyFactory(ready=False)
    for _once in range(2):
        with pytest.raises(NothingToAcknowledge):
            acknowledge_warning(party=party, by=party.user, at=NOW)
        EntryAssessmentFactory(party=party)


def test_the_last_questionnaire_speaks():
    party = PartyFactory()
    take_assessment(party=party, answers=answers(wrong=9), by=party.user, at=NOW)
    assert readiness_of(party, TODAY).awaits_warning
    take_assessment(party=party, answers=answers(), by=party.user, at=NOW)
    assert readiness_of(party, TODAY).is_ready


def test_a_simulation_counts_a_year_and_a_result_withheld_leaves_no_figure():
    party = PartyFactory(ready=False)
    sent = record_simulation(party=party, result=euros(2_860), reference_date=date(2025, 12, 31), by=party.user, at=NOW)
    assert (sent.is_sent, sent.result, sent.expires_on) == (True, euros(2_860), date(2027, 11, 23))
    kept = record_simulation(party=party, result=None, reference_date=date(2026, 1, 1), by=party.user, at=NOW)
    assert (kept.is_sent, kept.result, kept.reference_date) == (False, None, None)
    assert readiness_of(party, date(2027, 11, 22)).simulation == kept
    assert readiness_of(party, date(2027, 11, 23)).simulation is None


@pytest.mark.parametrize(
    ("result", "on"),
    [
        ("-0.01", date(2025, 12, 31)),
        ("10.001", date(2025, 12, 31)),
        ("10", None),
        ("10", date(2025, 12, 30)),
        ("10", date(2026, 11, 24)),
    ],
    ids=["negative", "fraction", "undated", "too old", "to come"],
)
def test_a_result_that_the_law_does_not_allow_is_refused(result, on):
    party = PartyFactory(ready=False)
    with pytest.raises(ResultNotValid):
        record_simulation(party=party, result=euros(result), reference_date=on, by=party.user, at=NOW)
    assert not LossSimulation.objects.exists()


def test_what_was_answered_is_never_changed_nor_deleted():
    taken = EntryAssessmentFactory(failed=True)
    read = acknowledge_warning(party=taken.party, by=taken.by, at=NOW)
    made = record_simulation(party=taken.party, result=None, reference_date=None, by=taken.by, at=NOW)
    for row in (read, taken, made):
        with pytest.raises(DatabaseError), transaction.atomic():
            type(row).objects.filter(pk=row.pk).delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        EntryAssessment.objects.filter(pk=taken.pk).update(outcome="PASSED")


def test_a_leap_day_comes_back_on_the_first_of_march():
    assert years_after(date(2028, 2, 29), 2) == date(2030, 3, 1)
    assert years_after(date(2028, 2, 29), 4) == date(2032, 2, 29)


def test_the_copy_of_my_data_holds_what_i_answered():
    from investors.selectors import gather_own_data

    party = PartyFactory()
    take_assessment(party=party, answers=answers(), by=party.user, at=datetime(2026, 11, 1, tzinfo=UTC))
    copy = gather_own_data(party.user)["protection"]
    assert copy["questionnaires"][0]["answers"]["loss"]
    assert not copy["simulations"][0]["is_sent"]


def test_every_text_of_the_register_exists_in_the_version_it_names():
    assert all(read_text(one.key, one.version).body for one in register())
    assert {one.wording for one in register()} <= {"own", "awaited", "official"}
