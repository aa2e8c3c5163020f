"""What falls due for files by itself: questions never answered, approvals never used, drafts never sent."""

from datetime import datetime, timedelta

from django.db.models import Max
from django.db.transaction import atomic

from fres.kernel import clock, parameters
from fres.kernel.duties import duty
from fres.kernel.models import Message, TransitionLog
from fres.kernel.states import advance
from projects.applications import notices
from projects.applications.completeness import draft_state
from projects.applications.deadlines import months_after
from projects.applications.instruction import days_of
from projects.models import Application, QuestionRound
from projects.states import ABANDON, APPROVAL_LAPSES, APPROVE, ApplicationState

# A draft is looked at for so long after its nudge was due: each look reads the whole draft.
LOOKED_AT_FOR = timedelta(days=14)
_LONGEST_SILENCE = timedelta(days=90)


@duty(order=300)
def abandon_unanswered(at: datetime) -> str:
    """Close the files whose questions had no answer within the period (60 days, §6 and ruling A5)."""
    day = clock.local(at).date()
    late = QuestionRound.objects.filter(
        answered_at=None, closed_at=None, due_on__lt=day, application__state=ApplicationState.QUESTIONED
    )
    count = 0
    for one in late.select_related("application__project", "application__organisation").order_by("pk"):
        with atomic():
            application = advance(one.application, ABANDON, by=None, at=at, reason=f"{one.due_on}")
            one.closed_at = at
            one.save(update_fields=["closed_at"])
            notices.tell_ended(application=application, why="abandoned", at=at)
        count += 1
    return f"{count} files abandoned"


@duty(order=310)
def lapse_approvals(at: datetime) -> str:
    """End the approvals that led to no label within the period (12 months, §6 and ruling A5)."""
    day = clock.local(at).date()
    approved = Application.objects.filter(state=ApplicationState.APPROVED).select_related("project", "organisation")
    since = dict(
        TransitionLog.objects.filter(
            subject_type=Application._meta.label_lower,
            subject_uuid__in=approved.values("uuid"),
            transition=APPROVE.name,
        )
        .values_list("subject_uuid")
        .annotate(last=Max("at"))
    )
    count = 0
    for application in approved.order_by("pk"):
        approved_at = since.get(application.uuid)
        if approved_at is None:
            continue
        scope = str(application.call.fund_uuid) if application.call else parameters.NATIONAL
        approved_on = clock.local(approved_at).date()
        months = parameters.value_at("application.approval.months", approved_on, scope).whole
        if day <= months_after(approved_on, months):
            continue
        with atomic():
            ended = advance(application, APPROVAL_LAPSES, by=None, at=at)
            notices.tell_ended(application=ended, why="lapsed", at=at)
        count += 1
    return f"{count} approvals lapsed"


@duty(order=320)
def nudge_filled_drafts(at: datetime) -> str:
    """Tell the teams whose draft is filled in and was not sent for some days, once for each time they saved it."""
    day = clock.local(at).date()
    drafts = (
        Application.objects.filter(state=ApplicationState.DRAFT, form__isnull=False, call__isnull=False)
        .select_related("call", "form", "project", "organisation__party")
        .annotate(last_saved_at=Max("sections__saved_at"))
        .filter(last_saved_at__gt=at - _LONGEST_SILENCE)
        .order_by("pk")
    )
    count = 0
    for application in drafts:
        saved_on = clock.local(application.last_saved_at).date()  # type: ignore[attr-defined]
        waited = (day - saved_on).days - days_of(application, "application.nudge.days", day)
        if not 0 <= waited <= LOOKED_AT_FOR.days or application.call is None or not application.call.is_open(at):
            continue
        if Message.objects.filter(
            key__startswith=f"application:{application.uuid}:not-sent:{saved_on:%Y%m%d}"
        ).exists():
            continue
        if not draft_state(application, on=day).is_ready:
            continue
        closes_on = clock.local(application.call.closes_at).date() if application.call.closes_at else None
        notices.tell_not_sent(application=application, saved_on=saved_on, closes_on=closes_on, at=at)
        count += 1
    return f"{count} filled drafts reminded"
