"""What an election is before it is counted: projects with a price, ballots, colleges, and the rules frozen beforehand.

Amounts are whole cents. One saver has one ballot and one share of the budget, whatever they saved; a club is one
member, whose ballot follows its internal vote (ruling B16).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Any

from fres.kernel.errors import RuleViolation

LARGEST_CENTS = 2**53  # ruling B18


class BallotKind(StrEnum):
    APPROVAL = "approval"  # a voter ticks projects
    POINTS = "points"  # a voter gives whole points to projects


class Satisfaction(StrEnum):
    """What a funded project is worth to a voter who supports it."""

    COST = "cost"  # its cost
    ONE = "one"  # one, whatever it costs
    POINTS = "points"  # the points the voter gave it (one, on approval ballots)


class TieRule(StrEnum):
    """One line of the published list that decides between projects with equal effective votes."""

    MORE_APPROVERS = "more_approvers"
    LOWER_COST = "lower_cost"
    HIGHER_COST = "higher_cost"
    DRAWN_ORDER = "drawn_order"


class Completion(StrEnum):
    """What is done with the money that Equal Shares leaves."""

    NONE = "NONE"
    ADD1 = "ADD1"  # raise the virtual budget until the next raise would overspend
    ADD1E = "ADD1E"  # also stop once nothing that voters support is affordable
    U = "U"  # add projects by support while they fit
    ADD1U = "ADD1U"
    ADD1EU = "ADD1EU"

    @property
    def raises(self) -> bool:
        return self in (Completion.ADD1, Completion.ADD1E, Completion.ADD1U, Completion.ADD1EU)

    @property
    def stops_when_nothing_fits(self) -> bool:
        return self in (Completion.ADD1E, Completion.ADD1EU)

    @property
    def adds_by_support(self) -> bool:
        return self in (Completion.U, Completion.ADD1U, Completion.ADD1EU)


class Comparison(StrEnum):
    """Whether the voters choose between the outcome of Equal Shares and the greedy one, and by what they compare."""

    NONE = "none"
    SATISFACTION = "satisfaction"  # each voter prefers the outcome that satisfies them more (see `Satisfaction`)
    NUMBER = "number"  # each voter prefers the outcome with more projects they support
    EXCLUSION = "exclusion"  # the outcome that leaves fewer voters without any project they support


class ElectionRefused(RuleViolation):
    """The election as it is written cannot be counted."""

    rule = "vote.election"


class ProxyRefused(ElectionRefused):
    """A ballot was cast for somebody else: proxies are for resolutions only (ruling B16)."""

    rule = "vote.proxy"


class TieLeft(RuleViolation):
    """The published list does not say which of several projects comes first: nobody may choose after the vote."""

    rule = "vote.tie"

    def __init__(self, projects: Sequence[str]) -> None:
        self.projects = tuple(projects)
        super().__init__(
            f"Égalité entre {', '.join(self.projects)} : la liste publiée ne les départage pas.",
            next_step="Ajoutez à la liste l’ordre tiré au sort avant le vote.",
        )


@dataclass(frozen=True)
class VotedProject:
    """A project on the ballot. `cost_cents`: the least it needs, all or nothing."""

    code: str
    cost_cents: int
    name: str = ""


@dataclass(frozen=True)
class Ballot:
    """What one member chose: project code → whole points above 0 (1 for a tick).

    `college`: the college they vote in, when there are colleges. `cast_for`: whom else the ballot would speak for.
    """

    voter: str
    points: Mapping[str, int]
    college: str = ""
    cast_for: tuple[str, ...] = ()

    @classmethod
    def approving(cls, voter: str, projects: Iterable[str], *, college: str = "") -> "Ballot":
        """Return the ballot that ticks these projects."""
        return cls(voter, dict.fromkeys(projects, 1), college)


@dataclass(frozen=True)
class College:
    """A group of voters who share `weight` of the budget between them, whatever their number."""

    code: str
    weight: Fraction


@dataclass(frozen=True)
class Election:
    """Everything that is counted.

    Raises: ElectionRefused: see `check_election`; an election that exists may be counted.
    """

    projects: tuple[VotedProject, ...]
    ballots: tuple[Ballot, ...]
    budget_cents: int
    kind: BallotKind = BallotKind.APPROVAL
    colleges: tuple[College, ...] = ()

    def __post_init__(self) -> None:
        check_election(self)

    @property
    def costs(self) -> dict[str, int]:
        return {project.code: project.cost_cents for project in self.projects}

    def shares(self, *, counts_empty_ballots: bool) -> tuple[dict[str, Fraction], int]:
        """Return the part of the budget each voter holds, by college, and how many voters share it.

        Without colleges: 1/n. With colleges: w_k/n_k, the weight shared by the voters of the college (ruling B16).

        Raises: ElectionRefused: a college with a weight has no voter, so that its money would belong to nobody.
        """
        counted = [ballot for ballot in self.ballots if ballot.points or counts_empty_ballots]
        if not self.colleges:
            return ({"": Fraction(1, len(counted))} if counted else {}), len(counted)
        voters = Counter(ballot.college for ballot in counted)
        for college in self.colleges:
            if counted and not voters[college.code]:
                raise ElectionRefused(f"Le collège « {college.code} » n’a aucun bulletin : sa part n’irait à personne.")
        if not counted:
            return {}, 0
        return {college.code: college.weight / voters[college.code] for college in self.colleges}, len(counted)


@dataclass(frozen=True)
class CountingRules:
    """Every choice of the count, frozen and published before the vote opens.

    Attributes:
        delta_cents: what one raise of ADD1 adds to the budget, for each voter.
        ties: the published list, in order. drawn_order: the codes as they were drawn, when the list uses them.
        starts_whole: raises start from a whole number of `delta_cents` per voter, as some regulations say.
        counts_empty_ballots: a ballot that chooses nothing still takes its share of the budget.
        greedy_skips: greedy passes over what does not fit and goes on; otherwise it stops there.
        funds_all_that_fits: when every project on the ballot fits in the budget, all win.
    """

    satisfaction: Satisfaction = Satisfaction.COST
    completion: Completion = Completion.ADD1U
    delta_cents: int = 100
    ties: tuple[TieRule, ...] = (TieRule.MORE_APPROVERS, TieRule.LOWER_COST, TieRule.DRAWN_ORDER)
    drawn_order: tuple[str, ...] = field(default=())
    starts_whole: bool = False
    counts_empty_ballots: bool = False
    comparison: Comparison = Comparison.NONE
    greedy_skips: bool = True
    funds_all_that_fits: bool = True

    def __post_init__(self) -> None:
        if type(self.delta_cents) is not int or self.delta_cents <= 0:
            raise ElectionRefused("Le pas de relance est un nombre entier de centimes, supérieur à zéro.")
        if len(set(self.ties)) != len(self.ties):
            raise ElectionRefused("La liste de départage dit deux fois la même règle.")
        if {TieRule.LOWER_COST, TieRule.HIGHER_COST} <= set(self.ties):
            raise ElectionRefused("La liste de départage dit à la fois le coût le plus bas et le plus haut.")
        if len(set(self.drawn_order)) != len(self.drawn_order):
            raise ElectionRefused("L’ordre tiré au sort nomme deux fois le même projet.")

    def as_dict(self) -> dict[str, Any]:
        """Return the rules as plain values, fit for JSON; `from_dict` reads them back."""
        values = asdict(self)
        values["ties"] = [str(rule) for rule in self.ties]
        values["drawn_order"] = list(self.drawn_order)
        return {key: str(value) if isinstance(value, StrEnum) else value for key, value in values.items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "CountingRules":
        """Return the rules that `as_dict` wrote.

        Raises: ElectionRefused: a name or a value that is none of ours.
        """
        unknown = set(values) - set(cls.__dataclass_fields__)
        if unknown:
            raise ElectionRefused(f"Règle de dépouillement inconnue : {', '.join(sorted(unknown))}.")
        read = dict(values)
        try:
            for key, kind in (("satisfaction", Satisfaction), ("completion", Completion), ("comparison", Comparison)):
                if key in read:
                    read[key] = kind(read[key])
            if "ties" in read:
                read["ties"] = tuple(TieRule(rule) for rule in read["ties"])
        except ValueError as refusal:
            raise ElectionRefused(f"Règle de dépouillement illisible : {refusal}.") from refusal
        if "drawn_order" in read:
            read["drawn_order"] = tuple(read["drawn_order"])
        return cls(**read)


def check_election(election: Election) -> None:
    """Refuse an election that cannot be counted, with the first reason found.

    Raises: ElectionRefused; ProxyRefused.
    """
    _require_cents("Le budget", election.budget_cents, allow_zero=True)
    codes = set()
    for project in election.projects:
        if not project.code:
            raise ElectionRefused("Un projet n’a pas de code.")
        if project.code in codes:
            raise ElectionRefused(f"Le projet « {project.code} » est inscrit deux fois.")
        codes.add(project.code)
        _require_cents(f"Le coût du projet « {project.code} »", project.cost_cents)
    _check_colleges(election.colleges)
    colleges = {college.code for college in election.colleges}
    voters = set()
    for ballot in election.ballots:
        if ballot.cast_for:
            raise ProxyRefused(
                f"Le bulletin de « {ballot.voter} » vote aussi pour {', '.join(ballot.cast_for)} : les procurations "
                "valent pour les résolutions, pas pour une élection de projets, où chacun dispose de sa seule part.",
            )
        if ballot.voter in voters:
            raise ElectionRefused(f"Deux bulletins portent le numéro « {ballot.voter} ».")
        voters.add(ballot.voter)
        if ballot.college not in colleges and (colleges or ballot.college):
            raise ElectionRefused(
                f"Le bulletin « {ballot.voter} » vote dans un collège inconnu : « {ballot.college} »."
            )
        for code, points in ballot.points.items():
            if code not in codes:
                raise ElectionRefused(f"Le bulletin « {ballot.voter} » choisit un projet inconnu : « {code} ».")
            if type(points) is not int or not 0 < points < 2**31:
                raise ElectionRefused(
                    f"Le bulletin « {ballot.voter} » donne {points!r} au projet « {code} » : les points sont des "
                    "nombres entiers supérieurs à zéro."
                )
            if points != 1 and election.kind is BallotKind.APPROVAL:
                raise ElectionRefused(
                    f"Le bulletin « {ballot.voter} » donne {points} au projet « {code} » dans un vote par approbation."
                )


def _check_colleges(colleges: Sequence[College]) -> None:
    if not colleges:
        return
    if len({college.code for college in colleges}) != len(colleges) or not all(college.code for college in colleges):
        raise ElectionRefused("Deux collèges portent le même nom, ou l’un n’en a pas.")
    if any(college.weight <= 0 for college in colleges):
        raise ElectionRefused("Le poids d’un collège est supérieur à zéro.")
    if sum((Fraction(college.weight) for college in colleges), Fraction(0)) != 1:
        raise ElectionRefused("Les poids des collèges n’ont pas 1 pour total.")


def _require_cents(what: str, cents: int, *, allow_zero: bool = False) -> None:
    least = 0 if allow_zero else 1
    if type(cents) is not int or not least <= cents < LARGEST_CENTS:
        raise ElectionRefused(f"{what} n’est pas un nombre entier de centimes, positif et inférieur à 2⁵³ : {cents!r}.")


class ClubRule(StrEnum):
    """How a club decides what its one ballot says."""

    MAJORITY = "majority"  # what more than half of those who voted chose
    UNANIMITY = "unanimity"  # what all of those who voted chose


def club_ballot(club: str, internal: Iterable[Iterable[str]], *, rule: ClubRule, college: str = "") -> Ballot:
    """Return the ballot of a club from its internal vote: one ballot, whatever the number of its members.

    Args: internal: for each member who voted inside the club, the projects they chose.
    """
    choices = [set(choice) for choice in internal]
    chosen = Counter(code for choice in choices for code in choice)
    needed = len(choices) if rule is ClubRule.UNANIMITY else len(choices) // 2 + 1
    return Ballot.approving(
        club, sorted(code for code, votes in chosen.items() if votes >= needed > 0), college=college
    )
