"""Refusals of the application side, named after their rule."""

from fres.kernel.errors import RuleViolation


class CallClosed(RuleViolation):
    """The call takes no files at this moment."""

    rule = "call-closed"


class DraftClosed(RuleViolation):
    """The file was sent: its answers change only when the fund asks something."""

    rule = "draft-closed"


class SectionChangedMeanwhile(RuleViolation):
    """A colleague saved the same section since this page was opened."""

    rule = "section-changed"


class ApplicationIncomplete(RuleViolation):
    """Required answers or pieces are missing."""

    rule = "application-incomplete"


class FiguresInconsistent(RuleViolation):
    """The figures of the file contradict each other."""

    rule = "figures-inconsistent"


class SignatureRequired(RuleViolation):
    """Only a legal representative of the organisation signs and sends a file."""

    rule = "signature-required"


class PieceExpired(RuleViolation):
    """A joined piece is too old or past its date."""

    rule = "piece-expired"


class NotYourMove(RuleViolation):
    """The file is not at the point where this is done."""

    rule = "not-your-move"


class InstructionIncomplete(RuleViolation):
    """The file may not go to the committee: a required point is missing."""

    rule = "instruction-incomplete"


class AppealRefused(RuleViolation):
    """The appeal comes too late, twice, or is decided by somebody who had a part in the file."""

    rule = "appeal"


class AnswerMissing(RuleViolation):
    """Every question needs an answer before the list is sent back."""

    rule = "answer-missing"


class ReasonMissing(RuleViolation):
    """An act that ends a file, or refuses something, is motivated in writing."""

    rule = "reason-missing"
