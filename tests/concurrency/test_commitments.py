"""Savers at once: the last euros of an offer, caps across offers, an owner's five million; each with its control."""

import threading
from datetime import UTC, date, datetime
from unittest import mock

import pytest
from django.db import connection

from fres.kernel.models import Parameter
from funds import commitment_rules as rules
from funds.books import check_books
from funds.ceilings import set_ceiling
from funds.closing import decide_offer
from funds.commitments import commit_to_offer, revoke_commitment
from funds.limits import GIFT_CAP
from funds.models import Commitment, Offer, WaitingPlace
from funds.offers import OfferNotReady, open_offer
from funds.selectors import offer_figures
from funds.states import CommitmentState, OfferState, WaitingState
from funds.waiting import accept_place, join_waiting_list, leave_waiting_list
from investors.models import Party
from tests.concurrency.threads import at_once
from tests.funds.campaign_scenes import NOW, a_saver, clear, commit
from tests.funds.factories import OfferFactory, euros
from tests.investors.factories import EntryAssessmentFactory, LossSimulationFactory, TaxResidenceFactory, UserFactory

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

SAVERS = 200
AT_ONCE = 20  # threads: each has a connection of its own
REFLECTED = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def books_stay_balanced():
    yield
    assert not check_books(NOW).problems


def take_or_wait(offer, saver, amount):
    """What the page does for a saver: commit, or join the waiting list when there is no room."""
    try:
        return commit(offer, saver, amount)
    except rules.OfferFull:
        return join_waiting_list(offer=offer, saver=saver, amount=amount, by=saver.user, at=NOW)


def race(offer, savers, amount):
    """Let savers come `AT_ONCE` abreast, each thread taking the next of its own; return what each got."""
    lanes = [savers[first::AT_ONCE] for first in range(AT_ONCE)]
    results = at_once(*[lambda lane=lane: [take_or_wait(offer, saver, amount) for saver in lane] for lane in lanes])
    broken = [result for result in results if isinstance(result, BaseException)]
    assert broken == []
    return [one for lane in results for one in lane]


def an_offer_with_a_thousand_euros_left():
    offer = OfferFactory(open=True, minimum=euros(5_000), maximum=euros(6_000), ticket_minimum=euros(10))
    commit(offer, a_saver(), euros(5_000))
    return offer


def test_two_hundred_savers_race_for_the_last_thousand_euros(settings):
    offer = an_offer_with_a_thousand_euros_left()
    savers = [a_saver() for _ in range(SAVERS)]
    race(offer, savers, euros(10))
    figures = offer_figures(offer)
    assert figures.in_reflection_cents == 600_000, "exactly the last 1 000 € were taken"
    assert Commitment.objects.filter(offer=offer, amount=euros(10)).count() == 100
    places = list(WaitingPlace.objects.filter(offer=offer).order_by("rank"))
    assert [place.rank for place in places] == list(range(1, 101)), "the rest wait in order, without a gap"
    assert [place.pk for place in places] == sorted(place.pk for place in places)
    assert {place.state for place in places} == {WaitingState.WAITING}
    taken = set(Commitment.objects.filter(offer=offer, amount=euros(10)).values_list("saver_id", flat=True))
    assert taken.isdisjoint({place.saver_id for place in places})


class _NoLock:
    """The same reads without any lock: what the control tests put in the place of `lock_for_commitment`."""

    @staticmethod
    def lock_for_commitment(*, offer, saver):
        related = ("project__organisation__party", "fund", "books", "award")
        return Offer.objects.select_related(*related).get(pk=offer.pk), Party.objects.get(pk=saver.pk)


def meet(parties):
    """Return a check of the rules that waits until all have read the figures: the worst moment, every time."""
    barrier = threading.Barrier(parties)
    whole = rules.refusals_of

    def refusals_of(**values):
        found = whole(**values)
        barrier.wait(20)
        return found

    return refusals_of


