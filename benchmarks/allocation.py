"""A million commitments, a thousand projects, thirty rules (design §8).

Ours: adding up by compartment and earmark, sharing what was used back to each commitment, and writing the rows. The
yardstick is `COPY` of the same rows as text into a table with the same indexes. Solving and explaining are printed
apart, in seconds: nothing stands beside them.
"""

import random
import resource
import time
from collections.abc import Iterator
from datetime import date

import numpy as np
from django.db import connection, transaction

from benchmarks.rows import Row
from funds.allocation.aggregation import aggregate, binary_copy, split_back
from funds.allocation.explaining import nearest_change, rule_prices
from funds.allocation.problem import (
    Base,
    BaseAmount,
    Collection,
    Compartment,
    Demand,
    LabelAward,
    PlaceShare,
    Preference,
    Problem,
    Provision,
    Target,
)
from funds.allocation.rules import Rule, read_rule
from funds.allocation.solver import solve

COMMITMENTS, PROJECTS, COMPARTMENTS, EARMARKS = 1_000_000, 1_000, 6, 50
TARGET = 2.0
AT = date(2026, 11, 23)
SECTORS = ("10.71", "35.11", "38.11", "47.11", "88.10", "62.01", "01.13", "55.20")


def run() -> Iterator[Row]:
    chance = np.random.default_rng(32)
    keys = np.arange(COMMITMENTS, dtype=np.int64)
    compartments = chance.integers(0, COMPARTMENTS, COMMITMENTS)
    earmarks = chance.integers(0, EARMARKS + 1, COMMITMENTS)
    cents = chance.integers(1_000, 50_000, COMMITMENTS)

    started = time.perf_counter()
    by_earmark = aggregate(compartments * (EARMARKS + 1) + earmarks, cents, COMPARTMENTS * (EARMARKS + 1)).cents
    by_compartment = by_earmark.reshape(COMPARTMENTS, EARMARKS + 1).sum(axis=1)
    added = time.perf_counter() - started

    asked = a_problem([int(one) for one in by_compartment], by_earmark.reshape(COMPARTMENTS, EARMARKS + 1))
    started = time.perf_counter()
    outcome = solve(asked)
    solved = time.perf_counter() - started
    funded = outcome.allocation.by_project()
    print(f"  solving {PROJECTS} projects under {len(asked.rules)} rules: {solved:.1f} s, {len(funded)} funded")
    started = time.perf_counter()
    first = next(rule_prices(asked, outcome))
    refused = next((one.project for one in asked.demands if one.project not in funded), None)
    print(f"  explaining one rule: {time.perf_counter() - started:.1f} s: {str(first.sentence)[:110]}…")
    if refused is not None:
        started = time.perf_counter()
        told = nearest_change(asked, outcome, refused)
        print(f"  explaining one refusal: {time.perf_counter() - started:.1f} s: {told.sentence}")

    used = np.array([outcome.allocation.of_compartment(f"c{one}") for one in range(COMPARTMENTS)], dtype=np.int64)
    started = time.perf_counter()
    parts = split_back(used, compartments, cents, keys)
    split = time.perf_counter() - started
    assert int(parts.sum()) == outcome.allocation.total_cents
    mine, theirs = written(keys, compartments, parts)
    print(
        f"  adding up {added:.2f} s, sharing back {split:.2f} s, writing {mine:.2f} s; "
        f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB"
    )
    ours = added + split + mine
    yield Row(
        what=f"{COMMITMENTS} commitments added up, shared back and written",
        ours=f"{ours:.2f} s", yardstick=f"COPY {theirs:.2f} s", ratio=ours / theirs, limit=TARGET,
    )  # fmt: skip


def written(keys: np.ndarray, compartments: np.ndarray, parts: np.ndarray) -> tuple[float, float]:
    """Return the seconds of our writing and of `COPY` of the same rows as text, each with its commit."""
    with connection.cursor() as cursor:
        for table in ("bench_parts", "bench_copied"):
            cursor.execute(f"CREATE TABLE {table} (commitment bigint PRIMARY KEY, compartment bigint, cents bigint)")
            cursor.execute(f"CREATE INDEX ON {table} (compartment)")
    started = time.perf_counter()
    with (
        transaction.atomic(),
        connection.cursor() as cursor,
        cursor.copy("COPY bench_parts FROM STDIN WITH (FORMAT binary)") as into,
    ):
        into.write(binary_copy(keys, compartments, parts))
    mine = time.perf_counter() - started
    with connection.cursor() as cursor, cursor.copy("COPY bench_parts TO STDOUT") as out:
        text = b"".join(bytes(part) for part in out)
    started = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor, cursor.copy("COPY bench_copied FROM STDIN") as into:
        into.write(text)
    return mine, time.perf_counter() - started


