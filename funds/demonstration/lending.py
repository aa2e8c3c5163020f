"""How a saver of the demonstration gets ready to lend, and does it again when a year or two have gone by (E06 to E08).

Most pass the questionnaire and send the result of their simulation; some fail or will not answer, read the warning, and
lend small sums all the same; some keep their result to themselves. By the rank of their number: always the same ones.
"""

from datetime import date, datetime

from fres.kernel import clock
from fres.kernel.money import from_cents
from funds.limits import limits_at
from investors.models import Party, User
from investors.protection.assessing import (
    acknowledge_warning,
    record_simulation,
    refuse_assessment,
    take_assessment,
)
from investors.protection.questionnaire import read_questionnaire
from investors.protection.selectors import readiness_of

FAILS_EACH, REFUSES_EACH, WITHHOLDS_EACH = 9, 13, 4
_BEARABLE = (1_240_00, 2_860_00, 980_00, 4_310_50, 1_905_00, 7_000_00, 640_00)  # cents


def prepare_to_lend(*, party: Party, user: User, cents: int, at: datetime) -> None:
    """Answer, read and send whatever is missing on the day before a loan of an amount; nothing when all is in force."""
    on = clock.local(at).date()
    readiness = readiness_of(party, on)
    if readiness.is_ready:
        return
    rank = int(party.number[1:])
    is_small = cents <= limits_at(on).gate_cents
    if readiness.assessment is None:
        if is_small and rank % REFUSES_EACH == 0:
            refuse_assessment(party=party, by=user, at=at)
        else:
            wrong = 4 if is_small and rank % FAILS_EACH == 0 else rank % 3
            take_assessment(party=party, answers=answers(wrong=wrong), by=user, at=at)
    if readiness_of(party, on).awaits_warning:
        acknowledge_warning(party=party, by=user, at=at)
    if readiness.simulation is None:
        is_sent = rank % WITHHOLDS_EACH != 0
        result = from_cents(_BEARABLE[rank % len(_BEARABLE)]) if is_sent else None
        record_simulation(party=party, result=result, reference_date=date(on.year - 1, 12, 31), by=user, at=at)


def answers(*, wrong: int) -> dict[str, list[str]]:
    """Return answers to the questionnaire, the last `wrong` of those that count by "I do not know"."""
    given: dict[str, list[str]] = {}
    for question in reversed(read_questionnaire().questions):
        if not question.is_scored:
            given[question.key] = [question.choices[1 % len(question.choices)].key]
        elif wrong:
            given[question.key], wrong = ["z"], wrong - 1
        else:
            given[question.key] = [choice.key for choice in question.choices if choice.is_right]
    return given
