"""Jobs on the same PostgreSQL (design D7): deferred in the transaction that makes them necessary, run by the worker.

Each app declares its jobs in its `tasks.py` with `@job()`. A job is idempotent: it may run twice, or after a kill.
"""

import functools
import json
from collections.abc import Callable
from typing import Any

from django.db import close_old_connections, connection, transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.tasks import Task

RETRIES = RetryStrategy(max_attempts=12, exponential_wait=4)


def job(
    *, name: str, retry: RetryStrategy | bool = RETRIES, queue: str = "default"
) -> Callable[[Callable[..., Any]], Task]:
    """Declare a function of keyword arguments (JSON values) as a job under a name that survives moving the function."""

    def declare(function: Callable[..., Any]) -> Task:
        @functools.wraps(function)
        def run(**arguments: Any) -> Any:
            # The worker keeps threads for days: a connection that the server closed in between must not be used again.
            if not connection.in_atomic_block:
                close_old_connections()
            try:
                return function(**arguments)
            finally:
                if not connection.in_atomic_block:
                    close_old_connections()

        return app.task(name=name, retry=retry, queue=queue)(run)

    return declare


def defer(task: Task, *, queueing_lock: str, lock: str | None = None, is_new: bool = False, **arguments: Any) -> bool:
    """Put a job in the queue within the current transaction: it exists if and only if that commits.

    Args: queueing_lock: a job waiting under the same lock is enough, no second one is added. lock: jobs that share it
        run one at a time. is_new: the lock names a row written just now, so that no job can wait under it already.
    Returns: whether a job was added. The waiting job may start before this transaction commits, and not see it: what
        must not be missed is also a duty, which looks for it every hour.
    """
    job = task.configure(queueing_lock=queueing_lock, lock=lock)
    if is_new:
        job.defer(**arguments)
        return True
    try:
        with transaction.atomic():
            job.defer(**arguments)
    except AlreadyEnqueued:
        return False
    return True


def run_pending(*, limit: int = 10_000) -> int:
    """Run the waiting jobs here and now, oldest first, and return how many ran: for tests, and when the clock is moved.

    A job waits for a later try until its hour; one that fails raises here, and stays in the queue.
    """
    done = 0
    while done < limit:
        # Taken in a transaction of its own: a job may have to ask the network, which nothing does with one open.
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE procrastinate_jobs SET status = 'doing' WHERE id = ("
                "SELECT id FROM procrastinate_jobs "
                "WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now()) "
                "ORDER BY priority DESC, id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id, task_name, args::text"
            )
            row = cursor.fetchone()
        if row is None:
            return done
        identifier, name, arguments = row
        is_over = False
        try:
            app.tasks[name].func(**json.loads(arguments))
            is_over = True
        finally:
            with connection.cursor() as cursor:
                if is_over:
                    cursor.execute("SELECT procrastinate_finish_job_v1(%s, 'succeeded', false)", [identifier])
                else:
                    cursor.execute("UPDATE procrastinate_jobs SET status = 'todo' WHERE id = %s", [identifier])
        done += 1
    return done
