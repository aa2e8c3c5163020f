"""Small problems to allocate: a bakery, a solar roof and a workshop, and random ones."""

from datetime import date
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from funds.allocation.problem import (
    Base,
    BaseAmount,
    Collection,
    Compartment,
    Demand,
    Envelope,
    Exchanged,
    Guarantee,
    Holding,
    LabelAward,
    PlaceShare,
    Preference,
    Problem,
    Provision,
    Target,
)
from funds.allocation.rules import Rule, read_rule

AT = date(2026, 11, 23)
EURO = 100


def rule(kind: str, params: dict[str, Any], code: str = "", **others: Any) -> Rule:
    return read_rule(
        {"code": code or kind.lower(), "kind": kind, "scope": "fund", "params": params, "valid_from": "2020-01-01"}
        | others
    )


def demand(project: str, minimum: int, maximum: int, score: int = 500, **others: Any) -> Demand:
    return Demand(project, minimum * EURO, maximum * EURO, score=score, **others)


def problem(*demands: Demand, pot: int = 100_000, rules: tuple[Rule, ...] = (), **others: Any) -> Problem:
    values: dict[str, Any] = {"at": AT, "compartments": (Compartment("pot", pot * EURO, redeemable_cents=pot * EURO),)}
    return Problem(**(values | {"demands": demands, "rules": rules} | others))


RURAL = (PlaceShare("FRR", "1"),)
HALF_RURAL = (PlaceShare("FRR", "1", 5_000),)


@st.composite
def random_demand(draw: st.DrawFn, number: int) -> Demand:
    minimum = draw(st.integers(0, 60_000))
    maximum = draw(st.integers(max(minimum, 1), 90_000))
    return Demand(
        project=f"p{number}",
        minimum_cents=minimum,
        maximum_cents=maximum,
        score=draw(st.integers(1, 1000)),
        instrument=draw(st.sampled_from(["LOAN", "SHARE"])),
        sector=draw(st.sampled_from(["10.71", "38", "35"])),
        places=draw(st.sampled_from([(), RURAL, HALF_RURAL, (PlaceShare("EPCI", "A"),), (PlaceShare("EPCI", "B"),)])),
        labels=draw(st.sampled_from([(), (LabelAward("ESUS"),)])),
        classes=draw(st.sampled_from([(), ("ESUS",)])),
        capital_cents=draw(st.sampled_from([None, 200_000])),
        budget_cents=100_000,
        citizen_cents=draw(st.integers(0, 30_000)),
        is_successful=draw(st.booleans()),
        guarantee=draw(st.sampled_from([None, Guarantee("G", Fraction(1, 2))])),
        currency=draw(st.sampled_from(["", "BOU"])),
    )


WARN = {"severity": "WARN"}
CURED = {"cure_days": 30}
POOL_OF_RULES = [
    rule("SHARE_RANGE", {"class": "ESUS", "max": "0.4"}, base="NAV"),
    rule("SHARE_RANGE", {"class": "ESUS", "min": "1/3"}, code="share-min", base="COMMITTED"),
    rule("MAX_PER_PROJECT", {"cents": 50_000, "share": "1/3"}, base="NAV"),
    rule("MAX_PER_PROJECT", {"share": "0.61"}, code="half-of-lent", base="COMMITTED", **WARN),
    rule("STAKE_RANGE", {"min": "0.05", "max": "0.25"}),
    rule("MAX_PER_SECTOR", {"sector": "10", "share": "0.37"}, base="COMMITTED"),
    rule("MIN_PER_SECTOR", {"sector": "38", "cents": 11_111}, **WARN),
    rule("ZONE_FLOOR", {"levels": ["FRR"], "share": "0.2"}, base="COMMITTED"),
    rule("ZONE_FLOOR", {"levels": ["FRR"], "cents": 12_345}, code="zone-euros", **WARN),
    rule("ZONE_FLOOR", {"levels": ["FRR"], "cents": 30_001}, code="zone-cured", **CURED),
    rule("MIN_PER_TERRITORY", {"level": "EPCI", "codes": ["A", "B"], "winners": 1}, **WARN),
    rule("LIQUIDITY_RESERVE", {"share": "0.1"}),
    rule("LOSS_RESERVE", {"share": "0.07"}),
    rule("MATCHING", {"ratio": "0.5", "cap_cents": 9_999}, scope="compartment:region"),
    rule("MIRROR", {"currency": "BOU"}, **CURED),
    rule("GUARANTEE", {"envelope": "G", "quota": "0.6", "multiplier": "2.5", "cap_cents": 20_000}),
    rule("LTD_FLOOR", {"level": "EPCI", "floor": "0.5"}),
    rule("ELIGIBLE_LABEL", {"labels": ["ESUS"]}, scope="compartment:theme"),
    rule("EARMARK", {"strictness": "STRICT", "fallback": "NEXT", "sectors": ["10", "35"]}, scope="compartment:theme"),
    rule("EXCLUSION", {"instruments": ["SHARE"]}, scope="compartment:region"),
]


@st.composite
def random_problem(draw: st.DrawFn, most: int = 5) -> Problem:
    demands = tuple(draw(random_demand(number)) for number in range(draw(st.integers(1, most))))
    rules = tuple(draw(st.lists(st.sampled_from(POOL_OF_RULES), unique_by=lambda one: one.code, max_size=6)))
    if not any(one.kind == "EARMARK" for one in rules):
        rules += tuple(one for one in POOL_OF_RULES if one.kind == "EARMARK")
    winners = draw(st.none() | st.sets(st.sampled_from([one.project for one in demands])))
    return Problem(
        at=AT,
        compartments=(
            Compartment("pot", draw(st.integers(0, 120_000)), redeemable_cents=100_000),
            Compartment("region", draw(st.integers(0, 40_000))),
            Compartment("theme", draw(st.integers(0, 40_000)), is_strict=True),
        ),
        demands=demands,
        rules=rules,
        winners=None if winners is None else tuple(winners),
        preferences=(
            Preference("pot", Target(sectors=("38",)), draw(st.integers(0, 30_000))),
            Preference("pot", Target(projects=("p0",)), draw(st.integers(0, 9_000))),
        ),
        holdings=(
            Holding("h1", "pot", draw(st.integers(0, 50_000)), sector="10.1", places=RURAL, classes=("ESUS",)),
            Holding("h2", "pot", 10_000, project="p1", places=(PlaceShare("EPCI", "A"),), risk_class="A"),
        ),
        bases=(BaseAmount(Base.NAV, "fund", 200_000),),
        collections=(Collection("EPCI", "A", 500_000), Collection("EPCI", "B", draw(st.integers(0, 400_000)))),
        envelopes=(Envelope("G", 20_000, 1_000),),
        provisions=(Provision("fund", 15_000),),
        exchanged=(Exchanged("BOU", draw(st.integers(0, 30_000))),),
    )
