"""Rules are exact data: read, refused field by field, said in a sentence, and compared with law."""

import os
import subprocess
import sys
from datetime import date
from fractions import Fraction

import pytest

from funds.allocation.rules import KINDS, LegalLimit, RuleRefused, read_rule, rules_from_json, rules_to_json

ONE_OF_EACH = [
    ("SHARE_RANGE", "fund", "NAV", {"class": "ESUS", "min": "0.05", "max": "0.10"}),
    ("MAX_PER_PROJECT", "fund", "NAV", {"share": "0.1", "cents": 4_000_000, "instrument": "LOAN"}),
    ("STAKE_RANGE", "fund", None, {"min": "0.05", "max": "0.30"}),
    ("MAX_PER_SECTOR", "fund", "COMMITTED", {"sector": "10", "share": "1/3"}),
    ("MIN_PER_SECTOR", "compartment:pot", None, {"sector": "38", "cents": 1_000_000}),
    ("MIN_PER_TERRITORY", "fund", None, {"level": "CANTON", "codes": ["5901", "5902"], "winners": 1}),
    ("ZONE_FLOOR", "fund", "COLLECTED", {"levels": ["QPV", "FRR"], "share": "20 %"}),
    ("LIQUIDITY_RESERVE", "fund", None, {"share": "0.10", "horizon_days": 90}),
    ("LOSS_RESERVE", "fund", None, {"share": "0.05", "by_class": {"A": "0.02"}}),
    ("EARMARK", "compartment:pot", None, {"strictness": "STRICT", "fallback": "REFUND", "sectors": ["10"]}),
    ("MATCHING", "compartment:region", None, {"ratio": "0.5", "cap_cents": 500_000}),
    ("MIRROR", "fund", None, {"currency": "BOU"}),
    ("CO_INVEST_REQUIRED", "fund", "PROJECT_TOTAL", {"actor": "CIGALES", "share": "0.05"}),
    ("GUARANTEE", "fund", None, {"envelope": "G1", "quota": "0.65", "multiplier": "5", "cap_cents": 20_000_000}),
    ("ELIGIBLE_LABEL", "fund", None, {"labels": ["ESUS"]}),
    ("EXCLUSION", "fund", None, {"sectors": ["12"]}),
    ("PAY_RATIO_MAX", "fund", None, {"mean": "7", "highest": "10"}),
    ("LTD_FLOOR", "fund", None, {"level": "EPCI", "floor": "0.5"}),
    ("TWO_STAGE", "fund", None, {}),
]


def data(kind: str, scope: str = "fund", base: str | None = None, params: dict | None = None, **others: object) -> dict:
    return {
        "code": kind.lower(), "kind": kind, "scope": scope, "base": base, "params": params or {},
        "valid_from": "2026-01-01", **others,
    }  # fmt: skip


def test_each_kind_of_the_fact_sheet_is_there_and_none_else():
    assert {kind for kind, *_ in ONE_OF_EACH} == set(KINDS)


@pytest.mark.parametrize(("kind", "scope", "base", "params"), ONE_OF_EACH)
def test_a_rule_says_itself_in_french_and_comes_back_equal_from_its_text(kind, scope, base, params):
    rule = read_rule(data(kind, scope, base, params))
    sentence = str(rule.sentence())
    assert sentence.endswith(".") and "%(" not in sentence and "None" not in sentence
    assert rules_from_json(rules_to_json([rule])) == (rule,)


def test_a_decimal_in_a_file_is_read_exactly():
    text = rules_to_json([read_rule(data(*ONE_OF_EACH[0]))]).replace('"0.05"', "0.05")
    (rule,) = rules_from_json(text)
    assert rule.params.minimum == Fraction(1, 20)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "NOTHING"}, "kind"),
        ({"params": {"class": "ESUS"}}, "params.max"),
        ({"params": {"class": "ESUS", "min": 0.05}}, "params.min"),
        ({"params": {"class": "ESUS", "min": "0.2", "max": "0.1"}}, "params.min"),
        ({"params": {"class": "ESUS", "max": "1.5"}}, "params.max"),
        ({"params": {"class": "ESUS", "max": "much"}}, "params.max"),
        ({"params": {"class": "ESUS", "max": "0.1", "colour": "blue"}}, "params.colour"),
        ({"params": {"max": "0.1"}}, "params.class"),
        ({"base": "PROJECT_TOTAL"}, "base"),
        ({"base": None}, "base"),
        ({"scope": "compartment:"}, "scope"),
        ({"scope": "campaign:solar"}, "scope"),
        ({"valid_to": "2025-12-31"}, "valid_to"),
        ({"valid_from": "soon"}, "valid_from"),
        ({"timing": "LATER"}, "timing"),
        ({"cure_days": -1}, "cure_days"),
    ],
)
def test_a_wrong_field_is_named(change, field):
    good = data("SHARE_RANGE", "fund", "NAV", {"class": "ESUS", "min": "0.05", "max": "0.10"})
    with pytest.raises(RuleRefused) as refusal:
        read_rule({**good, **change})
    assert list(refusal.value.errors) == [field]


def test_a_strict_earmark_may_not_end_in_the_pool():
    with pytest.raises(RuleRefused) as refusal:
        read_rule(
            data("EARMARK", "compartment:a", None, {"strictness": "STRICT", "fallback": "POOL", "projects": ["solar"]})
        )
    assert list(refusal.value.errors) == ["params.fallback"]


def test_a_rule_that_law_does_not_allow_is_refused_with_the_source():
    limits = [
        LegalLimit("SHARE_RANGE", "max", "L. 3332-17", at_most=Fraction(1, 10), when=(("class", "ESUS"),)),
        LegalLimit("SHARE_RANGE", "min", "L. 3332-17", at_least=Fraction(1, 20), when=(("class", "ESUS"),)),
    ]
    good = data("SHARE_RANGE", "fund", "NAV", {"class": "ESUS", "min": "0.05", "max": "0.10"})
    assert read_rule(good, limits)
    with pytest.raises(RuleRefused) as refusal:
        read_rule({**good, "params": {"class": "ESUS", "min": "0.01", "max": "0.15"}}, limits)
    assert set(refusal.value.errors) == {"params.min", "params.max"}
    assert "L. 3332-17" in str(refusal.value)
    assert read_rule({**good, "params": {"class": "SCIC", "max": "0.15"}}, limits)


def test_a_rule_is_in_force_from_its_first_day_to_its_last():
    rule = read_rule(data("TWO_STAGE", valid_to="2026-12-31"))
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 1)]
    assert [rule.is_in_force(day) for day in days] == [False, True, True, False]


def test_rules_are_read_where_django_is_not_set_up():
    code = "import sys, funds.allocation.rules; sys.exit('django' in sys.modules)"
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0
