"""Each euro once: a random story of euros that walk from source to source is the judge of the look-through."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funds.sources.once import HoldingsDisagree, count_once

NAMES = st.integers(0, 6)
# A batch of cents enters at the first source and is kept by the last; it may pass twice through the same one.
WALKS = st.lists(st.tuples(st.integers(1, 10**9), st.lists(NAMES, min_size=1, max_size=6)), min_size=1, max_size=25)


def told(walks):
    """What each source would declare: a euro that comes back is collected, and placed, again."""
    gross, holdings = {}, {}
    for cents, path in walks:
        steps = [path[0], *(after for before, after in pairwise(path) if after != before)]
        for source in steps:
            gross[source] = gross.get(source, 0) + cents
        for step in pairwise(steps):
            holdings[step] = holdings.get(step, 0) + cents
    return gross, holdings


@given(WALKS)
@settings(max_examples=150, deadline=None)
def test_a_total_is_what_savers_brought_whatever_the_graph(walks):
    gross, holdings = told(walks)
    once = count_once(gross, holdings)
    assert once.total_cents == sum(cents for cents, _path in walks)
    assert once.total_cents + once.twice_cents == sum(gross.values())
    for source in gross:
        assert once.outside[source] == sum(cents for cents, path in walks if path[0] == source)
        assert once.kept[source] == sum(cents for cents, path in walks if path[-1] == source)
        assert sum(share for (origin, _e), share in once.ends.items() if origin == source) == once.outside[source]
        assert sum(share for (_o, end), share in once.ends.items() if end == source) == once.kept[source]
    assert all(share > 0 for share in once.ends.values())


@given(WALKS)
@settings(max_examples=60, deadline=None)
def test_shares_are_those_of_money_followed_step_by_step(walks):
    """Follow even parts through the graph until almost nothing moves: the exact shares are never below."""
    gross, holdings = told(walks)
    once = count_once(gross, holdings)
    for origin in gross:
        moving, arrived = {origin: Fraction(once.outside[origin])}, {}
        for _step in range(12):
            following = {}
            for source, cents in moving.items():
                if not cents:
                    continue
                arrived[source] = arrived.get(source, Fraction(0)) + cents * once.kept[source] / gross[source]
                for (holder, target), placed in holdings.items():
                    if holder == source:
                        part = cents * placed / gross[source]
                        following[target] = following.get(target, Fraction(0)) + part
            moving = following
        left = sum(moving.values())
        for source, cents in arrived.items():
            exact = once.ends.get((origin, source), Fraction(0))
            assert cents <= exact <= cents + left


def test_a_fund_that_invests_in_the_pool_is_counted_once():
    once = count_once({"fonds": 1000, "pot": 900, "livret": 50}, {("fonds", "pot"): 400})
    assert (once.total_cents, once.twice_cents) == (1550, 400)
    assert once.ends == {("fonds", "fonds"): 600, ("fonds", "pot"): 400, ("pot", "pot"): 500, ("livret", "livret"): 50}


@pytest.mark.parametrize(
    ("gross", "holdings", "word"),
    [
        ({"a": 10, "b": 100}, {("a", "b"): 11}, "n’a collecté que"),
        ({"a": 100, "b": 10}, {("a", "b"): 11}, "ne déclare que"),
        ({"a": 10, "b": 10}, {("a", "b"): 10, ("b", "a"): 10}, "se détiennent en rond"),
    ],
)
def test_declarations_that_cannot_both_be_true_give_no_total(gross, holdings, word):
    with pytest.raises(HoldingsDisagree, match=word):
        count_once(gross, holdings)
