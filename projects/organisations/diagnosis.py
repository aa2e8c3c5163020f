"""Self-diagnosis before applying (R-019): the ten balises as a profile, never a mark; sobriety comes first (R-101).

Questions are ours, written from the second version of the ten balises of APES (Hauts-de-France), text under CC BY-SA
4.0: wherever a title is shown, the source is named and the licence kept (R-106).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

VERSION = "BALISES@2"
SOURCE = "APES Hauts-de-France, « Les 10 balises », CC BY-SA 4.0"


class Level(TextChoices):
    """The scale of progress. The order is that of the list; nothing is added up."""

    ABSENT = "0", _("Pas encore")
    PLANNED = "1", _("Prévu")
    RUNNING = "2", _("En place")
    EXEMPLARY = "3", _("En place, et d’autres s’en inspirent")
    NOT_APPLICABLE = "na", _("Sans objet")


@dataclass(frozen=True, slots=True)
class Question:
    """One question: its code, the balise it belongs to, what is asked, and an example of evidence."""

    code: str
    balise: str
    title: Any
    text: Any
    evidence: Any


QUESTIONS: tuple[Question, ...] = (
    Question(
        "sobriety", "BAL-04", _("Sobriété"),
        _("Avez-vous d’abord cherché à éviter le besoin, ou à le réduire ?"), _("étude de besoin, essai"),
    ),
    Question(
        "circular", "BAL-04", _("Coopération circulaire"),
        _("Avez-vous cherché qui répond déjà à ce besoin, ou ce qui peut être réemployé, avant de produire du neuf ?"),
        _("recherche d’existant, accord de réemploi"),
    ),
    Question(
        "power", "BAL-01", _("Pouvoir d’agir"),
        _("Quel pouvoir d’agir les habitants gagnent-ils ?"), _("nombre d’usagers et de membres, formations"),
    ),
    Question(
        "chain", "BAL-02", _("Toute la chaîne"),
        _("Savez-vous à quelle fonction de la vie vous répondez, et par quels maillons ?"), _("carte de la chaîne"),
    ),
    Question(
        "elsewhere", "BAL-03", _("Local, sans se replier"),
        _("Avez-vous des accords avec d’autres territoires ?"), _("conventions"),
    ),
    Question(
        "commons", "BAL-05", _("Communs"),
        _("Des biens communs sont-ils préservés ou repris en main ? Faut-il en être propriétaire ?"),
        _("charte, licences"),
    ),
    Question(
        "governance", "BAL-06", _("Gouvernance ouverte"),
        _("Qui décide, qui suit et qui évalue le projet ?"), _("comptes rendus"),
    ),
    Question(
        "cooperation", "BAL-07", _("Coopération"),
        _("Quels moyens mettez-vous en commun avec d’autres ?"), _("contrats de mutualisation"),
    ),
    Question(
        "ownership", "BAL-08", _("Maîtrise de l’outil"),
        _("Qui possède l’outil de travail ?"), _("répartition du capital"),
    ),
    Question(
        "money", "BAL-09", _("Argent citoyen"),
        _("Quelle part du financement vient des habitants ?"), _("plan de financement"),
    ),
    Question(
        "work", "BAL-10", _("Valeur du travail"),
        _("Quelle qualité de travail offrez-vous, aux salariés comme aux bénévoles ?"), _("tableau des emplois"),
    ),
)  # fmt: skip
SOBRIETY_FIRST = ("sobriety", "circular")


@dataclass(frozen=True, slots=True)
class ProfileLine:
    """One question answered: `level` a code of Level, `rank` 0 to 3 for a drawing, None when it does not apply."""

    question: Question
    level: Level
    rank: int | None


def read_profile(answers: Mapping[str, str]) -> list[ProfileLine]:
    """Return the profile, in the order of the questions.

    Raises: KeyError, ValueError: an answer is missing or unknown.
    """
    lines = []
    for question in QUESTIONS:
        level = Level(answers[question.code])
        lines.append(ProfileLine(question, level, None if level == Level.NOT_APPLICABLE else int(level.value)))
    return lines


def next_steps(lines: list[ProfileLine]) -> list[Question]:
    """Return what to look at first: what is absent, sobriety before all the rest (R-101); three at most."""
    return [line.question for line in lines if line.level == Level.ABSENT][:3]
