"""The exact arithmetic of a committee."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projects.committee.rules import (
    CollegeCount,
    CriterionLine,
    drawn_order,
    grid_result,
    percentage,
    printed,
    quorum_of,
    result_of,
    support_of,
)

LINES = (CriterionLine("A", 5_000, True), CriterionLine("B", 5_000, False))
counts = st.lists(
    st.builds(
        CollegeCount,
        name=st.just("x"),
        weight_bp=st.integers(1_000, 5_000),
        yes=st.integers(0, 20),
        no=st.integers(0, 20),
        abstain=st.integers(0, 5),
    ),
    min_size=1,
    max_size=6,
)


def count(weight_bp, yes, no, abstain=0):
    return CollegeCount("x", weight_bp, yes, no, abstain)


def test_the_result_is_the_weighted_sum_of_shares_of_votes_cast():
    support = support_of([count(5_000, 2, 1), count(2_500, 1, 1), count(2_500, 0, 2)])
    assert support == Fraction(1, 2) * Fraction(2, 3) + Fraction(1, 4) * Fraction(1, 2)


def test_a_silent_college_leaves_its_weight_to_the_others_pro_rata():
    assert support_of([count(5_000, 0, 0, 3), count(3_000, 1, 0), count(2_000, 0, 1)]) == Fraction(3, 5)
    assert support_of([count(5_000, 0, 0, 3)]) is None


@settings(max_examples=60)
@given(counts)
def test_a_share_stays_between_none_and_all_and_turns_over_with_the_votes(rows):
    support = support_of(rows)
    turned = support_of([count(one.weight_bp, one.no, one.yes) for one in rows])
    if support is None:
        assert turned is None
    else:
        assert 0 <= support <= 1
        assert support + turned == 1


@pytest.mark.parametrize(
    ("support", "majority", "rule", "chair", "result"),
    [
        (Fraction(1, 2) + Fraction(1, 10**6), "SIMPLE", "ADJOURN", None, "carried"),
        (Fraction(1, 2), "SIMPLE", "ADJOURN", "yes", "tied"),
        (Fraction(1, 2), "SIMPLE", "CHAIR", "yes", "carried"),
        (Fraction(1, 2), "SIMPLE", "CHAIR", "no", "rejected"),
        (Fraction(1, 2), "SIMPLE", "CHAIR", "abstain", "tied"),
        (Fraction(1, 2), "SIMPLE", "CHAIR", None, "tied"),
        (Fraction(2, 3), "TWO_THIRDS", "ADJOURN", None, "carried"),
        (Fraction(2, 3) - Fraction(1, 10**6), "TWO_THIRDS", "CHAIR", "yes", "rejected"),
        (Fraction(3, 4), "THREE_QUARTERS", "ADJOURN", None, "carried"),
        (None, "SIMPLE", "CHAIR", "yes", "tied"),
        (None, "TWO_THIRDS", "ADJOURN", None, "tied"),
    ],
)
def test_majorities_are_reached_to_the_exact_share_and_ties_follow_their_rule(support, majority, rule, chair, result):
    assert result_of(support=support, majority=majority, tie_rule=rule, chair_choice=chair) == result


@pytest.mark.parametrize(
    ("entitled", "quorum_bp", "needed"), [(6, 5_000, 3), (5, 5_000, 3), (7, 3_333, 3), (0, 5_000, 1), (4, 10_000, 4)]
)
def test_a_quorum_is_rounded_up_and_is_never_nobody(entitled, quorum_bp, needed):
    assert quorum_of(entitled=entitled, quorum_bp=quorum_bp) == needed


def test_a_grid_gives_means_range_and_dispersion_exactly():
    result = grid_result(lines=LINES, reviews=[{"A": 4, "B": 0}, {"A": 3, "B": 4}, {"A": 4, "B": 4}], veto_quota="ANY")
    first, second = result.criteria
    assert (first.mean, first.lowest, first.highest) == (Fraction(11, 3), 3, 4)
    assert first.deviation == Fraction(4, 9)
    assert result.totals == (2, Fraction(7, 2), 4)
    assert result.score == Fraction(19, 6)
    assert second.is_dispersed(4)
    assert not first.is_dispersed(4)
    assert result.is_dispersed(4)
    assert not second.is_vetoed  # a zero on a line without veto disqualifies nobody


@pytest.mark.parametrize(
    ("zeros", "quota", "is_vetoed"),
    [
        (1, "ANY", True), (1, "MAJORITY", False), (2, "MAJORITY", False), (3, "MAJORITY", True),
        (3, "ALL", False), (4, "ALL", True), (0, "ANY", False),
    ],
)  # fmt: skip
def test_a_criterion_totally_absent_disqualifies_as_the_grid_says(zeros, quota, is_vetoed):
    reviews = [{"A": 0 if rank < zeros else 4, "B": 4} for rank in range(4)]
    result = grid_result(lines=LINES, reviews=reviews, veto_quota=quota)
    assert bool(result.vetoed) is is_vetoed


def test_a_grid_nobody_filled_in_says_nothing():
    result = grid_result(lines=LINES, reviews=[], veto_quota="ALL")
    assert result.score is None
    assert result.deviation is None
    assert not result.vetoed


def test_a_draw_is_the_same_for_whoever_draws_it_again_and_not_with_another_seed():
    pool = [f"person-{rank}" for rank in range(40)]
    assert drawn_order(pool=pool, seed="7 13 22") == drawn_order(pool=reversed(pool), seed="7 13 22")
    assert set(drawn_order(pool=pool, seed="7 13 22")) == set(pool)
    assert drawn_order(pool=pool, seed="7 13 22") != drawn_order(pool=pool, seed="7 13 23")


def test_an_exact_value_is_printed_rounded_half_up():
    assert str(printed(Fraction(1, 3))) == "0.33"
    assert str(printed(Fraction(1, 8))) == "0.13"
    assert str(percentage(Fraction(2, 3))) == "66.67"
    assert str(printed(Fraction(5, 2), 0)) == "3"
