"""The chapter of applications: lived on a founded region, every file ends where the story says, told once."""

from datetime import datetime, time

import pytest

from fres.kernel import clock
from fres.kernel.models import Territory
from fres.kernel.territory_files import VINTAGE
from funds.demonstration import cast
from funds.demonstration.chapters import applications as chapter
from funds.demonstration.region import FOUNDED, found_region
from projects.applications import duties
from projects.applications.publishing import refusals_of
from projects.models import Application
from projects.states import ApplicationState

TOLD_BY_OTHERS = {
    ApplicationState.ADJOURNED,
    ApplicationState.APPROVED,
    ApplicationState.LABELLED,
}


@pytest.fixture
def places(db) -> None:
    Territory.objects.create(vintage=VINTAGE, level=Territory.Level.REGION, code="32", name="Hauts-de-France")
    for place in cast.PLACES:
        Territory.objects.create(
            vintage=VINTAGE, level=Territory.Level.COMMUNE, code=place.commune, name=place.city,
            postal_codes=place.postal_code, region_code="32",
        )  # fmt: skip


def live(region) -> int:
    """Live the chapter day by day with the duties of files, as the story does; return how many acts were done."""
    done = 0
    for act in sorted(chapter.ACTS, key=lambda one: one.day):
        at = datetime.combine(act.day, time(10), clock.PARIS)
        with clock.freeze(at):
            for due in (duties.abandon_unanswered, duties.lapse_approvals, duties.nudge_filled_drafts):
                due(at)
            if not act.is_done(region):
                act.do(region, at)
                done += 1
                assert act.is_done(region), act
    return done


@pytest.mark.usefixtures("places")
def test_a_file_stands_in_every_state_and_the_chapter_is_told_once():
    region = found_region(at=FOUNDED)
    assert live(region) == len(chapter.ACTS)
    assert set(Application.objects.values_list("state", flat=True)) == set(ApplicationState) - TOLD_BY_OTHERS
    assert refusals_of(2026, on=datetime(2026, 11, 20).date()).submitted == 9
    assert live(region) == 0
