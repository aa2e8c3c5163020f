"""The chapter of sources is lived by the product's own operations, once; the insurer's placement is counted once."""

from datetime import date, datetime, time

import pytest

from fres.kernel import clock as kernel_clock
from fres.kernel.models import Territory
from fres.kernel.territory_files import VINTAGE
from funds.demonstration.chapters.sources import ACTS, OLD_COMMUNE
from funds.demonstration.region import FOUNDED, found_region
from funds.models import PartnerUpload
from funds.sources.states import UploadState
from funds.sources.totals import totals_of
from tests.funds.sources.scenes import places


@pytest.mark.django_db
def test_partners_declare_in_every_state_and_a_second_telling_changes_nothing():
    places()
    Territory.objects.create(
        vintage=VINTAGE, level=Territory.Level.COMMUNE, code=OLD_COMMUNE, name="Artonges", region_code="32",
        is_current=False, successor_codes=["62498"],
    )  # fmt: skip
    with kernel_clock.freeze(FOUNDED):
        region = found_region(at=FOUNDED)
    for _telling in range(2):
        for act in ACTS:
            if not act.is_done(region):
                at = datetime.combine(act.day, time(10), tzinfo=kernel_clock.PARIS)
                with kernel_clock.freeze(at):
                    act.do(region, at)
        states = sorted(PartnerUpload.objects.values_list("state", flat=True))
        assert states == sorted([UploadState.ACCEPTED] * 5 + [UploadState.REPLACED, UploadState.REFUSED])
    found = totals_of(region.fund, date(2026, 11, 23))
    assert (found.refusal, found.twice_cents) == (None, 25_000_000)
    assert found.total_cents == 609_200_050 + 240_000_000 + 1_860_000 + 41_000_000 - 25_000_000
