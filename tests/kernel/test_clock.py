import json
import time
from datetime import UTC, date, datetime, timedelta

import pytest

from fres.kernel import clock

PARIS = clock.PARIS


@pytest.fixture
def clock_file(settings, tmp_path):
    path = tmp_path / "var" / "clock.json"
    settings.CLOCK_FILE = str(path)
    return path


def test_without_a_clock_file_time_is_the_machines_own():
    assert abs(clock.now().timestamp() - time.time()) < 5
    assert clock.now().tzinfo is UTC


def test_without_a_clock_file_time_cannot_be_moved():
    with pytest.raises(clock.ClockRefused):
        clock.move(to=clock.now())


def test_the_shown_time_starts_where_it_was_put_and_runs_on(clock_file):
    moment = datetime(2026, 11, 23, 10, 0, tzinfo=PARIS)
    clock.move(to=moment)
    assert timedelta(0) <= clock.now() - moment < timedelta(seconds=5)
    anchors = json.loads(clock_file.read_text())
    assert anchors["shown"] == moment.timestamp()


def test_a_file_rewritten_by_another_process_is_read_again(clock_file):
    clock.move(to=datetime(2026, 11, 23, 10, 0, tzinfo=PARIS))
    clock.now()
    later = datetime(2027, 3, 1, 9, 0, tzinfo=PARIS)
    clock_file.write_text(json.dumps({"real": time.time(), "shown": later.timestamp()}))
    assert clock.today() == date(2027, 3, 1)


def test_the_clock_only_moves_forward(clock_file):
    clock.move(to=datetime(2026, 11, 23, 10, 0, tzinfo=PARIS))
    with pytest.raises(clock.ClockRefused, match="sens"):
        clock.move(to=datetime(2026, 11, 22, 10, 0, tzinfo=PARIS))


def test_a_missing_clock_file_shows_the_real_time(clock_file):
    assert abs(clock.now().timestamp() - time.time()) < 5


def test_today_is_the_date_in_paris():
    with clock.freeze(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)):
        assert clock.today() == date(2027, 1, 1)


def test_a_held_clock_does_not_run_and_is_let_go():
    moment = datetime(2026, 11, 23, 10, 0, tzinfo=PARIS)
    with clock.freeze(moment):
        with clock.freeze(moment + timedelta(days=1)):
            assert clock.now() == moment + timedelta(days=1)
        assert clock.now() == moment
    assert clock.now() != moment


@pytest.mark.parametrize("act", [clock.local, lambda moment: clock.freeze(moment).__enter__()])
def test_a_moment_without_a_zone_is_refused(act):
    with pytest.raises(ValueError, match="time zone"):
        act(datetime(2026, 11, 23, 10, 0))


def test_the_fixture_moves_by_the_clock_on_the_wall(clock):
    clock.move_to(datetime(2027, 3, 27, 10, 0, tzinfo=PARIS))
    assert clock.advance(days=1) == datetime(2027, 3, 28, 10, 0, tzinfo=PARIS)
