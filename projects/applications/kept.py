"""What a person answered before the file, carried into it: the eligibility questions and the self-diagnosis.

Only answers that mean the same in both are carried; the team reads them over like any other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from investors.models import User
from projects.models import KeptAnswers, Theme
from projects.models.tools import ToolStage
from projects.organisations import diagnosis
from projects.organisations.answers import kept_answers_of
from projects.organisations.eligibility import Bank, Form, Purpose

_MATURITY = {
    ToolStage.IDEA: "new",
    ToolStage.CREATION: "new",
    ToolStage.RUNNING: "closed_years",
    ToolStage.DIFFICULTY: "closed_years",
}
_ESS_STATUS = {Form.ASSOCIATION: "statutory", Form.COOPERATIVE: "statutory", Form.COMPANY_ESS: "company"}
_ASKED_BANK = {Bank.REFUSED: True, Bank.COVERS: True, Bank.NOT_ASKED: False}


@dataclass(frozen=True)
class Carried:
    """Answers kept by a person (`kept`, those there are), and what they say in the words of a form, by field."""

    kept: tuple[KeptAnswers, ...]
    answers: dict[str, Any]
    theme: str = ""


def carried_answers(user: User) -> Carried:
    """Return what a person asked to keep, as answers of the ordinary form; empty when they kept nothing."""
    eligibility = kept_answers_of(user, KeptAnswers.Kind.ELIGIBILITY)
    profile = kept_answers_of(user, KeptAnswers.Kind.DIAGNOSIS)
    answers: dict[str, Any] = {}
    theme = ""
    if eligibility is not None:
        answers |= from_eligibility(eligibility.answers)
        theme = Theme.ENERGY if eligibility.answers.get("purpose") == Purpose.ENERGY else ""
    if profile is not None and profile.version == diagnosis.VERSION:
        answers |= from_diagnosis(profile.answers)
    return Carried(tuple(one for one in (eligibility, profile) if one is not None), answers, theme)


def from_eligibility(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the form's answers that the eligibility questions already gave. Its amount is whole euros."""
    answers: dict[str, Any] = {}
    for field, table, question in (
        ("maturity", _MATURITY, "stage"),
        ("ess_status", _ESS_STATUS, "form"),
        ("asked_bank", _ASKED_BANK, "bank"),
    ):
        if (value := table.get(given.get(question, ""))) is not None:
            answers[field] = value
    amount = given.get("amount")
    if isinstance(amount, int) and amount > 0:
        line = {"kind": "citizens", "label": _("Épargne citoyenne"), "status": "asked", "year1": amount * 100}
        answers["resources"] = [line]
    return answers


def from_diagnosis(given: Mapping[str, str]) -> dict[str, Any]:
    """Return the levels of the ten balises; where two questions look at one balise, the lower level counts."""
    levels: dict[str, int] = {}
    for question in diagnosis.QUESTIONS:
        level = given.get(question.code, diagnosis.Level.NOT_APPLICABLE)
        if level == diagnosis.Level.NOT_APPLICABLE:
            continue
        field = f"balise2_{question.balise.removeprefix('BAL-')}"
        levels[field] = min(levels.get(field, int(level)), int(level))
    answers: dict[str, Any] = {field: {"level": level} for field, level in levels.items()}
    return {"balises_version": diagnosis.VERSION} | answers if answers else {}
