"""A million commitments are added up and shared back with the same cents as one by one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fres.kernel.cents import split_cents
from funds.allocation.aggregation import aggregate, binary_copy, split_back

ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 10**11)), min_size=1, max_size=40)


def whole(values) -> np.ndarray:
    return np.array(list(values), dtype=np.int64)


@settings(max_examples=150, deadline=None)
@given(ROWS, st.lists(st.integers(0, 2**52), min_size=4, max_size=4), st.randoms(use_true_random=False))
def test_parts_are_those_of_split_cents_and_nothing_is_lost(rows, used, chance):
    groups, weights = whole(group for group, _ in rows), whole(cents for _, cents in rows)
    keys = whole(chance.sample(range(1000), len(rows)))
    totals = aggregate(groups, weights, 4)
    asked = whole(cents if total else 0 for cents, total in zip(used, totals.cents, strict=True))
    parts = split_back(asked, groups, weights, keys)
    for group in range(4):
        mine = [number for number in range(len(rows)) if groups[number] == group]
        expected = split_cents(int(asked[group]), {int(keys[one]): int(weights[one]) for one in mine})
        assert {int(keys[one]): int(parts[one]) for one in mine} == expected


def test_what_is_not_whole_cents_is_refused():
    with pytest.raises(TypeError):
        aggregate(whole([0]), np.array([1.5]), 1)
    with pytest.raises(ValueError, match="unknown group"):
        aggregate(whole([1]), whole([1]), 1)
    with pytest.raises(ValueError, match="negative"):
        aggregate(whole([0]), whole([-1]), 1)
    with pytest.raises(ValueError, match="nobody"):
        split_back(whole([5]), whole([0]), whole([0]), whole([1]))


def test_rows_are_written_as_postgresql_reads_them(db):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE parts (a bigint, b bigint)")
        with cursor.copy("COPY parts FROM STDIN WITH (FORMAT binary)") as into:
            into.write(binary_copy(whole([1, 2**52]), whole([0, -7])))
        cursor.execute("SELECT a, b FROM parts ORDER BY a")
        assert cursor.fetchall() == [(1, 0), (2**52, -7)]
