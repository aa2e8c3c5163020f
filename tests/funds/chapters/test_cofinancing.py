"""The chapter of co-financing rounds: every state of a line, told once; the public plan of an open offer."""

from datetime import datetime, time

import pytest

from fres.kernel import clock as kernel_clock
from funds.cofinancing.selectors import table_view
from funds.demonstration.chapters import cofinancing as chapter
from funds.demonstration.chapters import founding, sources
from funds.demonstration.chapters.campaigns import CARPORTS
from funds.demonstration.chapters.pool import ROOFS
from funds.demonstration.region import FOUNDED, found_region, make_project
from funds.models import Contribution, RoundTable
from investors.models import User
from tests.funds.sources.scenes import places


@pytest.mark.django_db
def test_two_rounds_show_every_state_of_a_line_and_are_told_once():
    places()
    with kernel_clock.freeze(FOUNDED):
        region = found_region(at=FOUNDED)
        for card in (ROOFS, CARPORTS):
            make_project(card, evaluator=User.objects.get(email="label@fres.example"), at=FOUNDED)
    for _telling in range(2):
        for act in (founding.ACTS[0], sources.ACTS[0], *chapter.ACTS):
            if not act.is_done(region):
                at = datetime.combine(act.day, time(10), tzinfo=kernel_clock.PARIS)
                with kernel_clock.freeze(at):
                    act.do(region, at)
                assert act.is_done(region), act
    assert set(Contribution.objects.values_list("state", flat=True)) == {
        "ASKED", "PROMISED", "CONFIRMED", "REFUSED", "WITHDRAWN"
    }  # fmt: skip
    roofs = table_view(RoundTable.objects.get(project__slug=ROOFS.slug))
    assert roofs.totals.firm_cents == 3_000_000 and roofs.totals.guaranteed_cents == 900_000
    assert roofs.totals.gap_cents == 6_000_000 - 3_000_000 - 400_000
