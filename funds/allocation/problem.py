"""What an allocation is decided from: money by compartment, demands, what the fund holds, rules and winners.

Everything is frozen, in whole cents, exact fractions and codes; nothing is looked up. `check_problem` refuses what no
allocation could be decided from, all reasons at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from fres.kernel.errors import RuleViolation
from funds.allocation.words import Sentence, euros, gettext_noop, say

if TYPE_CHECKING:
    from funds.allocation.rules import Rule

FUND = "fund"
# Whole numbers above this are not exact in the solver's arithmetic (ruling B18).
HIGHEST_CENTS = 2**53
WHOLE_BP = 10_000
HIGHEST_SCORE = 1_000
# Awards that let a project be financed (ruling B25).
STATUSES_IN_FORCE = frozenset({"GRANTED", "RENEWAL_DUE", "VERIFIED"})


class Base(StrEnum):
    """What a rule's percentage is taken of."""

    NAV = "NAV"
    COMMITTED = "COMMITTED"
    COLLECTED = "COLLECTED"
    PROJECT_TOTAL = "PROJECT_TOTAL"
    CAPITAL = "CAPITAL"


class ProblemRefused(RuleViolation):
    """The data of an allocation contradict themselves; `reasons` says how, one sentence each."""

    rule = "allocation-problem"

    def __init__(self, reasons: Iterable[Sentence]) -> None:
        self.reasons = tuple(reasons)
        super().__init__(" ".join(str(reason) for reason in self.reasons))


@dataclass(frozen=True)
class Place:
    """A territory: its level (COMMUNE, EPCI, DEPARTEMENT, CANTON, QPV, FRR…) and its code."""

    level: str
    code: str


@dataclass(frozen=True)
class PlaceShare:
    """The part of a project that is in a territory, in basis points; those of one level add up to 10 000 at most."""

    level: str
    code: str
    weight_bp: int = WHOLE_BP


@dataclass(frozen=True)
class Target:
    """What money is meant for: any of these projects, sectors (by their first characters) or territories."""

    projects: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()

    def accepts(self, demand: "Demand") -> bool:
        return (
            demand.project in self.projects
            or any(is_of_sector(demand.sector, sector) for sector in self.sectors)
            or any(
                share.weight_bp > 0 and share.level == place.level and share.code == place.code
                for share in demand.places
                for place in self.places
            )
        )


@dataclass(frozen=True)
class Compartment:
    """A purse of the fund: what it may spend now, and what its savers could ask back.

    A strict one (`is_strict`) bears its own risk and is never mixed with the pool (ruling B14): it finances only what
    the `EARMARK` rule on it names. `limit_cents` is what this decision may give of it at most, when a round shares a
    part of its cash; reserves are still counted on all of it.
    """

    code: str
    available_cents: int
    name: str = ""
    is_strict: bool = False
    redeemable_cents: int = 0
    limit_cents: int | None = None

    @property
    def giveable_cents(self) -> int:
        """What this decision may give of it."""
        return self.available_cents if self.limit_cents is None else min(self.available_cents, self.limit_cents)


@dataclass(frozen=True)
class Preference:
    """An intent of savers inside a pooled compartment: it steers, and is reported, but bears no risk of its own."""

    compartment: str
    target: Target
    amount_cents: int


@dataclass(frozen=True)
class LabelAward:
    """A label (`code`, such as `ESUS`), its status, and the days it runs."""

    code: str
    status: str = "GRANTED"
    valid_from: date | None = None
    valid_to: date | None = None

    def is_in_force(self, at: date) -> bool:
        """Say whether the award counts on a day: granted, to renew or verified, and within its dates."""
        return (
            self.status in STATUSES_IN_FORCE
            and (self.valid_from is None or self.valid_from <= at)
            and (self.valid_to is None or at <= self.valid_to)
        )


@dataclass(frozen=True)
class CoInvestor:
    """Another financier of a project, by kind (`CIGALES`, `REGION`, `BANK`…), and what it brings."""

    kind: str
    amount_cents: int


