"""The chapter of labels is lived by the product's own operations: every state, once, the same each time."""

from datetime import date, datetime, time

import pytest

from fres.kernel import clock as kernel_clock
from fres.kernel.models import Territory
from fres.kernel.territory_files import VINTAGE
from funds.demonstration.chapters.labels import ACTS
from funds.demonstration.region import FOUNDED, found_region
from funds.label_consequences import expire_ended_awards
from projects.labels.duties import warn_of_ends
from projects.models import Assessment, Award, CharterSignature, MisuseReport
from projects.states import AwardState


def live(region):
    for act in sorted(ACTS, key=lambda act: act.day):
        if not act.is_done(region):
            act.do(region, datetime.combine(act.day, time(10), tzinfo=kernel_clock.PARIS))


@pytest.mark.django_db
def test_labels_are_held_in_every_state_and_a_second_telling_changes_nothing():
    Territory.objects.create(vintage=VINTAGE, level=Territory.Level.REGION, code="32", name="Hauts-de-France")
    Territory.objects.create(
        vintage=VINTAGE, level=Territory.Level.DEPARTEMENT, code="62", name="Pas-de-Calais", region_code="32"
    )
    with kernel_clock.freeze(FOUNDED):
        region = found_region(at=FOUNDED)
    live(region)
    for day in (date(2026, 1, 1), date(2026, 11, 23)):
        moment = datetime.combine(day, time(9), tzinfo=kernel_clock.PARIS)
        warn_of_ends(moment)
        expire_ended_awards(at=moment)
    assert set(Award.objects.values_list("state", flat=True)) == set(AwardState.values) - {AwardState.GRANTED}
    counts = [model.objects.count() for model in (Award, Assessment, CharterSignature, MisuseReport)]
    live(region)
    assert [model.objects.count() for model in (Award, Assessment, CharterSignature, MisuseReport)] == counts
    assert counts[2:] == [2, 2]
