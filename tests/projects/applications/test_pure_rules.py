"""Deadlines, forms as data, masked counts: values in, values out."""

import copy
import json
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projects.applications.calls import TEMPLATE
from projects.applications.consistency import check_budget
from projects.applications.deadlines import Pause, deadline_of, months_after
from projects.applications.form_schema import FormInvalid, gaps_of, parse_form, progress_of
from projects.applications.publishing import masked
from projects.indicators.loading import read_indicators

START = date(2026, 1, 1)
DAYS = st.integers(0, 200)


def form(*fields, **section):
    return {"sections": [{"code": "one", "title": "Une", "minutes": 5, "fields": list(fields)} | section]}


def field(code="a", kind="text", **more):
    return {"code": code, "kind": kind, "label": code.upper()} | more


def test_a_period_is_due_after_its_days_and_late_the_next_one():
    for day, late in ((15, 0), (16, 1), (20, 5)):
        stands = deadline_of(started_on=START, days=15, pauses=[], today=START + timedelta(days=day))
        assert (stands.due_on, stands.days_late) == (date(2026, 1, 16), late)


def test_a_stopped_clock_is_never_late():
    pause = Pause(START + timedelta(days=5))
    stands = deadline_of(started_on=START, days=15, pauses=[pause], today=START + timedelta(days=90))
    assert (stands.is_late, stands.is_paused, stands.paused_days) == (False, True, 85)


def test_a_pause_that_ends_before_it_starts_is_a_fault():
    with pytest.raises(ValueError, match="ends before"):
        deadline_of(started_on=START, days=1, pauses=[Pause(date(2026, 2, 2), date(2026, 2, 1))], today=START)
    with pytest.raises(ValueError, match="negative"):
        deadline_of(started_on=START, days=-1, pauses=[], today=START)


@settings(max_examples=60)
@given(spans=st.lists(st.tuples(DAYS, st.integers(0, 30)), max_size=6), days=DAYS, today=DAYS)
def test_a_day_of_pause_counts_once_however_pauses_overlap(spans, days, today):
    pauses = [Pause(START + timedelta(days=a), START + timedelta(days=a + length)) for a, length in spans]
    stands = deadline_of(started_on=START, days=days, pauses=pauses, today=START + timedelta(days=today))
    stopped = {day for a, length in spans for day in range(a, a + length)}
    assert stands.paused_days == len(stopped)
    assert stands.due_on == START + timedelta(days=days + len(stopped))


def test_months_end_on_the_last_day_when_the_month_is_shorter():
    assert months_after(date(2026, 11, 30), 3) == date(2027, 2, 28)
    assert months_after(date(2026, 11, 24), 12) == date(2027, 11, 24)
    assert months_after(date(2026, 12, 31), 2) == date(2027, 2, 28)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "sections"),
        (form(), "asks nothing"),
        (form(field(), field()), "two fields"),
        (form(field(kind="colour")), "unknown kind"),
        (form(field(kind="choice")), "options"),
        (form(field(kind="table")), "columns"),
        (form(field(when={"field": "later", "is": [1]}), field("later")), "does not come before"),
        (form(field(), field("b", when={"field": "a", "is": []})), "no value"),
        (form(field(), minutes=0), "effort"),
        (form(field("t", "table", columns=[field("c", "long")])), "column"),
        (form({"code": "a", "kind": "text"}), "label"),
    ],
)
def test_a_form_that_could_not_be_filled_in_is_refused(data, words):
    with pytest.raises(FormInvalid, match=words):
        parse_form(data)


def test_a_question_that_is_hidden_asks_nothing_and_hides_those_that_hang_on_it():
    schema = parse_form(
        form(
            field("a", "yes_no", required=True),
            field("b", "choice", options=[["x", "X"]], when={"field": "a", "is": [True]}, required=True),
            field("c", "text", when={"field": "b", "is": ["x"]}, required=True),
        )
    )
    everything = {"a": False, "b": "x", "c": "texte"}
    assert schema.visible_answers(everything) == {"a": False}
    assert gaps_of(schema, everything) == []
    assert [gap.field.code for gap in gaps_of(schema, {"a": True, "b": "x"})] == ["c"]
    (progress,) = progress_of(schema, {"a": True})
    assert (progress.given, progress.asked, progress.minutes_left) == (1, 2, 2)


def test_the_shipped_form_can_be_read_and_asks_what_the_lifecycle_requires():
    definition = copy.deepcopy(json.loads(TEMPLATE.read_text(encoding="utf-8")))
    for section in definition["sections"]:
        for one in section["fields"]:
            for column in one.get("columns", []):
                if column.pop("options_from", ""):
                    column["options"] = [["EMP-01", "Emplois"]]
    schema = parse_form(definition)
    assert [section.code for section in schema.sections] == [
        "project", "carrier", "support", "budget", "accounts", "engineering", "balises", "impact", "documents",
    ]  # fmt: skip
    assert sum(one.code.startswith("balise1_") for _section, one in schema.fields()) == 10
    second = [one.label for _section, one in schema.fields() if one.code.startswith("balise2_")]
    assert len(second) == 10
    assert "sobriété" in second[0]  # sobriety before anything new


@given(st.lists(st.integers(0, 10**9), min_size=3, max_size=3), st.integers(1, 10**6))
def test_a_budget_is_told_its_gap_to_the_cent(amounts, gap):
    years = dict(zip(("year1", "year2", "year3"), amounts, strict=True))
    assert check_budget({"charges": [years], "resources": [years]}) == []
    problems = check_budget({"charges": [years | {"year2": years["year2"] + gap}], "resources": [years]})
    assert len(problems) == 1
    assert problems[0].message.startswith("Année 2")


def test_small_counts_are_never_told_nor_given_away_by_a_difference():
    told = masked({"NOT_ESS": 9, "GOVERNANCE": 2}, year=2026, submitted=40, least=5)
    assert [(row.count) for row in told.rows] == [9]
    assert (told.rare_count, told.total) == (None, None)
    told = masked({"NOT_ESS": 9, "GOVERNANCE": 3, "INCOMPLETE": 4}, year=2026, submitted=40, least=5)
    assert (told.rare_count, told.total) == (7, 16)
    told = masked({"NOT_ESS": 9}, year=2026, submitted=40, least=5)
    assert (told.rare, told.total) == ((), 9)


@given(st.dictionaries(st.sampled_from(["NOT_ESS", "GOVERNANCE", "INCOMPLETE", "NOT_VIABLE"]), st.integers(1, 12)))
def test_no_reason_below_the_threshold_can_be_computed(counts):
    told = masked(counts, year=2026, submitted=40, least=5)
    assert all(row.count >= 5 for row in told.rows)
    rare = [n for n in counts.values() if n < 5]
    if len(rare) == 1:
        assert told.total is None
        assert told.rare_count is None


def test_every_rate_of_the_shipped_set_has_both_parts():
    rows = read_indicators()
    assert len({row.code for row in rows}) == len(rows) == 46
    for row in rows:
        assert bool(row.numerator) == bool(row.denominator)
        assert (row.aggregation != "ROS") or row.is_rate