@dataclass(frozen=True)
class Guarantee:
    """The guarantee a project would have: the envelope that carries it and the guaranteed part of the amount."""

    envelope: str
    share: Fraction


@dataclass(frozen=True)
class Demand:
    """What a project asks of the fund: nothing, or an amount from `minimum_cents` to `maximum_cents`.

    `budget_cents` is the project's whole budget, `capital_cents` the capital of its company once this round is done.
    `citizen_cents` is cleared citizen money of its campaign, `is_successful` whether that campaign met its condition.
    `score` is the committee's, from 1 to 1 000. `statuses` are states of the application and of the project.
    """

    project: str
    minimum_cents: int
    maximum_cents: int
    title: str = ""
    instrument: str = "LOAN"
    score: int = 1
    sector: str = ""
    places: tuple[PlaceShare, ...] = ()
    labels: tuple[LabelAward, ...] = ()
    statuses: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    risk_class: str = ""
    budget_cents: int | None = None
    capital_cents: int | None = None
    pay_ratio_mean: Fraction | None = None
    pay_ratio_highest: Fraction | None = None
    co_investors: tuple[CoInvestor, ...] = ()
    guarantee: Guarantee | None = None
    citizen_cents: int = 0
    is_successful: bool = False
    currency: str = ""

    @property
    def name(self) -> str:
        return self.title or self.project


@dataclass(frozen=True)
class Holding:
    """What the fund holds already: an outstanding amount and what rules look at."""

    code: str
    compartment: str
    amount_cents: int
    project: str = ""
    instrument: str = "LOAN"
    sector: str = ""
    places: tuple[PlaceShare, ...] = ()
    classes: tuple[str, ...] = ()
    risk_class: str = ""
    currency: str = ""


@dataclass(frozen=True)
class BaseAmount:
    """A total that percentages are taken of, for the fund or for one compartment (`scope`)."""

    base: Base
    scope: str
    amount_cents: int


@dataclass(frozen=True)
class Collection:
    """Savings outstanding of a territory's savers, for the reinvestment ratio (fact sheet §4.4, C)."""

    level: str
    code: str
    amount_cents: int


@dataclass(frozen=True)
class Envelope:
    """A guarantee fund: its endowment, and what it guarantees already."""

    code: str
    endowment_cents: int
    guaranteed_cents: int = 0


@dataclass(frozen=True)
class Provision:
    """Provisions for losses that are already booked, for the fund or for one compartment (`scope`)."""

    scope: str
    amount_cents: int


@dataclass(frozen=True)
class Exchanged:
    """Units of a local currency in circulation, in cents at par."""

    currency: str
    amount_cents: int


@dataclass(frozen=True)
class Problem:
    """All that an allocation is decided from, on a day.

    `winners` are the projects that a ballot chose, None when there was no ballot (ruling B15). `at` selects the rules
    in force and the awards that count.
    """

    at: date
    compartments: tuple[Compartment, ...]
    demands: tuple[Demand, ...]
    rules: tuple["Rule", ...] = ()
    preferences: tuple[Preference, ...] = ()
    winners: tuple[str, ...] | None = None
    holdings: tuple[Holding, ...] = ()
    bases: tuple[BaseAmount, ...] = ()
    collections: tuple[Collection, ...] = ()
    envelopes: tuple[Envelope, ...] = ()
    provisions: tuple[Provision, ...] = ()
    exchanged: tuple[Exchanged, ...] = ()

    def rules_in_force(self) -> tuple["Rule", ...]:
        """Return the rules in force on the day, by code."""
        return tuple(sorted((rule for rule in self.rules if rule.is_in_force(self.at)), key=lambda rule: rule.code))


@dataclass(frozen=True)
class Share:
    """Cents that a compartment gives to a project; never zero."""

    compartment: str
    project: str
    amount_cents: int


