"""A refund whose paying means is closed: a debt, then a transfer to the payer's own account, ordered by two (B29)."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import ProgrammingError

from fres.kernel import clock as kernel_clock
from fres.kernel.access import Role
from fres.kernel.models import Message
from fres.kernel.states import TransitionRefused
from funds.chart import Purpose
from funds.ledger import balance_cents
from funds.models import BankRefund, BankRefundOrder, BankRefundSending, Entry, Refund
from funds.payments.bank_refunds import (
    BankRefundFourEyes,
    BankRefundRefused,
    approve_bank_refund,
    ask_bank_refund,
    owed_cents,
    prepare_bank_refund,
    record_bank_refund_sent,
    refuse_bank_refund,
    stop_bank_refund,
)
from funds.payments.recording import offer_of, payer_of
from funds.payments.refunds import send_refund
from funds.payments.selectors import refunds_to_settle
from funds.states import BankRefundState, CommitmentState, PaymentState, RefundState
from investors.models import Representation
from investors.parties import IbanInAnotherName, IbanNotValid
from tests.funds.payments.bank_refund_scenes import (
    IBAN,
    OTHER_IBAN,
    a_refund_never_accepted,
    a_refund_that_came_back,
    approved,
    asked,
    checked,
    prepared,
    staff,
)
from tests.funds.payments.scenes import Provider, assert_books_right, digest

pytestmark = pytest.mark.django_db


def sent(bank_refund: BankRefund, *, provider: Provider, reference: str = "VIR 2026-11-24 001") -> BankRefundSending:
    on = kernel_clock.local(provider.now).date()
    return record_bank_refund_sent(
        bank_refund=bank_refund, sent_on=on, reference=reference, by=staff(Role.TREASURER), at=provider.now
    )


def test_the_payer_is_told_by_a_message_of_law_that_leads_to_the_page(provider: Provider):
    refund = a_refund_that_came_back(provider)
    message = Message.objects.get(template="payments/refund_came_back")
    assert message.is_legal
    assert str(refund.uuid) in message.context["url"]


def test_two_people_order_it_one_entry_moves_the_debt_and_the_banks_line_ends_it(provider: Provider):
    refund = a_refund_that_came_back(provider)
    commitment = refund.payment.commitment
    bank_refund = approved(refund, at=provider.now)
    offer, payer = offer_of(refund.payment), payer_of(refund.payment)
    owed = balance_cents(entity=offer.books, purpose=Purpose.REFUND_TO_SEND, party=payer, offer=offer)
    assert owed == 10_000
    assert balance_cents(entity=offer.books, purpose=Purpose.SAVER_MONEY, party=payer, offer=offer) == 0
    commitment.refresh_from_db()
    assert commitment.state == CommitmentState.REFUND_DUE
    assert list(refunds_to_settle()) == [refund]
    assert_books_right()

    sending = sent(bank_refund, provider=provider)
    commitment.refresh_from_db()
    refund.payment.refresh_from_db()
    refund.refresh_from_db()
    assert (commitment.state, refund.payment.state) == (CommitmentState.REFUNDED, PaymentState.REVERSED)
    assert refund.state == RefundState.FAILED  # the original keeps its row
    assert sending.order.bank_refund.state == BankRefundState.SENT
    moved = digest(offer)
    assert moved["bank_refund:*", (("4685 saver 0", "4683 saver 0", 10_000),)] == 1
    assert moved["bank_refund:*:sent", (("4683 saver 0", "5121", 10_000),)] == 1
    assert not refunds_to_settle().exists()
    told = Message.objects.filter(template__startswith="payments/bank_refund").order_by("pk")
    assert list(told.values_list("template", flat=True)) == ["payments/bank_refund_asked", "payments/bank_refund_sent"]
    assert_books_right()


def test_the_order_and_the_banks_line_never_change(provider: Provider):
    bank_refund = approved(a_refund_that_came_back(provider), at=provider.now)
    sent(bank_refund, provider=provider)
    for rows, change in ((BankRefundOrder.objects, {"amount": 1}), (BankRefundSending.objects, {"reference": "x"})):
        with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
            rows.update(**change)
        with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
            rows.all()._raw_delete("default")


def test_the_account_is_the_payers_own_and_well_formed(provider: Provider, settings):
    settings.DEMONSTRATION = False
    refund = a_refund_that_came_back(provider)
    by = refund.payment.commitment.by
    with pytest.raises(IbanInAnotherName):
        ask_bank_refund(refund=refund, iban=IBAN, holder="Dominique Quelquunautre", by=by, at=provider.now)
    with pytest.raises(IbanNotValid):
        ask_bank_refund(
            refund=refund, iban=IBAN[:-1] + "0", holder=payer_of(refund.payment).name, by=by, at=provider.now
        )
    assert not BankRefund.objects.exists()


def test_asked_again_before_it_is_prepared_the_account_is_replaced_afterwards_refused(provider: Provider):
    refund = a_refund_that_came_back(provider)
    first = asked(refund, at=provider.now)
    second = asked(refund, at=provider.now, iban=OTHER_IBAN)
    assert (second.pk, second.iban) == (first.pk, OTHER_IBAN)
    prepare_bank_refund(bank_refund=checked(second, at=provider.now), by=staff(Role.TREASURER), at=provider.now)
    with pytest.raises(BankRefundRefused, match="déjà préparé"):
        asked(refund, at=provider.now)


def test_nothing_is_asked_when_the_refund_did_not_come_back(provider: Provider):
    refund = a_refund_that_came_back(provider)
    Refund.objects.filter(pk=refund.pk).update(state=RefundState.DONE, done_at=provider.now)
    with pytest.raises(BankRefundRefused, match="Les livres doivent"):
        asked(Refund.objects.get(pk=refund.pk), at=provider.now)


def test_no_transfer_is_prepared_to_an_account_not_checked_or_changed_since(provider: Provider):
    refund = a_refund_that_came_back(provider)
    bank_refund, treasurer = asked(refund, at=provider.now), staff(Role.TREASURER)
    with pytest.raises(BankRefundRefused, match="vérifié"):
        prepare_bank_refund(bank_refund=bank_refund, by=treasurer, at=provider.now)
    checked(bank_refund, at=provider.now)
    party = bank_refund.party
    party.refresh_from_db()
    from investors.parties import record_iban

    record_iban(party=party, iban=OTHER_IBAN, holder=party.name)
    with pytest.raises(BankRefundRefused, match="a changé"):
        prepare_bank_refund(bank_refund=bank_refund, by=treasurer, at=provider.now)


def test_one_person_never_does_two_of_the_acts_nor_pays_themselves(provider: Provider):
    refund = a_refund_that_came_back(provider)
    bank_refund = asked(refund, at=provider.now)
    saver, checker, delegate = refund.payment.commitment.by, staff(Role.COMPLIANCE), staff(Role.TREASURER)
    checked(bank_refund, at=provider.now, by=checker)
    Representation.objects.create(
        party=bank_refund.party, user=delegate, role="delegate", valid_from=provider.now.date() - timedelta(days=1)
    )
    for person in (saver, delegate):
        with pytest.raises(BankRefundFourEyes, match="revient"):
            prepare_bank_refund(bank_refund=bank_refund, by=person, at=provider.now)
    treasurer = staff(Role.TREASURER)
    bank_refund = prepare_bank_refund(bank_refund=bank_refund, by=treasurer, at=provider.now)
    for person in (treasurer, saver, delegate, checker):
        with pytest.raises(BankRefundFourEyes):
            approve_bank_refund(bank_refund=bank_refund, by=person, at=provider.now)
    assert not BankRefundOrder.objects.exists()
    assert not Entry.objects.filter(key__startswith="bank_refund:").exists()


def test_the_database_too_refuses_an_order_of_one_person_and_a_second_request(provider: Provider):
    refund = a_refund_that_came_back(provider)
    bank_refund = prepared(refund, at=provider.now)
    one = bank_refund.prepared_by
    with pytest.raises(IntegrityError, match="bank_refund_order_two_people"), transaction.atomic():
        BankRefundOrder.objects.create(
            bank_refund=bank_refund, amount=1, iban_hash="x", prepared_by=one, approved_by=one, approved_at=provider.now
        )
    with pytest.raises(IntegrityError, match="bank_refund_one_alive_per_refund"), transaction.atomic():
        BankRefund.objects.create(
            refund=refund, party=bank_refund.party, amount=1, iban=IBAN, iban_hash="x", iban_holder="x",
            asked_by=bank_refund.asked_by, asked_at=provider.now,
        )  # fmt: skip


def test_approved_twice_or_sent_twice_changes_nothing(provider: Provider):
    refund = a_refund_that_came_back(provider)
    bank_refund = approved(refund, at=provider.now)
    with pytest.raises(TransitionRefused):
        approve_bank_refund(bank_refund=bank_refund, by=staff(Role.MANAGER), at=provider.now)
    sent(bank_refund, provider=provider)
    with pytest.raises(TransitionRefused):
        sent(bank_refund, provider=provider)
    assert Entry.objects.filter(key__startswith="bank_refund:").count() == 2
    assert_books_right()


def test_the_banks_line_has_a_date_and_a_reference_of_its_own(provider: Provider):
    first = approved(a_refund_that_came_back(provider), at=provider.now)
    second = approved(a_refund_that_came_back(provider), at=provider.now)
    on, by = kernel_clock.local(provider.now).date(), staff(Role.TREASURER)
    for when, reference in ((on + timedelta(days=1), "V1"), (on - timedelta(days=9999), "V1"), (on, " "), (on, "a|b")):
        with pytest.raises(BankRefundRefused):
            record_bank_refund_sent(bank_refund=first, sent_on=when, reference=reference, by=by, at=provider.now)
    sent(second, provider=provider, reference="V1")
    with pytest.raises(BankRefundRefused, match="déjà rattachée"):
        sent(first, provider=provider, reference="V1")
    assert_books_right()


def test_a_transfer_refused_or_stopped_leaves_the_debt_and_another_may_be_asked(provider: Provider):
    refund = a_refund_that_came_back(provider)
    manager = staff(Role.MANAGER)
    with pytest.raises(BankRefundRefused, match="motif"):
        refuse_bank_refund(bank_refund=asked(refund, at=provider.now), by=manager, reason=" ", at=provider.now)
    refuse_bank_refund(bank_refund=BankRefund.objects.get(), by=manager, reason="Compte clos", at=provider.now)
    bank_refund = approved(refund, at=provider.now)
    stopped = stop_bank_refund(bank_refund=bank_refund, by=manager, reason="IBAN refusé par la banque", at=provider.now)
    assert stopped.state == BankRefundState.STOPPED
    assert owed_cents(refund) == 10_000
    assert_books_right()
    sent(approved(refund, at=provider.now), provider=provider)
    assert owed_cents(refund) == 0
    assert_books_right()


def test_a_provider_that_gives_the_money_back_after_all_stops_the_transfer(provider: Provider):
    refund = a_refund_never_accepted(provider)
    bank_refund = approved(refund, at=provider.now)
    late(provider, refund)
    bank_refund.refresh_from_db()
    refund.refresh_from_db()
    refund.payment.commitment.refresh_from_db()
    assert (bank_refund.state, refund.state) == (BankRefundState.STOPPED, RefundState.DONE)
    assert refund.payment.commitment.state == CommitmentState.REFUNDED
    moved = digest(offer_of(refund.payment))
    assert moved["refund:*", (("4685 saver 0", "517", 10_000),)] == 1
    assert_books_right()


def test_money_given_back_twice_all_the_same_is_a_claim_on_the_payer_and_no_euro_is_lost(provider: Provider):
    refund = a_refund_never_accepted(provider)
    sent(approved(refund, at=provider.now), provider=provider)
    late(provider, refund)
    late(provider, refund)
    offer, payer = offer_of(refund.payment), payer_of(refund.payment)
    claim = balance_cents(entity=offer.books, purpose=Purpose.CLAIM_ON_SAVER, party=payer, offer=offer)
    assert claim == 10_000
    assert BankRefund.objects.get().state == BankRefundState.SENT
    assert_books_right()


def test_a_refund_that_came_back_and_is_said_done_by_a_stale_answer_moves_nothing(provider: Provider):
    from dataclasses import replace

    from funds.payments.gateway import RefundStatus
    from funds.payments.refunds import record_refund

    refund = a_refund_that_came_back(provider)
    sent(approved(refund, at=provider.now), provider=provider)
    before = digest(offer_of(refund.payment))
    outcome = provider.gateway.read_refund(refund_id=refund.provider_id)
    for status in (RefundStatus.SUCCEEDED, RefundStatus.PENDING, RefundStatus.FAILED):
        record_refund(refund_id=refund.pk, outcome=replace(outcome, status=status), at=provider.now)
    assert digest(offer_of(refund.payment)) == before
    assert_books_right()


def late(provider: Provider, refund: Refund) -> None:
    """The provider had made the refund that we gave up: its answer comes at last."""
    from funds.payments.refunds import record_refund

    outcome = provider.gateway.refund(
        key=f"late-{refund.uuid}", intent_id=refund.payment.intent_id, amount_cents=10_000, reference=str(refund.uuid)
    )
    record_refund(refund_id=refund.pk, outcome=outcome, at=provider.now)
    assert send_refund(refund_id=refund.pk, at=provider.now, gateway=provider.gateway).state != RefundState.ASKED
