"""What is said about an allocation is what solving again does; a conflict is infeasible and minimal."""

from dataclasses import replace

from hypothesis import given, settings

from funds.allocation.conflicts import find_conflict
from funds.allocation.explaining import explain, nearest_change, rule_prices
from funds.allocation.simulating import simulate
from funds.allocation.solver import has_allocation, solve
from tests.funds.allocation.scenes import EURO, RURAL, demand, problem, random_problem, rule

FLOOR = rule("ZONE_FLOOR", {"levels": ["FRR"], "share": "0.2"}, base="COMMITTED")
TOWN = demand("town", 1_000, 100_000, 900, title="Ville")
FIELD = demand("field", 1_000, 50_000, 100, places=RURAL, title="Campagne")


def test_the_price_of_a_rule_is_said_in_euros_moved():
    asked = problem(TOWN, FIELD, rules=(FLOOR,))
    without, lighter = rule_prices(asked, solve(asked))
    assert "20\u202f000\u00a0€ de «\u00a0Ville\u00a0» vers «\u00a0Campagne\u00a0»" in str(without.sentence)
    assert lighter.changes == (("field", -1_000 * EURO), ("town", 1_000 * EURO))
    assert "19\u00a0%" in str(lighter.sentence)


def test_each_project_has_its_amount_and_its_reasons():
    asked = problem(TOWN, FIELD, rules=(FLOOR,))
    reasons = {one.project: one for one in explain(asked, solve(asked)).projects}
    assert reasons["field"].amount_cents == 20_000 * EURO
    assert any("zone FRR" in str(sentence) for sentence in reasons["field"].sentences)
    assert reasons["town"].sentences


def test_a_refusal_is_told_the_nearest_change_that_funds_it():
    asked = problem(demand("a", 1_000, 90_000, 900), demand("b", 30_000, 40_000, 100), pot=100_000)
    told = nearest_change(asked, solve(asked), "b")
    assert (told.kind, told.size) == ("minimum", 11_250 * EURO)
    changed = replace(asked, demands=(asked.demands[0], replace(asked.demands[1], minimum_cents=told.size)))
    assert "b" in solve(changed).allocation.by_project()


def test_a_barred_project_is_told_its_bars():
    asked = problem(demand("a", 1_000, 90_000), rules=(rule("ELIGIBLE_LABEL", {"labels": ["ESUS"]}),))
    told = nearest_change(asked, solve(asked), "a")
    assert told.kind == "bars" and "ESUS" in str(told.sentence)


def test_a_score_or_money_may_be_the_nearest_change():
    asked = problem(demand("a", 60_000, 60_000, 900), demand("b", 60_000, 60_000, 100), pot=60_000)
    told = nearest_change(asked, solve(asked), "b")
    assert told.kind == "score" and told.size > 900
    best = problem(demand("a", 60_000, 60_000, 1000), demand("b", 60_000, 60_000, 1000), pot=60_000)
    refused = next(iter({"a", "b"} - set(solve(best).allocation.by_project())))
    assert nearest_change(best, solve(best), refused).kind in ("money", "minimum")


def test_a_conflict_names_the_rules_that_cannot_hold_together():
    rules = (
        rule("MIN_PER_SECTOR", {"sector": "10", "cents": 5_000_00}, code="floor"),
        rule("MAX_PER_SECTOR", {"sector": "1", "cents": 4_000_00}, code="cap"),
        rule("LIQUIDITY_RESERVE", {"share": "0.1"}),
        rule("MAX_PER_PROJECT", {"cents": 9_000_00}),
    )
    asked = problem(demand("a", 1_000, 90_000, sector="10"), rules=rules)
    conflict = find_conflict(asked)
    assert [one.code for one in conflict.rules] == ["cap", "floor"]
    assert "ne peuvent tenir ensemble" in str(conflict.sentence())


@settings(max_examples=40, deadline=None)
@given(random_problem(most=3))
def test_a_conflict_is_infeasible_and_each_set_with_one_rule_fewer_is_feasible(asked):
    asked = replace(asked, rules=tuple(replace(one, severity="BLOCK", cure_days=0) for one in asked.rules))
    conflict = find_conflict(asked)
    if conflict is None:
        assert has_allocation(asked)
        return
    assert not has_allocation(replace(asked, rules=conflict.rules))
    for rule_out in conflict.rules:
        fewer = tuple(one for one in conflict.rules if one is not rule_out)
        assert has_allocation(replace(asked, rules=fewer))


def test_two_sets_of_rules_stand_side_by_side():
    compared = simulate(problem(TOWN, FIELD), (), (FLOOR,))
    assert compared.changes == (("field", 20_000 * EURO), ("town", -20_000 * EURO))
    impossible = simulate(problem(TOWN), (), (rule("MIN_PER_SECTOR", {"sector": "10", "cents": 1}),))
    assert impossible.second.conflict is not None and impossible.second.outcome is None
