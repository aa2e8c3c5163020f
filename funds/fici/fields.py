"""What the holder writes for the file of an offer, and where it stands in the sheet (fact sheet on crowdfunding, §5.2).

Pure: no database. The rest of the sheet (amounts, dates, rate, identities) is read from the offer, never typed again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext_lazy as _


class Kind(Enum):
    LINE = "one line"
    TEXT = "a few sentences"
    EUROS = "whole euros"
    DATE = "a day"


@dataclass(frozen=True)
class FileField:
    """One question of the file. `part` is the letter of Annex I where its answer is printed; "" outside of the sheet.

    `limit` in signs: six pages hold no more. `for_gifts`: asked for a gift too.
    """

    key: str
    part: str
    label: Any
    help: Any = ""
    kind: Kind = Kind.TEXT
    limit: int = 600
    is_required: bool = True
    for_gifts: bool = False


FIELDS: tuple[FileField, ...] = (
    FileField("activities", "A", _("Activités principales, produits ou services"), limit=500),
    FileField("ownership", "A", _("Qui détient quoi"), _("Associés et leur part, en une phrase."), limit=400),
    FileField("ownership_changed_on", "A", _("Dernier changement de propriété"), kind=Kind.DATE, is_required=False),
    FileField("management", "A", _("Direction"), _("Organes et personnes qui dirigent."), limit=400),
    FileField("website", "A", _("Adresse du site"), kind=Kind.LINE, limit=120, is_required=False),
    FileField(
        "accounts", "A", _("Derniers comptes"), _("L’adresse où les lire, ou pourquoi il n’y en a pas."), limit=240
    ),
    FileField("use_of_funds", "A", _("Emploi des fonds, chiffré"), limit=700, for_gifts=True),
    FileField("expected_result", "", _("Résultat attendu"), limit=400, for_gifts=True),
    FileField(
        "own_funds", "B", _("Apport des associés et dirigeants"), _("En euros ; 0 s’il n’y en a pas."), Kind.EUROS
    ),
    FileField("debt_before", "B", _("Dettes financières avant l’opération"), _("En euros."), Kind.EUROS),
    FileField("risk_project", "C", _("Risque lié au projet"), _("Propre à ce projet, sans formule générale.")),
    FileField("risk_sector", "C", _("Risque lié au secteur")),
    FileField("risk_default", "C", _("Risque de défaut")),
    FileField("risk_return", "C", _("Risque de rendement moindre, tardif ou nul")),
    FileField("risk_other", "C", _("Autres risques"), is_required=False),
    FileField("guarantee", "G", _("Garanties"), _("Qui garantit, quoi, dans quel rang ; ou « aucune »."), limit=300),
    FileField("defaults_five_years", "G", _("Défauts du porteur sur des crédits depuis cinq ans"), limit=300),
    FileField(
        "insiders", "A", _("Personnes liées qui s’engagent dans l’offre"),
        _("Dirigeants, associés, salariés du porteur ; ou « aucune »."), limit=300,
    ),
    FileField(
        "criminal_record_on", "", _("Extraits de casier judiciaire, date"),
        _("Règlement (UE) 2020/1503, art. 5 : la gestion voit les originaux."), Kind.DATE,
    ),
)  # fmt: skip
BY_KEY: Mapping[str, FileField] = MappingProxyType({field.key: field for field in FIELDS})

# Key figures of up to three years, the last first: whole euros, by name.
FIGURES: tuple[tuple[str, Any], ...] = (
    ("turnover", _("Chiffre d’affaires")),
    ("net_profit", _("Résultat net")),
    ("total_assets", _("Total du bilan")),
    ("equity", _("Capitaux propres")),
    ("net_debt", _("Dette nette")),
)
FIGURE_YEARS = 3


def fields_for(*, is_gift: bool) -> tuple[FileField, ...]:
    """Return the questions of a file: a gift is asked for less, it has no sheet."""
    return tuple(field for field in FIELDS if field.for_gifts or not is_gift)


def missing_answers(answers: Mapping[str, Any], *, is_gift: bool) -> list[FileField]:
    """Return the required questions that have no answer, in order."""
    return [
        field
        for field in fields_for(is_gift=is_gift)
        if field.is_required and not str(answers.get(field.key, "")).strip()
    ]
