"""Say it, do it, write it down: what keeps the three steps of a payment apart (style §8).

The provider is asked only while no transaction is open. Otherwise a rollback would forget what was asked, and a lock
would be held for as long as the network likes.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import connection

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


class CalledInsideTransaction(RuntimeError):
    """An operation that asks the provider was called with a transaction open: a programming error."""


def transaction_is_open() -> bool:
    """Whether a transaction is open, not counting the one that Django's test case puts around each test."""
    blocks: list[Any] = connection.atomic_blocks
    return any(not block._from_testcase for block in blocks)


def outside_transaction(operation: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Refuse to run the operation while a transaction is open. Raises: CalledInsideTransaction."""

    @wraps(operation)
    def checked(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
        if transaction_is_open():
            raise CalledInsideTransaction(f"{operation.__qualname__} asks the payment provider: commit first")
        return operation(*args, **kwargs)

    checked.is_outside_transaction = True  # type: ignore[attr-defined]
    return checked
