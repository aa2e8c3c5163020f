"""A loan in trouble: reasons of alert, a new schedule, a default, a loss; each decided by two persons."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from fres.kernel.models import Document, Message
from fres.kernel.states import TransitionRefused
from funds.models import Concern, Instalment, InstalmentReplacement, LossLine
from funds.monitoring import watching
from funds.monitoring.concerns import close_concern, raise_concern, write_note
from funds.monitoring.errors import (
    ConsentMissing,
    DefaultTooEarly,
    NotALender,
    NotEnoughReason,
    SamePersonDecides,
    TermsRefused,
)
from funds.monitoring.requests import (
    NewTerms,
    apply_restructuring,
    decide_request,
    outstanding_cents,
    propose_default,
    propose_loss,
    propose_restructuring,
)
from funds.monitoring.schedules import answer_restructuring
from funds.payments.charging import NothingToPay, start_payment
from funds.servicing.distribution import distribute_instalment
from funds.servicing.instalments import unpaid_instalments, watch_late
from funds.states import FinancingRequestState, FinancingState
from tests.funds.payments.scenes import assert_books_right
from tests.funds.servicing.conftest import (  # noqa: F401 – fixtures
    _application,
    _running,
    application,
    gateway,
    payout_gateway,
    provider,
    server,
)
from tests.funds.servicing.scenes import a_paid_loan, pay_instalment
from tests.investors.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def loan(provider, payout_gateway):  # noqa: F811
    return a_paid_loan(provider, payout_gateway, 600, 300, 100)


def fresh(loan):
    loan.offer.refresh_from_db()
    return loan.offer.financing_state


def in_alert(loan, at):
    raise_concern(offer=loan.offer, kind=Concern.Kind.DISPUTE, detail="Litige avec le bailleur.", by=None, at=at)
    assert fresh(loan) == FinancingState.ALERT


def later(loan, days):
    first = loan.instalments.order_by("rank").first()
    return loan.signed_at + (first.due_on - loan.signed_at.date()) + timedelta(days=days)


def terms(loan, at, *, months=6, rate_bp=None):
    rate = loan.rate_bp if rate_bp is None else rate_bp
    return NewTerms(months=months, rate_bp=rate, first_due_on=at.date() + timedelta(days=40))


def test_a_reason_puts_in_alert_and_the_last_one_closed_lifts_it(loan, provider):  # noqa: F811
    at = provider.now
    in_alert(loan, at)
    equity = raise_concern(offer=loan.offer, kind="NEGATIVE_EQUITY", detail="−12 000 €", by=None, at=at)
    again = raise_concern(offer=loan.offer, kind="NEGATIVE_EQUITY", detail="Encore.", by=None, at=at)
    assert again.pk == equity.pk
    close_concern(concern=equity, note="Apport des associés.", by=UserFactory(), at=at)
    assert fresh(loan) == FinancingState.ALERT
    watch_late(at=at)
    assert fresh(loan) == FinancingState.ALERT  # instalments on time do not lift a dispute
    with pytest.raises(NotEnoughReason):
        close_concern(concern=Concern.objects.get(kind="DISPUTE"), note=" ", by=UserFactory(), at=at)
    close_concern(concern=Concern.objects.get(kind="DISPUTE"), note="Accord signé.", by=UserFactory(), at=at)
    assert fresh(loan) == FinancingState.MONITORED


def test_a_note_says_something(loan, provider):  # noqa: F811
    with pytest.raises(NotEnoughReason):
        write_note(
            offer=loan.offer, kind="PLAN", happens_on=date(2027, 1, 4), text="", by=UserFactory(), at=provider.now
        )
    write_note(
        offer=loan.offer, kind="VISIT", happens_on=date(2027, 1, 4), text="Atelier en service.", by=UserFactory(),
        at=provider.now,
    )  # fmt: skip
    assert loan.offer.follow_up_notes.count() == 1


def test_better_terms_apply_at_once_and_old_lines_are_kept(loan, provider):  # noqa: F811
    first, *_rest = loan.instalments.order_by("rank")
    pay_instalment(provider, first)
    distribute_instalment(instalment=first, at=provider.now)
    in_alert(loan, provider.now)
    left = outstanding_cents(loan)
    request = propose_restructuring(
        offer=loan.offer, terms=NewTerms(1, loan.rate_bp, provider.now.date() + timedelta(days=5)),
        reason="Solder plus tôt.", by=UserFactory(), at=provider.now,
    )  # fmt: skip
    assert not request.worsens_terms
    decide_request(request=request, accepts=True, note="Accordé.", by=UserFactory(), at=provider.now)
    assert fresh(loan) == FinancingState.ALERT or fresh(loan) == FinancingState.MONITORED
    new = loan.instalments.get(distribution=None)
    assert (new.rank, new.principal_cents, new.balance_after_cents) == (4, left, 0)
    assert Instalment.every.filter(loan=loan).count() == 4
    assert InstalmentReplacement.objects.count() == 2
    with pytest.raises(NothingToPay):
        old = Instalment.every.get(loan=loan, rank=2)
        start_payment(instalment=old, by=UserFactory(), at=provider.now, gateway=provider.gateway)
    pay_instalment(provider, new)
    distribute_instalment(instalment=new, at=provider.now)
    assert_books_right()


def test_worse_terms_wait_for_more_than_half_of_the_capital(loan, provider):  # noqa: F811
    in_alert(loan, provider.now)
    request = propose_restructuring(
        offer=loan.offer, terms=terms(loan, provider.now), reason="Six mois de plus.", by=UserFactory(),
        at=provider.now,
    )  # fmt: skip
    manager = UserFactory()
    request = decide_request(request=request, accepts=True, note="Oui.", by=manager, at=provider.now)
    assert (request.state, fresh(loan)) == (FinancingRequestState.ACCEPTED, FinancingState.RESTRUCTURED)
    big, middle, small = loan.holdings.order_by("-principal_cents")
    answer = {"request": request, "at": provider.now}
    answer_restructuring(holding=middle, agrees=True, by=middle.commitment.by, **answer)
    answer_restructuring(holding=small, agrees=True, by=small.commitment.by, **answer)
    with pytest.raises(ConsentMissing):
        apply_restructuring(request=request, by=manager, at=provider.now)
    assert loan.instalments.count() == 3
    with pytest.raises(NotALender):
        answer_restructuring(holding=big, agrees=True, by=UserFactory(), **answer)
    with pytest.raises(NotALender):
        answer_restructuring(holding=small, agrees=False, by=small.commitment.by, **answer)
    answer_restructuring(holding=big, agrees=True, by=big.commitment.by, **answer)
    apply_restructuring(request=request, by=manager, at=provider.now)
    assert sum(one.principal_cents for one in loan.instalments.all()) == 100_000
    assert [one.rank for one in loan.instalments.order_by("rank")] == [4, 5, 6, 7, 8, 9]


def test_terms_that_cannot_be_and_wrong_persons_are_refused(loan, provider):  # noqa: F811
    proposer = UserFactory()
    with pytest.raises(TermsRefused):
        propose_restructuring(
            offer=loan.offer, terms=NewTerms(0, 300, date(2030, 1, 1)), reason="Non.", by=proposer, at=provider.now
        )
    request = propose_restructuring(
        offer=loan.offer, terms=terms(loan, provider.now), reason="Oui.", by=proposer, at=provider.now
    )
    with pytest.raises(SamePersonDecides):
        decide_request(request=request, accepts=True, note="Oui.", by=proposer, at=provider.now)
    with pytest.raises(NotEnoughReason):
        decide_request(request=request, accepts=True, note="", by=UserFactory(), at=provider.now)
    with pytest.raises(TransitionRefused):  # no alert: nothing to restructure
        decide_request(request=request, accepts=True, note="Oui.", by=UserFactory(), at=provider.now)
    request.refresh_from_db()
    assert request.state == FinancingRequestState.PROPOSED
    with pytest.raises(IntegrityError), transaction.atomic():
        type(request).objects.filter(pk=request.pk).update(decided_by=proposer)


def test_a_default_waits_for_ninety_days_then_the_loss_is_told_lender_by_lender(loan, provider):  # noqa: F811
    early, due = later(loan, 90), later(loan, 91)
    watch_late(at=early)
    assert fresh(loan) == FinancingState.ALERT
    with pytest.raises(DefaultTooEarly):
        propose_default(offer=loan.offer, ground="UNPAID", reason="Impayé.", by=UserFactory(), at=early)
    assert watching.tell_long_arrears(at=due) == 1
    assert watching.tell_long_arrears(at=due) == 0
    request = propose_default(offer=loan.offer, ground="UNPAID", reason="Impayé.", by=UserFactory(), at=due)
    decide_request(request=request, accepts=True, note="Constaté.", by=UserFactory(), at=due)
    assert fresh(loan) == FinancingState.DEFAULTED
    request = propose_loss(offer=loan.offer, reason="Liquidation close.", by=UserFactory(), at=due)
    decide_request(request=request, accepts=True, note="Sans espoir.", by=UserFactory(), at=due)
    assert fresh(loan) == FinancingState.LOSS_RECOGNISED
    assert sorted(LossLine.objects.values_list("lost_cents", flat=True)) == [10_000, 30_000, 60_000]
    assert Document.objects.filter(kind="loss_statement").count() == 3
    assert Message.objects.filter(key__contains=":loss:").count() == 3
    assert_books_right()


def test_insolvency_needs_no_delay(loan, provider):  # noqa: F811
    in_alert(loan, provider.now)
    request = propose_default(
        offer=loan.offer, ground="INSOLVENCY", reason="Jugement du 3 novembre.", by=UserFactory(), at=provider.now
    )
    decide_request(request=request, accepts=True, note="Constaté.", by=UserFactory(), at=provider.now)
    assert fresh(loan) == FinancingState.DEFAULTED
    assert unpaid_instalments(due_by=date(2040, 1, 1)).filter(loan=loan).count() == 3
