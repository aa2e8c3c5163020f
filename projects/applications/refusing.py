"""Refusals: a coded reason, a sentence, a useful next step and a way of appeal, always the four together (§6, A5)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from fres.kernel import clock, parameters
from fres.kernel.errors import RuleViolation
from investors.models import User
from projects.applications.deadlines import days_after
from projects.models import Application, Refusal, RefusalReason


class RefusalWithoutReason(RuleViolation):
    """A refusal needs a coded reason, an explanation and a next step."""

    rule = "refusal-reason"


@transaction.atomic
def record_refusal(
    *, application: Application, stage: str, code: str, reason: str, next_step: str, by: User, at: datetime
) -> Refusal:
    """Write why a file is refused and until when it may be appealed; whoever calls advances the file.

    Args: stage: `Refusal.Stage`; an appeal that is dismissed opens no other. code: `RefusalReason`. reason, next_step:
        French, shown to the holder as they are.
    Raises: RefusalWithoutReason: one of the three is missing.
    """
    if code not in RefusalReason.values or not reason.strip() or not next_step.strip():
        raise RefusalWithoutReason(
            _("Un refus porte un motif codé, une explication et une suite utile."),
            next_step=_("Choisissez le motif, écrivez l’explication et ce que le porteur peut faire maintenant."),
        )
    day = clock.local(at).date()
    scope = str(application.call.fund_uuid) if application.call else parameters.NATIONAL
    days = parameters.value_at("application.appeal.days", day, scope).whole
    return Refusal.objects.create(
        application=application,
        stage=stage,
        code=code,
        reason=reason.strip(),
        next_step=next_step.strip(),
        decided_by=by,
        decided_at=at,
        appeal_until=None if stage == Refusal.Stage.APPEAL else days_after(day, days),
    )
