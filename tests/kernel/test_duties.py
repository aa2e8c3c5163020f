from datetime import UTC, datetime
from unittest import mock

import pytest
from django.core.management import CommandError, call_command

from fres.kernel import clock as kernel_clock
from fres.kernel import duties
from fres.kernel.clock_moves import move_clock, nights_between

PARIS = kernel_clock.PARIS


@pytest.fixture(autouse=True)
def done():
    """Two duties in place of the real ones: when they ran, and what time the clock showed."""
    lines = []
    with mock.patch.dict(duties._duties, clear=True):

        @duties.duty(order=20)
        def later(at):
            lines.append(("later", at, kernel_clock.now()))
            return "2 things"

        @duties.duty(order=10)
        def sooner(at):
            lines.append(("sooner", at, kernel_clock.now()))
            return "1 thing"

        yield lines


@pytest.fixture
def clock_file(settings, tmp_path):
    settings.CLOCK_FILE = str(tmp_path / "clock.json")
    kernel_clock.move(to=datetime(2026, 11, 23, 10, 0, tzinfo=PARIS))


def test_duties_run_in_order_and_say_what_they_did(done):
    at = datetime(2026, 11, 23, tzinfo=UTC)
    summaries = [summary for _name, summary in duties.run_duties(at=at)]
    assert summaries == ["1 thing", "2 things"]
    assert [(name, moment) for name, moment, _shown in done] == [("sooner", at), ("later", at)]


def test_one_duty_runs_by_its_name():
    name = duties.all_duties()[0].name
    assert duties.run_duty(name, datetime(2026, 11, 23, tzinfo=UTC)) == "1 thing"


def test_two_duties_of_one_name_are_refused():
    with pytest.raises(ValueError, match="two duties"):

        @duties.duty(order=1)
        def sooner(at):
            return ""

        duties.duty(order=2)(sooner)


def test_a_failure_stops_the_round():
    @duties.duty(order=5)
    def broken(at):
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError):
        duties.run_duties(at=datetime(2026, 11, 23, tzinfo=UTC))


def test_run_duties_reads_a_moment_in_paris_when_no_zone_is_given(done, capsys):
    call_command("run_duties", at="2026-11-27T23:59")
    assert done[0][1] == datetime(2026, 11, 27, 22, 59, tzinfo=UTC)
    assert capsys.readouterr().out.endswith("duties run: 2\n")


def test_run_duties_refuses_what_is_no_moment():
    with pytest.raises(CommandError, match="demain"):
        call_command("run_duties", at="demain")


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ((2026, 11, 23, 10), (2026, 11, 23, 23), []),
        ((2026, 11, 23, 10), (2026, 11, 25, 10), ["2026-11-24T02:00", "2026-11-25T02:00"]),
        ((2026, 11, 23, 3), (2026, 11, 24, 3), []),
        ((2026, 11, 23, 2), (2026, 11, 23, 4), ["2026-11-23T02:00"]),
        ((2027, 3, 27, 12), (2027, 3, 29, 12), ["2027-03-28T01:00", "2027-03-29T01:00"]),
    ],
)
def test_each_three_o_clock_of_paris_is_crossed_once(start, end, hours):
    nights = nights_between(datetime(*start, tzinfo=PARIS), datetime(*end, tzinfo=PARIS))
    assert [f"{night.astimezone(UTC):%Y-%m-%dT%H:%M}" for night in nights] == hours


def test_the_clock_stands_at_each_night_while_its_duties_run(clock_file, done):
    target = datetime(2026, 11, 25, 10, 0, tzinfo=PARIS)
    assert len(list(move_clock(to=target))) == 6
    moments = [datetime(2026, 11, 24, 3, tzinfo=PARIS), datetime(2026, 11, 25, 3, tzinfo=PARIS), target]
    assert [at for name, at, _shown in done if name == "sooner"] == moments
    assert all((shown - at).total_seconds() < 5 for _name, at, shown in done)


def test_move_clock_goes_on_by_days_of_paris(clock_file, capsys):
    call_command("move_clock", days=2)
    assert f"{kernel_clock.local(kernel_clock.now()):%Y-%m-%d %H:%M}" == "2026-11-25 10:00"
    assert capsys.readouterr().out == "clock moved to 2026-11-25 10:00 (Paris), 6 duties run\n"


def test_move_clock_never_goes_back(clock_file):
    with pytest.raises(CommandError, match="sens"):
        call_command("move_clock", to="2026-11-22")


def test_the_clock_does_not_move_outside_the_demonstration(settings):
    settings.DEMONSTRATION = False
    with pytest.raises(CommandError, match="demonstration only"):
        call_command("move_clock", days=1)


def test_the_clock_does_not_move_without_a_clock_file():
    with pytest.raises(CommandError, match="démonstration"):
        call_command("move_clock", days=1)
