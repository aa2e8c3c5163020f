"""The arithmetic of a committee, exact and pure: quorum, weighted result, grid, dispersion, veto, drawn order.

Shares are `Fraction`s from end to end; a decimal is made only to print (`printed`).
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from projects.models.committee import BASIS, Committee, Grid
from projects.models.committee_sessions import Ballot, Vote

DRAW_METHOD = "sha256(seed + ':' + uuid)"
_THRESHOLDS = {
    Committee.Majority.SIMPLE.value: Fraction(1, 2),
    Committee.Majority.TWO_THIRDS.value: Fraction(2, 3),
    Committee.Majority.THREE_QUARTERS.value: Fraction(3, 4),
}


# Weights


def are_whole(weights_bp: Iterable[int]) -> bool:
    """Whether weights in basis points sum to exactly one."""
    return sum(weights_bp) == BASIS


# Quorum


def quorum_of(*, entitled: int, quorum_bp: int) -> int:
    """Return how many must be present out of `entitled` seats: the share rounded up, one at least."""
    share = Fraction(entitled * quorum_bp, BASIS)
    return max(1, -(-share.numerator // share.denominator))


# Votes


@dataclass(frozen=True, slots=True)
class CollegeCount:
    """What one college voted. Abstentions are not cast: they count in the quorum and nowhere else."""

    name: str
    weight_bp: int
    yes: int
    no: int
    abstain: int

    @property
    def cast(self) -> int:
        return self.yes + self.no

    @property
    def share(self) -> Fraction | None:
        """The share in favour among votes cast; None when the college cast none."""
        return Fraction(self.yes, self.cast) if self.cast else None


def support_of(counts: Sequence[CollegeCount]) -> Fraction | None:
    """Return Σ wₖ × yesₖ / castₖ; the weight of colleges that cast nothing is shared among the others, pro rata.

    Returns: None when nobody cast a vote.
    Source: fact sheet §5.1, COLLEGES. What a silent college weighs is our choice (docs/decisions.md).
    """
    voting = [count for count in counts if count.cast]
    weight = sum(count.weight_bp for count in voting)
    if not weight:
        return None
    return sum((Fraction(count.weight_bp * count.yes, weight * count.cast) for count in voting), Fraction(0))


def result_of(*, support: Fraction | None, majority: str, tie_rule: str, chair_choice: str | None) -> str:
    """Return `Ballot.Result`: carried, rejected or tied.

    More than half carries under a simple majority; two thirds and three quarters carry when reached. Exactly half is a
    tie: the chair's own vote decides it when the rule says so and the chair voted yes or no, else it stays a tie. A
    ballot in which nobody cast a vote is a tie too.
    """
    threshold = _THRESHOLDS[majority]
    if support is not None and majority != Committee.Majority.SIMPLE:
        return Ballot.Result.CARRIED if support >= threshold else Ballot.Result.REJECTED
    if support is not None and support != threshold:
        return Ballot.Result.CARRIED if support > threshold else Ballot.Result.REJECTED
    if support is not None and tie_rule == Committee.TieRule.CHAIR:
        if chair_choice == Vote.Choice.YES:
            return Ballot.Result.CARRIED
        if chair_choice == Vote.Choice.NO:
            return Ballot.Result.REJECTED
    return Ballot.Result.TIED


# Scores


@dataclass(frozen=True, slots=True)
class CriterionLine:
    """One criterion of a grid, as rules see it."""

    code: str
    weight_bp: int
    is_veto: bool


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """The scores of one criterion: exact mean, range, mean distance to the mean, and whether it disqualifies."""

    code: str
    scores: tuple[int, ...]
    mean: Fraction | None
    lowest: int | None
    highest: int | None
    deviation: Fraction | None
    zeros: int
    is_vetoed: bool

    def is_dispersed(self, scale_max: int) -> bool:
        """Whether reviewers stand half the scale apart or more: worth a discussion before the vote."""
        return self.lowest is not None and self.highest is not None and 2 * (self.highest - self.lowest) >= scale_max


@dataclass(frozen=True, slots=True)
class GridResult:
    """A grid filled in by its reviewers. `totals`: one weighted score a reviewer, in the order given."""

    criteria: tuple[CriterionResult, ...]
    totals: tuple[Fraction, ...]
    score: Fraction | None
    deviation: Fraction | None

    @property
    def vetoed(self) -> tuple[CriterionResult, ...]:
        """The criteria found totally absent, any one of which disqualifies."""
        return tuple(one for one in self.criteria if one.is_vetoed)

    def is_dispersed(self, scale_max: int) -> bool:
        """Whether the weighted totals of two reviewers stand half the scale apart or more."""
        return bool(self.totals) and 2 * (max(self.totals) - min(self.totals)) >= scale_max


def grid_result(*, lines: Sequence[CriterionLine], reviews: Sequence[Mapping[str, int]], veto_quota: str) -> GridResult:
    """Return what reviewers' scores say of a file.

    Args: reviews: one mapping a reviewer, criterion code → score, every criterion scored.
    """
    criteria = tuple(_criterion(line, tuple(review[line.code] for review in reviews), veto_quota) for line in lines)
    totals = tuple(
        sum((Fraction(line.weight_bp * review[line.code], BASIS) for line in lines), Fraction(0)) for review in reviews
    )
    return GridResult(criteria, totals, _mean(totals), _deviation(totals))


def _criterion(line: CriterionLine, scores: tuple[int, ...], veto_quota: str) -> CriterionResult:
    values = tuple(Fraction(score) for score in scores)
    zeros = scores.count(0)
    return CriterionResult(
        code=line.code,
        scores=scores,
        mean=_mean(values),
        lowest=min(scores, default=None),
        highest=max(scores, default=None),
        deviation=_deviation(values),
        zeros=zeros,
        is_vetoed=line.is_veto and _is_absent(zeros, len(scores), veto_quota),
    )


def _is_absent(zeros: int, reviewers: int, veto_quota: str) -> bool:
    if not zeros:
        return False
    if veto_quota == Grid.VetoQuota.ANY:
        return True
    if veto_quota == Grid.VetoQuota.ALL:
        return zeros == reviewers
    return 2 * zeros > reviewers


def _mean(values: Sequence[Fraction]) -> Fraction | None:
    return sum(values, Fraction(0)) / len(values) if values else None


def _deviation(values: Sequence[Fraction]) -> Fraction | None:
    """Return the mean distance to the mean: exact, where a standard deviation would need a root."""
    mean = _mean(values)
    if mean is None:
        return None
    return sum((abs(value - mean) for value in values), Fraction(0)) / len(values)


# Draws


def drawn_order(*, pool: Iterable[str], seed: str) -> tuple[str, ...]:
    """Return everyone of a pool in drawn order: by the SHA-256 of the seed, a colon and their identifier.

    Whoever has the pool and the seed finds the same order. The seed must be born in public after the pool is frozen.
    """
    return tuple(sorted(set(pool), key=lambda one: hashlib.sha256(f"{seed}:{one}".encode()).hexdigest()))


# Printing


def printed(value: Fraction, places: int = 2) -> Decimal:
    """Return an exact value rounded half up, to print. Nothing is computed from it."""
    scaled = value * 10**places
    rounded, rest = divmod(scaled.numerator, scaled.denominator)
    if 2 * rest >= scaled.denominator:
        rounded += 1
    return (Decimal(rounded) / 10**places).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def percentage(value: Fraction) -> Decimal:
    """Return a share as a percentage with two decimals, to print."""
    return printed(value * 100)
