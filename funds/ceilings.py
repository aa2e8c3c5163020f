"""The ceiling a saver sets on their own lending: lowering acts at once, raising a day later."""

from datetime import datetime, timedelta

from django.db import transaction
from djmoney.money import Money

from funds.locks import lock_party
from funds.models import SaverCeiling
from investors.models import Party, User

RAISING_WAITS = timedelta(hours=24)


@transaction.atomic
def set_ceiling(*, saver: Party, amount: Money | None, by: User, at: datetime) -> SaverCeiling:
    """Write a saver's new ceiling; None lifts it. What was lent already stands.

    A ceiling that is raised, or lifted, while another is in force acts 24 hours later: nobody lifts it in the heat of
    the moment. The last row replaces one that has not acted yet.
    """
    lock_party(saver.pk)
    in_force, _coming = ceiling_of(saver, at=at)
    current = in_force.amount if in_force else None
    is_raised = current is not None and (amount is None or amount > current)
    acts_from = at + RAISING_WAITS if is_raised else at
    return SaverCeiling.objects.create(saver=saver, amount=amount, set_by=by, set_at=at, acts_from=acts_from)


def ceiling_of(saver: Party, *, at: datetime) -> tuple[SaverCeiling | None, SaverCeiling | None]:
    """Return the row in force, and the one that will act later (each None when there is none)."""
    rows = saver.ceilings.order_by("-pk")
    in_force = rows.filter(acts_from__lte=at).first()
    last = rows.first()
    coming = last if last is not None and last.acts_from > at else None
    return in_force, coming
