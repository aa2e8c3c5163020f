"""The waiting list: no reservation, strict order, a proposal that is held and lapses (ruling B9)."""

from datetime import timedelta

import pytest

from fres.kernel.models import Message
from funds import commitment_rules as rules
from funds.books import check_books
from funds.commitments import revoke_commitment
from funds.models import Commitment, WaitingPlace
from funds.reflection import reflection_deadline
from funds.selectors import offer_figures
from funds.states import CommitmentState, OfferState, WaitingState
from funds.texts import record_of, texts_of
from funds.waiting import (
    AlreadyWaiting,
    NothingToWaitFor,
    PlaceNotProposed,
    accept_place,
    commit_and_wait,
    join_waiting_list,
    leave_waiting_list,
    refresh_waiting_list,
    refresh_waiting_lists,
)
from tests.funds.campaign_scenes import NOW, a_saver, commit
from tests.funds.factories import OfferFactory, euros

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def books_stay_balanced():
    yield
    assert not check_books(NOW).problems


@pytest.fixture
def offer():
    return OfferFactory(open=True, minimum=euros(500), maximum=euros(1_000))


@pytest.fixture
def first(offer):
    """The commitment that fills the offer."""
    return commit(offer, a_saver(), euros(1_000))


def wait(offer, saver, amount, at=NOW):
    return join_waiting_list(offer=offer, saver=saver, amount=amount, by=saver.user, at=at)


def accept(place, amount, at=LATER):
    texts = record_of(texts_of(place.offer))
    return accept_place(place=place, amount=amount, by=place.saver.user, texts_shown=texts, at=at)


def revoke(commitment, at=LATER):
    return revoke_commitment(commitment=commitment, by=commitment.saver.user, at=at)


def again(row):
    row.refresh_from_db()
    return row


def test_a_place_reserves_nothing_and_starts_no_period(offer, first):
    place = wait(offer, a_saver(), euros(300))
    assert (place.rank, place.state, place.proposed_until) == (1, WaitingState.WAITING, None)
    figures = offer_figures(offer)
    assert (figures.in_reflection_cents, figures.waiting_cents, figures.room_cents) == (100_000, 30_000, 0)
    assert Commitment.objects.count() == 1
    assert Message.objects.filter(template="offers/waiting").count() == 1


def test_room_that_frees_is_proposed_in_order_each_for_seventy_two_hours(offer, first):
    places = [wait(offer, a_saver(), euros(amount)) for amount in (400, 400, 400)]
    revoke(first)
    states = [(again(place).state, place.proposed_amount) for place in places]
    assert states == [
        (WaitingState.PROPOSED, euros(400)),
        (WaitingState.PROPOSED, euros(400)),
        (WaitingState.PROPOSED, euros(200)),
    ]
    assert places[0].proposed_until == LATER + timedelta(hours=72)
    assert Message.objects.filter(template="offers/place_proposed").count() == 3


def test_a_newcomer_does_not_pass_before_those_who_wait(offer, first):
    place = wait(offer, a_saver(), euros(1_000))
    revoke(first)
    with pytest.raises(rules.OfferFull) as refused:
        commit(offer, a_saver(), euros(20), at=LATER)
    assert refused.value.room_cents == 0
    assert accept(again(place), euros(1_000)).state == CommitmentState.IN_REFLECTION


def test_accepting_opens_a_full_period_of_its_own(offer, first):
    place = wait(offer, a_saver(), euros(300))
    revoke(first)
    at = LATER + timedelta(hours=71)
    commitment = accept(again(place), euros(300), at=at)
    assert commitment.reflection_ends_at == reflection_deadline(at)
    assert commitment.committed_at == at
    assert again(place).commitment == commitment
    assert place.state == WaitingState.TAKEN


def test_accepting_less_gives_the_rest_to_the_next_in_line(offer, first):
    one, two = wait(offer, a_saver(), euros(1_000)), wait(offer, a_saver(), euros(500))
    revoke(first)
    assert again(two).state == WaitingState.WAITING
    accept(again(one), euros(300))
    assert (again(two).state, two.proposed_amount) == (WaitingState.PROPOSED, euros(500))


def test_more_than_what_is_proposed_is_refused_while_others_wait(offer, first):
    place = wait(offer, a_saver(), euros(300))
    wait(offer, a_saver(), euros(600))
    wait(offer, a_saver(), euros(200))
    revoke(first)
    with pytest.raises(rules.OfferFull):
        accept(again(place), euros("300.01"))


def test_more_than_what_is_proposed_may_be_taken_when_nobody_else_waits(offer, first):
    place = wait(offer, a_saver(), euros(300))
    revoke(first)
    assert accept(again(place), euros(500)).amount == euros(500)


