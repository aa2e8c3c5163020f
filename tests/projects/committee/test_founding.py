"""Colleges whose weights are whole, seats, draws anyone may redo, grids that never change."""

import pytest
from django.db import IntegrityError, connection, transaction

from investors.models import RoleGrant
from projects.committee.errors import AgendaRefused, DrawRefused, SeatRefused, WeightsNotWhole
from projects.committee.founding import (
    CollegePlan,
    GridLine,
    draw_seats,
    end_seat,
    fill_seat,
    found_committee,
    is_draw_right,
    publish_grid,
    reweigh_colleges,
)
from projects.models import College, Committee, Draw, Grid, GridCriterion, Seat
from tests.investors.factories import PartyFactory
from tests.projects.committee.scenes import FUND, LINES, SINCE, a_committee, a_planned_session, seats

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("weights", [(5_000, 4_900), (5_000, 3_000, 2_001), (6_000, 4_000), (5_000, 4_500, 500)])
def test_weights_that_do_not_sum_to_one_or_leave_their_bounds_are_refused(clock, weights):
    plans = [CollegePlan(f"Collège {rank}", weight) for rank, weight in enumerate(weights)]
    with pytest.raises(WeightsNotWhole, match="%"):
        found_committee(fund_uuid=FUND, name="Comité", colleges=plans, at=clock.now)
    assert not Committee.objects.exists()


def test_the_database_refuses_them_too_when_the_transaction_ends(clock):
    committee = a_committee()
    college = committee.colleges.get(rank=1)
    with pytest.raises(IntegrityError, match="college_weights_make_one"), transaction.atomic():
        College.objects.filter(pk=college.pk).update(weight_bp=4_000)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError, match="between_a_tenth_and_a_half"), transaction.atomic():
        College.objects.filter(pk=college.pk).update(weight_bp=900)


def test_colleges_are_weighed_again_all_at_once(clock):
    committee = a_committee()
    first, second, third = committee.colleges.order_by("rank")
    reweigh_colleges(committee=committee, weights_bp={first.uuid: 4_000, second.uuid: 3_000, third.uuid: 3_000})
    first.refresh_from_db()
    assert first.weight_bp == 4_000
    with pytest.raises(WeightsNotWhole):
        reweigh_colleges(committee=committee, weights_bp={first.uuid: 4_000, second.uuid: 3_000, third.uuid: 2_000})


def test_a_seat_gives_the_role_for_that_fund_and_its_end_takes_it_back(clock):
    committee = a_committee()
    seat = seats(committee)[3]
    grant = RoleGrant.objects.get(user=seat.user, role="committee")
    assert (grant.scope_kind, grant.scope_uuid) == ("fund", FUND)
    end_seat(seat=seat, on=clock.now.date())
    grant.refresh_from_db()
    assert grant.valid_to == clock.now.date()


def test_nobody_votes_in_two_colleges(clock):
    committee = a_committee()
    seat = seats(committee)[0]
    other = committee.colleges.get(rank=2)
    with pytest.raises(SeatRefused, match="un seul collège"):
        fill_seat(college=other, user=seat.user, how=Seat.How.ELECTED, by=seat.user, on=SINCE)
    with pytest.raises(IntegrityError, match="seat_one_college_a_person"), transaction.atomic():
        Seat.objects.create(committee=committee, college=other, user=seat.user, how="elected", valid_from=SINCE)


def test_who_is_to_chair_a_session_keeps_their_seat(clock):
    session = a_planned_session()
    with pytest.raises(AgendaRefused, match="préside"):
        end_seat(seat=session.chair, on=clock.now.date())


def test_a_draw_can_be_drawn_again_by_anyone_and_leaves_out_who_sits(clock):
    committee = a_committee()
    college, by = committee.colleges.get(rank=1), PartyFactory().user
    pool = [PartyFactory().user for _person in range(8)]
    draw, drawn = draw_seats(
        college=college,
        pool=[*pool, seats(committee)[5].user],
        places=2,
        seed="7 13 22 41",
        seed_source="Tirage public",
        by=by,
        at=clock.now,
    )
    assert len(drawn) == 2
    assert len(draw.ranking) == 8
    assert is_draw_right(draw)
    assert [str(seat.user.uuid) for seat in drawn] == draw.ranking[:2]
    assert {seat.how for seat in drawn} == {Seat.How.DRAWN}
    with pytest.raises(DrawRefused, match="déjà servi"):
        draw_seats(
            college=college, pool=pool, places=1, seed="7 13 22 41", seed_source="Tirage public", by=by, at=clock.now
        )
    with pytest.raises(Exception, match="append_only_draw"), transaction.atomic():
        Draw.objects.update(seed="autre")


@pytest.mark.parametrize(("seed", "source", "places"), [("", "Tirage", 1), ("7", " ", 1), ("7", "Tirage", 4)])
def test_a_draw_without_seed_origin_or_people_is_refused(clock, seed, source, places):
    committee = a_committee()
    college, by = committee.colleges.get(rank=1), PartyFactory().user
    pool = [PartyFactory().user for _person in range(3)]
    with pytest.raises(DrawRefused):
        draw_seats(college=college, pool=pool, places=places, seed=seed, seed_source=source, by=by, at=clock.now)
    assert not Draw.objects.exists()


def test_a_grid_weighs_one_and_is_published_as_a_new_version(clock):
    committee = a_committee()
    by = PartyFactory().user
    with pytest.raises(WeightsNotWhole, match="90"):
        publish_grid(
            committee=committee,
            name="Grille",
            scale_max=4,
            lines=[GridLine("C1", "Utilité", 9_000)],
            by=by,
            at=clock.now,
        )
    second = publish_grid(committee=committee, name="Grille", scale_max=4, lines=LINES, by=by, at=clock.now)
    assert second.version == 2
    for model, change in ((Grid, {"name": "x"}), (GridCriterion, {"label": "x"})):
        with pytest.raises(Exception, match="append_only"), transaction.atomic():
            model.objects.update(**change)


def test_a_criterion_added_to_a_published_grid_breaks_its_sum_and_is_refused(clock):
    grid = a_committee().grids.get()
    with pytest.raises(IntegrityError, match="grid_weights_make_one"), transaction.atomic():
        GridCriterion.objects.create(grid=grid, rank=9, code="C9", label="Ajouté", weight_bp=100)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
