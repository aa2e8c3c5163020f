"""Refusals of the follow-up of projects."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from fres.kernel.errors import RuleViolation


class ReportLocked(RuleViolation):
    """The report was sent or published: its answers do not change any more."""

    rule = "report-locked"


class ReportIncomplete(RuleViolation):
    """Something expected is missing; `missing` names each, for the page."""

    rule = "report-incomplete"

    def __init__(self, missing: Sequence[str]) -> None:
        self.missing = tuple(missing)
        super().__init__(
            _("Il manque %(count)d élément(s) : %(list)s.") % {"count": len(missing), "list": " ; ".join(missing)},
            next_step=_("Complétez-les, puis transmettez de nouveau. Rien n’est perdu."),
        )


class ReportNotSigned(RuleViolation):
    """Only a legal representative signs the report of their organisation."""

    rule = "report-signature"


class ReviewerInvolved(RuleViolation):
    """The reviewer belongs to the organisation, or sent the report."""

    rule = "report-reviewer"


class ReasonMissing(RuleViolation):
    """A report is not returned without saying what to take up again."""

    rule = "report-reason"


class ValueRefused(RuleViolation):
    """A value of an indicator cannot be: a negative denominator, a part above 100 %."""

    rule = "report-value"