def test_control_without_the_lock_the_offer_is_oversold():
    offer = OfferFactory(open=True, minimum=euros(500), maximum=euros(1_000))
    savers = [a_saver() for _ in range(2)]
    with (
        mock.patch("funds.commitments.lock_for_commitment", _NoLock.lock_for_commitment),
        mock.patch("funds.commitments.refusals_of", meet(2)),
    ):
        at_once(*[lambda saver=saver: commit(offer, saver, euros(1_000)) for saver in savers])
    sold = sum(one.amount.amount for one in Commitment.objects.filter(offer=offer))
    assert sold == 2_000, "the control must oversell, or the race above proves nothing"
    Commitment.objects.filter(offer=offer).order_by("-pk")[:1].get().delete()


@pytest.fixture
def gift_cap():
    Parameter.objects.create(
        key=GIFT_CAP, scope="national", value=500, unit=Parameter.Unit.EURO, valid_from=date(2026, 1, 1),
        source="test", status="chosen", label="Plafond",
    )  # fmt: skip


def refused(results, kind):
    assert all(isinstance(one, Commitment | kind) for one in results), results
    return [one for one in results if isinstance(one, kind)]


def test_the_cap_on_gifts_holds_across_two_offers_of_one_project(gift_cap):
    first = OfferFactory(gift=True, open=True)
    second = OfferFactory(gift=True, open=True, project=first.project)
    saver = a_saver()
    results = at_once(*[lambda offer=offer: commit(offer, saver, euros(300)) for offer in (first, second) * 3])
    assert len(refused(results, rules.GiftCapReached)) == 5
    assert Commitment.objects.count() == 1


def test_control_without_the_lock_the_cap_on_gifts_is_passed(gift_cap):
    first = OfferFactory(gift=True, open=True)
    second = OfferFactory(gift=True, open=True, project=first.project)
    saver = a_saver()
    with (
        mock.patch("funds.commitments.lock_for_commitment", _NoLock.lock_for_commitment),
        mock.patch("funds.commitments.refusals_of", meet(2)),
    ):
        at_once(*[lambda offer=offer: commit(offer, saver, euros(300)) for offer in (first, second)])
    assert Commitment.objects.count() == 2


def test_a_saver_s_own_ceiling_holds_across_projects():
    saver = a_saver()
    set_ceiling(saver=saver, amount=euros(500), by=saver.user, at=NOW)
    offers = [OfferFactory(open=True) for _ in range(6)]
    results = at_once(*[lambda offer=offer: commit(offer, saver, euros(200)) for offer in offers])
    assert len(refused(results, rules.SaverCeilingReached)) == 4
    assert Commitment.objects.count() == 2


def test_control_without_the_lock_a_saver_passes_their_own_ceiling():
    saver = a_saver()
    set_ceiling(saver=saver, amount=euros(500), by=saver.user, at=NOW)
    offers = [OfferFactory(open=True) for _ in range(3)]
    with (
        mock.patch("funds.commitments.lock_for_commitment", _NoLock.lock_for_commitment),
        mock.patch("funds.commitments.refusals_of", meet(3)),
    ):
        at_once(*[lambda offer=offer: commit(offer, saver, euros(200)) for offer in offers])
    assert Commitment.objects.count() == 3


def two_offers_of_one_owner(**fields):
    big = {"maximum": euros(5_000_000), "ticket_maximum": euros(5_000_000)}
    first = OfferFactory(**big, **fields)
    return first, OfferFactory(**big, **fields, project__organisation=first.project.organisation)


def lend(offers, savers, amount):
    pairs = zip(offers, savers, strict=True)
    return at_once(*[lambda offer=offer, saver=saver: commit(offer, saver, amount) for offer, saver in pairs])


def test_an_owner_s_five_million_hold_across_two_offers():
    offers = two_offers_of_one_owner(open=True)
    savers = [a_saver() for _ in range(4)]
    results = lend(offers * 2, savers, euros(2_000_000))
    assert len(refused(results, rules.OwnerCapReached)) == 2
    assert sum(one.amount.amount for one in Commitment.objects.all()) == 4_000_000


