"""Payouts and distributions under many hands: one signature, one transfer, one share; a control that goes wrong."""

from unittest import mock

import pytest

from fres.kernel.models import TransitionLog
from fres.kernel.states import TransitionRefused
from funds.models import Distribution, Entry, PayoutOrder
from funds.servicing.distribution import distribute_instalment
from funds.servicing.payouts import PayoutRefused, approve_payout, prepare_payout, refuse_payout, send_payout
from funds.states import PayoutState
from tests.concurrency.threads import at_once
from tests.funds.payments.scenes import assert_books_right
from tests.funds.servicing.scenes import (
    a_paid_loan,
    a_ready_payee,
    a_succeeded_offer,
    an_approved_order,
    pay_instalment,
)
from tests.investors.factories import UserFactory

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


def _refused(results):
    return [one for one in results if isinstance(one, BaseException)]


def test_two_treasurers_who_prepare_at_once_prepare_one_order(provider):
    offer = a_succeeded_offer(provider, 100, gift=True)
    a_ready_payee(provider, offer)
    people = [UserFactory() for _ in range(4)]
    results = at_once(*[lambda who=who: prepare_payout(offer=offer, by=who, at=provider.now) for who in people])
    assert [type(one) for one in _refused(results)] == [PayoutRefused] * 3
    assert PayoutOrder.objects.count() == 1


def test_an_order_approved_by_four_people_at_once_has_one_signature(provider):
    offer = a_succeeded_offer(provider, 100, gift=True)
    a_ready_payee(provider, offer)
    order = prepare_payout(offer=offer, by=UserFactory(), at=provider.now)
    people = [UserFactory() for _ in range(4)]
    results = at_once(*[lambda who=who: approve_payout(order=order, by=who, at=provider.now) for who in people])
    assert [type(one) for one in _refused(results)] == [TransitionRefused] * 3
    assert TransitionLog.objects.filter(subject_uuid=order.uuid, transition="approve").count() == 1


def test_an_order_approved_and_refused_at_once_is_one_or_the_other(provider):
    offer = a_succeeded_offer(provider, 100, gift=True)
    a_ready_payee(provider, offer)
    order = prepare_payout(offer=offer, by=UserFactory(), at=provider.now)
    yes, no = UserFactory(), UserFactory()
    at_once(
        lambda: approve_payout(order=order, by=yes, at=provider.now),
        lambda: refuse_payout(order=order, by=no, reason="Compte à vérifier.", at=provider.now),
    )
    order.refresh_from_db()
    # An approved order that is not on its way may still be refused: it is never sent then.
    assert order.state in (PayoutState.APPROVED, PayoutState.REFUSED)
    assert (order.state == PayoutState.REFUSED) == bool(order.refused_reason)


def test_an_order_sent_by_four_workers_at_once_is_paid_once(provider, payout_gateway):
    order = an_approved_order(provider, a_succeeded_offer(provider, 60, 40, gift=True))
    results = at_once(
        *[lambda: send_payout(order_id=order.pk, at=provider.now, gateway=payout_gateway) for _ in range(4)]
    )
    paid = [one for one in results if not isinstance(one, BaseException)]
    assert {one.state for one in paid} == {PayoutState.PAID}
    assert provider.server.executed("POST", "/v1/transfers") == 1
    assert Entry.objects.filter(key=f"payout:{order.uuid}").count() == 1
    assert_books_right()


def test_an_order_put_off_by_four_workers_at_once_is_paid_once_when_money_comes(provider, payout_gateway):
    order = an_approved_order(provider, a_succeeded_offer(provider, 60, 40, gift=True, fund_cents=0))
    send = [lambda: send_payout(order_id=order.pk, at=provider.now, gateway=payout_gateway) for _ in range(4)]
    at_once(*send)
    provider.server.fund(100_000)
    at_once(*send)
    send[0]()
    assert PayoutOrder.objects.get().state == PayoutState.PAID
    assert provider.server.executed("POST", "/v1/transfers") == 1
    assert_books_right()


def test_an_instalment_shared_by_four_workers_at_once_is_shared_once(provider, payout_gateway):
    instalment = a_paid_loan(provider, payout_gateway, 60, 40).instalments.get(rank=1)
    pay_instalment(provider, instalment)
    results = at_once(*[lambda: distribute_instalment(instalment=instalment, at=provider.now) for _ in range(4)])
    assert _refused(results) == []
    assert len({one.pk for one in results}) == 1
    assert (Distribution.objects.count(), Entry.objects.filter(key__startswith="distribution:").count()) == (1, 1)
    assert_books_right()


def test_control_with_a_key_of_its_own_for_each_call_an_order_is_paid_twice(provider, payout_gateway):
    order = an_approved_order(provider, a_succeeded_offer(provider, 60, 40, gift=True))
    calls = iter(range(100))
    real = payout_gateway.transfer

    def transfer(*, key, **asked):
        return real(key=f"{key}-{next(calls)}", **asked)

    with (
        mock.patch.object(payout_gateway, "find_transfer", return_value=None),
        mock.patch.object(payout_gateway, "transfer", transfer),
    ):
        at_once(*[lambda: send_payout(order_id=order.pk, at=provider.now, gateway=payout_gateway) for _ in range(4)])
    assert provider.server.executed("POST", "/v1/transfers") > 1
