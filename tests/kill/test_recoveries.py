"""A recovery recorded, then the dispute won: killed at every step, the restart ends in the same books, once."""

from contextlib import suppress
from itertools import count

import pytest

from fres.kernel.access import Role
from fres.kernel.errors import RuleViolation
from funds.models import Payment
from funds.payments.recording import offer_of, read_payment
from funds.payments.sync import send_refunds
from tests.funds.payments.bank_refund_scenes import staff
from tests.funds.payments.recovery_scenes import a_shared_instalment, claim, recovered
from tests.funds.payments.scenes import Provider, assert_books_right, digest
from tests.kill.harness import kill_everywhere
from tests.stripe_server.process import ControlRefused

pytestmark = [pytest.mark.django_db(transaction=True)]


def test_a_recovery_and_a_dispute_won_afterwards_killed_anywhere_end_the_same(provider: Provider, payout_gateway):
    treasurer, names, lines = staff(Role.TREASURER), count(1), {}

    def disputed() -> Payment:
        payment = a_shared_instalment(provider, payout_gateway)
        provider.server.dispute(payment.intent_id or "")
        provider.refresh(payment)
        payment = read_payment(payment.pk)
        lines[payment.pk] = f"VIR {next(names)}"
        return payment

    def recover_and_win(payment: Payment) -> None:
        with suppress(RuleViolation):  # recorded already, before the death: the line is attached
            if not claim(payment).returned_cents:
                recovered(payment, 4_000, at=provider.now, reference=lines[payment.pk], by=treasurer)
        with suppress(ControlRefused):  # won already
            provider.server.end_dispute(read_payment(payment.pk).dispute.provider_id, is_won=True)
        provider.refresh(payment)
        send_refunds(at=provider.now, gateway=provider.gateway)

    def come_back(payment: Payment) -> None:
        provider.repair()
        recover_and_win(payment)
        provider.repair()

    def tell(payment: Payment) -> object:
        told, payment = claim(payment), read_payment(payment.pk)
        refunds = [(one.state, one.amount, one.cause) for one in payment.refunds.order_by("pk")]
        sums = (told.taken_cents, told.recovered_cents, told.owed_cents, told.returned_cents, told.kept_cents)
        return payment.state, payment.recoveries.count(), refunds, sums, digest(offer_of(payment))

    report = kill_everywhere(prepare=disputed, act=recover_and_win, repair=come_back, tell=tell, server=provider.server)
    assert report.asked["/v1/refunds"] == 1
    assert report.points >= 20
    assert report.of_kind("COMMIT") >= 6
    assert_books_right()
