"""What every page may use: the name of the site, its clock, the reader's colours."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest

from fres.kernel import clock

THEME_COOKIE = "theme"
THEMES = ("light", "dark", "auto")


@dataclass(frozen=True, slots=True)
class Site:
    name: str
    region: str
    is_demonstration: bool
    now: datetime
    theme: str


# The app that knows funds says here what the site is called: (site name, region name).
_name_provider: list[Callable[[], tuple[str, str]]] = []


def provide_names(provider: Callable[[], tuple[str, str]]) -> None:
    """Register the function that reads the site's and the region's names."""
    _name_provider[:] = [provider]


def site(request: HttpRequest) -> dict[str, Site]:
    """Give templates `site`."""
    name, region = _name_provider[0]() if _name_provider else ("FRES", "")
    theme = request.COOKIES.get(THEME_COOKIE, "auto")
    return {
        "site": Site(
            name=name,
            region=region,
            is_demonstration=settings.DEMONSTRATION,
            now=clock.now(),
            theme=theme if theme in THEMES else "auto",
        )
    }
