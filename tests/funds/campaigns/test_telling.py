"""Questions, answers, silence that suspends, updates, intentions, moderation."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from fres.kernel.models import Message
from fres.kernel.parameters import value_at
from funds.campaigns import refusals
from funds.campaigns.preparing import announce_offer
from funds.campaigns.telling import (
    answer_question,
    ask_question,
    hide_question,
    hide_update,
    publish_update,
    suspend_unanswered,
    tell_intention,
    withdraw_intention,
)
from funds.campaigns.tidying import cancel_suspended, cancelled_after, close_failed, prepare_again, suspension_reason
from funds.offers import resume_offer, suspend_offer
from funds.states import CommitmentState, OfferState
from tests.funds.campaign_scenes import a_saver, clear, commit
from tests.funds.campaigns.scenes import an_accepted_offer, an_offer_with_sheet, terms
from tests.funds.factories import NOW, CommitmentFactory, OfferFactory, euros
from tests.investors.factories import UserFactory
from tests.projects.factories import MembershipFactory

pytestmark = pytest.mark.django_db


def ask(offer, text="Le toit porte-t-il le poids ?", at=NOW):
    return ask_question(offer=offer, text=text, by=UserFactory(), at=at)


def test_a_question_has_five_working_days_and_every_member_is_told():
    offer = OfferFactory(open=True)
    member = MembershipFactory(organisation=offer.project.organisation).user
    question = ask(offer)
    assert value_at("offer.unanswered_days", date(2026, 11, 23)).whole == 5
    assert question.answer_before == date(2026, 11, 30)
    assert Message.objects.get(template="campaigns/asked").to == member.email


def test_silence_suspends_the_day_after_the_last_working_day_and_not_before():
    offer = OfferFactory(open=True)
    ask(offer)
    assert suspend_unanswered(at=datetime(2026, 11, 30, 22, 0, tzinfo=UTC)) == 0  # 23:00 in Paris, the fifth day
    assert suspend_unanswered(at=datetime(2026, 11, 30, 23, 30, tzinfo=UTC)) == 1
    offer.refresh_from_db()
    assert offer.state == OfferState.SUSPENDED and "5 jours ouvrés" in suspension_reason(offer)
    assert suspend_unanswered(at=NOW + timedelta(days=20)) == 0


def test_an_answer_or_a_hidden_question_suspends_nothing():
    offer = OfferFactory(open=True)
    answered, hidden = ask(offer), ask(offer, "Propos déplacés")
    told = answer_question(question=answered, text="Oui, l’étude est jointe.", by=UserFactory(), at=NOW)
    assert told.answered_at == NOW and Message.objects.filter(template="campaigns/answered").count() == 1
    answer_question(question=answered, text="Oui, et voici le plan.", by=UserFactory(), at=NOW)
    assert Message.objects.filter(template="campaigns/answered").count() == 1
    hide_question(question=hidden, reason="Injure", by=UserFactory(), at=NOW)
    assert suspend_unanswered(at=NOW + timedelta(days=20)) == 0


@pytest.mark.parametrize("text", ["", "   ", "x" * 1_001])
def test_a_question_says_something_in_a_thousand_signs(text):
    with pytest.raises(refusals.CampaignRefused):
        ask(OfferFactory(open=True), text)


def test_one_person_waits_for_three_answers_at_most():
    offer, by = OfferFactory(open=True), UserFactory()
    for _rank in range(3):
        ask_question(offer=offer, text="Et donc ?", by=by, at=NOW)
    with pytest.raises(refusals.CampaignRefused, match="3 de vos questions"):
        ask_question(offer=offer, text="Et donc ?", by=by, at=NOW)


def test_an_offer_that_is_over_takes_no_question():
    with pytest.raises(refusals.CampaignRefused, match="terminée"):
        ask(OfferFactory(failed=True))


def test_hiding_says_why():
    offer = OfferFactory(open=True)
    question = ask(offer)
    update = publish_update(offer=offer, title="Pose", body="Demain.", by=UserFactory(), at=NOW)
    for hide, row in ((hide_question, {"question": question}), (hide_update, {"update": update})):
        with pytest.raises(refusals.CampaignRefused, match="motif"):
            hide(**row, reason=" ", by=UserFactory(), at=NOW)
    question.hidden_at, question.hidden_by = NOW, UserFactory()
    with pytest.raises(IntegrityError, match="question_hidden_says_why"), transaction.atomic():
        question.save()


def test_an_intention_is_told_once_announced_replaces_the_former_and_binds_nobody():
    offer, by = an_accepted_offer(), UserFactory()
    with pytest.raises(refusals.IntentionRefused):
        tell_intention(offer=offer, amount=euros(50), by=by, at=NOW)
    announce_offer(offer=offer, by=UserFactory(), at=NOW)
    tell_intention(offer=offer, amount=euros(50), by=by, at=NOW)
    tell_intention(offer=offer, amount=euros(80), by=by, at=NOW)
    assert [one.amount for one in offer.intentions.filter(withdrawn_at=None)] == [euros(80)]
    assert not offer.commitments.exists()
    assert withdraw_intention(offer=offer, by=by, at=NOW) == 1 and withdraw_intention(offer=offer, by=by, at=NOW) == 0
    for wrong in (euros(0), euros(-5), euros("0.001"), euros(10_001)):
        with pytest.raises(refusals.IntentionRefused):
            tell_intention(offer=offer, amount=wrong, by=by, at=NOW)


def test_a_suspension_of_more_than_thirty_days_cancels_and_gives_every_euro_back():
    offer = OfferFactory(gift=True, open=True)
    paid = clear(commit(offer, a_saver(), euros(100)))
    suspend_offer(offer=offer, by=UserFactory(), at=NOW, reason="Une erreur dans la fiche.")
    offer.refresh_from_db()
    limit = cancelled_after(offer)
    assert limit == NOW + timedelta(days=30) and cancel_suspended(at=limit) == 0
    assert cancel_suspended(at=limit + timedelta(seconds=1)) == 1
    offer.refresh_from_db()
    paid.refresh_from_db()
    assert (offer.state, paid.state) == (OfferState.CANCELLED, CommitmentState.REFUND_DUE)


def test_the_thirty_days_start_again_with_a_new_suspension():
    offer = OfferFactory(open=True)
    suspend_offer(offer=offer, by=UserFactory(), at=NOW, reason="Un.")
    resume_offer(offer=offer, by=UserFactory(), at=NOW + timedelta(days=20), reason="Corrigé.")
    suspend_offer(offer=offer, by=UserFactory(), at=NOW + timedelta(days=25), reason="Deux.")
    assert cancel_suspended(at=NOW + timedelta(days=40)) == 0


def test_a_failed_campaign_is_closed_or_prepared_again_once_all_is_given_back():
    offer = an_offer_with_sheet()
    type(offer).objects.filter(pk=offer.pk).update(state=OfferState.FAILED, decided_at=NOW)
    waiting = CommitmentFactory(offer=offer, cleared=True)
    for act in (
        lambda: close_failed(offer=offer, by=UserFactory(), at=NOW, reason="Assez."),
        lambda: prepare_again(offer=offer, terms=terms(), by=UserFactory(), at=NOW, reason="Encore."),
    ):
        with pytest.raises(refusals.CampaignRefused, match="attendent encore"):
            act()
    type(waiting).objects.filter(pk=waiting.pk).update(state=CommitmentState.REFUNDED)
    again = prepare_again(offer=offer, terms=terms(maximum=euros(6_000)), by=UserFactory(), at=NOW, reason="Encore.")
    assert (again.state, again.maximum, again.identifier) == (OfferState.PREPARED, euros(6_000), offer.identifier)
    other = OfferFactory(failed=True)
    closed = close_failed(offer=other, by=UserFactory(), at=NOW, reason="Le projet s’arrête.")
    assert closed.state == OfferState.CLOSED
