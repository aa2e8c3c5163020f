"""What the money side knows of a committee member's ties to a file: what they lend or gave there (issue §2.4)."""

from collections.abc import Iterator
from datetime import date

from django.utils.translation import gettext as _

from funds.models import Commitment
from funds.states import CommitmentState
from investors.models import User
from investors.selectors import parties_acted_for
from projects.committee.hints import Hint, hint_source
from projects.models import Application

_WITHOUT_EFFECT = (
    CommitmentState.REVOKED,
    CommitmentState.EXPIRED,
    CommitmentState.CANCELLED,
    CommitmentState.REFUNDED,
)


@hint_source
def commitments_to_the_holder(user: User, application: Application, on: date) -> Iterator[Hint]:
    """Yield a hint when the person, or somebody they act for, has money in a project of the same holder."""
    engaged = Commitment.objects.filter(
        saver__in=parties_acted_for(user, on), offer__project__organisation=application.organisation_id
    ).exclude(state__in=_WITHOUT_EFFECT)
    if engaged.exists():
        yield Hint("lends", _("Vous avez prêté ou donné à un projet de ce porteur, ou agissez pour qui l’a fait."))
