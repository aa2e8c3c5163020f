"""What a campaign refuses, by the name of the rule."""

from fres.kernel.errors import RuleViolation


class CampaignRefused(RuleViolation):
    """What is asked of a campaign cannot be done as things stand."""

    rule = "CAMPAIGN"


class NotApproved(CampaignRefused):
    """An offer follows an approved and labelled application."""

    rule = "APPROVAL"


class FileLocked(CampaignRefused):
    """The file is with the reviewer, or was accepted: it is returned before it changes."""

    rule = "FILE"


class FileIncomplete(CampaignRefused):
    """Required answers or parts of the file are missing; the message names them."""

    rule = "FILE"


class AnswerUnfit(CampaignRefused):
    """An answer is too long, holds a sign that cannot be printed, or is not of its kind."""

    rule = "FILE"


class TranchesDoNotAddUp(CampaignRefused):
    """The tranches of an offer add up to its maximum."""

    rule = "TRANCHES"


class OfferFourEyes(CampaignRefused):
    """Whoever wrote or sent a file neither reviews it nor opens the offer (ruling A7)."""

    rule = "FOUR_EYES"


class IntentionRefused(CampaignRefused):
    """Intentions are told before the opening, for a positive sum (ruling B31)."""

    rule = "B31"


class VoteRefused(CampaignRefused):
    """Only lenders, or the delegates drawn among them, vote, while the vote runs."""

    rule = "VOTE"


class ReturnRefused(CampaignRefused):
    """A tranche goes back to its lenders once they refused it, by two people."""

    rule = "TRANCHES"


class NotReleased(CampaignRefused):
    """A tranche is paid once its lenders released it."""

    rule = "TRANCHES"
