"""What the law and the fund allow on a day: dated values read once, compared exactly (rulings B5, B19)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from django.db import connection
from django.utils.translation import gettext_lazy as _

from fres.kernel.locked_texts import awaits_wording
from fres.kernel.models import Parameter
from fres.kernel.parameters import ParameterMissing

NATIONAL = "national"

# What the donations of one person to one project may add up to, over all its offers (ruling B2). National law sets
# none (CMF, art. D548-1): the row exists only where a fund chose one.
GIFT_CAP = "gift.saver_project_cap"

_NEEDED = (
    "ecspr.offer_cap",
    "ecspr.offer_cap_months",
    "ecspr.gate.floor",
    "ecspr.gate.net_worth",
    "ecspr.loss_bearing",
    "kyc.gift.threshold",
    "offer.reflection_hours",
    "offer.reflection_days",
    "offer.payment_days",
    "offer.clearing_days",
    "commitment.payment_reminders",
    "waiting.proposal_hours",
)


class _Row(NamedTuple):
    pk: int
    key: str
    value: Decimal
    unit: str


# National values first, so that a fund's own overwrite them. In SQL: every commitment waits for this question.
_QUERY = """
SELECT parameter.id, parameter.key, parameter.value, parameter.unit FROM kernel_parameter parameter
WHERE parameter.key = ANY(%(keys)s)
    AND parameter.valid_from <= %(on)s AND (parameter.valid_to IS NULL OR parameter.valid_to >= %(on)s)
    AND parameter.scope IN (%(national)s, (SELECT fund.uuid::text FROM funds_fund fund WHERE fund.id = %(fund)s))
ORDER BY parameter.scope <> %(national)s
"""


@dataclass(frozen=True)
class Limits:
    """The dated values an offer lives by, amounts in cents. `rows`: key → primary key of the row each comes from.

    gate_cents, gate_share: the alert threshold of one saver on one offer is the higher of an amount and of this share
        of their net worth; loss_share: the share of it that a simulation gives (0.05 and 0.10; art. 21(5), (7)).
    """

    owner_cap_cents: int
    owner_cap_months: int
    gate_cents: int
    gate_share: Decimal
    loss_share: Decimal
    identity_threshold_cents: int
    reflection_hours: int
    reflection_days: int
    payment_days: int
    clearing_days: int
    payment_reminders: int
    proposal_lasts: timedelta
    gift_saver_project_cap_cents: int | None
    rows: Mapping[str, int]


def limits_at(on: date, *, fund_id: int | None = None) -> Limits:
    """Return the limits in force on a day, a fund's own before the national ones; one query.

    Raises: ParameterMissing: a value that every offer needs has no row on that day.
    """
    rows: dict[str, _Row] = {}
    with connection.cursor() as cursor:
        cursor.execute(_QUERY, {"keys": [*_NEEDED, GIFT_CAP], "on": on, "fund": fund_id, "national": NATIONAL})
        for values in cursor.fetchall():
            rows[values[1]] = _Row(*values)
    for key in _NEEDED:
        if key not in rows:
            raise ParameterMissing(
                _("Aucune valeur connue pour « %(key)s » au %(day)s.") % {"key": key, "day": on.strftime("%d/%m/%Y")}
            )
    return Limits(
        owner_cap_cents=_cents(rows["ecspr.offer_cap"]),
        owner_cap_months=_whole(rows["ecspr.offer_cap_months"]),
        gate_cents=_cents(rows["ecspr.gate.floor"]),
        gate_share=_share(rows["ecspr.gate.net_worth"]),
        loss_share=_share(rows["ecspr.loss_bearing"]),
        identity_threshold_cents=_cents(rows["kyc.gift.threshold"]),
        reflection_hours=_whole(rows["offer.reflection_hours"]),
        reflection_days=_whole(rows["offer.reflection_days"]),
        payment_days=_whole(rows["offer.payment_days"]),
        clearing_days=_whole(rows["offer.clearing_days"]),
        payment_reminders=_whole(rows["commitment.payment_reminders"]),
        proposal_lasts=timedelta(hours=_whole(rows["waiting.proposal_hours"])),
        gift_saver_project_cap_cents=_cents(rows[GIFT_CAP]) if GIFT_CAP in rows else None,
        rows=MappingProxyType({key: row.pk for key, row in rows.items()}),
    )


def gate_of(limits: Limits, simulated_cents: int | None) -> Decimal:
    """Return a saver's alert threshold on one offer, in cents, exact: beyond it the law asks for more (E13).

    Args: simulated_cents: the result of their simulation; None when it was not sent, then the floor alone counts.
    """
    if simulated_cents is None:
        return Decimal(limits.gate_cents)
    return max(Decimal(limits.gate_cents), simulated_cents / limits.loss_share * limits.gate_share)


def months_before(on: date, months: int) -> date:
    """Return the same day so many months before, or the last day of that month when it is shorter."""
    year, month = divmod(on.year * 12 + on.month - 1 - months, 12)
    month += 1
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month, min(on.day, last))


@dataclass(frozen=True)
class EnforcedRule:
    """One rule of the fact sheet's §13 (crowdfunding), which the code applies. `texts`: the wordings it shows."""

    code: str
    label: object
    texts: tuple[str, ...] = ()

    @property
    def is_enforced(self) -> bool:
        """Whether it stands as the law has it: no wording that the law imposes is still awaited."""
        return not any(awaits_wording(key) for key in self.texts)


