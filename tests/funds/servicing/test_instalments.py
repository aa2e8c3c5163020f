"""Instalments received, unpaid, late: who is told, and when a loan goes in and out of alert."""

from datetime import date, timedelta

import pytest

from fres.kernel.errors import BooksBroken
from fres.kernel.models import Message, TransitionLog
from funds.models import InstalmentPayment, Payment
from funds.servicing.instalments import late_instalments, record_instalment, unpaid_instalments, watch_late
from funds.servicing.notices import tell_instalment_due, tell_missing
from funds.states import FinancingState, PaymentState
from tests.funds.factories import NOW, PaymentFactory, euros
from tests.funds.servicing.factories import HoldingFactory, InstalmentFactory
from tests.projects.factories import MembershipFactory

pytestmark = pytest.mark.django_db
ALERT_DAYS = 15


def _pay(instalment, state=PaymentState.CLEARED):
    cleared_at = NOW if state == PaymentState.CLEARED else None
    return Payment.objects.create(
        instalment=instalment, amount=euros("336.67"), asked_at=NOW, state=state, cleared_at=cleared_at
    )


@pytest.fixture
def instalment():
    return InstalmentFactory(loan=HoldingFactory().loan)


def _at(instalment, days):
    return NOW + (instalment.due_on - NOW.date()) + timedelta(days=days)


def test_an_instalment_received_is_written_once(instalment):
    payment = _pay(instalment)
    first = record_instalment(payment=payment, at=NOW)
    assert record_instalment(payment=payment, at=NOW + timedelta(days=1)).pk == first.pk
    assert (first.received_at, InstalmentPayment.objects.count()) == (NOW, 1)


def test_what_pays_no_instalment_or_another_amount_is_not_received(instalment):
    with pytest.raises(BooksBroken):
        record_instalment(payment=PaymentFactory(cleared=True), at=NOW)
    payment = _pay(instalment)
    payment.amount = euros(1)
    with pytest.raises(BooksBroken):
        record_instalment(payment=payment, at=NOW)


@pytest.mark.parametrize("state", [PaymentState.CLEARED, PaymentState.PROCESSING])
def test_an_instalment_paid_or_being_paid_is_not_unpaid(instalment, state):
    assert list(unpaid_instalments(due_by=instalment.due_on)) == [instalment]
    _pay(instalment, state)
    assert list(unpaid_instalments(due_by=instalment.due_on)) == []


def test_a_failed_payment_leaves_the_instalment_unpaid(instalment):
    _pay(instalment, PaymentState.FAILED)
    assert list(unpaid_instalments(due_by=instalment.due_on)) == [instalment]
    assert list(unpaid_instalments(due_by=instalment.due_on - timedelta(days=1))) == []


def test_a_loan_is_in_alert_from_the_dated_delay_until_it_is_paid(instalment):
    offer = instalment.loan.offer
    assert watch_late(at=_at(instalment, ALERT_DAYS - 1)) == (0, 0)
    assert watch_late(at=_at(instalment, ALERT_DAYS)) == (1, 0)
    assert watch_late(at=_at(instalment, ALERT_DAYS)) == (0, 0)
    offer.refresh_from_db()
    assert offer.financing_state == FinancingState.ALERT
    assert "1" in TransitionLog.objects.get(subject_uuid=offer.uuid, transition="alert").reason
    _pay(instalment)
    assert watch_late(at=_at(instalment, ALERT_DAYS + 1)) == (0, 1)
    offer.refresh_from_db()
    assert offer.financing_state == FinancingState.MONITORED
    assert list(late_instalments(at=_at(instalment, 90))) == []


def test_a_holder_s_representatives_are_told_before_and_after_the_date_once_each(instalment):
    organisation = instalment.loan.offer.project.organisation
    signatory = MembershipFactory(organisation=organisation, is_legal_representative=True)
    MembershipFactory(organisation=organisation)
    MembershipFactory(organisation=organisation, is_legal_representative=True, left_on=date(2026, 1, 1))
    early, soon, late = (_at(instalment, days) for days in (-8, -7, 1))
    told = [tell_missing(at=moment) for moment in (early, soon, soon, late, late)]
    messages = Message.objects.filter(about_type="instalment").order_by("pk")
    assert [message.template for message in messages] == ["servicing/instalment_due", "servicing/instalment_late"]
    assert {message.to for message in messages} == {signatory.user.email}
    assert told[2] == told[4] == 0


def test_a_representative_reads_in_their_language(instalment):
    member = MembershipFactory(
        organisation=instalment.loan.offer.project.organisation, is_legal_representative=True, user__language="en"
    )
    assert tell_instalment_due(instalment=instalment, at=_at(instalment, -3)) == 1
    assert Message.objects.get(to=member.user.email).language == "en"
