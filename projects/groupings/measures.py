"""What the criteria of a pole measure in a grouping (labels-territories-impact §2.2, PTCE-M1 to M8): exact numbers."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from djmoney.money import Money

from fres.kernel import territories
from fres.kernel.models import Territory
from fres.kernel.money import from_cents, to_cents
from projects.models import Grouping, GroupingMember
from projects.models.groupings import MemberType

_DAYS_OF_FOUR_YEARS = 1461


@dataclass(frozen=True, slots=True)
class GroupingMeasures:
    """Exact measures on a day. Shares are fractions of 1; None where there is nothing to divide by."""

    on: date
    signed_members: int  # M2: number
    member_types: tuple[str, ...]  # M1, M2: codes of MemberType among signed members, sorted
    ess_members: int  # M1
    other_members: int  # M1
    strategy_approved: bool  # M3
    local_members: int  # M4: numerator
    local_share: Fraction | None  # M4: signed members whose commune is in the perimeter
    activities: int  # M5: denominator
    recognised_activities: int  # M5: numerator
    recognised_share: Fraction | None  # M5
    agreement_years: Fraction | None  # M6: term of the agreement in years
    pooled_items: int  # M7
    pooled_amount: Money  # M7: a year
    authorities: int  # M8: signed members that are local authorities
    deliberated_authorities: int  # M8: those with a deliberation

    @property
    def agreement_words(self) -> str:
        """The term of the agreement in whole years and months, rounded down; empty without an agreement."""
        if self.agreement_years is None:
            return ""
        months = int(self.agreement_years * 12)
        years, rest = divmod(months, 12)
        parts = []
        if years:
            parts.append(ngettext("%(n)s an", "%(n)s ans", years) % {"n": years})
        if rest or not years:
            parts.append(_("%(n)s mois") % {"n": rest})
        return " ".join(parts)


def grouping_measures(grouping: Grouping, on: date) -> GroupingMeasures:
    """Return what a grouping is on a day, for whoever evaluates it. Six queries at most, whatever its size."""
    members = list(signed_members(grouping, on))
    types = tuple(sorted({member.member_type for member in members}))
    perimeter = perimeter_communes(grouping)
    local = sum(member.commune_code in perimeter for member in members)
    activities = list(grouping.activities.filter(started_on__lte=on).exclude(ended_on__lt=on))
    recognised = sum(bool(activity.recognised_by) for activity in activities)
    resources = list(grouping.resources.filter(valid_from__lte=on).exclude(valid_to__lt=on))
    authorities = [member for member in members if member.member_type == MemberType.AUTHORITY]
    ess = sum(member.member_type == MemberType.ESS for member in members)
    return GroupingMeasures(
        on=on,
        signed_members=len(members),
        member_types=types,
        ess_members=ess,
        other_members=len(members) - ess,
        strategy_approved=grouping.strategy_approved_on is not None and grouping.strategy_approved_on <= on,
        local_members=local,
        local_share=Fraction(local, len(members)) if members else None,
        activities=len(activities),
        recognised_activities=recognised,
        recognised_share=Fraction(recognised, len(activities)) if activities else None,
        agreement_years=agreement_years(grouping),
        pooled_items=len(resources),
        pooled_amount=from_cents(sum(to_cents(resource.amount) for resource in resources)),
        authorities=len(authorities),
        deliberated_authorities=sum(bool(member.deliberation) for member in authorities),
    )


def signed_members(grouping: Grouping, on: date) -> list[GroupingMember]:
    """Return the members whose membership was signed on a day and who had not left, by name."""
    return list(grouping.members.filter(signed_on__lte=on).filter(Q(left_on=None) | Q(left_on__gt=on)))


def perimeter_communes(grouping: Grouping) -> frozenset[str]:
    """Return the codes of the communes of a perimeter: those named, those of the intercommunal bodies named."""
    codes = [code for code in grouping.perimeter_codes if len(code) == 5]
    epci = [code for code in grouping.perimeter_codes if len(code) == 9]
    inside = territories.current(Territory.Level.COMMUNE).filter(epci_code__in=epci) if epci else []
    return frozenset(codes) | {commune.code for commune in inside}


def agreement_years(grouping: Grouping) -> Fraction | None:
    """Return the term of the agreement in years; whole years count whole, whatever the leap days in them.

    From a 1 March to the 28 February three years later is 3 years: the last day counts.
    """
    start, end = grouping.agreement_signed_on, grouping.agreement_ends_on
    if start is None or end is None:
        return None
    days = end.toordinal() - start.toordinal() + 1
    whole = 0
    while _anniversary(start, whole + 1).toordinal() <= end.toordinal() + 1:
        whole += 1
    rest = days - (_anniversary(start, whole).toordinal() - start.toordinal())
    return whole + Fraction(4 * rest, _DAYS_OF_FOUR_YEARS)


def _anniversary(start: date, years: int) -> date:
    try:
        return start.replace(year=start.year + years)
    except ValueError:  # 29 February
        return date(start.year + years, 3, 1)