# Read by `open_offer` (ruling B5): what a text still awaits is said by data/texts/register.csv.
RULES: Mapping[str, EnforcedRule] = MappingProxyType(
    {
        rule.code: rule
        for rule in (
            EnforcedRule("E06", _("le questionnaire d’entrée")),
            EnforcedRule("E07", _("l’avertissement après un questionnaire échoué ou refusé"), ("entry.warning",)),
            EnforcedRule("E08", _("la simulation de pertes")),
            EnforcedRule(
                "E09",
                _("les pièces du porteur et la fiche d’informations clés complète"),
                ("fici.disclaimer", "fici.warning", "fici.responsibility"),
            ),
            EnforcedRule("E10", _("le plafond de 12 mois par porteur")),
            EnforcedRule("E11", _("la remise de la fiche d’informations clés")),
            EnforcedRule("E12", _("l’annonce du délai de réflexion, juste avant")),
            EnforcedRule("E13", _("la preuve de compréhension au-delà du seuil d’alerte"), ("loan.warning",)),
            EnforcedRule("E14", _("l’offre ouverte, la mise et la place restante")),
            EnforcedRule("E16", _("l’opérateur n’investit jamais")),
            EnforcedRule("E17", _("les plafonds des dons et prêts sans intérêt")),
            EnforcedRule("E18", _("l’enregistrement de ce qui est montré")),
            EnforcedRule("E19", _("le message de début de réflexion")),
            EnforcedRule("E20", _("le retrait en un geste")),
            EnforcedRule("E21", _("aucune collecte pendant la réflexion")),
            EnforcedRule("E23", _("le remboursement si le minimum n’est pas atteint")),
            EnforcedRule("E24", _("l’identité vérifiée avant le paiement")),
        )
    }
)
NEEDED_TO_OPEN_A_LOAN = ("E06", "E07", "E08", "E09", "E11", "E13", "E24")


def unenforced_rules() -> tuple[EnforcedRule, ...]:
    """Return the rules a loan offer waits for before it may open outside of the demonstration (ruling B5)."""
    return tuple(RULES[code] for code in NEEDED_TO_OPEN_A_LOAN if not RULES[code].is_enforced)


def owner_total_cents(*, raised: int, raised_elsewhere: int, new_maximum: int) -> int:
    """Return what an owner would have raised over the period with a new offer, in cents.

    Source: Regulation (EU) 2020/1503, art. 1(2)(c): exactly the cap is still within scope, one cent above is out.
    """
    return raised + raised_elsewhere + new_maximum


def _cents(row: _Row) -> int:
    cents = row.value * 100
    if row.unit != Parameter.Unit.EURO or cents != cents.to_integral_value():
        raise ValueError(f"{row.key} is not a whole number of cents")
    return int(cents)


def _share(row: _Row) -> Decimal:
    if row.unit != Parameter.Unit.PERCENT:
        raise ValueError(f"{row.key} is not a percentage")
    return row.value / 100


def _whole(row: _Row) -> int:
    if row.value != Decimal(int(row.value)):
        raise ValueError(f"{row.key} is not a whole number")
    return int(row.value)
