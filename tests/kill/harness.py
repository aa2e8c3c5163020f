"""Kill a process at every step that matters, start again, and compare with the run that nobody killed.

A *kill point* is a place where a power cut could fall and make a difference: before a statement that writes, before and
after a COMMIT, before and after a request to the payment provider. `kill_everywhere` lives a story once without harm,
then again and again, in a forked child that dies (`os._exit`, no cleaning, no rollback of its own) at the first point,
the second, … until the child survives. After each death the parent repairs as the site does after a restart, and the
end must be told in the same words as that of the unharmed run, with nothing asked twice of the provider.

    def prepare() -> Scene: ...        # rows, in the parent; a fresh scene each time, none is cleaned up
    def act(scene) -> None: ...        # what is killed; in the child, which ends without returning
    def repair(scene) -> None: ...     # what a restart does: the duties, and whoever was there asking again
    def tell(scene) -> object: ...     # the end, comparable: states, and `digest(offer)` of the books
    report = kill_everywhere(prepare=prepare, act=act, repair=repair, tell=tell, server=provider.server)
    assert report.points >= 10

Tests that use it really commit: `@pytest.mark.django_db(transaction=True)`.
"""

import os
import re
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from unittest import mock

from django.db import connection, connections
from urllib3.connection import HTTPConnection

from funds.payments import stripe_gateway
from tests.stripe_server.process import StripeServer

Scene = TypeVar("Scene")
KILLED, SURVIVED = 9, 0
MOST_POINTS = 400
_WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|WITH|SELECT pg_advisory|SELECT procrastinate)", re.IGNORECASE)


@dataclass
class Report:
    """Where the child was killed, in order. `asked`: what the provider executed in the unharmed run, by path."""

    labels: list[str] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)

    @property
    def points(self) -> int:
        return len(self.labels)

    def of_kind(self, kind: str) -> int:
        """Count the points of a kind: "SQL", "COMMIT" or "HTTP"."""
        return sum(label.split()[1] == kind for label in self.labels)


def kill_everywhere(
    *,
    prepare: Callable[[], Scene],
    act: Callable[[Scene], object],
    repair: Callable[[Scene], object],
    tell: Callable[[Scene], object],
    server: StripeServer,
) -> Report:
    """Kill `act` at each of its points in turn and check, after repair, that the end is that of the unharmed run.

    Raises: AssertionError: an end differs, or something was created twice at the provider; the point is named.
    """
    report = Report()
    scene = prepare()
    server.forget_requests()
    act(scene)
    repair(scene)
    expected, report.asked = tell(scene), executed(server)
    for rank in range(1, MOST_POINTS):
        scene = prepare()
        server.forget_requests()
        label = run_and_kill(act, scene, at_point=rank)
        if label is None:
            return report
        report.labels.append(label)
        repair(scene)
        told = tell(scene)
        assert told == expected, f"killed {label} (point {rank}):\n{told}\ninstead of\n{expected}"
        asked = executed(server)
        assert asked == report.asked, f"killed {label} (point {rank}): asked {asked} instead of {report.asked}"
    raise AssertionError(f"the process has more than {MOST_POINTS} kill points")


def executed(server: StripeServer) -> Counter[str]:
    """Count what the provider really created since its counts were forgotten; replays of a key create nothing."""
    done: Counter[str] = Counter()
    for asked in server.requests():
        if asked["method"] == "POST" and asked["status"] == 200 and not asked["is_replay"]:
            done[asked["path"]] += asked["count"]
    return done


def run_and_kill(act: Callable[[Scene], object], scene: Scene, *, at_point: int) -> str | None:
    """Run `act` in a forked child that dies at its `at_point`-th point.

    Returns: where it died, or None: it had fewer points and ended by itself.
    Raises: AssertionError: it failed by itself; the message is its traceback.
    """
    connections.close_all()  # a connection shared by two processes would serve neither
    reading, writing = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.close(reading)
            stripe_gateway._gateway.cache_clear()
            with _kill_points(at_point, writing):
                act(scene)
            status = SURVIVED
        except BaseException:  # noqa: BLE001 – the child tells its parent everything, then is no more
            os.write(writing, traceback.format_exc().encode())
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode()
    _pid, ended = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(ended)
    assert code in (KILLED, SURVIVED), said
    return said if code == KILLED else None


@contextmanager
def _kill_points(at_point: int, writing: int) -> Iterator[None]:
    passed = 0

    def point(label: str) -> None:
        nonlocal passed
        passed += 1
        if passed == at_point:
            os.write(writing, label.encode())
            os._exit(KILLED)

    def statement(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        if _WRITES.match(str(sql)):
            point(f"before SQL {' '.join(str(sql).split())[:70]}")
        return execute(sql, params, many, context)

    real_commit = connection._commit

    def commit() -> None:
        point("before COMMIT")
        real_commit()
        point("after COMMIT")

    real_request, real_response = HTTPConnection.request, HTTPConnection.getresponse
    under_way = [""]

    def request(self: HTTPConnection, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        under_way[0] = f"{method} {url.partition('?')[0]}"
        point(f"before HTTP {under_way[0]}")
        return real_request(self, method, url, *args, **kwargs)

    def getresponse(self: HTTPConnection, *args: Any, **kwargs: Any) -> Any:
        response = real_response(self, *args, **kwargs)
        point(f"after HTTP {under_way[0]}")
        return response

    with ExitStack() as stack:
        stack.enter_context(connection.execute_wrapper(statement))
        stack.enter_context(mock.patch.object(connection, "_commit", commit))
        stack.enter_context(mock.patch.object(HTTPConnection, "request", request))
        stack.enter_context(mock.patch.object(HTTPConnection, "getresponse", getresponse))
        yield
