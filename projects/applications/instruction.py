"""Instruct a file: who, is it eligible, what is missing, what do others think, what the committee will read (§6)."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from fres.kernel import clock, parameters
from fres.kernel.states import advance
from investors.models import User
from projects.applications import notices
from projects.applications.completeness import draft_state
from projects.applications.consistency import requested_cents
from projects.applications.deadlines import days_after
from projects.applications.drafts import lock_open
from projects.applications.eligibility import Rule
from projects.applications.errors import AnswerMissing, InstructionIncomplete, NotYourMove, ReasonMissing
from projects.applications.refusing import record_refusal
from projects.applications.submitting import freeze_version, require_ready
from projects.four_eyes import Act, check_four_eyes
from projects.models import (
    Answer,
    Application,
    ApplicationMessage,
    ApplicationVersion,
    Assignment,
    EligibilityCheck,
    Question,
    QuestionRound,
    Refusal,
)
from projects.states import (
    ANSWER_QUESTIONS,
    ASK_QUESTIONS,
    FIND_INELIGIBLE,
    START_REVIEW,
    ApplicationState,
)

# Files that somebody may still be in charge of.
IN_HAND = frozenset(
    {
        ApplicationState.SUBMITTED,
        ApplicationState.UNDER_REVIEW,
        ApplicationState.QUESTIONED,
        ApplicationState.ADJOURNED,
        ApplicationState.APPEALED,
    }
)


@transaction.atomic
def assign_applications(
    *, applications: Sequence[Application], instructor: User, by: User, at: datetime
) -> list[Assignment]:
    """Entrust files to one person, ending who had them: all or none.

    Raises: NotYourMove: one of them waits for nobody's instruction. SamePersonTwice: the person voted on one of them.
    """
    keys = [one.pk for one in applications]
    locked = list(Application.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk"))
    if any(one.state not in IN_HAND for one in locked):
        raise NotYourMove(
            _("Un des dossiers choisis n’est plus à instruire."),
            next_step=_("Rechargez la liste et choisissez à nouveau."),
        )
    for one in locked:
        check_four_eyes(application=one, user=instructor, act=Act.INSTRUCTED)
    Assignment.objects.filter(application__in=locked, ended_at=None).exclude(instructor=instructor).update(ended_at=at)
    kept = set(
        Assignment.objects.filter(application__in=locked, ended_at=None).values_list("application_id", flat=True)
    )
    return Assignment.objects.bulk_create(
        Assignment(application=one, instructor=instructor, assigned_by=by, assigned_at=at)
        for one in locked
        if one.pk not in kept
    )


@transaction.atomic
def check_eligibility(
    *,
    application: Application,
    findings: Mapping[str, Mapping[str, Any]],
    by: User,
    at: datetime,
    code: str = "",
    reason: str = "",
    next_step: str = "",
) -> Application:
    """Say whether a file is eligible: with every rule met its instruction starts, otherwise it is refused with reasons.

    Args: findings: for each `Rule`, {"met": bool, "comment": str}. code, reason, next_step: of the refusal, when a rule
        is not met.
    Raises: InstructionIncomplete: a rule was not looked at. RefusalWithoutReason. SamePersonTwice. TransitionRefused.
    """
    check_four_eyes(application=application, user=by, act=Act.INSTRUCTED)
    if set(findings) != set(Rule.values) or any(type(one.get("met")) is not bool for one in findings.values()):
        raise InstructionIncomplete(
            _("Chacune des %(n)d règles de recevabilité est constatée, oui ou non.") % {"n": len(Rule)},
            next_step=_("Répondez à chaque règle."),
        )
    is_eligible = all(one["met"] for one in findings.values())
    EligibilityCheck.objects.create(
        application=application,
        findings={rule: dict(one) for rule, one in findings.items()},
        is_eligible=is_eligible,
        checked_by=by,
        checked_at=at,
    )
    if not is_eligible:
        refusal = record_refusal(
            application=application, stage=Refusal.Stage.ELIGIBILITY, code=code, reason=reason, next_step=next_step,
            by=by, at=at,
        )  # fmt: skip
        application = advance(application, FIND_INELIGIBLE, by=by, at=at, reason=refusal.get_code_display())
        notices.tell_refused(refusal=refusal, at=at)
        return application
    application = advance(application, START_REVIEW, by=by, at=at, review_started_at=at)
    day = clock.local(at).date()
    answer_by = days_after(day, days_of(application, "application.instruction.days", day))
    notices.tell_review_started(application=application, answer_by=answer_by, at=at)
    return application


@transaction.atomic
def ask_questions(
    *, application: Application, questions: Sequence[tuple[str, str]], by: User, at: datetime
) -> QuestionRound:
    """Send a list of questions: the clock stops until they are answered, the file is abandoned if they never are.

    Args: questions: (section of the form or "", text), in order.
    Raises: ReasonMissing: no question. SamePersonTwice. TransitionRefused.
    """
    check_four_eyes(application=application, user=by, act=Act.INSTRUCTED)
    asked = [(section, text.strip()) for section, text in questions if text.strip()]
    if not asked:
        raise ReasonMissing(_("Une liste de questions en contient au moins une."))
    application = advance(application, ASK_QUESTIONS, by=by, at=at)
    day = clock.local(at).date()
    one_round = QuestionRound.objects.create(
        application=application,
        asked_by=by,
        asked_at=at,
        due_on=days_after(day, days_of(application, "application.complement.days", day)),
    )
    Question.objects.bulk_create(
        Question(round=one_round, rank=rank, section=section, text=text)
        for rank, (section, text) in enumerate(asked, start=1)
    )
    notices.tell_questions(application=application, asked=one_round, count=len(asked), at=at)
    return one_round


@transaction.atomic
def answer_questions(*, application: Application, answers: Mapping[UUID, str], by: User, at: datetime) -> QuestionRound:
    """Answer every question of the open list; answers changed in the file meanwhile become its next version.

    Args: answers: by the uuid of each question.
    Raises: AnswerMissing; ApplicationIncomplete, FiguresInconsistent, PieceExpired: the file was changed and no longer
        holds. DraftClosed: nothing is asked.
    """
    application = lock_open(application)
    one_round = QuestionRound.objects.filter(application=application, answered_at=None, closed_at=None).first()
    if one_round is None:
        raise NotYourMove(_("Aucune question n’attend de réponse."))
    questions = list(one_round.questions.all())
    if missing := [one.rank for one in questions if not answers.get(one.uuid, "").strip()]:
        raise AnswerMissing(
            _("Il manque la réponse à la question %(ranks)s.") % {"ranks": ", ".join(map(str, missing))},
            next_step=_("Répondez à chacune, même par « je ne sais pas »."),
        )
    Answer.objects.bulk_create(Answer(question=one, text=answers[one.uuid].strip(), by=by, at=at) for one in questions)
    _freeze_changes(application, by=by, at=at)
    one_round.answered_by, one_round.answered_at = by, at
    one_round.save(update_fields=["answered_by", "answered_at"])
    application = advance(application, ANSWER_QUESTIONS, by=by, at=at)
    notices.tell_answered(application=application, asked=one_round, at=at)
    return one_round


@transaction.atomic
def post_message(
    *, application: Application, text: str, is_from_fund: bool, by: User, at: datetime
) -> ApplicationMessage:
    """Write a message in a file and tell the other side. Raises: ReasonMissing: it says nothing."""
    if not text.strip():
        raise ReasonMissing(_("Écrivez votre message."))
    message = ApplicationMessage.objects.create(
        application=application, by=by, is_from_fund=is_from_fund, text=text.strip(), at=at
    )
    notices.tell_message(message=message, at=at)
    return message


def lock_in_review(application: Application) -> Application:
    """Return the row, locked, of a file under instruction. Raises: NotYourMove."""
    row = (
        Application.objects.select_for_update(of=("self",))
        .select_related("call", "project", "organisation__party")
        .get(pk=application.pk)
    )
    if row.state != ApplicationState.UNDER_REVIEW:
        raise NotYourMove(
            _("Ce dossier est à l’état « %(state)s » : il ne s’instruit pas maintenant.")
            % {"state": row.get_state_display()},
            next_step=_("Rechargez la page : l’état a pu changer entre-temps."),
        )
    return row


def days_of(application: Application, key: str, on: date) -> int:
    """Return a period of the fund in days (dated parameter, the fund's own before the national one)."""
    scope = str(application.call.fund_uuid) if application.call else parameters.NATIONAL
    return parameters.value_at(key, on, scope).whole


def _freeze_changes(application: Application, *, by: User, at: datetime) -> ApplicationVersion | None:
    """Write a new version when answers or pieces changed since the last one; it must hold together as the first did."""
    last = application.versions.order_by("-rank").first()
    state = draft_state(application, on=clock.local(at).date())
    if last is None:
        return None
    pieces = sorted(piece.sha256 for piece in state.pieces)
    is_same = last.content["answers"] == state.schema.visible_answers(state.answers) and pieces == sorted(
        piece["sha256"] for piece in last.content["pieces"]
    )
    if is_same:
        return None
    require_ready(state)
    asked = requested_cents(state.schema.visible_answers(state.answers))
    application.requested_cents = asked
    application.save(update_fields=["requested_cents"])
    return freeze_version(
        application=application, state=state, why=ApplicationVersion.Why.COMPLEMENT, asked_cents=asked, answer_by=None,
        by=by, at=at,
    )  # fmt: skip
