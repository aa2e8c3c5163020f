"""Two treasurers with one statement, and the bank that gives the money back meanwhile: nothing is counted twice."""

import pytest

from fres.kernel.access import Role
from funds.models import ClaimRecovery
from funds.payments.gateway import DisputeStatus
from funds.payments.recoveries import RecoveryRefused
from tests.concurrency.threads import at_once
from tests.funds.payments.bank_refund_scenes import staff
from tests.funds.payments.conftest import (  # noqa: F401
    _application,
    _running,
    gateway,
    payout_gateway,
    provider,
    server,
)
from tests.funds.payments.recovery_scenes import a_claim, claim, contested, recovered
from tests.funds.payments.scenes import Provider, assert_books_right

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]


def test_a_claim_is_recovered_once_by_two_treasurers_at_once(provider: Provider, payout_gateway):  # noqa: F811
    payment, at = a_claim(provider, payout_gateway), provider.now
    owed, people = claim(payment).owed_cents, [staff(Role.TREASURER) for _ in range(4)]
    results = at_once(
        *(
            lambda rank=rank, by=by: recovered(payment, owed, at=at, reference=f"VIR {rank}", by=by)
            for rank, by in enumerate(people)
        )
    )
    assert sum(isinstance(one, ClaimRecovery) for one in results) == 1
    assert sum(isinstance(one, RecoveryRefused) for one in results) == 3
    assert claim(payment).owed_cents == 0
    assert_books_right()


def test_a_recovery_and_a_dispute_won_at_once_leave_nothing_owed_twice(provider: Provider, payout_gateway):  # noqa: F811
    payment, at, by = a_claim(provider, payout_gateway), provider.now, staff(Role.TREASURER)
    at_once(
        lambda: recovered(payment, 4_000, at=at, by=by),
        lambda: contested(payment, at, status=DisputeStatus.WON),
    )
    told = claim(payment)
    assert (told.open_cents, told.taken_cents) == (0, 0)
    assert told.recovered_cents == told.returned_cents == told.kept_cents  # 0 when the bank came first
    assert_books_right()
