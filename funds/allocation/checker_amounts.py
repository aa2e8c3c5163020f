"""The checker's own reading of the rules that bound amounts. Nothing here is shared with the solver."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from funds.allocation.amount_kinds import (
    GuaranteeRule,
    LiquidityReserve,
    LossReserve,
    LtdFloor,
    Matching,
    MaxPerProject,
    MaxPerSector,
    MinPerSector,
    MinPerTerritory,
    Mirror,
    ShareRange,
    StakeRange,
    ZoneFloor,
)
from funds.allocation.problem import FUND, Allocation, Base, Demand, Holding, PlaceShare, Problem
from funds.allocation.rules import Rule
from funds.allocation.words import Sentence, euros, gettext_noop, say


@dataclass(frozen=True)
class Breach:
    """One place where a rule is not kept: what is missing or too much, in cents (or projects), and in words."""

    where: str
    missing: Fraction
    sentence: Sentence


@dataclass(frozen=True)
class Position:
    """An outstanding amount, held before or given now, with what rules look at."""

    of: Demand | Holding
    compartment: str
    cents: int


def amount_breaches(problem: Problem, allocation: Allocation, rule: Rule) -> Iterator[Breach]:
    """Yield each breach of a rule that bounds amounts."""
    reader: Callable[[Problem, Allocation, Rule, Any], Iterator[Breach]] = _READERS[rule.kind]
    yield from reader(problem, allocation, rule, rule.params)


def _share_range(problem: Problem, allocation: Allocation, rule: Rule, params: ShareRange) -> Iterator[Breach]:
    positions = _positions(problem, allocation, rule)
    have = Fraction(sum(one.cents for one in positions if params.asset_class in one.of.classes))
    base = _base(problem, positions, rule)
    if params.minimum is not None:
        yield from _floor("min", have, params.minimum * base)
    if params.maximum is not None:
        yield from _cap("max", have, params.maximum * base)


def _max_per_project(problem: Problem, allocation: Allocation, rule: Rule, params: MaxPerProject) -> Iterator[Breach]:
    positions = _positions(problem, allocation, rule)
    given = allocation.by_project()
    for demand in problem.demands:
        if rule.project not in (None, demand.project) or demand.project not in given:
            continue
        if params.instrument and demand.instrument != params.instrument:
            continue
        if params.status and params.status not in demand.statuses:
            continue
        have = Fraction(sum(one.cents for one in positions if _project_of(one) == demand.project))
        if params.cents is not None:
            yield from _cap(f"{demand.project}:cents", have, Fraction(params.cents))
        if params.share is not None and rule.base is Base.PROJECT_TOTAL:
            yield from _cap(f"{demand.project}:share", have, params.share * (demand.budget_cents or 0))
        elif params.share is not None:
            yield from _cap(f"{demand.project}:share", have, params.share * _base(problem, positions, rule))


def _stake_range(problem: Problem, allocation: Allocation, rule: Rule, params: StakeRange) -> Iterator[Breach]:
    positions = _positions(problem, allocation, rule)
    given = allocation.by_project()
    for demand in problem.demands:
        if demand.instrument != params.instrument or demand.project not in given:
            continue
        if rule.project not in (None, demand.project):
            continue
        have = Fraction(sum(one.cents for one in positions if _project_of(one) == demand.project))
        capital = Fraction(demand.capital_cents or 0)
        if params.minimum is not None and capital:
            yield from _floor(f"{demand.project}:min", have, params.minimum * capital)
        if params.maximum is not None or not capital:
            yield from _cap(f"{demand.project}:max", have, (params.maximum or 0) * capital)


def _max_per_sector(problem: Problem, allocation: Allocation, rule: Rule, params: MaxPerSector) -> Iterator[Breach]:
    positions = _positions(problem, allocation, rule)
    have = Fraction(sum(one.cents for one in positions if one.of.sector.startswith(params.sector)))
    if params.cents is not None:
        yield from _cap("cents", have, Fraction(params.cents))
    if params.share is not None:
        yield from _cap("share", have, params.share * _base(problem, positions, rule))


def _min_per_sector(problem: Problem, allocation: Allocation, rule: Rule, params: MinPerSector) -> Iterator[Breach]:
    positions = _positions(problem, allocation, rule)
    have = Fraction(sum(one.cents for one in positions if one.of.sector.startswith(params.sector)))
    if params.cents is not None:
        yield from _floor("cents", have, Fraction(params.cents))
    if params.share is not None:
        yield from _floor("share", have, params.share * _base(problem, positions, rule))


def _min_per_territory(
    problem: Problem, allocation: Allocation, rule: Rule, params: MinPerTerritory
) -> Iterator[Breach]:
    for code in params.codes:

        def is_inside(place: PlaceShare, code: str = code) -> bool:
            return place.level == params.level and place.code == code

        yield from _place_floor(problem, allocation, rule, params, code, is_inside)


def _zone_floor(problem: Problem, allocation: Allocation, rule: Rule, params: ZoneFloor) -> Iterator[Breach]:
    def is_inside(place: PlaceShare) -> bool:
        return place.level in params.levels and (not params.codes or place.code in params.codes)

    yield from _place_floor(problem, allocation, rule, params, "zone", is_inside)


def _place_floor(
    problem: Problem,
    allocation: Allocation,
    rule: Rule,
    params: MinPerTerritory | ZoneFloor,
    where: str,
    is_inside: Callable[[PlaceShare], bool],
) -> Iterator[Breach]:
    if params.winners is not None:
        given = allocation.by_project()
        count = sum(one.project in given and _part(one.places, is_inside) > 0 for one in problem.demands)
        if count < params.winners:
            yield Breach(
                where,
                Fraction(params.winners - count),
                say(
                    gettext_noop("%(where)s : %(count)s projet(s) financé(s) sur les %(wanted)s demandés."),
                    where=where,
                    count=count,
                    wanted=params.winners,
                ),
            )
        return
    positions = _positions(problem, allocation, rule)
    have = sum((one.cents * _part(one.of.places, is_inside) for one in positions), Fraction())
    if params.cents is not None:
        yield from _floor(where, have, Fraction(params.cents))
    if params.share is not None:
        yield from _floor(where, have, params.share * _base(problem, positions, rule))


def _liquidity(problem: Problem, allocation: Allocation, rule: Rule, params: LiquidityReserve) -> Iterator[Breach]:
    purses = [
        one
        for one in problem.compartments
        if (one.code == rule.compartment if rule.compartment is not None else not one.is_strict)
    ]
    left = sum(one.available_cents - allocation.of_compartment(one.code) for one in purses)
    yield from _floor("cash", Fraction(left), params.share * sum(one.redeemable_cents for one in purses))


def _loss(problem: Problem, allocation: Allocation, rule: Rule, params: LossReserve) -> Iterator[Breach]:
    positions = _positions(problem, allocation, rule)
    needed = sum((one.cents * params.rate(one.of.risk_class) for one in positions), Fraction())
    booked = sum(one.amount_cents for one in problem.provisions if one.scope == rule.scope)
    yield from _floor("provision", Fraction(booked), needed)


def _matching(problem: Problem, allocation: Allocation, rule: Rule, params: Matching) -> Iterator[Breach]:
    demands = {one.project: one for one in problem.demands}
    for share in allocation.shares:
        if share.compartment != rule.compartment:
            continue
        demand = demands[share.project]
        most = Fraction(demand.citizen_cents) * params.ratio
        if params.cap_cents is not None:
            most = min(most, Fraction(params.cap_cents))
        if params.needs_success and not demand.is_successful:
            most = Fraction()
        yield from _cap(share.project, Fraction(share.amount_cents), most)


def _mirror(problem: Problem, allocation: Allocation, rule: Rule, params: Mirror) -> Iterator[Breach]:
    positions = _positions(problem, allocation, rule)
    have = Fraction(sum(one.cents for one in positions if one.of.currency == params.currency))
    exchanged = sum(one.amount_cents for one in problem.exchanged if one.currency == params.currency)
    yield from _floor(params.currency, have, params.ratio * exchanged)


def _guarantee(problem: Problem, allocation: Allocation, rule: Rule, params: GuaranteeRule) -> Iterator[Breach]:
    envelopes = {one.code: one for one in problem.envelopes}
    envelope = envelopes.get(params.envelope)
    total = Fraction(envelope.guaranteed_cents if envelope else 0)
    for position in _positions(problem, allocation, rule):
        demand = position.of
        if not isinstance(demand, Demand) or demand.guarantee is None:
            continue
        if demand.guarantee.envelope == params.envelope:
            total += position.cents * demand.guarantee.share
    for demand in problem.demands:
        guarantee = demand.guarantee
        if guarantee is None or guarantee.envelope != params.envelope or rule.project not in (None, demand.project):
            continue
        given = sum(
            share.amount_cents
            for share in allocation.shares
            if share.project == demand.project and rule.compartment in (None, share.compartment)
        )
        if given == 0:
            continue
        yield from _cap(f"{demand.project}:quota", guarantee.share * given, params.quota * given)
        if params.cap_cents is not None:
            yield from _cap(f"{demand.project}:cap", guarantee.share * given, Fraction(params.cap_cents))
    yield from _cap("envelope", total, params.multiplier * (envelope.endowment_cents if envelope else 0))


def _reinvestment(problem: Problem, allocation: Allocation, rule: Rule, params: LtdFloor) -> Iterator[Breach]:
    positions = _positions(problem, allocation, rule)
    collected = {one.code: one.amount_cents for one in problem.collections if one.level == params.level}
    region_collected = sum(collected.values())
    region_lent = sum((one.cents * _part_of_level(one.of.places, params.level) for one in positions), Fraction())
    for code, cents in sorted(collected.items()):
        if cents == 0 or cents < params.disclosure_cents:
            continue

        def is_inside(place: PlaceShare, code: str = code) -> bool:
            return place.level == params.level and place.code == code

        lent = sum((one.cents * _part(one.of.places, is_inside) for one in positions), Fraction())
        # ρ ≥ floor is lent / collected ≥ floor × region lent / region collected.
        yield from _floor(code, lent, params.floor * region_lent * cents / region_collected)


_READERS: dict[str, Any] = {
    "SHARE_RANGE": _share_range,
    "MAX_PER_PROJECT": _max_per_project,
    "STAKE_RANGE": _stake_range,
    "MAX_PER_SECTOR": _max_per_sector,
    "MIN_PER_SECTOR": _min_per_sector,
    "MIN_PER_TERRITORY": _min_per_territory,
    "ZONE_FLOOR": _zone_floor,
    "LIQUIDITY_RESERVE": _liquidity,
    "LOSS_RESERVE": _loss,
    "MATCHING": _matching,
    "MIRROR": _mirror,
    "GUARANTEE": _guarantee,
    "LTD_FLOOR": _reinvestment,
}


def _positions(problem: Problem, allocation: Allocation, rule: Rule) -> list[Position]:
    """Return what is outstanding once the allocation is done, in the rule's scope."""
    demands = {one.project: one for one in problem.demands}
    everything = [Position(one, one.compartment, one.amount_cents) for one in problem.holdings]
    everything += [Position(demands[one.project], one.compartment, one.amount_cents) for one in allocation.shares]
    return [one for one in everything if rule.compartment in (None, one.compartment)]


