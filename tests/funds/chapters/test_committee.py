"""The committee's chapter of the demonstration: every state, by the operations, the same each time."""

from datetime import datetime, time

import pytest

from fres.kernel import clock as kernel_clock
from fres.kernel.models import Territory
from fres.kernel.territory_files import VINTAGE
from funds.demonstration.chapters.committee import ACTS, BAKERY, BICYCLES, HOUSING
from funds.demonstration.region import found_region
from investors.models import User
from projects.committee.founding import is_draw_right
from projects.committee.selectors import files_to_read
from projects.models import Application, Condition, Decision, Draw, Minutes, Recusal, Session

pytestmark = pytest.mark.django_db


def test_the_committee_of_the_demonstration_lives_every_state(clock):
    Territory.objects.create(vintage=VINTAGE, level=Territory.Level.REGION, code="32", name="Hauts-de-France")
    clock.move_to(datetime(2024, 1, 8, 9, 0, tzinfo=kernel_clock.PARIS))
    region = found_region(at=clock.now)
    for act in ACTS:
        assert act.day.weekday() == 0, "the story steps from Monday to Monday"
        clock.move_to(datetime.combine(act.day, time(10, 0), tzinfo=kernel_clock.PARIS))
        assert not act.is_done(region)
        act.do(region, clock.now)
        assert act.is_done(region)
    states = {file.slug: Application.objects.get(project__slug=file.slug).state for file in (BAKERY, BICYCLES, HOUSING)}
    assert list(states.values()) == ["APPROVED", "REFUSED", "IN_COMMITTEE"]
    assert set(Decision.objects.values_list("outcome", flat=True)) == {"approve", "refuse", "adjourn"}
    assert Recusal.objects.count() == 1
    assert Condition.objects.filter(met_at=None).count() == 1
    assert Minutes.objects.count() == 1
    assert set(Session.objects.values_list("state", flat=True)) == {"SEALED", "CONVENED"}
    assert is_draw_right(Draw.objects.get())
    chair = User.objects.get(email="comite@fres.example")
    assert [line.step for line in files_to_read(chair, clock.now.date())] == ["declare", "review"]
