"""Where a project is told elsewhere: parts above this one (`funds`) say so by registering a source."""

from collections.abc import Callable, Iterable

from projects.models import Project

Source = Callable[[Iterable[Project]], dict[int, str]]
_sources: list[Source] = []


def project_link_source(source: Source) -> Source:
    """Register a function that returns the address of a public page for projects, by key."""
    if source not in _sources:
        _sources.append(source)
    return source


def project_links(projects: Iterable[Project]) -> dict[int, str]:
    """Return a public address for each project that has one, by key; the first source that knows it wins."""
    wanted = list(projects)
    found: dict[int, str] = {}
    for source in _sources:
        found = source(wanted) | found
    return found
