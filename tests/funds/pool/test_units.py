from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from funds.books import check_books
from funds.models import PoolPayment, Subscription, UnitMove
from funds.payments.gateway import PaymentStatus
from funds.pool.accounts import capital_cents, cash_cents
from funds.pool.errors import (
    CompartmentClosed,
    NotEnoughCash,
    NotEnoughUnits,
    OutOfTurn,
    PoolRefused,
    SamePerson,
    TooEarly,
    UnitsOutOfRange,
    WishUnfit,
)
from funds.pool.paying import record_pool_outcome
from funds.pool.redeeming import (
    approve_redemption,
    ask_redemption,
    prepare_redemption,
    put_off_redemption,
    refuse_redemption,
    window_money,
    withdraw_redemption,
)
from funds.pool.register import transfer_units, units_free, units_held
from funds.pool.states import RedemptionState, SubscriptionState
from funds.pool.subscribing import cancel_subscription, expire_subscriptions, subscribe
from tests.funds.factories import FundFactory
from tests.funds.pool.scenes import JANUARY, WINDOW, a_compartment, a_holder, hold, outcome, pay
from tests.investors.factories import UserFactory

pytestmark = pytest.mark.django_db


def assert_books_right():
    report = check_books()
    assert report.is_right, report.problems


def test_units_are_issued_at_nominal_when_the_money_clears_and_only_then():
    compartment, saver = a_compartment(), a_holder()
    subscription = subscribe(compartment=compartment, saver=saver, units=5, by=saver.user, at=JANUARY)
    assert units_held(compartment, saver) == 0 and capital_cents(compartment) == 0
    payment = pay(subscription, fee_cents=0)
    again = record_pool_outcome(payment_id=payment.pk, outcome=outcome(payment), at=JANUARY)
    assert again.state == "CLEARED" and units_held(compartment, saver) == 5
    assert capital_cents(compartment) == cash_cents(compartment) == 10_000
    assert UnitMove.objects.count() == 1
    assert_books_right()


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"units": 0}, UnitsOutOfRange),
        ({"units": -3}, UnitsOutOfRange),
        ({"units": 10_001}, UnitsOutOfRange),
        ({"units": 1, "at": JANUARY - timedelta(days=800)}, CompartmentClosed),
        ({"units": 1, "wish": "THEME", "wish_code": "yachts"}, WishUnfit),
        ({"units": 1, "wish": "TERRITORY", "wish_code": "99"}, WishUnfit),
        ({"units": 1, "wish": "OTHER", "wish_code": ""}, WishUnfit),
        ({"units": 1, "wish": "NONE", "wish_code": "food"}, WishUnfit),
    ],
)
def test_a_subscription_that_may_not_be_is_refused_and_nothing_is_written(fields, refusal):
    compartment, saver = a_compartment(), a_holder()
    with pytest.raises(refusal) as refused:
        subscribe(**{"compartment": compartment, "saver": saver, "by": saver.user, "at": JANUARY, **fields})
    assert refused.value.next_step and Subscription.objects.count() == 0


def test_the_issuer_does_not_subscribe_its_own_units():
    compartment = a_compartment()
    with pytest.raises(PoolRefused):
        subscribe(compartment=compartment, saver=compartment.issuer.party, units=1, by=UserFactory(), at=JANUARY)


def test_money_that_comes_after_the_time_is_owed_back_and_issues_nothing():
    compartment, saver = a_compartment(), a_holder()
    subscription = subscribe(compartment=compartment, saver=saver, units=2, by=saver.user, at=JANUARY)
    late = JANUARY + timedelta(days=9)
    assert expire_subscriptions(at=late) == 1
    subscription.refresh_from_db()
    payment = pay(subscription, at=late)
    assert subscription.state == SubscriptionState.EXPIRED and payment.is_surplus
    assert units_held(compartment, saver) == 0
    assert_books_right()


