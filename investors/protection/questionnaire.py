"""The entry questionnaire: its questions, read from a published file, and what a set of answers is worth. Pure."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from django.conf import settings

VERSION = "2026-11"
FOLDER = settings.BASE_DIR / "data" / "questionnaires"


@dataclass(frozen=True)
class Choice:
    key: str
    text: str
    is_right: bool


@dataclass(frozen=True)
class Question:
    """One question. It counts for the score when one of its choices is right; the others only tell."""

    key: str
    text: str
    choices: tuple[Choice, ...]
    takes_several: bool

    @property
    def is_scored(self) -> bool:
        return any(choice.is_right for choice in self.choices)


@dataclass(frozen=True)
class Section:
    key: str
    title: str
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Questionnaire:
    version: str
    sha256: str
    sections: tuple[Section, ...]

    @property
    def questions(self) -> tuple[Question, ...]:
        return tuple(question for section in self.sections for question in section.questions)


@dataclass(frozen=True)
class Score:
    """Right answers among those that count."""

    right: int
    out_of: int

    def reaches(self, share: Decimal) -> bool:
        """Return whether the share of right answers is at least `share` (0.75 for three in four); exact."""
        return self.right >= share * self.out_of


@cache
def read_questionnaire(version: str = VERSION) -> Questionnaire:
    """Return a published questionnaire. Raises: FileNotFoundError: no such version."""
    content = (FOLDER / f"entry@{version}.json").read_bytes()
    card = json.loads(content)
    sections = tuple(
        Section(section["key"], section["title"], tuple(_question(one) for one in section["questions"]))
        for section in card["sections"]
    )
    return Questionnaire(card["version"], hashlib.sha256(content).hexdigest(), sections)


def score_of(questionnaire: Questionnaire, answers: Mapping[str, Sequence[str]]) -> Score:
    """Return what answers are worth.

    Args: answers: question → keys of the choices made.
    Raises: ValueError: a question without an answer, an unknown choice, or several where one is asked.
    """
    right = out_of = 0
    for question in questionnaire.questions:
        given = answers.get(question.key, ())
        known = {choice.key for choice in question.choices}
        if not given or not set(given) <= known or (len(given) > 1 and not question.takes_several):
            raise ValueError(f"question {question.key} has no valid answer: {list(given)}")
        if question.is_scored:
            out_of += 1
            right += {choice.key for choice in question.choices if choice.is_right} == set(given)
    return Score(right, out_of)


def _question(card: Mapping[str, object]) -> Question:
    choices = card["choices"]
    assert isinstance(choices, list)
    return Question(
        key=str(card["key"]),
        text=str(card["text"]),
        choices=tuple(Choice(one["key"], one["text"], bool(one.get("right"))) for one in choices),
        takes_several=bool(card.get("several")),
    )
