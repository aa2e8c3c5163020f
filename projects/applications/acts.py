"""Who instructed a file, for the rule of four eyes: whoever checked, asked, visited, wrote the note or sent it."""

from collections.abc import Iterable

from fres.kernel.models import TransitionLog
from projects.four_eyes import Act, acts_provider
from projects.models import Application, EligibilityCheck, InstructionNote, QuestionRound, SiteVisit

# Transitions made by who instructs; the committee's own are votes.
_INSTRUCTION = ("find_ineligible", "start_review", "ask_questions", "send_to_committee", "bring_back")


@acts_provider(Act.INSTRUCTED)
def instructed(application: Application) -> Iterable[int]:
    """Return the users who did any act of instruction on a file; being assigned to it is no act."""
    yield from EligibilityCheck.objects.filter(application=application).values_list("checked_by", flat=True)
    yield from QuestionRound.objects.filter(application=application).values_list("asked_by", flat=True)
    yield from SiteVisit.objects.filter(application=application).values_list("planned_by", flat=True)
    yield from InstructionNote.objects.filter(application=application).values_list("written_by", flat=True)
    yield from TransitionLog.objects.filter(
        subject_type=Application._meta.label_lower,
        subject_uuid=application.uuid,
        transition__in=_INSTRUCTION,
        by__isnull=False,
    ).values_list("by", flat=True)
