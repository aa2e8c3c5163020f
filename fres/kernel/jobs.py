"""Jobs are written in the transaction that needs them and run by the worker (design D7)."""

from typing import Any

from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued
from django.db import transaction


def defer(task: Any, *, queueing_lock: str, **arguments: Any) -> None:
    """Queue a task in the current transaction; a job already waiting under the same lock is enough."""
    try:
        with transaction.atomic():
            task.configure(queueing_lock=queueing_lock).defer(**arguments)
    except AlreadyEnqueued:
        pass


__all__ = ["app", "defer"]
