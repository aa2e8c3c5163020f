"""Questions about groupings: whose they are, the public directory, what they hold."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet

from fres.kernel.models import Territory
from investors.models import User
from projects.models import Grouping, GroupingMember
from projects.organisations.communes import commune_names
from projects.organisations.selectors import organisations_of


def groupings_carried_by(user: User, on: date) -> QuerySet[Grouping]:
    """Return the groupings whose pivot the person acts for, by name."""
    return Grouping.objects.filter(pivot__in=organisations_of(user, on)).select_related("pivot__party")


def public_groupings() -> QuerySet[Grouping]:
    """Return every grouping, those in prefiguration too (R-058), with the number of its signed members."""
    signed = Q(members__signed_on__isnull=False, members__left_on=None)
    annotated = Grouping.objects.annotate(signed_count=Count("members", filter=signed))
    return annotated.select_related("pivot").order_by("name", "pk")


def filter_groupings(found: QuerySet[Grouping], filters: Mapping[str, str]) -> QuerySet[Grouping]:
    """Narrow the directory down by kind, state, sector and facets; unknown filters ask for nothing."""
    for word in filters.get("search", "").split():
        found = found.filter(Q(name__icontains=word) | Q(purpose__icontains=word))
    for name in ("kind", "state", "sector"):
        if filters.get(name):
            found = found.filter(**{name: filters[name]})
    for name, field in (("origin", "origins"), ("objective", "objectives")):
        if filters.get(name):
            found = found.filter(**{f"{field}__contains": [filters[name]]})
    return found


@dataclass(frozen=True, slots=True)
class GroupingLine:
    grouping: Grouping
    place: str


def grouping_lines(groupings: Iterable[Grouping]) -> list[GroupingLine]:
    """Return the lines of a page of the directory, with the names of the places in one query."""
    page = list(groupings)
    names = commune_names(one.commune_code for one in page)
    return [GroupingLine(one, names[one.commune_code]) for one in page]


def present_members(grouping: Grouping) -> QuerySet[GroupingMember]:
    """Return who is in a grouping, signed or not, those who signed first."""
    return grouping.members.filter(left_on=None).select_related("organisation").order_by("signed_on", "name")


def perimeter_names(grouping: Grouping) -> list[str]:
    """Return the names of the communes and intercommunal bodies of a perimeter, in the order in which they stand."""
    rows = Territory.objects.filter(
        code__in=grouping.perimeter_codes,
        is_current=True,
        level__in=[Territory.Level.COMMUNE, Territory.Level.EPCI],
    )
    names = dict(rows.values_list("code", "name"))
    return [names.get(code, code) for code in grouping.perimeter_codes]
