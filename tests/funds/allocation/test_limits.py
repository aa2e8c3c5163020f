"""What a decision may give of a compartment can be less than its cash; reserves still count all of it."""

from dataclasses import replace
from datetime import date

from funds.allocation.bundle import make_bundle, recompute
from funds.allocation.checker import blocking_findings
from funds.allocation.problem import Allocation, Compartment, Demand, Problem, Share
from funds.allocation.rules import read_rule
from funds.allocation.solver import solve

RESERVE = read_rule({"code": "liquidite", "kind": "LIQUIDITY_RESERVE", "scope": "fund", "params": {"share": "50 %"},
                     "valid_from": date(2026, 1, 1)})  # fmt: skip


def a_problem(limit, *, available=10_000, rules=()):
    return Problem(
        at=date(2026, 11, 23),
        compartments=(Compartment("pot", available, redeemable_cents=10_000, limit_cents=limit),),
        demands=(Demand("four", 1_000, 6_000), Demand("velos", 2_000, 6_000)),
        rules=rules,
    )


def test_a_decision_gives_at_most_the_limit():
    assert solve(a_problem(None)).allocation.total_cents == 10_000
    assert solve(a_problem(4_000)).allocation.total_cents == 4_000
    assert solve(a_problem(50_000)).allocation.total_cents == 10_000, "never more than there is"


def test_the_checker_refuses_what_is_above_the_limit():
    given = Allocation((Share("pot", "four", 4_001),))
    assert blocking_findings(a_problem(4_000), given)
    assert not blocking_findings(a_problem(None), given)


def test_the_reserve_counts_all_the_cash():
    assert solve(a_problem(4_000, rules=(RESERVE,))).allocation.total_cents == 4_000
    assert solve(a_problem(9_000, rules=(RESERVE,))).allocation.total_cents == 5_000


def test_a_bundle_with_a_limit_recomputes():
    problem = a_problem(1_500)
    bundle = make_bundle(replace(problem, demands=(*problem.demands, Demand("verger", 1_400, 1_400, score=9))))
    assert recompute(bundle.content).content == bundle.content
    given = bundle.outcome.allocation
    assert given.shares == (Share("pot", "verger", 1_400),), "1 400 × 9 before 1 500 × 1: scores come before the rest"
