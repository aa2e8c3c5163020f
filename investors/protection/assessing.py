"""Writing what a saver answered, what they read, and what they chose to send (Regulation (EU) 2020/1503, art. 21)."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _
from djmoney.money import Money

from fres.kernel import clock, parameters
from fres.kernel.errors import RuleViolation
from fres.kernel.locked_texts import read_text
from fres.kernel.money import to_cents
from investors.models import EntryAssessment, LossSimulation, Party, User, WarningAcknowledgement
from investors.protection.questionnaire import Score, read_questionnaire, score_of
from investors.selectors import parties_acted_for

WARNING = "entry.warning"
TOOL_VERSION = "2026-11"  # of fres/static/simulation.js; another formula is another version
PASS_SHARE = "ecspr.entry_test_pass"
TEST_LASTS = "ecspr.entry_test_years"
SIMULATION_LASTS = "ecspr.simulation_years"
OUTCOME = EntryAssessment.Outcome


class NotTheirs(RuleViolation):
    """A person answers for themselves, or for whom they represent."""

    rule = "E06"


class AnswersIncomplete(RuleViolation):
    """A question has no answer, or one that was not proposed."""

    rule = "E06"


class NothingToAcknowledge(RuleViolation):
    """No questionnaire of this person calls for the warning."""

    rule = "E07"


class ResultNotValid(RuleViolation):
    """The result of a simulation is an amount at a date that the law allows."""

    rule = "E08"


@transaction.atomic
def take_assessment(
    *, party: Party, answers: Mapping[str, Sequence[str]], by: User, at: datetime, version: str = ""
) -> EntryAssessment:
    """Write a questionnaire that was answered, and whether it was passed; it counts two years (E06).

    Args: answers: question → keys of the choices. version: of the questionnaire on the page.
    Raises: NotTheirs; AnswersIncomplete: nothing is written.
    """
    _act_for(party, by, at)
    questionnaire = read_questionnaire()
    try:
        if version and version != questionnaire.version:
            raise ValueError(version)
        score = score_of(questionnaire, answers)
    except ValueError as unfit:
        raise AnswersIncomplete(
            _("Le questionnaire d’entrée compte %(count)s questions ; chacune attend une réponse.")
            % {"count": len(questionnaire.questions)},
            next_step=_("Complétez celles qui restent, ou choisissez de ne pas répondre."),
        ) from unfit
    is_passed = score.reaches(parameters.value_at(PASS_SHARE, clock.local(at).date()).rate)
    outcome = OUTCOME.PASSED if is_passed else OUTCOME.INSUFFICIENT
    return _write(party, outcome, by, at, score=score, answers={key: list(keys) for key, keys in answers.items()})


@transaction.atomic
def refuse_assessment(*, party: Party, by: User, at: datetime) -> EntryAssessment:
    """Write that a person will not answer: they may invest all the same, once warned (art. 21(4), (6)).

    Raises: NotTheirs.
    """
    _act_for(party, by, at)
    return _write(party, OUTCOME.REFUSED, by, at)


@transaction.atomic
def acknowledge_warning(*, party: Party, by: User, at: datetime) -> WarningAcknowledgement:
    """Write that a person read and understood the warning of their last questionnaire (E07); once is enough.

    Raises: NotTheirs; NothingToAcknowledge: the last questionnaire was passed, has ended, or does not exist.
    """
    _act_for(party, by, at)
    last = EntryAssessment.objects.filter(party=party).order_by("-pk").first()
    if last is None or last.outcome == OUTCOME.PASSED or last.expires_on <= clock.local(at).date():
        raise NothingToAcknowledge(
            _("Aucun questionnaire en cours n’appelle d’avertissement."),
            next_step=_("La page « Avant de prêter » dit ce qui reste à faire."),
        )
    text = read_text(WARNING)
    row, _is_new = WarningAcknowledgement.objects.get_or_create(
        assessment=last,
        defaults={"by": by, "text_version": text.version, "text_sha256": text.digest, "acknowledged_at": at},
    )
    return row


@transaction.atomic
def record_simulation(
    *, party: Party, result: Money | None, reference_date: date | None, by: User, at: datetime
) -> LossSimulation:
    """Write the result a person sends, or (without one) that they keep it to themselves; it counts a year (E08).

    Args: result: a tenth of their net worth, never less than zero. reference_date: of the figures, between the end of
        the year before and today (Delegated Regulation (EU) 2022/2114, art. 11).
    Raises: NotTheirs; ResultNotValid.
    """
    _act_for(party, by, at)
    on = clock.local(at).date()
    if result is not None:
        _check_result(result, reference_date, on)
    years = parameters.value_at(SIMULATION_LASTS, on).whole
    return LossSimulation.objects.create(
        party=party,
        by=by,
        is_sent=result is not None,
        result=result,
        reference_date=reference_date if result is not None else None,
        tool_version=TOOL_VERSION,
        made_at=at,
        expires_on=years_after(on, years),
    )


def years_after(on: date, years: int) -> date:
    """Return the same day so many years later; 29 February gives 1 March in a common year."""
    try:
        return on.replace(year=on.year + years)
    except ValueError:
        return date(on.year + years, 3, 1)


def _check_result(result: Money, reference_date: date | None, on: date) -> None:
    earliest = date(on.year - 1, 12, 31)
    try:
        is_amount = to_cents(result) >= 0
    except ValueError:
        is_amount = False
    if not is_amount:
        raise ResultNotValid(
            _("Le résultat d’une simulation est un montant en euros et centimes, à partir de 0."),
            next_step=_("Reprenez la simulation, ou choisissez de ne pas transmettre son résultat."),
        )
    if reference_date is None or not earliest <= reference_date <= on:
        raise ResultNotValid(
            _("Les chiffres d’une simulation sont datés du %(first)s au plus tôt, d’aujourd’hui au plus tard.")
            % {"first": earliest.strftime("%d/%m/%Y")},
            next_step=_("Choisissez une date de référence entre ces deux jours."),
        )


def _act_for(party: Party, by: User, at: datetime) -> None:
    if not parties_acted_for(by, clock.local(at).date()).filter(pk=party.pk).exists():
        raise NotTheirs(
            _("Vous n’agissez pas pour cette personne."), next_step=_("Répondez pour vous-même, depuis votre espace.")
        )


def _write(
    party: Party,
    outcome: EntryAssessment.Outcome,
    by: User,
    at: datetime,
    *,
    score: Score | None = None,
    answers: Mapping[str, list[str]] | None = None,
) -> EntryAssessment:
    questionnaire, on = read_questionnaire(), clock.local(at).date()
    return EntryAssessment.objects.create(
        party=party,
        by=by,
        version=questionnaire.version,
        sha256=questionnaire.sha256,
        outcome=outcome,
        score=score.right if score else None,
        out_of=score.out_of if score else None,
        answers=dict(answers or {}),
        taken_at=at,
        expires_on=years_after(on, parameters.value_at(TEST_LASTS, on).whole),
    )
