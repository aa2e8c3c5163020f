"""Who answers for the site: the persons a legal notice names, said by the app that knows them."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Publisher:
    """A legal person behind the site, as its notices print it (CMF R548-4 I). An unknown text is empty."""

    role: str
    name: str
    legal_form: str
    siren: str
    lei: str
    address: str
    email: str


_provider: list[Callable[[], tuple[Publisher, ...]]] = []


def provide_publishers(provider: Callable[[], tuple[Publisher, ...]]) -> None:
    """Register the function that reads the operator and the funds' carriers."""
    _provider[:] = [provider]


def publishers() -> tuple[Publisher, ...]:
    """Return the operator, then the funds' carriers; nothing until an app has registered them."""
    return _provider[0]() if _provider else ()
