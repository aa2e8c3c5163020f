"""The chapter of reports: published twice, given back, to review, not written; by the operations."""

from datetime import datetime, time

import pytest

from fres.kernel import clock as kernel_clock
from fres.kernel.models import Territory
from fres.kernel.territory_files import VINTAGE
from funds.demonstration.chapters import monitoring
from funds.demonstration.region import found_region, make_project
from investors.models import User
from projects.models import Report

pytestmark = pytest.mark.django_db


def test_the_reports_of_the_demonstration_live_every_state(clock):
    Territory.objects.create(vintage=VINTAGE, level=Territory.Level.REGION, code="32", name="Hauts-de-France")
    clock.move_to(datetime(2024, 1, 8, 9, 0, tzinfo=kernel_clock.PARIS))
    region = found_region(at=clock.now)
    evaluator = User.objects.get(email="label@fres.example")
    for card in monitoring.NAMED:
        make_project(card, evaluator=evaluator, at=clock.now)
    for act in monitoring.ACTS:
        assert act.day.weekday() == 0, "the story steps from Monday to Monday"
        clock.move_to(datetime.combine(act.day, time(10, 0), tzinfo=kernel_clock.PARIS))
        assert not act.is_done(region)
        act.do(region, clock.now)
        assert act.is_done(region)
    states = dict(Report.objects.filter(year=2025).values_list("project__slug", "state"))
    assert [states[card.slug] for card in monitoring.NAMED] == ["PUBLISHED", "RETURNED", "SUBMITTED", "DRAFT"]
    assert Report.objects.filter(year=2024, state="PUBLISHED").count() == 1