def _base(problem: Problem, positions: Iterable[Position], rule: Rule) -> Fraction:
    if rule.base is Base.COMMITTED:
        return Fraction(sum(one.cents for one in positions))
    scope = rule.scope if rule.compartment is not None else FUND
    return Fraction(
        sum(one.amount_cents for one in problem.bases if one.base == rule.base and one.scope in (rule.scope, scope))
    )


def _project_of(position: Position) -> str:
    return position.of.project


def _part(places: Iterable[PlaceShare], is_inside: Callable[[PlaceShare], bool]) -> Fraction:
    return min(Fraction(1), Fraction(sum(place.weight_bp for place in places if is_inside(place)), 10_000))


def _part_of_level(places: Iterable[PlaceShare], level: str) -> Fraction:
    return Fraction(sum(place.weight_bp for place in places if place.level == level), 10_000)


def _floor(where: str, have: Fraction, wanted: Fraction) -> Iterator[Breach]:
    if have < wanted:
        yield Breach(
            where,
            wanted - have,
            say(
                gettext_noop("%(where)s : %(have)s au lieu d’au moins %(wanted)s."),
                where=_place(where),
                have=_said(have),
                wanted=_said(wanted),
            ),
        )


def _cap(where: str, have: Fraction, most: Fraction) -> Iterator[Breach]:
    if have > most:
        yield Breach(
            where,
            have - most,
            say(
                gettext_noop("%(where)s : %(have)s au lieu d’au plus %(most)s."),
                where=_place(where),
                have=_said(have),
                most=_said(most),
            ),
        )


# What a breach looked at, as it is read; its code stays in `Breach.where`, by which two evaluations are compared.
_MEASURES = {
    "cents": gettext_noop("montant"),
    "share": gettext_noop("part"),
    "min": gettext_noop("minimum"),
    "max": gettext_noop("maximum"),
    "cap": gettext_noop("plafond"),
    "quota": gettext_noop("quotité garantie"),
    "cash": gettext_noop("argent disponible"),
    "provision": gettext_noop("provision"),
    "envelope": gettext_noop("enveloppe de garantie"),
    "zone": gettext_noop("zone"),
}


def _place(where: str) -> Sentence | str:
    """Return "where" in words: the project or territory as it is, then the measure."""
    subject, _, measure = where.rpartition(":")
    if measure not in _MEASURES:
        return where
    if not subject:
        return say(_MEASURES[measure])
    return say(gettext_noop("%(subject)s, %(measure)s"), subject=subject, measure=say(_MEASURES[measure]))


def _said(cents: Fraction) -> str:
    return euros(cents.numerator // cents.denominator)
