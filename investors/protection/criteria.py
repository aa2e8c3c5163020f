"""The criteria of a sophisticated investor (Regulation (EU) 2020/1503, Annex II), as a person attests them. Pure.

The bounds are dated values; "at least" and "more than" are those of the text: income, own funds, turnover and balance
sheet are at least the figure, the portfolio is strictly more.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from investors.models import Classification, Party


@dataclass(frozen=True)
class Criterion:
    """One criterion: `needs` names the dated value its words quote, if any."""

    key: str
    label: Promise
    parameters: tuple[str, ...] = ()


PERSON = (
    Criterion(
        "means",
        _(
            "un revenu brut d’au moins %(income)s par an, ou un portefeuille (placements et dépôts) "
            "de plus de %(portfolio)s"
        ),
        ("ecspr.class.income", "ecspr.class.portfolio"),
    ),
    Criterion(
        "profession",
        _(
            "un an dans le secteur financier à un poste qui demande de connaître ces opérations, ou douze mois à la "
            "direction d’une personne morale qui remplit elle-même un critère"
        ),
    ),
    Criterion(
        "trades",
        _("des opérations importantes sur les marchés : dix par trimestre en moyenne, sur quatre trimestres"),
    ),
)
LEGAL = (
    Criterion("own_funds", _("des fonds propres d’au moins %(own_funds)s"), ("ecspr.class.own_funds",)),
    Criterion("turnover", _("un chiffre d’affaires net d’au moins %(turnover)s"), ("ecspr.class.turnover",)),
    Criterion("balance", _("un total de bilan d’au moins %(balance)s"), ("ecspr.class.balance",)),
)
PROFESSIONAL = (
    Criterion(
        "professional",
        _("un client professionnel par nature au sens de la directive 2014/65/UE, annexe II, section I, points 1 à 4"),
    ),
)
NEEDED: Mapping[str, int] = {Party.Kind.PERSON: 2, Party.Kind.LEGAL: 1}


def criteria_for(kind: str, wanted: str) -> tuple[Criterion, ...]:
    """Return what may be attested by a party of a kind, for the class it wants."""
    if wanted == Classification.Wanted.PROFESSIONAL:
        return PROFESSIONAL
    return PERSON if kind == Party.Kind.PERSON else LEGAL


def needed(kind: str, wanted: str) -> int:
    """Return how many criteria must be met: two of three for a person, one of three for a legal person."""
    return 1 if wanted == Classification.Wanted.PROFESSIONAL else NEEDED[kind]


def are_met(kind: str, wanted: str, attested: Collection[str]) -> bool:
    """Return whether the attested criteria are enough, and all of them known."""
    known = {criterion.key for criterion in criteria_for(kind, wanted)}
    return set(attested) <= known and len(set(attested)) >= needed(kind, wanted)