def test_a_page_given_up_then_another_one_is_paid_once():
    compartment, saver = a_compartment(), a_holder()
    subscription = subscribe(compartment=compartment, saver=saver, units=2, by=saver.user, at=JANUARY)
    first = PoolPayment.objects.create(
        subscription=subscription, amount=subscription.amount, asked_at=JANUARY, asked_by=saver.user
    )
    record_pool_outcome(payment_id=first.pk, outcome=outcome(first, PaymentStatus.EXPIRED), at=JANUARY)
    pay(subscription)
    record_pool_outcome(payment_id=first.pk, outcome=outcome(first), at=JANUARY)  # paid all the same
    first.refresh_from_db()
    assert first.is_surplus and units_held(compartment, saver) == 2
    assert_books_right()


def test_a_subscription_is_given_up_before_its_payment_not_after():
    compartment, saver = a_compartment(), a_holder()
    subscription = subscribe(compartment=compartment, saver=saver, units=2, by=saver.user, at=JANUARY)
    assert cancel_subscription(subscription=subscription, by=saver.user, at=JANUARY).state == "CANCELLED"
    paid = subscribe(compartment=compartment, saver=saver, units=2, by=saver.user, at=JANUARY)
    pay(paid)
    with pytest.raises(PoolRefused):
        cancel_subscription(subscription=paid, by=saver.user, at=JANUARY)


def test_units_pass_from_one_holder_to_another_and_never_more_than_are_held():
    compartment = a_compartment()
    giver, receiver = hold(compartment, 5), a_holder()
    with pytest.raises(NotEnoughUnits):
        transfer_units(
            compartment=compartment, giver=giver, receiver=receiver, units=6, by=giver.user, at=JANUARY, reason="Don"
        )
    with pytest.raises(PoolRefused):
        transfer_units(
            compartment=compartment, giver=giver, receiver=giver, units=1, by=giver.user, at=JANUARY, reason="Don"
        )
    transfer_units(
        compartment=compartment, giver=giver, receiver=receiver, units=2, by=giver.user, at=JANUARY, reason="Don"
    )
    assert (units_held(compartment, giver), units_held(compartment, receiver)) == (3, 2)
    assert_books_right()


def redeem(request, at=WINDOW):
    first, second = UserFactory(), UserFactory()
    prepare_redemption(request=request, by=first, at=at)
    return approve_redemption(request=request, by=second, at=at)


def test_a_withdrawal_is_served_at_its_window_by_two_people_and_ends_to_be_paid():
    compartment = a_compartment()
    holder = hold(compartment, 50)
    request = ask_redemption(compartment=compartment, holder=holder, units=5, by=holder.user, at=JANUARY)
    assert request.window_on == WINDOW.date() and units_free(compartment, holder) == 45
    first = UserFactory()
    with pytest.raises(TooEarly):
        prepare_redemption(request=request, by=first, at=JANUARY)
    prepare_redemption(request=request, by=first, at=WINDOW)
    with pytest.raises(SamePerson):
        approve_redemption(request=request, by=first, at=WINDOW)
    with pytest.raises(SamePerson):
        approve_redemption(request=request, by=holder.user, at=WINDOW)
    done = approve_redemption(request=request, by=UserFactory(), at=WINDOW)
    # The reserve is 10 % of 1 000 €: all of it pays.
    assert done.state == RedemptionState.TO_BE_PAID
    assert (done.from_reserve_cents, done.from_entrants_cents) == (10_000, 0)
    assert units_held(compartment, holder) == 45 and cash_cents(compartment) == 90_000
    assert_books_right()


def test_the_reserve_pays_first_then_new_entrants():
    compartment = a_compartment()
    old = hold(compartment, 100, at=JANUARY - timedelta(days=300))
    hold(compartment, 10)
    request = ask_redemption(compartment=compartment, holder=old, units=15, by=old.user, at=JANUARY)
    done = redeem(request)
    assert (done.from_reserve_cents, done.from_entrants_cents) == (22_000, 8_000)
    assert_books_right()


