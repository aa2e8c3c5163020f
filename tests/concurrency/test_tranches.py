"""A voice given in the last second and the count that closes its vote; two people who approve one return at once."""

import threading
import time
from datetime import timedelta
from unittest import mock

import pytest
from django.db.models import QuerySet

from fres.kernel.states import TransitionRefused
from funds.campaigns.tranche_returns import approve_return, prepare_return
from funds.campaigns.tranches import close_vote, count_of, publish_evidence, vote_on_tranche
from funds.models import OfferFile, Tranche, TrancheReturn, TrancheVote
from funds.states import TrancheState
from tests.concurrency.threads import at_once
from tests.funds.campaigns.test_tranche_returns import REASON, a_refused_tranche, books_are_clean, held
from tests.funds.campaigns.test_tranches import AFTER, VOTED, a_success
from tests.investors.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def a_vote_where_silence_agrees():
    offer, (lender,) = a_success(1_000, silence_rule=OfferFile.SilenceRule.AGREES)
    return publish_evidence(tranche=offer.tranches.get(rank=2), text="Facture.", by=UserFactory(), at=AFTER), lender


def vote_and_close(tranche, lender, *, meanwhile):
    """Say no at the last moment while the vote is closed. `meanwhile`: what happens before the voice is written."""
    checked = threading.Event()
    whole = TrancheVote.objects.create

    def create(**values):
        checked.set()
        meanwhile()
        return whole(**values)

    def close():
        checked.wait(20)
        try:
            return close_vote(tranche=tranche, at=tranche.vote_ends_at + timedelta(seconds=1))
        finally:
            closed.set()

    closed.clear()
    with mock.patch.object(TrancheVote.objects, "create", create):
        results = at_once(
            lambda: vote_on_tranche(
                tranche=tranche, party=lender, is_for=False, by=lender.user, at=tranche.vote_ends_at
            ),
            close,
        )
    assert not [one for one in results if isinstance(one, Exception)], results
    return Tranche.objects.get(pk=tranche.pk)


closed = threading.Event()


def test_a_voice_given_in_the_last_second_is_counted():
    tranche, lender = a_vote_where_silence_agrees()
    tranche = vote_and_close(tranche, lender, meanwhile=lambda: time.sleep(0.5))
    assert count_of(tranche).against == 100_000
    assert tranche.state == TrancheState.WAITING
    books_are_clean()


def test_control_without_the_lock_a_voice_is_written_after_the_count():
    tranche, lender = a_vote_where_silence_agrees()
    with mock.patch.object(QuerySet, "select_for_update", lambda self, *_args, **_options: self):
        tranche = vote_and_close(tranche, lender, meanwhile=lambda: closed.wait(20))
    assert count_of(tranche).against == 100_000
    assert tranche.state == TrancheState.RELEASED, "the control must lose the voice, or the test above proves nothing"


def test_two_people_who_approve_one_return_at_once_return_it_once():
    tranche, _savers = a_refused_tranche()
    prepared = prepare_return(tranche=tranche, reason=REASON, by=UserFactory(), at=VOTED)
    people = [UserFactory(), UserFactory()]
    results = at_once(*[
        lambda by=by: approve_return(tranche_return=TrancheReturn.objects.get(pk=prepared.pk), by=by, at=VOTED)
        for by in people
    ])  # fmt: skip
    assert len([one for one in results if isinstance(one, TrancheReturn)]) == 1, results
    assert len([one for one in results if isinstance(one, TransitionRefused)]) == 1, results
    assert held(tranche.offer) == 0
    books_are_clean()
