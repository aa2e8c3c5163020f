"""The last euro of a reserve and of a matching fund, asked for by two at once: one has it (rulings B4, B13)."""

import threading
from datetime import timedelta

import pytest

from funds.books import check_books
from funds.pool import matching_funds, redeeming
from funds.pool.errors import NotEnoughCash
from funds.pool.matching_funds import left_cents, match_offer
from funds.pool.redeeming import approve_redemption, ask_redemption
from investors.models import Party
from tests.concurrency.threads import at_once
from tests.funds.campaign_scenes import a_saver, clear, commit
from tests.funds.factories import NOW, OfferFactory, euros
from tests.funds.pool.scenes import JANUARY, WINDOW, a_compartment, hold
from tests.funds.pool.test_matching import an_open_fund
from tests.investors.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def two_prepared():
    """Two requests of 60 € prepared on a reserve of 100 €: what a rule that counted only cash would let pass."""
    compartment = a_compartment()
    holder = hold(compartment, 50, at=JANUARY - timedelta(days=300))
    found = []
    for _ in range(2):
        asked = ask_redemption(compartment=compartment, holder=holder, units=3, by=holder.user, at=JANUARY)
        type(asked).objects.filter(pk=asked.pk).update(state="PREPARED", prepared_by=UserFactory(), prepared_at=WINDOW)
        found.append(type(asked).objects.get(pk=asked.pk))
    return compartment, found


def approve(request, by):
    return approve_redemption(request=request, by=by, at=WINDOW)


def test_the_last_euro_of_the_reserve_is_given_once():
    _compartment, (one, other) = two_prepared()
    first, second = UserFactory(), UserFactory()
    results = at_once(lambda: approve(one, first), lambda: approve(other, second))
    assert sum(isinstance(result, NotEnoughCash) for result in results) == 1
    assert check_books().is_right


def test_without_the_lock_the_reserve_would_be_given_twice(monkeypatch):
    compartment, (one, other) = two_prepared()
    first, second, both_counted, real = UserFactory(), UserFactory(), threading.Barrier(2), redeeming.window_money

    def counted(*given):
        money = real(*given)
        both_counted.wait(30)
        return money

    monkeypatch.setattr(redeeming, "window_money", counted)
    monkeypatch.setattr(redeeming, "lock_party", lambda pk: Party.objects.get(pk=pk))
    monkeypatch.setattr(redeeming, "lock_compartment", lambda pk: compartment)
    results = at_once(lambda: approve(one, first), lambda: approve(other, second))
    assert not any(isinstance(result, Exception) for result in results), results


def test_the_last_euro_of_a_matching_fund_is_reserved_once():
    offers = [OfferFactory(gift=True, open=True, minimum=euros(10), maximum=euros(10_000))]
    offers.append(OfferFactory(gift=True, open=True, minimum=euros(10), maximum=euros(10_000), fund=offers[0].fund))
    matching = an_open_fund(offers[0].fund, cap=euros(60), budget=euros(100))
    for offer in offers:
        clear(commit(offer, a_saver(), euros(200)))
    results = at_once(*(lambda offer=offer: match_offer(offer=offer, at=NOW) for offer in offers))
    assert sorted(int(made[0].amount.amount) for made in results) == [40, 60]
    assert left_cents(matching) == 0 and check_books().is_right
    assert matching_funds.matched_cents(offers[0]) + matching_funds.matched_cents(offers[1]) == 10_000
