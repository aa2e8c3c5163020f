"""Savers before a loan, for tests."""

from datetime import UTC, datetime

from investors.models import Classification
from investors.protection.classifying import request_class
from investors.protection.questionnaire import read_questionnaire
from tests.investors.factories import PartyFactory

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
STATEMENTS = {"attests": True, "is_aware": True, "is_responsible": True}


def answers(*, wrong: int = 0) -> dict[str, list[str]]:
    """Return answers to every question, the first `wrong` scored ones by "I do not know"."""
    given: dict[str, list[str]] = {}
    for question in read_questionnaire().questions:
        if not question.is_scored:
            given[question.key] = [question.choices[0].key]
        elif wrong:
            given[question.key], wrong = ["z"], wrong - 1
        else:
            given[question.key] = [choice.key for choice in question.choices if choice.is_right]
    return given


def a_request(*, party=None, at=NOW, **changes) -> Classification:
    party = party or PartyFactory(ready=False)
    values = {
        "wanted": Classification.Wanted.SOPHISTICATED,
        "criteria": ["means", "trades"],
        "evidence": "Avis d’impôt de 2025 ; relevé de portefeuille.",
        "by": party.user,
        **STATEMENTS,
    }
    return request_class(party=party, at=at, **(values | changes))
