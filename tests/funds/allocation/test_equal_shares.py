import json
import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funds.allocation.elections import (
    Ballot,
    BallotKind,
    ClubRule,
    College,
    Comparison,
    Completion,
    CountingRules,
    Election,
    ElectionRefused,
    ProxyRefused,
    Satisfaction,
    TieLeft,
    TieRule,
    VotedProject,
    club_ballot,
)
from funds.allocation.equal_shares import count
from funds.allocation.one_count import OneCount
from funds.allocation.tabulation import tabulate
from tests.funds.allocation import literal_equal_shares

EURO = 100
A, B, C = VotedProject("A", 6_000 * EURO), VotedProject("B", 4_000 * EURO), VotedProject("C", 3_500 * EURO)
CHOICES = (["A"], ["A", "B"], ["A", "B"], ["B", "C"], ["C"])
EXAMPLE = Election(
    (A, B, C),
    tuple(Ballot.approving(f"v{place}", choice) for place, choice in enumerate(CHOICES, start=1)),
    10_000 * EURO,
)
HIGHER_FIRST = (TieRule.MORE_APPROVERS, TieRule.HIGHER_COST)


def approvals(costs, choices, budget, **more):
    projects = tuple(VotedProject(code, cost) for code, cost in costs.items())
    ballots = tuple(Ballot.approving(str(place), choice) for place, choice in enumerate(choices))
    return Election(projects, ballots, budget, **more)


# The worked example of the fact sheet, §5.2, and its twin.


def test_the_worked_example_without_completion_funds_b_alone():
    outcome = count(EXAMPLE, CountingRules(completion=Completion.NONE))
    assert outcome.winners == ("B",)
    assert outcome.spent_cents == 4_000 * EURO
    assert outcome.wins[0].effective_votes == 3
    assert outcome.wins[0].rate_cents == Fraction(400_000, 3)


@pytest.mark.parametrize("completion", [Completion.ADD1, Completion.ADD1U])
def test_the_worked_example_completed_by_raises_funds_b_and_c(completion):
    outcome = count(EXAMPLE, CountingRules(completion=completion))
    assert outcome.winners == ("B", "C")
    assert outcome.spent_cents == 7_500 * EURO


def test_in_the_worked_example_c_enters_at_a_virtual_budget_of_12_085_euros():
    outcome = count(EXAMPLE, CountingRules(completion=Completion.ADD1E))
    assert outcome.virtual_budget_cents == 12_085 * EURO
    assert outcome.winners == ("B", "C")


def test_the_greedy_count_of_the_worked_example_leaves_one_voter_with_nothing():
    outcome = count(EXAMPLE, CountingRules(comparison=Comparison.EXCLUSION))
    assert outcome.greedy == ("B", "A")
    assert outcome.winners == ("B", "C"), "one voter excluded by each outcome: Equal Shares is kept"


def test_the_tie_break_twin_with_higher_cost_first_funds_a_and_c():
    outcome = count(EXAMPLE, CountingRules(ties=HIGHER_FIRST))
    assert outcome.winners == ("A", "C")
    assert outcome.spent_cents == 9_500 * EURO


def test_a_tie_that_the_list_does_not_part_is_an_error_that_names_the_projects():
    with pytest.raises(TieLeft) as refusal:
        count(EXAMPLE, CountingRules(ties=(TieRule.MORE_APPROVERS,)))
    assert refusal.value.projects == ("A", "B")
    assert "A, B" in str(refusal.value)


def test_the_drawn_order_parts_what_nothing_else_does():
    for drawn, first in ((("A", "B", "C"), "A"), (("B", "A", "C"), "B")):
        rules = CountingRules(ties=(TieRule.DRAWN_ORDER,), drawn_order=drawn, completion=Completion.NONE)
        assert count(EXAMPLE, rules).winners[0] == first


def test_a_drawn_order_that_forgets_a_project_is_refused():
    with pytest.raises(ElectionRefused, match="oublie C"):
        count(EXAMPLE, CountingRules(drawn_order=("A", "B")))


# Against the literal transcription.

CODES = ("p0", "p1", "p2", "p3", "p4", "p5")


@st.composite
def elections(draw):
    unit = draw(st.sampled_from((1, 7, 100)))
    codes = CODES[: draw(st.integers(1, len(CODES)))]
    projects = [VotedProject(code, draw(st.integers(1, 12)) * unit) for code in codes]
    kind = draw(st.sampled_from(BallotKind))
    colleges = draw(st.sampled_from(((), (College("a", Fraction(1, 3)), College("b", Fraction(2, 3))))))
    most = 1 if kind is BallotKind.APPROVAL else 4
    choice = st.dictionaries(st.sampled_from(codes), st.integers(1, most), max_size=4)
    chosen = draw(st.lists(choice, min_size=2, max_size=9))
    ballots = [
        Ballot(f"v{place}", points, ("a", "b")[place % 2] if colleges else "") for place, points in enumerate(chosen)
    ]
    return Election(tuple(projects), tuple(ballots), draw(st.integers(0, 40)) * unit, kind, colleges), unit


