"""Two rules that cannot both be kept, whatever the projects: seen before the second is adopted. Pure."""

from collections.abc import Iterable
from fractions import Fraction

from funds.allocation.amount_kinds import MaxPerSector, MinPerSector, MinPerTerritory, ShareRange, ZoneFloor
from funds.allocation.eligibility_kinds import Exclusion
from funds.allocation.problem import is_of_sector
from funds.allocation.rules import Rule
from funds.allocation.words import Sentence, gettext_noop, percent, say


def overlaps(one: Rule, other: Rule) -> bool:
    """Say whether two rules are in force on a same day."""
    is_before = one.valid_to is not None and one.valid_to < other.valid_from
    is_after = other.valid_to is not None and other.valid_to < one.valid_from
    return not (is_before or is_after)


def contradictions(rule: Rule, others: Iterable[Rule]) -> list[Sentence]:
    """Return, in one sentence each, what in other blocking rules a blocking rule could never be kept beside.

    Compared: rules of one scope and base in force on a same day. What depends on the projects (a floor no candidate can
    fill) is the solver's to find, with the smallest set in conflict.
    """
    if not rule.is_blocking:
        return []
    rivals = [
        one for one in others if one.is_blocking and one.code != rule.code and overlaps(rule, one)
        and one.scope == rule.scope
    ]  # fmt: skip
    found = [sentence for one in rivals for sentence in _pair(rule, one) or _pair(one, rule)]
    found += _floors_above_all(rule, rivals)
    return found


def _pair(one: Rule, other: Rule) -> list[Sentence]:
    a, b = one.params, other.params
    same_base = one.base == other.base
    if isinstance(a, ShareRange) and isinstance(b, ShareRange) and a.asset_class == b.asset_class:
        least, most = a.minimum, b.maximum
        if same_base and least is not None and most is not None and least > most:
            template = gettext_noop(
                "« %(one)s » demande au moins %(least)s de « %(what)s » ; « %(other)s » en permet au plus %(most)s."
            )
            values = {"what": a.asset_class, "least": percent(least), "most": percent(most)}
            return [say(template, one=one.code, other=other.code, **values)]
    if isinstance(a, MinPerSector) and isinstance(b, MaxPerSector) and is_of_sector(a.sector, b.sector):
        is_crossed = same_base and a.share is not None and b.share is not None and a.share > b.share
        if is_crossed or (a.cents is not None and b.cents is not None and a.cents > b.cents):
            return [
                say(
                    gettext_noop(
                        "« %(one)s » demande plus au secteur %(what)s que « %(other)s » ne lui permet."
                    ),
                    one=one.code, other=other.code, what=a.sector,
                )
            ]  # fmt: skip
    if isinstance(a, MinPerSector) and isinstance(b, Exclusion) and _excludes(b, a.sector):
        return [
            say(
                gettext_noop("« %(one)s » demande de financer le secteur %(what)s, que « %(other)s » exclut."),
                one=one.code, other=other.code, what=a.sector,
            )
        ]  # fmt: skip
    return []


def _excludes(exclusion: Exclusion, sector: str) -> bool:
    return any(is_of_sector(sector, one) for one in exclusion.sectors)


def _floors_above_all(rule: Rule, rivals: Iterable[Rule]) -> list[Sentence]:
    """Floors of sectors that exclude each other, or of places of one level, together above the whole base."""
    if rule.base is None:
        return []
    same = [rule, *(one for one in rivals if one.base == rule.base)]
    sectors: dict[str, Fraction] = {}
    for one in same:
        if isinstance(one.params, MinPerSector) and one.params.share is not None:
            sectors[one.params.sector] = max(sectors.get(one.params.sector, Fraction()), one.params.share)
    roots = [code for code in sectors if not any(other != code and is_of_sector(code, other) for other in sectors)]
    totals = [sum((sectors[code] for code in roots), Fraction())] if isinstance(rule.params, MinPerSector) else []
    if isinstance(rule.params, MinPerTerritory) and rule.params.share is not None:
        places: dict[str, Fraction] = {}
        for one in same:
            if isinstance(one.params, MinPerTerritory) and one.params.level == rule.params.level:
                for code in one.params.codes:
                    places[code] = max(places.get(code, Fraction()), one.params.share or Fraction())
        totals.append(sum(places.values(), Fraction()))
    if isinstance(rule.params, ZoneFloor) and rule.params.share is not None:
        totals.append(rule.params.share)
    return [
        say(gettext_noop("Les planchers additionnés demandent %(total)s : plus que tout."), total=percent(total))
        for total in totals
        if total > 1
    ]