@dataclass(frozen=True)
class Allocation:
    """Amounts by compartment × project, sorted; what is not there is zero."""

    shares: tuple[Share, ...] = ()

    def of_project(self, project: str) -> int:
        return sum(share.amount_cents for share in self.shares if share.project == project)

    def of_compartment(self, compartment: str) -> int:
        return sum(share.amount_cents for share in self.shares if share.compartment == compartment)

    def by_project(self) -> dict[str, int]:
        """Return the amount of each funded project."""
        totals: dict[str, int] = {}
        for share in self.shares:
            totals[share.project] = totals.get(share.project, 0) + share.amount_cents
        return totals

    @property
    def total_cents(self) -> int:
        return sum(share.amount_cents for share in self.shares)


def is_of_sector(sector: str, prefix: str) -> bool:
    """Say whether an activity code is the given one or beneath it: 10.71C is of 10.71, of 10 and of itself."""
    return bool(prefix) and sector.startswith(prefix)


def sorted_problem(problem: Problem) -> Problem:
    """Return the same problem in one order, so that the order in which data arrived changes nothing."""
    return replace(
        problem,
        compartments=tuple(sorted(problem.compartments, key=lambda one: one.code)),
        demands=tuple(
            replace(
                demand,
                places=tuple(sorted(demand.places, key=repr)),
                labels=tuple(sorted(demand.labels, key=repr)),
                statuses=tuple(sorted(demand.statuses)),
                classes=tuple(sorted(demand.classes)),
                co_investors=tuple(sorted(demand.co_investors, key=repr)),
            )
            for demand in sorted(problem.demands, key=lambda one: one.project)
        ),
        rules=tuple(sorted(problem.rules, key=lambda one: (one.code, one.version, repr(one)))),
        preferences=tuple(sorted(map(_sorted_preference, problem.preferences), key=repr)),
        winners=None if problem.winners is None else tuple(sorted(problem.winners)),
        holdings=tuple(
            replace(one, places=tuple(sorted(one.places, key=repr)), classes=tuple(sorted(one.classes)))
            for one in sorted(problem.holdings, key=lambda one: one.code)
        ),
        bases=tuple(sorted(problem.bases, key=repr)),
        collections=tuple(sorted(problem.collections, key=repr)),
        envelopes=tuple(sorted(problem.envelopes, key=repr)),
        provisions=tuple(sorted(problem.provisions, key=repr)),
        exchanged=tuple(sorted(problem.exchanged, key=repr)),
    )


def check_problem(problem: Problem) -> None:
    """Refuse data from which nothing can be decided. Raises: ProblemRefused, with every reason."""
    reasons = list(_reasons(problem))
    if reasons:
        raise ProblemRefused(reasons)


def _sorted_preference(preference: Preference) -> Preference:
    target = preference.target
    return replace(
        preference,
        target=Target(
            projects=tuple(sorted(target.projects)),
            sectors=tuple(sorted(target.sectors)),
            places=tuple(sorted(target.places, key=repr)),
        ),
    )


def _reasons(problem: Problem) -> Iterable[Sentence]:
    purses = {one.code for one in problem.compartments}
    projects = {one.project for one in problem.demands}
    scopes = {FUND} | {f"compartment:{code}" for code in purses}
    yield from _twice(problem)
    yield from _amounts(problem)
    for demand in problem.demands:
        yield from _demand_reasons(demand)
    for kind, code in [
        *((gettext_noop("La préférence"), one.compartment) for one in problem.preferences),
        *((gettext_noop("L’encours"), one.compartment) for one in problem.holdings),
    ]:
        if code not in purses:
            yield say(
                gettext_noop("%(what)s désigne un compartiment inconnu : « %(code)s »."),
                what=say(kind),
                code=code,
            )
    strict = {one.code for one in problem.compartments if one.is_strict}
    for preference in problem.preferences:
        if preference.compartment in strict:
            yield say(
                gettext_noop("« %(code)s » est fléché strictement : une préférence n’y a pas de sens."),
                code=preference.compartment,
            )
    for winner in problem.winners or ():
        if winner not in projects:
            yield say(gettext_noop("Le projet élu « %(code)s » ne demande rien."), code=winner)
    for rule in problem.rules_in_force():
        if rule.scope.startswith("compartment:") and rule.scope not in scopes:
            yield say(
                gettext_noop("La règle « %(rule)s » porte sur un compartiment inconnu : « %(code)s »."),
                rule=rule.code,
                code=rule.scope.partition(":")[2],
            )
        if rule.needs_base_amount and not any(
            one.base == rule.base and one.scope == rule.scope for one in problem.bases
        ):
            yield say(
                gettext_noop("La règle « %(rule)s » se calcule sur une base absente des données : %(base)s."),
                rule=rule.code,
                base=f"{rule.base} ({rule.scope})",
            )