def test_whoever_commits_with_a_proposed_place_takes_it(offer, first):
    saver = a_saver()
    place = wait(offer, saver, euros(300))
    revoke(first)
    commitment = commit(offer, saver, euros(300), at=LATER)
    assert again(place).commitment == commitment
    assert place.state == WaitingState.TAKEN


def test_a_proposal_nobody_takes_lapses_and_goes_to_the_next(offer, first):
    one, two = wait(offer, a_saver(), euros(1_000)), wait(offer, a_saver(), euros(200))
    revoke(first)
    end = again(one).proposed_until
    assert refresh_waiting_list(offer=offer, at=end) == (0, 0)
    assert refresh_waiting_list(offer=offer, at=end + timedelta(seconds=1)) == (1, 1)
    assert again(one).state == WaitingState.LAPSED
    assert again(two).state == WaitingState.PROPOSED
    with pytest.raises(PlaceNotProposed):
        accept(one, euros(300), at=end + timedelta(seconds=2))


def test_a_place_is_not_taken_after_its_time_even_before_the_duty_says_so(offer, first):
    place = wait(offer, a_saver(), euros(300))
    revoke(first)
    with pytest.raises(PlaceNotProposed):
        accept(again(place), euros(300), at=place.proposed_until + timedelta(seconds=1))


def test_a_proposal_ends_at_the_last_commitment_at_the_latest(first, offer):
    place = wait(offer, a_saver(), euros(300))
    revoke(first, at=NOW)
    offer.closes_at = NOW + timedelta(hours=10)
    offer.save(update_fields=["closes_at"])
    leave_waiting_list(place=place, by=place.saver.user, at=NOW)
    commit(offer, a_saver(), euros(1_000), at=NOW)
    other = wait(offer, a_saver(), euros(300))
    revoke(offer.commitments.get(state=CommitmentState.IN_REFLECTION), at=NOW)
    assert again(other).proposed_until == offer.closes_at


def test_leaving_gives_the_proposal_to_the_next_and_twice_changes_nothing(offer, first):
    one, two = wait(offer, a_saver(), euros(1_000)), wait(offer, a_saver(), euros(200))
    revoke(first)
    left = leave_waiting_list(place=again(one), by=one.saver.user, at=LATER)
    assert left.state == WaitingState.LEFT
    assert again(two).state == WaitingState.PROPOSED
    assert leave_waiting_list(place=one, by=one.saver.user, at=LATER).state == WaitingState.LEFT


def test_nobody_waits_twice_nor_when_there_is_room(offer, first):
    saver = a_saver()
    wait(offer, saver, euros(300))
    with pytest.raises(AlreadyWaiting):
        wait(offer, saver, euros(100))
    with pytest.raises(NothingToWaitFor):
        wait(OfferFactory(open=True), a_saver(), euros(100))


def test_waiting_asks_for_the_same_rules_as_committing(offer, first):
    with pytest.raises(rules.BelowTicket):
        wait(offer, a_saver(), euros(1))
    with pytest.raises(rules.ProfileIncomplete):
        wait(offer, a_saver(birth_place=""), euros(100))
    assert not WaitingPlace.objects.exists()


def test_one_gesture_commits_what_is_left_and_waits_for_the_rest(offer):
    commit(offer, a_saver(), euros(700))
    saver = a_saver()
    texts = record_of(texts_of(offer))
    commitment, place = commit_and_wait(
        offer=offer, saver=saver, amount=euros(500), by=saver.user, texts_shown=texts, at=NOW
    )
    assert commitment.amount == euros(300)
    assert (place.amount, place.rank, place.state) == (euros(200), 1, WaitingState.WAITING)


def test_one_gesture_writes_nothing_when_a_part_is_refused(offer):
    commit(offer, a_saver(), euros(700))
    saver = a_saver()
    for amount in (euros(310), euros("0.001")):  # what waits would be under the smallest ticket; no whole cents
        with pytest.raises(rules.CommitmentRefused):
            commit_and_wait(offer=offer, saver=saver, amount=amount, by=saver.user, texts_shown={}, at=NOW)
    assert not WaitingPlace.objects.exists()
    assert not Commitment.objects.filter(saver=saver).exists()


def test_the_list_ends_with_the_commitments(offer, first):
    place = wait(offer, a_saver(), euros(300))
    after = offer.closes_at + timedelta(seconds=1)
    assert refresh_waiting_lists(at=after) == (1, 0)
    assert again(place).state == WaitingState.LAPSED
    assert Message.objects.filter(template="offers/place_lapsed").count() == 1
    assert refresh_waiting_lists(at=after) == (0, 0)


def test_a_suspended_offer_proposes_nothing_and_keeps_its_list(offer, first):
    place = wait(offer, a_saver(), euros(300))
    offer.state = OfferState.SUSPENDED
    offer.save(update_fields=["state"])
    revoke(first)
    assert refresh_waiting_list(offer=offer, at=LATER) == (0, 0)
    assert again(place).state == WaitingState.WAITING