@st.composite
def rules_for(draw, codes, unit):
    ties = draw(
        st.sampled_from(
            (
                (TieRule.DRAWN_ORDER,),
                (TieRule.MORE_APPROVERS, TieRule.LOWER_COST, TieRule.DRAWN_ORDER),
                (TieRule.HIGHER_COST, TieRule.DRAWN_ORDER),
            )
        )
    )
    return CountingRules(
        satisfaction=draw(st.sampled_from(Satisfaction)),
        completion=draw(st.sampled_from(Completion)),
        delta_cents=draw(st.sampled_from((max(1, unit // 3), unit))),
        ties=ties,
        drawn_order=tuple(draw(st.permutations(codes))),
    )


def literal(election, rules):
    shares, _voters = election.shares(counts_empty_ballots=False)
    return literal_equal_shares.count(
        election.costs,
        [(shares[ballot.college], dict(ballot.points)) for ballot in election.ballots if ballot.points],
        election.budget_cents,
        satisfaction=str(rules.satisfaction),
        completion=str(rules.completion),
        delta=rules.delta_cents,
        ties=[str(rule) for rule in rules.ties],
        drawn=list(rules.drawn_order),
    )


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_equal_shares_equals_its_literal_transcription(data):
    election, unit = data.draw(elections())
    rules = data.draw(rules_for(tuple(election.costs), unit))
    try:
        outcome = count(election, rules)
    except ElectionRefused as refusal:
        assert "n’a aucun bulletin" in str(refusal)
        return
    assert set(outcome.winners) == literal(election, rules)
    assert outcome.spent_cents == sum(election.costs[code] for code in outcome.winners) <= election.budget_cents


@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_the_order_of_projects_and_ballots_changes_nothing(data):
    election, unit = data.draw(elections())
    rules = data.draw(rules_for(tuple(election.costs), unit))
    shuffled = Election(
        tuple(data.draw(st.permutations(election.projects))),
        tuple(data.draw(st.permutations(election.ballots))),
        election.budget_cents,
        election.kind,
        election.colleges,
    )
    try:
        expected = count(election, rules)
    except ElectionRefused:
        return
    assert count(shuffled, rules) == expected


def test_a_larger_election_equals_the_literal_transcription_in_each_satisfaction():
    random_source = random.Random(5)
    codes = [f"p{place:02}" for place in range(25)]
    projects = tuple(VotedProject(code, random_source.randint(20, 400) * EURO) for code in codes)
    ballots = tuple(
        Ballot(
            str(place),
            {code: random_source.randint(1, 9) for code in random_source.sample(codes, random_source.randint(1, 8))},
        )
        for place in range(120)
    )
    election = Election(projects, ballots, 2_400 * EURO, BallotKind.POINTS)
    for satisfaction in Satisfaction:
        rules = CountingRules(satisfaction=satisfaction, delta_cents=200, drawn_order=tuple(codes))
        assert set(count(election, rules).winners) == literal(election, rules)


def test_leaps_over_raises_that_change_nothing_reach_the_same_raise_as_one_by_one():
    # One dear project of a lone voter: thousands of raises change nothing before it would overspend.
    choices = [["a"], ["a"], ["b"], ["far"]]
    election = approvals({"a": 300_00, "b": 100_00, "far": 90_000_00}, choices, 1_000_00)
    outcome = count(election, CountingRules(delta_cents=1))
    assert set(outcome.winners) == {"a", "b"}
    assert outcome.raises == 90_000_00 - 250_00 - 1, "the raise before the one that buys it"


# Edges.


def test_when_all_projects_fit_all_win():
    outcome = count(EXAMPLE, CountingRules())
    rich = Election(EXAMPLE.projects, EXAMPLE.ballots, 13_500 * EURO)
    assert count(rich, CountingRules()).winners == ("A", "B", "C")
    assert outcome.winners != count(rich, CountingRules()).winners


def test_a_budget_of_nothing_funds_nothing():
    empty = Election(EXAMPLE.projects, EXAMPLE.ballots, 0)
    outcome = count(empty, CountingRules(completion=Completion.U))
    assert outcome.winners == () and outcome.left_cents == 0


def test_a_budget_of_exactly_one_project_and_one_cent_less():
    one = approvals({"a": 100_00, "b": 500_00}, [["a"], ["a"], ["a"]], 100_00)
    assert count(one, CountingRules(completion=Completion.NONE)).winners == ("a",)
    less = approvals({"a": 100_00, "b": 500_00}, [["a"], ["a"], ["a"]], 99_99)
    assert count(less, CountingRules(completion=Completion.NONE)).winners == ()


def test_nobody_voted_nothing_is_funded_and_the_budget_stays():
    election = Election((A, B, C), (Ballot("v1", {}),), 10_000 * EURO)
    outcome = count(election, CountingRules())
    assert outcome.winners == () and outcome.left_cents == 10_000 * EURO and outcome.voters == 0
    assert [explanation.supporters for explanation in outcome.explanations] == [0, 0, 0]


def test_empty_ballots_are_left_out_unless_the_rules_count_them():
    election = approvals({"a": 60_00, "b": 500_00}, [["a"], []], 100_00)
    assert count(election, CountingRules(completion=Completion.NONE)).winners == ("a",)
    counted = CountingRules(completion=Completion.NONE, counts_empty_ballots=True)
    assert count(election, counted).winners == ()


def test_a_project_nobody_supports_is_never_funded_by_votes():
    election = approvals({"a": 60_00, "b": 10_00, "c": 900_00}, [["a"], ["a"]], 100_00)
    assert count(election, CountingRules()).winners == ("a",)


def test_colleges_share_the_budget_by_weight_whatever_their_number():
    colleges = (College("many", Fraction(1, 2)), College("one", Fraction(1, 2)))
    ballots = [Ballot.approving(str(place), ["m"], college="many") for place in range(9)]
    ballots.append(Ballot.approving("x", ["o"], college="one"))
    projects = (VotedProject("m", 80_00), VotedProject("o", 50_00))
    election = Election(projects, tuple(ballots), 100_00, colleges=colleges)
    assert count(election, CountingRules(completion=Completion.NONE)).winners == ("o",)
    alone = tuple(Ballot.approving(ballot.voter, ballot.points) for ballot in ballots)
    assert count(Election(projects, alone, 100_00), CountingRules(completion=Completion.NONE)).winners == ("m",)


def test_a_college_without_ballots_is_refused():
    colleges = (College("a", Fraction(1, 2)), College("b", Fraction(1, 2)))
    election = Election((A,), (Ballot.approving("v", ["A"], college="a"),), EURO, colleges=colleges)
    with pytest.raises(ElectionRefused, match="« b » n’a aucun bulletin"):
        count(election, CountingRules())


def test_greedy_is_kept_only_when_strictly_more_voters_prefer_it():
    outcome = count(EXAMPLE, CountingRules(comparison=Comparison.SATISFACTION))
    assert outcome.preference is not None
    assert (outcome.preference.for_equal_shares, outcome.preference.for_greedy) == (2, 3)
    assert outcome.winners == ("B", "A") and outcome.equal_shares == ("B", "C")
    by_number = count(EXAMPLE, CountingRules(comparison=Comparison.NUMBER))
    assert by_number.preference is not None and not by_number.preference.keeps_equal_shares


def test_starting_from_a_whole_share_raises_from_below():
    # 10 000 cents among 3: 3 333.33 each; raises of 1 000 start from 3 000 each.
    election = approvals({"a": 4_000, "b": 9_000, "c": 7_000}, [["a"], ["b"], ["c"]], 10_000)
    exact = count(election, CountingRules(delta_cents=1_000, completion=Completion.ADD1E))
    whole = count(election, CountingRules(delta_cents=1_000, completion=Completion.ADD1E, starts_whole=True))
    assert exact.virtual_budget_cents == 10_000 + exact.raises * 3_000
    assert whole.virtual_budget_cents == 9_000 + whole.raises * 3_000


# What an election may not be.


def test_a_proxy_is_refused_with_the_reason():
    with pytest.raises(ProxyRefused, match="résolutions"):
        Election((A,), (Ballot("v1", {"A": 1}, cast_for=("v2",)),), EURO)


@pytest.mark.parametrize(
    ("projects", "ballots", "budget", "reason"),
    [
        ((A, A), (), EURO, "inscrit deux fois"),
        ((VotedProject("x", 0),), (), EURO, "nombre entier de centimes"),
        ((VotedProject("x", 1.5),), (), EURO, "nombre entier de centimes"),
        ((A,), (), -1, "nombre entier de centimes"),
        ((A,), (), 2**53, "inférieur à 2⁵³"),
        ((A,), (Ballot("v", {"Z": 1}),), EURO, "projet inconnu"),
        ((A,), (Ballot("v", {"A": 1}), Ballot("v", {"A": 1})), EURO, "Deux bulletins"),
        ((A,), (Ballot("v", {"A": 2}),), EURO, "vote par approbation"),
        ((A,), (Ballot("v", {"A": 0}),), EURO, "entiers supérieurs à zéro"),
        ((A,), (Ballot("v", {"A": 1}, "x"),), EURO, "collège inconnu"),
    ],
)
def test_what_cannot_be_counted_is_refused_with_its_reason(projects, ballots, budget, reason):
    with pytest.raises(ElectionRefused, match=reason):
        Election(projects, ballots, budget)


def test_college_weights_add_up_to_one():
    with pytest.raises(ElectionRefused, match="pas 1 pour total"):
        Election((A,), (), EURO, colleges=(College("a", Fraction(1, 2)), College("b", Fraction(1, 3))))


def test_a_club_has_one_ballot_that_follows_its_internal_vote():
    internal = (["A", "B"], ["A"], ["A", "C"], ["B"])
    assert club_ballot("club", internal, rule=ClubRule.MAJORITY).points == {"A": 1}
    assert club_ballot("club", internal, rule=ClubRule.UNANIMITY).points == {}
    assert club_ballot("club", (), rule=ClubRule.MAJORITY).points == {}
    assert club_ballot("club", (["A"], ["A", "B"]), rule=ClubRule.UNANIMITY).points == {"A": 1}


# The rules are frozen as plain values.


def test_rules_are_written_and_read_back_as_plain_values():
    rules = CountingRules(
        satisfaction=Satisfaction.POINTS, completion=Completion.ADD1E, ties=HIGHER_FIRST, drawn_order=("A",)
    )
    assert CountingRules.from_dict(json.loads(json.dumps(rules.as_dict()))) == rules


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"satisfaction": "joy"}, "illisible"),
        ({"colour": "blue"}, "inconnue"),
        ({"delta_cents": 0}, "pas de relance"),
        ({"ties": ["lower_cost", "higher_cost"]}, "à la fois"),
        ({"ties": ["lower_cost", "lower_cost"]}, "deux fois"),
        ({"drawn_order": ["a", "a"]}, "deux fois"),
    ],
)
def test_rules_that_mean_nothing_are_refused(values, reason):
    with pytest.raises(ElectionRefused, match=reason):
        CountingRules.from_dict(values)