def test_control_without_the_lock_an_owner_raises_more_than_five_million():
    offers = two_offers_of_one_owner(open=True)
    savers = [a_saver() for _ in range(2)]
    with (
        mock.patch("funds.commitments.lock_for_commitment", _NoLock.lock_for_commitment),
        mock.patch("funds.commitments.refusals_of", meet(2)),
    ):
        lend(offers, savers, euros(3_000_000))
    assert sum(one.amount.amount for one in Commitment.objects.all()) == 6_000_000


def test_two_offers_of_one_owner_opened_at_once_are_counted_one_after_the_other():
    offers = two_offers_of_one_owner(raised_elsewhere_declared_on=date(2026, 11, 1))
    manager = UserFactory()
    results = at_once(*[lambda offer=offer: open_offer(offer=offer, by=manager, at=NOW) for offer in offers])
    assert sum(isinstance(result, OfferNotReady) for result in results) == 1
    assert Offer.objects.filter(state=OfferState.OPEN).count() == 1


def test_savers_who_own_each_other_s_projects_do_not_wait_for_each_other_forever():
    """Two owners lend to each other's project: each is the other's saver, a deadlock unless somebody yields."""
    first, second = OfferFactory(open=True), OfferFactory(open=True)
    parties = [offer.project.organisation.party for offer in (first, second)]
    user = UserFactory()
    for party in parties:
        TaxResidenceFactory(party=party)
        EntryAssessmentFactory(party=party, by=user)
        LossSimulationFactory(party=party, by=user)

    def cross(offer, party):
        return commit_to_offer(offer=offer, saver=party, amount=euros(20), by=user, texts_shown={}, at=NOW)

    for _ in range(5):
        results = at_once(*[lambda one=one: cross(*one) for one in ((first, parties[1]), (second, parties[0])) * 3])
        assert [one for one in results if isinstance(one, BaseException)] == []


def test_a_place_is_taken_once_whatever_the_clicks():
    offer = OfferFactory(open=True, minimum=euros(500), maximum=euros(1_000))
    full, saver = commit(offer, a_saver(), euros(1_000)), a_saver()
    place = join_waiting_list(offer=offer, saver=saver, amount=euros(400), by=saver.user, at=NOW)
    revoke_commitment(commitment=full, by=full.by, at=NOW)

    def take():
        return accept_place(place=place, amount=euros(400), by=saver.user, texts_shown={}, at=NOW)

    results = at_once(*[take] * 6)
    assert sum(isinstance(result, Commitment) for result in results) == 1
    assert offer_figures(offer).in_reflection_cents == 40_000


def test_revocations_departures_and_arrivals_never_pass_the_maximum():
    offer = OfferFactory(open=True, minimum=euros(100), maximum=euros(300))
    made = [commit(offer, a_saver(), euros(50)) for _ in range(6)]
    waiting = [take_or_wait(offer, a_saver(), euros(50)) for _ in range(6)]
    acts = [lambda one=one: revoke_commitment(commitment=one, by=one.by, at=NOW) for one in made[:4]]
    acts += [lambda one=one: leave_waiting_list(place=one, by=one.by, at=NOW) for one in waiting[:2]]
    arrivals = [a_saver() for _ in range(6)]
    acts += [lambda saver=saver: take_or_wait(offer, saver, euros(50)) for saver in arrivals]
    assert [one for one in at_once(*acts) if isinstance(one, BaseException)] == []
    figures = offer_figures(offer)
    assert figures.in_reflection_cents + figures.proposed_cents <= 30_000
    assert figures.in_reflection_cents == 10_000
    assert figures.proposed_cents == 20_000, "every place that was freed was proposed to those who waited first"


def test_deciding_from_two_processes_decides_once():
    offer = OfferFactory(open=True, minimum=euros(1_000), maximum=euros(2_000), closes_at=REFLECTED)
    for _ in range(3):
        clear(commit(offer, a_saver(), euros(500)), at=REFLECTED)
    after = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)
    results = at_once(*[lambda: decide_offer(offer=offer, at=after)] * 4)
    assert [one for one in results if isinstance(one, BaseException)] == []
    assert offer.commitments.filter(state=CommitmentState.SETTLED).count() == 3
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM funds_entry WHERE key LIKE 'offer:%%:success'")
        assert cursor.fetchone() == (1,)