def test_a_window_never_pays_more_than_it_has_and_the_request_keeps_its_rank():
    compartment = a_compartment()
    old = hold(compartment, 100, at=JANUARY - timedelta(days=300))
    request = ask_redemption(compartment=compartment, holder=old, units=11, by=old.user, at=JANUARY)
    second = ask_redemption(compartment=compartment, holder=old, units=1, by=old.user, at=JANUARY + timedelta(days=1))
    with pytest.raises(NotEnoughCash):
        prepare_redemption(request=request, by=UserFactory(), at=WINDOW)
    with pytest.raises(OutOfTurn):
        prepare_redemption(request=second, by=UserFactory(), at=WINDOW)
    put_off = put_off_redemption(request=request, by=UserFactory(), at=WINDOW, reason="Réserve insuffisante.")
    assert (put_off.window_on.year, put_off.state) == (2027, "WAITING")
    redeem(second)
    assert_books_right()


def test_more_than_is_held_or_too_early_is_refused():
    compartment = a_compartment(terms={"holding_days": 365})
    holder = hold(compartment, 5)
    for units, refusal in ((6, NotEnoughUnits), (0, PoolRefused), (5, TooEarly)):
        with pytest.raises(refusal):
            ask_redemption(compartment=compartment, holder=holder, units=units, by=holder.user, at=WINDOW)
    assert compartment.redemptions.count() == 0


def test_a_request_is_withdrawn_or_refused_with_a_reason():
    compartment = a_compartment()
    holder = hold(compartment, 50)
    one = ask_redemption(compartment=compartment, holder=holder, units=1, by=holder.user, at=JANUARY)
    assert withdraw_redemption(request=one, by=holder.user, at=JANUARY).state == "WITHDRAWN"
    other = ask_redemption(compartment=compartment, holder=holder, units=1, by=holder.user, at=JANUARY)
    with pytest.raises(PoolRefused):
        refuse_redemption(request=other, by=UserFactory(), at=WINDOW, reason=" ")
    assert refuse_redemption(request=other, by=UserFactory(), at=WINDOW, reason="Décès").state == "REFUSED"
    assert units_free(compartment, holder) == 50


def test_compartments_of_one_issuer_never_mix():
    fund = FundFactory()
    one, other = a_compartment(fund), a_compartment(fund, kind="STRICT", theme="food", instrument="BOND")
    hold(one, 5)
    hold(other, 3)
    assert (cash_cents(one), cash_cents(other)) == (10_000, 6_000)
    assert_books_right()


moves = st.lists(
    st.tuples(st.sampled_from(["subscribe", "transfer", "redeem"]), st.integers(0, 2), st.integers(1, 30)), max_size=12
)


@given(moves=moves)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_subscribed_passed_on_and_withdrawn_units_at_nominal_make_the_capital(moves):
    compartment = a_compartment(FundFactory(), slug=f"pot-{FundFactory().pk}-h")
    people = [a_holder() for _ in range(3)]
    for what, rank, units in moves:
        who = people[rank]
        if what == "subscribe":
            hold(compartment, units, saver=who)
        elif what == "transfer":
            try:
                transfer_units(
                    compartment=compartment, giver=who, receiver=people[rank - 1], units=units, by=who.user,
                    at=JANUARY, reason="Succession",
                )  # fmt: skip
            except NotEnoughUnits:
                assert units > units_free(compartment, who)
        else:
            try:
                request = ask_redemption(compartment=compartment, holder=who, units=units, by=who.user, at=JANUARY)
                redeem(request)
            except NotEnoughUnits:
                assert units > units_free(compartment, who)
            except (NotEnoughCash, OutOfTurn):
                pass
    held = sum(units_held(compartment, who) for who in people)
    assert capital_cents(compartment) == held * 2_000 == cash_cents(compartment)
    money = window_money(compartment, WINDOW.date(), WINDOW.date())
    assert money.left_cents >= 0 and money.cash_cents >= 0
    assert_books_right()
