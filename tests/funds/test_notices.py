"""What savers are told: every message renders in both languages with its figures, dates and address; once each."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils.translation import override

from fres.kernel.messages import render
from fres.kernel.models import Message
from funds import notices
from funds.books import check_books
from funds.models import WaitingPlace
from tests.funds.campaign_scenes import NOW, a_saver
from tests.funds.factories import CommitmentFactory, OfferFactory, euros
from tests.investors.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def commitment():
    return CommitmentFactory(
        confirmed=True,
        amount=euros("1234.50"),
        reflection_ends_at=datetime(2026, 11, 27, 22, 59, 59, tzinfo=UTC),
        pay_before=datetime(2026, 12, 5, 22, 59, 59, tzinfo=UTC),
    )


@pytest.fixture
def place():
    saver = a_saver()
    return WaitingPlace.objects.create(
        offer=OfferFactory(open=True), saver=saver, by=saver.user, amount=euros("1234.50"), asked_at=NOW, rank=7,
        state="PROPOSED", proposed_at=NOW, proposed_until=datetime(2026, 11, 26, 9, 0, tzinfo=UTC),
        proposed_amount=euros("1234.50"),
    )  # fmt: skip


OF_COMMITMENTS = {
    notices.tell_reflection_started: "27\u00a0novembre 2026, 23\u00a0h\u00a059",
    notices.tell_revoked: "",
    notices.tell_to_pay: "5\u00a0décembre 2026, 23\u00a0h\u00a059",
    notices.tell_expired: "",
    notices.tell_cancelled: "",
    notices.tell_offer_failed: "",
}
OF_PLACES = {
    notices.tell_waiting: "rang 7",
    notices.tell_place_proposed: "26\u00a0novembre 2026, 10\u00a0h\u00a000",
    notices.tell_place_lapsed: "",
}


def rendered(message):
    subject, text, page = render(message)
    for part in (subject, text, page):
        assert "<<unknown" not in part
        assert "{{" not in part
    assert message.context["title"] in subject
    assert "https://" in text or "http://" in text
    return subject, text, page


@pytest.mark.parametrize(("tell", "said"), OF_COMMITMENTS.items())
def test_a_saver_is_told_of_a_commitment_once_in_words_and_figures(commitment, tell, said):
    for _ in range(2):
        tell(commitment=commitment, offer=commitment.offer, at=NOW)
    message = Message.objects.get()
    assert message.to == commitment.by.email
    _subject, text, page = rendered(message)
    for part in (text, page):
        assert "1\u202f234,50\u00a0€" in part
        assert said in part


@pytest.mark.parametrize(("tell", "said"), OF_PLACES.items())
def test_a_saver_is_told_of_a_place_once(place, tell, said):
    for _ in range(2):
        tell(place=place, offer=place.offer, at=NOW)
    subject, text, _page = rendered(Message.objects.get())
    assert said in subject + text


def test_the_two_reminders_are_two_messages(commitment):
    for rank in (1, 2, 2):
        notices.remind_to_pay(commitment=commitment, offer=commitment.offer, rank=rank, at=NOW)
    assert Message.objects.count() == 2
    rendered(Message.objects.first())


def test_the_messages_the_law_asks_for_are_marked_and_missed_when_they_do_not_leave(commitment):
    notices.tell_reflection_started(commitment=commitment, offer=commitment.offer, at=NOW)
    notices.tell_offer_failed(commitment=commitment, offer=commitment.offer, at=NOW)
    assert Message.objects.filter(is_legal=True).count() == 2
    assert check_books(NOW + timedelta(days=2)).problems


def test_a_reader_of_another_language_gets_dates_in_theirs(commitment):
    commitment.by = UserFactory(language="en")
    commitment.save(update_fields=["by"])
    with override("fr"):
        notices.tell_reflection_started(commitment=commitment, offer=commitment.offer, at=NOW)
    message = Message.objects.get()
    assert message.language == "en"
    assert "November" in message.context["ends_at"]
