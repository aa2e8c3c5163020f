"""A material change of the sheet: everybody engaged is told and may leave for four days, paid or not (ruling B30)."""

from datetime import timedelta

import pytest

from fres.kernel.models import Message
from funds.books import check_books
from funds.closing import TooEarlyToDecide, decide_offer, may_decide, progress_of
from funds.commitment_rules import SheetNotOpened
from funds.commitments import confirm_commitment, revoke_commitment
from funds.fici.publishing import current_version, publish_fici, record_reading
from funds.fici.rights import NoRightToRevoke, revoke_after_change, running_right
from funds.models import RevocationRight
from funds.payments.gateway import PaymentStatus
from funds.reflection import reflection_deadline
from funds.states import CommitmentState as C
from tests.funds.campaign_scenes import a_saver, answer, clear, commit, process
from tests.funds.campaigns.scenes import an_offer_with_sheet
from tests.funds.factories import NOW, euros
from tests.funds.fici.test_publishing import change

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=6)


def books_are_clean():
    Message.objects.update(sent_at=LATER)  # the worker does not run here
    assert check_books(at=LATER).problems == ()


def engage(offer, amount=200, at=NOW):
    saver = a_saver()
    record_reading(version=current_version(offer), user=saver.user, at=at)
    return commit(offer, saver, euros(amount), at=at)


def publish_change(offer, at=LATER, is_material=True):
    manager = change(offer, guarantee="Caution de la commune, levée.")
    return publish_fici(offer=offer, by=manager, at=at, is_material=is_material, reason="La caution est levée.")


def test_nobody_commits_before_opening_the_version_in_force():
    offer = an_offer_with_sheet()
    saver = a_saver()
    with pytest.raises(SheetNotOpened) as refused:
        commit(offer, saver, euros(100))
    assert current_version(offer).document.number in refused.value.message
    record_reading(version=current_version(offer), user=saver.user, at=NOW)
    assert commit(offer, saver, euros(100)).texts_shown["offer.fici"]["version"] == "1"
    publish_change(offer, at=NOW)
    with pytest.raises(SheetNotOpened):
        commit(offer, saver, euros(50))  # a higher amount needs fresh consent, to the new version


def test_all_pending_are_told_and_get_four_days_also_for_cleared_money():
    offer = an_offer_with_sheet(minimum=euros(100))
    reflecting = engage(offer, at=LATER - timedelta(days=1))
    confirmed, paid = engage(offer), clear(engage(offer), at=LATER - timedelta(hours=1))
    version = publish_change(offer)
    ends_at = reflection_deadline(LATER)
    assert {right.ends_at for right in version.rights.all()} == {ends_at}
    assert set(version.rights.values_list("commitment", flat=True)) == {reflecting.pk, confirmed.pk, paid.pk}
    told = Message.objects.filter(template="offers/changed")
    assert told.count() == 3 and all(message.is_legal for message in told)
    reflecting.refresh_from_db()
    assert reflecting.reflection_ends_at == ends_at  # prolonged, never shortened


def test_a_change_that_is_not_material_gives_no_right():
    offer = an_offer_with_sheet()
    commitment = engage(offer)
    publish_change(offer, at=NOW, is_material=False)
    assert not RevocationRight.objects.exists()
    with pytest.raises(NoRightToRevoke):
        revoke_after_change(commitment=commitment, by=commitment.by, at=NOW)


def test_cleared_money_goes_back_in_one_gesture_and_a_second_changes_nothing():
    offer = an_offer_with_sheet(minimum=euros(100))
    paid = clear(engage(offer), at=LATER - timedelta(hours=1))
    publish_change(offer)
    left = revoke_after_change(commitment=paid, by=paid.by, at=LATER + timedelta(days=1))
    assert left.state == C.REFUND_DUE
    refund = left.payments.get().refunds.get()
    assert (refund.cause, refund.amount) == ("OFFER_CHANGED", paid.amount)
    revoke_after_change(commitment=paid, by=paid.by, at=LATER + timedelta(days=2))
    assert left.payments.get().refunds.count() == 1
    books_are_clean()


def test_money_at_the_bank_goes_back_when_it_clears():
    offer = an_offer_with_sheet(minimum=euros(100))
    commitment = engage(offer)
    confirm_commitment(commitment=commitment, at=LATER)
    payment = process(commitment, at=LATER)
    publish_change(offer)
    assert revoke_after_change(commitment=commitment, by=commitment.by, at=LATER).state == C.REVOKED
    answer(payment, PaymentStatus.CLEARED, LATER, cleared_at=LATER)
    commitment.refresh_from_db()
    assert commitment.state == C.REFUND_DUE and payment.refunds.get().amount == commitment.amount
    books_are_clean()


def test_a_debit_that_fails_after_the_saver_left_ends_there():
    offer = an_offer_with_sheet(minimum=euros(100))
    commitment = engage(offer)
    confirm_commitment(commitment=commitment, at=LATER)
    payment = process(commitment, at=LATER)
    publish_change(offer)
    revoke_after_change(commitment=commitment, by=commitment.by, at=LATER)
    answer(payment, PaymentStatus.FAILED, LATER)
    commitment.refresh_from_db()
    assert commitment.state == C.REVOKED and not payment.refunds.exists()
    books_are_clean()


def test_silence_keeps_the_commitment_and_the_right_ends_to_the_second():
    offer = an_offer_with_sheet()
    commitment = engage(offer)
    version = publish_change(offer, at=NOW)
    ends_at = version.rights.get().ends_at
    assert running_right(commitment, at=ends_at) is not None
    assert running_right(commitment, at=ends_at + timedelta(seconds=1)) is None
    with pytest.raises(NoRightToRevoke):
        revoke_after_change(commitment=commitment, by=commitment.by, at=ends_at + timedelta(seconds=1))


def test_an_offer_is_not_decided_while_a_right_runs_and_its_last_day_leaves_time_to_pay():
    offer = an_offer_with_sheet(minimum=euros(100), maximum=euros(200), ticket_maximum=euros(200))
    clear(engage(offer), at=LATER - timedelta(hours=1))
    settles_on = offer.settles_on
    offer.refresh_from_db()
    assert may_decide(offer, progress_of(offer), at=LATER)  # full, nothing moves
    late = offer.closes_at + timedelta(days=1)
    version = publish_change(offer, at=late)
    offer.refresh_from_db()
    assert offer.settles_on > settles_on
    with pytest.raises(TooEarlyToDecide):
        decide_offer(offer=offer, at=late + timedelta(days=1))
    ends_at = version.rights.get().ends_at
    assert decide_offer(offer=offer, at=ends_at + timedelta(minutes=1)).state == "SUCCEEDED"
    books_are_clean()


def test_a_commitment_that_was_revoked_before_gets_no_right():
    offer = an_offer_with_sheet()
    commitment = engage(offer)
    revoke_commitment(commitment=commitment, by=commitment.by, at=NOW)
    assert publish_change(offer, at=NOW).rights.count() == 0
