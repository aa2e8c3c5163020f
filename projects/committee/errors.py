"""What a committee refuses, each rule by name."""

from fres.kernel.errors import RuleViolation


class CommitteeRefused(RuleViolation):
    """The act cannot be done as things stand; the message says why and what to do."""

    rule = "committee"


class WeightsNotWhole(CommitteeRefused):
    """Weights do not sum to 100 %, or one of them lies outside its bounds."""

    rule = "committee-weights"


class SeatRefused(CommitteeRefused):
    """The person already sits, or cannot sit in that college."""

    rule = "committee-seat"


class DrawRefused(CommitteeRefused):
    """The draw has no seed born in public, or fewer people than seats."""

    rule = "committee-draw"


class AgendaRefused(CommitteeRefused):
    """The file cannot be put on this agenda, or taken off it."""

    rule = "committee-agenda"


class NotSeated(CommitteeRefused):
    """The person holds no seat on that committee on that day."""

    rule = "committee-not-seated"


class NotDeclared(CommitteeRefused):
    """A file opens, and a vote is taken, only after the member has declared their interests."""

    rule = "committee-declare-first"


class Recused(CommitteeRefused):
    """Who withdrew from a file neither reads, scores nor votes."""

    rule = "committee-recused"


class DeclarationRefused(CommitteeRefused):
    """The declaration is incomplete, or comes too late."""

    rule = "committee-declaration"


class ReviewRefused(CommitteeRefused):
    """A score is missing or outside the scale, or the vote has begun."""

    rule = "committee-review"


class NoQuorum(CommitteeRefused):
    """Too few members are present for a vote."""

    rule = "committee-quorum"


class VoteRefused(CommitteeRefused):
    """The ballot is not open, or this person has voted."""

    rule = "committee-vote"


class Vetoed(CommitteeRefused):
    """A criterion found totally absent disqualifies: the file cannot be approved."""

    rule = "committee-veto"


class DecisionRefused(CommitteeRefused):
    """The decision does not follow from the ballot, or lacks its axis or its motive."""

    rule = "committee-decision"


class ConditionRefused(CommitteeRefused):
    """The condition is met already, or no evidence is named."""

    rule = "committee-condition"


class MinutesRefused(CommitteeRefused):
    """The minutes are sealed, changed since they were signed, or not signed by both."""

    rule = "committee-minutes"