def a_problem(available: list[int], by_earmark: np.ndarray) -> Problem:
    """Return a region's round: half the money is asked twice over by a thousand projects."""
    chance = random.Random(32)
    total = sum(available)
    demands = []
    for number in range(PROJECTS):
        most = chance.randrange(total // PROJECTS // 2, total // PROJECTS * 4)
        places = [PlaceShare("EPCI", f"E{chance.randrange(30)}")]
        if chance.random() < 0.25:
            places.append(PlaceShare("FRR", "1", chance.choice((5_000, 10_000))))
        demands.append(
            Demand(
                f"p{number:04}", most * chance.randrange(20, 80) // 100, most, score=chance.randrange(1, 1_001),
                sector=chance.choice(SECTORS), places=tuple(places), labels=(LabelAward("ESUS"),) * (number % 7 > 0),
                classes=("ESUS",) * (number % 3 == 0), statuses=("APPROVED",), budget_cents=most * 2,
            )
        )  # fmt: skip
    return Problem(
        AT,
        tuple(Compartment(f"c{number}", cents, redeemable_cents=cents) for number, cents in enumerate(available)),
        tuple(demands),
        rules=thirty_rules(),
        preferences=tuple(
            Preference(f"c{purse}", Target(projects=(f"p{earmark * 20 % PROJECTS:04}",)), int(cents))
            for purse, row in enumerate(by_earmark)
            for earmark, cents in enumerate(row)
            if earmark
        ),
        bases=(BaseAmount(Base.NAV, "fund", total * 2), BaseAmount(Base.COLLECTED, "fund", total)),
        collections=tuple(Collection("EPCI", f"E{number}", total // 30) for number in range(30)),
        provisions=(Provision("fund", total // 15),),
    )


def thirty_rules() -> tuple[Rule, ...]:
    """Return thirty rules of twelve kinds."""
    given = [
        ("SHARE_RANGE", "fund", "COMMITTED", {"class": "ESUS", "min": "0.2", "max": "0.6"}),
        ("MAX_PER_PROJECT", "fund", "NAV", {"share": "0.002"}),
        ("MAX_PER_PROJECT", "fund", "PROJECT_TOTAL", {"share": "0.45"}),
        *(("MAX_PER_SECTOR", "fund", "COMMITTED", {"sector": sector[:2], "share": "0.2"}) for sector in SECTORS),
        *(("MIN_PER_SECTOR", "fund", "COLLECTED", {"sector": sector[:2], "share": "0.04"}) for sector in SECTORS),
        ("ZONE_FLOOR", "fund", "COMMITTED", {"levels": ["FRR"], "share": "0.2"}),
        ("MIN_PER_TERRITORY", "fund", None, {"level": "EPCI", "codes": [f"E{n}" for n in range(30)], "winners": 2}),
        ("LIQUIDITY_RESERVE", "fund", None, {"share": "0.1"}),
        ("LOSS_RESERVE", "fund", None, {"share": "0.05"}),
        ("ELIGIBLE_LABEL", "fund", None, {"labels": ["ESUS"]}),
        ("EXCLUSION", "fund", None, {"sectors": ["12", "92"]}),
        ("TWO_STAGE", "fund", None, {}),
        ("LTD_FLOOR", "fund", None, {"level": "EPCI", "floor": "0.5"}),
        ("LIQUIDITY_RESERVE", "compartment:c0", None, {"share": "0.2"}),
        ("ZONE_FLOOR", "compartment:c1", "COMMITTED", {"levels": ["FRR"], "share": "0.3"}),
        ("MAX_PER_PROJECT", "compartment:c2", "NAV", {"cents": 40_000_000}),
    ]
    return tuple(
        read_rule(
            {
                "code": f"r{number:02}", "kind": kind, "scope": scope,
                "base": None if "cents" in params else base, "params": params, "valid_from": "2026-01-01",
            }
        )
        for number, (kind, scope, base, params) in enumerate(given)
    )  # fmt: skip
