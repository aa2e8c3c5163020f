"""The checker catches an error planted in each kind of rule, and lets the right allocation through."""

from dataclasses import replace
from fractions import Fraction

import pytest

from funds.allocation.checker import blocking_findings, check_allocation
from funds.allocation.problem import (
    Allocation,
    Base,
    BaseAmount,
    CoInvestor,
    Collection,
    Compartment,
    Demand,
    Envelope,
    Exchanged,
    Guarantee,
    LabelAward,
    PlaceShare,
    Problem,
    Provision,
    Share,
)
from funds.allocation.rules import KINDS
from tests.funds.allocation.scenes import AT, rule

SUN = Demand(
    "sun", 1_000, 100_000, sector="35", places=(PlaceShare("FRR", "1"), PlaceShare("EPCI", "A")),
    labels=(LabelAward("ESUS"),), statuses=("APPROVED",), classes=("ESUS",), budget_cents=100_000, instrument="SHARE",
    capital_cents=100_000, pay_ratio_mean=Fraction(5), pay_ratio_highest=Fraction(8), citizen_cents=40_000,
    is_successful=True, co_investors=(CoInvestor("CIGALES", 10_000),), guarantee=Guarantee("G", Fraction(1, 2)),
    currency="BOU",
)  # fmt: skip
BREAD = replace(
    SUN, project="bread", sector="10.71", places=(PlaceShare("EPCI", "B"),), labels=(), statuses=(), classes=(),
    pay_ratio_mean=None, co_investors=(), currency="", citizen_cents=0,
)  # fmt: skip


def scene(*rules):
    return Problem(
        AT, (Compartment("pot", 100_000, redeemable_cents=100_000),), (SUN, BREAD), rules=rules,
        bases=(BaseAmount(Base.NAV, "fund", 100_000),), envelopes=(Envelope("G", 10_000),),
        collections=(Collection("EPCI", "A", 1_000), Collection("EPCI", "B", 1_000)),
        provisions=(Provision("fund", 1_000),), exchanged=(Exchanged("BOU", 20_000),),
    )  # fmt: skip


def given_to(**cents: int) -> Allocation:
    return Allocation(tuple(Share("pot", project, amount) for project, amount in sorted(cents.items())))


PLANTED = [
    (rule("SHARE_RANGE", {"class": "ESUS", "max": "0.2"}, base="NAV"), {"sun": 20_000}, {"sun": 20_001}),
    (rule("MAX_PER_PROJECT", {"share": "0.2"}, base="PROJECT_TOTAL"), {"sun": 20_000}, {"sun": 20_001}),
    (rule("STAKE_RANGE", {"min": "0.05", "max": "0.30"}), {"sun": 30_000}, {"sun": 30_001}),
    (rule("MAX_PER_SECTOR", {"sector": "10", "share": "0.5"}, base="COMMITTED"), {"sun": 5_000, "bread": 5_000},
     {"sun": 5_000, "bread": 5_001}),
    (rule("MIN_PER_SECTOR", {"sector": "10", "cents": 5_000}), {"bread": 5_000}, {"bread": 4_999}),
    (rule("MIN_PER_TERRITORY", {"level": "EPCI", "codes": ["A", "B"], "winners": 1}), {"sun": 1_000, "bread": 1_000},
     {"sun": 2_000}),
    (rule("ZONE_FLOOR", {"levels": ["FRR"], "share": "1/3"}, base="COMMITTED"), {"sun": 5_000, "bread": 10_000},
     {"sun": 5_000, "bread": 10_001}),
    (rule("LIQUIDITY_RESERVE", {"share": "0.25"}), {"sun": 75_000}, {"sun": 75_001}),
    (rule("LOSS_RESERVE", {"share": "0.05"}), {"sun": 20_000}, {"sun": 20_001}),
    (rule("EARMARK", {"strictness": "STRICT", "fallback": "NEXT", "sectors": ["35"]}, scope="compartment:pot"),
     {"sun": 5_000}, {"bread": 5_000}),
    (rule("MATCHING", {"ratio": "0.5", "cap_cents": 25_000}, scope="compartment:pot"), {"sun": 20_000},
     {"sun": 20_001}),
    (rule("MIRROR", {"currency": "BOU"}), {"sun": 20_000}, {"sun": 19_999}),
    (rule("CO_INVEST_REQUIRED", {"actor": "CIGALES", "share": "0.1"}, base="PROJECT_TOTAL"), {"sun": 5_000},
     {"bread": 5_000}),
    (rule("GUARANTEE", {"envelope": "G", "quota": "0.5", "multiplier": "2"}), {"sun": 40_000}, {"sun": 40_001}),
    (rule("ELIGIBLE_LABEL", {"labels": ["ESUS"]}), {"sun": 5_000}, {"bread": 5_000}),
    (rule("EXCLUSION", {"sectors": ["10"]}), {"sun": 5_000}, {"bread": 5_000}),
    (rule("PAY_RATIO_MAX", {"mean": "7", "highest": "10"}), {"sun": 5_000}, {"bread": 5_000}),
    (rule("LTD_FLOOR", {"level": "EPCI", "floor": "0.5"}), {"sun": 5_000, "bread": 15_000},
     {"sun": 5_000, "bread": 15_001}),
    (rule("TWO_STAGE", {}), {"sun": 5_000}, {"bread": 5_000}),
]  # fmt: skip


def test_an_error_is_planted_in_each_kind():
    assert {one.kind for one, *_ in PLANTED} == set(KINDS)


@pytest.mark.parametrize(("one", "right", "wrong"), PLANTED, ids=[one.kind for one, *_ in PLANTED])
def test_an_error_planted_is_caught_to_the_cent_and_what_is_right_passes(one, right, wrong):
    asked = scene(one)
    assert not check_allocation(asked, given_to(**right))
    findings = blocking_findings(asked, given_to(**wrong))
    assert {finding.rule for finding in findings} == {one.code}
    assert all(finding.missing > 0 and "%(" not in str(finding) for finding in findings)


@pytest.mark.parametrize(
    "wrong",
    [
        Allocation((Share("pot", "sun", 999),)),
        Allocation((Share("pot", "sun", 100_001),)),
        Allocation((Share("pot", "nobody", 5_000),)),
        Allocation((Share("purse", "sun", 5_000),)),
        Allocation((Share("pot", "sun", 0),)),
        Allocation((Share("pot", "sun", 5_000), Share("pot", "sun", 5_000))),
        Allocation((Share("pot", "sun", 60_000), Share("pot", "bread", 60_000))),
    ],
)
def test_what_no_rule_could_allow_is_refused(wrong):
    assert blocking_findings(scene(), wrong)


def test_a_label_out_of_its_dates_does_not_count():
    over = replace(SUN, labels=(LabelAward("ESUS", valid_to=AT.replace(day=22)),))
    asked = replace(scene(rule("ELIGIBLE_LABEL", {"labels": ["ESUS"]})), demands=(over,))
    assert blocking_findings(asked, given_to(sun=5_000))
