"""The chapter of campaigns: an offer in preparation, one announced, a sheet in two versions, an offer gone silent."""

from datetime import datetime, time

import pytest

from fres.kernel import clock
from fres.kernel.models import Territory
from fres.kernel.territory_files import VINTAGE
from funds.campaign_duties import confirm_reflected_commitments, suspend_silent_offers
from funds.demonstration import cast
from funds.demonstration.campaigns import CAMPAIGNS
from funds.demonstration.chapters import campaigns as chapter
from funds.demonstration.region import FOUNDED, found_region
from funds.demonstration.story import make_offer
from funds.fici.rights import running_right
from funds.models import Commitment, Offer, OfferFile
from funds.states import OfferFileState, OfferState
from tests.conftest import DEMONSTRATION_NOW


@pytest.fixture
def places(db) -> None:
    Territory.objects.create(vintage=VINTAGE, level=Territory.Level.REGION, code="32", name="Hauts-de-France")
    for place in cast.PLACES:
        Territory.objects.create(
            vintage=VINTAGE, level=Territory.Level.COMMUNE, code=place.commune, name=place.city,
            postal_codes=place.postal_code, region_code="32",
        )  # fmt: skip


def live(region) -> int:
    """Live the chapter on the Mondays of the story, with the duties of campaigns; return how many acts were done."""
    done = 0
    for act in chapter.ACTS:
        at = min(DEMONSTRATION_NOW, datetime.combine(act.day, time(10), clock.PARIS))
        if act.day.weekday() != 0:
            at = DEMONSTRATION_NOW
        with clock.freeze(at):
            confirm_reflected_commitments(at)
            suspend_silent_offers(at)
            if not act.is_done(region):
                act.do(region, at)
                done += 1
                assert act.is_done(region), act
    return done


@pytest.mark.usefixtures("places")
def test_every_face_of_a_campaign_is_shown_and_told_once():
    region = found_region(at=FOUNDED)
    assert live(region) == len(chapter.ACTS) - 1  # the oven is of the story
    seats, bakehouse, carports, watering = (
        Offer.objects.get(slug=card.slug)
        for card in (chapter.SEATS, chapter.BAKEHOUSE, chapter.CARPORTS, chapter.WATERING)
    )
    assert (seats.state, seats.file.state) == (OfferState.PREPARED, OfferFileState.DRAFT)
    assert bakehouse.file.announced_at is not None and bakehouse.intentions.count() == 4
    assert [one.number for one in carports.fici_versions.all()] == [2, 1]
    engaged = Commitment.objects.filter(offer=carports)
    assert engaged.count() == 3 and all(running_right(one, at=DEMONSTRATION_NOW) for one in engaged)
    assert carports.questions.filter(answered_at=None, hidden_at=None).count() == 1
    assert watering.state == OfferState.SUSPENDED
    assert live(region) == 0


@pytest.mark.usefixtures("places")
def test_a_campaign_in_tranches_has_its_file_and_sheet():
    region = found_region(at=FOUNDED)
    campaign = next(one for one in CAMPAIGNS if one.slug == chapter.IN_TRANCHES)
    at = datetime(2024, 6, 3, 10, tzinfo=clock.PARIS)
    offer = make_offer(campaign, region=region, opens_at=at, closes_on=campaign.closes_on)
    assert OfferFile.objects.get(offer=offer).state == OfferFileState.ACCEPTED
    assert sum(one.planned.amount for one in offer.tranches.all()) == campaign.maximum
    assert offer.fici_versions.get().pages <= 6