def _twice(problem: Problem) -> Iterable[Sentence]:
    for codes in (
        [one.code for one in problem.compartments],
        [one.project for one in problem.demands],
        [one.code for one in problem.rules_in_force()],
        [one.code for one in problem.holdings],
        [f"{one.base} ({one.scope})" for one in problem.bases],
        [f"{one.level} {one.code}" for one in problem.collections],
        [one.code for one in problem.envelopes],
        [one.scope for one in problem.provisions],
        [one.currency for one in problem.exchanged],
        list(problem.winners or ()),
    ):
        for code in sorted({code for code in codes if codes.count(code) > 1} if len(set(codes)) < len(codes) else ()):
            yield say(gettext_noop("« %(code)s » figure deux fois."), code=code)


def _amounts(problem: Problem) -> Iterable[Sentence]:
    amounts = [
        *((one.code, one.available_cents) for one in problem.compartments),
        *((one.code, one.redeemable_cents) for one in problem.compartments),
        *((one.code, one.limit_cents or 0) for one in problem.compartments),
        *((one.compartment, one.amount_cents) for one in problem.preferences),
        *((one.code, one.amount_cents) for one in problem.holdings),
        *((str(one.base), one.amount_cents) for one in problem.bases),
        *((one.code, one.amount_cents) for one in problem.collections),
        *((one.code, one.endowment_cents) for one in problem.envelopes),
        *((one.code, one.guaranteed_cents) for one in problem.envelopes),
        *((one.scope, one.amount_cents) for one in problem.provisions),
        *((one.currency, one.amount_cents) for one in problem.exchanged),
    ]
    for code, cents in amounts:
        if not 0 <= cents < HIGHEST_CENTS:
            yield say(
                gettext_noop("« %(code)s » : %(amount)s n’est pas un montant possible."), code=code, amount=euros(cents)
            )
    if sum(one.available_cents for one in problem.compartments) >= HIGHEST_CENTS:
        yield say(gettext_noop("Le total à répartir dépasse ce que le calcul sait traiter exactement."))


def _demand_reasons(demand: Demand) -> Iterable[Sentence]:
    if not 0 <= demand.minimum_cents <= demand.maximum_cents < HIGHEST_CENTS or demand.maximum_cents == 0:
        yield say(
            gettext_noop("« %(project)s » demande de %(minimum)s à %(maximum)s : ce n’est pas un intervalle."),
            project=demand.name,
            minimum=euros(demand.minimum_cents),
            maximum=euros(demand.maximum_cents),
        )
    if not 1 <= demand.score <= HIGHEST_SCORE:
        yield say(
            gettext_noop("« %(project)s » : la note du comité va de 1 à %(highest)s."),
            project=demand.name,
            highest=HIGHEST_SCORE,
        )
    levels: dict[str, int] = {}
    for share in demand.places:
        levels[share.level] = levels.get(share.level, 0) + share.weight_bp
        if share.weight_bp < 0:
            levels[share.level] = WHOLE_BP + 1
    for level, weight in sorted(levels.items()):
        if weight > WHOLE_BP:
            yield say(
                gettext_noop("« %(project)s » : ses parts de territoire (%(level)s) ne font pas 100 %% au plus."),
                project=demand.name,
                level=level,
            )
    if demand.guarantee is not None and not 0 <= demand.guarantee.share <= 1:
        yield say(gettext_noop("« %(project)s » : la part garantie n’est pas une part."), project=demand.name)
