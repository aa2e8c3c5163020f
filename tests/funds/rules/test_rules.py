from datetime import date, timedelta
from fractions import Fraction

import pytest
from django.db import DatabaseError, transaction

from funds.allocation.problem import Base, BaseAmount, Compartment, Holding, Problem
from funds.allocation.rules import read_rule
from funds.books import check_books
from funds.models import AllocationRule, Placement, RuleBreach, RuleEvaluation
from funds.pool.placing import record_repayment
from funds.pool.problem import gather_problem
from funds.rules.decisions import decide_placement
from funds.rules.errors import RuleNotAdopted, RulesBroken
from funds.rules.evaluation import ExplanationRefused, evaluate_night, explain_breach
from funds.rules.forecast import forecasts_between, moved_on
from funds.rules.register import adopt_rule, end_rule, rules_in_force
from funds.rules.simulation import compare
from tests.funds.factories import FundFactory, euros
from tests.funds.pool.scenes import JANUARY, a_compartment, a_rule, hold
from tests.investors.factories import UserFactory
from tests.projects.factories import ProjectFactory

pytestmark = pytest.mark.django_db
TODAY = JANUARY.date()


def test_a_change_is_a_new_version_and_the_past_keeps_its_own():
    fund = FundFactory()
    a_rule(fund, params={"cents": 100_000})
    later = JANUARY + timedelta(days=30)
    a_rule(fund, params={"cents": 200_000}, at=later)
    assert [one.params.cents for one in rules_in_force(fund, TODAY)] == [100_000]
    assert [(one.version, one.params.cents) for one in rules_in_force(fund, later.date())] == [(2, 200_000)]
    end_rule(fund=fund, code="plafond", last_day=later.date(), reason="Fin.", by=UserFactory(), at=later)
    assert rules_in_force(fund, later.date() + timedelta(days=1)) == ()
    with pytest.raises(DatabaseError), transaction.atomic():
        AllocationRule.objects.update(params={})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "UNKNOWN"}, "kind"),
        ({"params": {"cents": 1.5}}, "params.cents"),
        ({"params": {"colour": "red"}}, "params.colour"),
        ({"scope": "compartment:nowhere"}, "scope"),
        ({"valid_from": TODAY - timedelta(days=1)}, "valid_from"),
        ({"valid_to": TODAY - timedelta(days=1)}, "valid_to"),
        (
            {"kind": "SHARE_RANGE", "base": "NAV", "params": {"class": "ESUS", "min": "5 %", "max": "20 %"}},
            "params.max",
        ),
        ({"kind": "PAY_RATIO_MAX", "params": {"mean": "8", "highest": "10"}}, "params.mean"),
    ],
)
def test_a_rule_that_cannot_be_or_goes_against_law_names_its_field(changes, field):
    data = {"code": "r", "kind": "MAX_PER_PROJECT", "scope": "fund", "params": {"cents": 1}, "valid_from": TODAY}
    with pytest.raises(RuleNotAdopted) as refused:
        adopt_rule(fund=FundFactory(), data={**data, **changes}, reason="Essai.", by=UserFactory(), at=JANUARY)
    assert field in refused.value.errors and AllocationRule.objects.count() == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            {"kind": "MIN_PER_SECTOR", "base": "NAV", "params": {"sector": "35.1", "share": "40 %"}},
            {"kind": "MAX_PER_SECTOR", "base": "NAV", "params": {"sector": "35", "share": "30 %"}},
        ),
        (
            {"kind": "MIN_PER_SECTOR", "base": "NAV", "params": {"sector": "35.1", "share": "40 %"}},
            {"kind": "EXCLUSION", "params": {"sectors": ["35"]}},
        ),
        (
            {"kind": "MIN_PER_SECTOR", "base": "NAV", "params": {"sector": "35", "share": "60 %"}},
            {"kind": "MIN_PER_SECTOR", "base": "NAV", "params": {"sector": "10", "share": "50 %"}},
        ),
        (
            {"kind": "SHARE_RANGE", "base": "NAV", "params": {"class": "FRR", "min": "50 %"}},
            {"kind": "SHARE_RANGE", "base": "NAV", "params": {"class": "FRR", "max": "40 %"}},
        ),
    ],
)
def test_a_rule_that_contradicts_another_blocking_one_is_refused(one, other):
    for first, second in ((one, other), (other, one)):
        fund = FundFactory()
        a_rule(fund, **{"code": "first", **first})
        with pytest.raises(RuleNotAdopted):
            a_rule(fund, **{"code": "second", **second})
        a_rule(fund, **{"code": "second", "severity": "WARN", **second})


