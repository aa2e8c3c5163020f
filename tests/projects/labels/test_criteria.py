"""What each referential concludes (ruling B23): just enough, and just not, with the criterion named."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.labels.criteria import (
    AssessmentIncomplete,
    Given,
    NothingAsked,
    Rule,
    Threshold,
    conclude,
)
from projects.labels.loading import SHIPPED
from projects.labels.words import plain_number
from projects.models import AssessmentOutcome
from tests.projects.labels.answers import CASES, NO, ON, PROOF, concluded, just_enough, n, without_proof


def named(case):
    return f"{case.file}-{case.branch or 'ordinary'}-{case.criterion}"


@pytest.mark.parametrize("case", CASES, ids=named)
def test_what_is_just_enough_makes_it(case):
    answers = just_enough(case.file, case.branch) | case.changed
    conclusion = concluded(case.file, answers, case.branch)
    assert (conclusion.outcome, conclusion.reasons) == (case.makes, ())


@pytest.mark.parametrize("case", CASES, ids=named)
def test_what_is_just_short_does_not_and_the_reason_names_the_criterion(case):
    answers = just_enough(case.file, case.branch) | case.changed | {case.criterion: case.spoiled}
    conclusion = concluded(case.file, answers, case.branch)
    assert conclusion.outcome == case.fails
    assert [reason.split(" – ")[0] for reason in conclusion.reasons] == [case.criterion]


def test_every_referential_has_its_case():
    covered = {case.file for case in CASES} | {"balises-1", "balises-2"}
    assert covered == {path.stem for path in SHIPPED.glob("*.json")}
    assert len(covered) == 18


@pytest.mark.parametrize("file", ["balises-1", "balises-2"])
def test_the_balises_draw_a_profile_and_never_a_refusal(file):
    nothing = just_enough(file)
    best = {name: Given(level=3) for name in nothing}
    for answers in (nothing, best):
        conclusion = concluded(file, answers)
        assert (conclusion.outcome, conclusion.level, conclusion.reasons) == (AssessmentOutcome.PROFILE, "", ())
    with pytest.raises(AssessmentIncomplete) as refused:
        concluded(file, {name: given for name, given in nothing.items() if name != "BAL-07"})
    assert refused.value.missing == ("BAL-07",)


def test_a_criterion_without_object_leaves_the_denominator_of_progress():
    answers = {f"BAL-{rank:02d}": Given(level=3) for rank in range(1, 11)} | {"BAL-05": Given(is_na=True)}
    assert concluded("balises-2", answers).progress == 1


# ---- Evidence ----


@pytest.mark.parametrize("file, criterion", [("ptce-labo-2011", "PTCE-M3"), ("geiq-2015", "GEIQ-01")])
def test_a_yes_without_evidence_does_not_count_and_says_what_is_missing(file, criterion):
    answers = just_enough(file)
    answers[criterion] = without_proof(answers[criterion])
    conclusion = concluded(file, answers)
    assert conclusion.outcome in (AssessmentOutcome.FAILED, AssessmentOutcome.REFUSED)
    finding = next(one for one in conclusion.findings if one.identifier == criterion)
    assert "Sans preuve" in finding.sentence


def test_a_proof_counts_until_its_last_day_and_no_longer():
    agreement = {"SIAE-EI": Given(yes=True, proofs=PROOF, valid_to=ON)}
    assert concluded("siae-ei-1", agreement).outcome == AssessmentOutcome.IN_FORCE
    late = concluded("siae-ei-1", agreement, on=ON + timedelta(days=1))
    assert late.outcome == AssessmentOutcome.NOT_IN_FORCE
    assert "23/11/2026" in late.reasons[0]


def test_the_finding_names_the_pieces():
    conclusion = concluded("scop-1978", just_enough("scop-1978"))
    assert all(one.proofs == PROOF for one in conclusion.findings)


# ---- PTCE: levels and sole functions ----


def test_a_pole_is_emergent_with_some_criteria_then_a_pole_then_confirmed_at_twelve_of_eighteen():
    some = just_enough("ptce-labo-2011") | {"PTCE-M8": n(authorities=0)}
    assert concluded("ptce-labo-2011", some).level == "EMERGENT"
    whole = just_enough("ptce-labo-2011")
    assert concluded("ptce-labo-2011", whole).level == "PTCE"
    eleven = whole | {f"PTCE-E{rank}": Given(level=2) for rank in range(1, 6)} | {"PTCE-E6": Given(level=1)}
    assert (concluded("ptce-labo-2011", eleven).level, concluded("ptce-labo-2011", eleven).progress) == (
        "PTCE",
        Fraction(11, 18),
    )
    twelve = eleven | {"PTCE-E6": Given(level=2)}
    assert concluded("ptce-labo-2011", twelve).level == "CONFIRME"


def test_a_function_excludes_only_when_it_is_the_sole_one():
    answers = just_enough("ptce-labo-2011")
    assert answers["PTCE-X5"].yes is False  # an observatory among other functions is welcome
    assert concluded("ptce-labo-2011", answers).outcome == AssessmentOutcome.PASSED
    answers["PTCE-X5"] = Given(yes=True, proofs=PROOF)
    excluded = concluded("ptce-labo-2011", answers)
    assert (excluded.outcome, excluded.level) == (AssessmentOutcome.EXCLUDED, "")


def test_half_of_the_activities_recognised_is_not_a_majority():
    answers = just_enough("ptce-labo-2011") | {"PTCE-M5": n(recognised_share=50)}
    assert concluded("ptce-labo-2011", answers).outcome == AssessmentOutcome.FAILED


# ---- Cases and alternatives ----


def test_esus_asks_each_case_its_own_criteria():
    asked = {branch: set(just_enough("esus-2019", branch)) for branch in ("STANDARD", "BY_RIGHT", "FINANCIER")}
    assert asked["BY_RIGHT"] == {"ESUS-1", "ESUS-5", "ESUS-R"}
    assert asked["FINANCIER"] == {"ESUS-F"}
    assert asked["STANDARD"] == {f"ESUS-{rank}" for rank in range(1, 7)}
    with pytest.raises(NothingAsked):
        concluded("esus-2019", {}, branch="")


def test_a_financier_needs_its_assets_or_its_loans_not_both():
    assert concluded("esus-2019", {"ESUS-F": n(assets=35)}, "FINANCIER").outcome == AssessmentOutcome.CHECKED
    assert concluded("esus-2019", {"ESUS-F": n(loans=80)}, "FINANCIER").outcome == AssessmentOutcome.CHECKED


def test_finansol_takes_one_way_of_solidarity_or_the_other():
    sharing = just_enough("finansol-2025") | {"FIN-S1": Given(is_na=True)}
    assert concluded("finansol-2025", sharing).outcome == AssessmentOutcome.PASSED
    neither = sharing | {"FIN-S2": n(shared="24.99")}
    assert concluded("finansol-2025", neither).outcome == AssessmentOutcome.FAILED


def test_colleges_of_a_scic_may_be_without_object():
    answers = just_enough("scic-2001") | {"SCIC-2-C": Given(is_na=True)}
    assert concluded("scic-2001", answers).outcome == AssessmentOutcome.CHECKED
    answers["SCIC-2-C"] = n(smallest=10, largest="50.01")
    assert concluded("scic-2001", answers).reasons[0].startswith("SCIC-2-C")


def test_what_only_informs_neither_passes_nor_fails():
    answers = just_enough("cces-2014") | {"CCES-A5": NO}
    assert concluded("cces-2014", answers).outcome == AssessmentOutcome.SIGNED
    assert concluded("cces-2014", {k: v for k, v in answers.items() if k != "CCES-A5"}).outcome == "SIGNED"


# ---- Exact numbers ----

A_SHARE = Rule("R", "M", "NUM", "Part", thresholds=(Threshold("share", "part", ">=", Fraction(66), "%"),))


@given(part=st.integers(0, 10**9), whole=st.integers(1, 10**9))
def test_a_share_is_compared_exactly(part, whole):
    share = Fraction(part, whole) * 100
    conclusion = conclude(
        decision_rule="CHECKED",
        rules=[A_SHARE],
        answers={"R": Given(values={"share": share}, proofs=PROOF)},
        on=date(2026, 1, 1),
    )
    assert (conclusion.outcome == AssessmentOutcome.CHECKED) == (part * 100 >= whole * 66)


def test_numbers_are_printed_in_french_and_rounded_ones_say_so():
    assert plain_number(Fraction(66), "%") == "66\u00a0%"
    assert plain_number(Fraction(200, 3), "%") == "≈\u00a066,66\u00a0%"
    assert plain_number(Fraction("57.5")) == "57,5"
    assert plain_number(Fraction(12345)) == "12\u202f345"