# Explanations.


def test_an_explanation_says_what_was_missing_and_how_few_more_supporters_would_do():
    outcome = count(EXAMPLE, CountingRules(completion=Completion.NONE))
    lost = {explanation.code: explanation for explanation in outcome.explanations}
    assert lost["C"].missing_cents == 83_334  # 3 500 − 2 666.67
    assert (lost["C"].more_supporters, lost["C"].each_cents) == (1, 83_334)
    assert lost["A"].missing_cents == 266_667
    assert lost["A"].more_supporters is None, "the one other voter with money left has 2 000 and one has 666.67"


def test_a_project_too_dear_for_what_is_left_is_explained_with_real_shares():
    (lost,) = count(EXAMPLE, CountingRules()).explanations
    assert (lost.code, lost.fits, lost.with_real_shares, lost.missing_cents) == ("A", False, True, 266_667)


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_the_supporters_an_explanation_asks_for_would_have_made_the_project_win(data):
    election, unit = data.draw(elections())
    rules = data.draw(rules_for(tuple(election.costs), unit))
    rules = CountingRules(
        satisfaction=Satisfaction.COST, completion=Completion.NONE, ties=rules.ties, drawn_order=rules.drawn_order
    )
    try:
        outcome = count(election, rules)
    except ElectionRefused:
        return
    table = tabulate(election, rules)
    counted = OneCount(table, rules.satisfaction, Fraction(election.budget_cents)).run()
    left = counted.whole_cents_left()
    for explanation in outcome.explanations:
        if explanation.more_supporters is None or not explanation.missing_cents or counted.winners == ():
            continue
        others = with_left(election, table, left, explanation.code)
        chosen = {voter for voter, cents in others[: explanation.more_supporters]}
        assert all(cents >= explanation.each_cents for _voter, cents in others[: explanation.more_supporters])
        ballots = tuple(
            Ballot(ballot.voter, {**ballot.points, explanation.code: 1}, ballot.college)
            if ballot.voter in chosen
            else ballot
            for ballot in election.ballots
        )
        changed = Election(election.projects, ballots, election.budget_cents, election.kind, election.colleges)
        assert explanation.code in count(changed, rules).winners


def with_left(election, table, left, code):
    """Return the voters who do not support the project with what they have left, most first."""
    place = table.codes.index(code)
    held = {}
    for group in range(table.groups):
        entries = range(table.row_starts[group], table.row_starts[group + 1])
        key = tuple(table.codes[table.row_projects[entry]] for entry in entries)
        held[int(table.college_of[group]), key] = int(left[group])
    colleges = sorted(election.shares(counts_empty_ballots=False)[0])
    found = []
    for ballot in election.ballots:
        if ballot.points and table.codes[place] not in ballot.points:
            found.append((ballot.voter, held[colleges.index(ballot.college), tuple(sorted(ballot.points))]))
    return sorted(found, key=lambda one: -one[1])