def test_a_decision_is_looked_at_before_and_after_and_refused_whole():
    compartment = a_compartment()
    hold(compartment, 100)
    a_rule(compartment.fund, params={"cents": 50_000})
    project = ProjectFactory()
    common = {"compartment": compartment, "project": project, "instrument": "LOAN", "by": UserFactory(), "at": JANUARY}
    with pytest.raises(RulesBroken):
        decide_placement(amount=euros(501), reason="Comité.", **common)
    assert (Placement.objects.count(), RuleEvaluation.objects.count()) == (0, 0)
    decide_placement(amount=euros(500), reason="Comité.", **common)
    assert sorted(RuleEvaluation.objects.values_list("moment", flat=True)) == ["AFTER", "BEFORE"]
    assert check_books().is_right


def test_a_passive_breach_has_its_cure_period_is_explained_and_closes_by_the_fact():
    compartment = a_compartment()
    hold(compartment, 100)
    project, by = ProjectFactory(nace_code="35.11Z"), UserFactory()
    common = {"compartment": compartment, "project": project, "instrument": "LOAN", "by": by}
    decide_placement(amount=euros(500), reason="Comité.", at=JANUARY, **common)
    a_rule(
        compartment.fund, code="energie", kind="MAX_PER_SECTOR", params={"sector": "35", "cents": 20_000}, cure_days=90
    )
    (breach,) = evaluate_night(fund=compartment.fund, at=JANUARY)
    assert (breach.cause, breach.state, Fraction(breach.missing)) == ("PASSIVE", "OPEN", 30_000)
    assert breach.cure_before == TODAY + timedelta(days=90)
    with pytest.raises(ExplanationRefused):
        explain_breach(breach=breach, reason=" ", by=by, at=JANUARY)
    explain_breach(breach=breach, reason="Le projet rembourse par avance.", by=by, at=JANUARY)
    late = JANUARY + timedelta(days=91)
    (breach,) = evaluate_night(fund=compartment.fund, at=late)
    assert breach.state == "LATE" and RuleBreach.objects.count() == 1
    record_repayment(amount=euros(300), reason="Avance.", at=late, **common)
    assert evaluate_night(fund=compartment.fund, at=late + timedelta(days=1)) == []
    assert RuleBreach.objects.get().state == "CURED"


def a_state(on, cash, held, rules):
    return Problem(
        at=on, compartments=(Compartment("pot", cash, redeemable_cents=100_000),), demands=(), rules=rules,
        holdings=(Holding("h", "pot", held, sector="35"),), bases=(BaseAmount(Base.NAV, "fund", 100_000),),
    )  # fmt: skip


def test_a_forecast_is_exact_on_the_pace_of_the_last_days():
    rule = read_rule(
        {"code": "energie", "kind": "MAX_PER_SECTOR", "scope": "fund", "params": {"sector": "35", "cents": 1_300},
         "valid_from": date(2026, 1, 1)}
    )  # fmt: skip
    before, now = a_state(date(2026, 6, 3), 0, 100, (rule,)), a_state(date(2026, 9, 1), 0, 1_000, (rule,))
    (found,) = forecasts_between(before, now, days=90)
    # 900 cents in 90 days: 1 300 is reached on the thirtieth day, passed on the thirty-first.
    assert found.day == date(2026, 10, 2) and "90" in str(found)
    assert forecasts_between(now, now, days=90) == []
    assert moved_on(before, now, Fraction(1, 3)).holdings[0].amount_cents == 1_300


def test_the_problem_gathers_cash_holdings_rules_and_wishes_as_of_a_day():
    compartment = a_compartment()
    hold(compartment, 100, wish="THEME", wish_code="energy")
    a_rule(compartment.fund)
    later = JANUARY + timedelta(days=10)
    decide_placement(
        compartment=compartment, project=ProjectFactory(), amount=euros(400), instrument="LOAN", by=UserFactory(),
        at=later, reason="Comité.",
    )  # fmt: skip
    then, now = (gather_problem(compartment.fund, on) for on in (TODAY, later.date()))
    assert (then.compartments[0].available_cents, now.compartments[0].available_cents) == (200_000, 160_000)
    assert (len(then.holdings), now.holdings[0].amount_cents, len(now.rules)) == (0, 40_000, 1)
    assert {one.amount_cents for one in now.bases if one.scope == "fund"} == {200_000}


def test_two_rule_sets_are_solved_side_by_side_and_nothing_is_written():
    compartment = a_compartment()
    hold(compartment, 100)
    decide_placement(
        compartment=compartment, project=ProjectFactory(), amount=euros(400), instrument="LOAN", by=UserFactory(),
        at=JANUARY, reason="Comité.",
    )  # fmt: skip
    capped = read_rule(
        {
            "code": "plafond",
            "kind": "MAX_PER_PROJECT",
            "scope": "fund",
            "params": {"cents": 50_000},
            "valid_from": TODAY,
        }
    )
    found = compare(compartment.fund, year=2026, on=TODAY, one=(), other=(capped,))
    assert (found.one.total_cents, found.other.total_cents) == (40_000, 0)
    assert found.lines[0].moved_cents == -40_000 and Placement.objects.count() == 1
