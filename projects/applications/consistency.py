"""Consistency of an application's figures: budget, accounts, financial engineering, forecasts. Pure, whole cents.

Each check takes the visible answers and returns what is wrong, with the rule, the number and the next step; what is
not answered yet is no fault of consistency (the gaps say it).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from fres.kernel.money import format_cents

YEARS = ("year1", "year2", "year3")
# Tables whose amounts are added up; those of several years are not.
TOTALLED = frozenset({"charges", "resources", "instruments"})
# Resources that the financial-engineering section details, and the instruments that stand for them.
FINANCED_BY: Mapping[str, tuple[str, ...]] = {
    "citizens": ("citizen_loan", "citizen_equity", "citizen_gift"),
    "bank": ("bank_loan",),
    "own": ("own_funds",),
    "grants": ("grant", "repayable_advance"),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that does not hold: the section where it is put right, the rule with its number, the next step."""

    section: str
    rule: str
    message: str
    next_step: str


def check_budget(answers: Mapping[str, Any]) -> list[Problem]:
    """Charges equal resources, each year: a financing plan that does not balance is not one."""
    charges, resources = answers.get("charges") or [], answers.get("resources") or []
    if not charges and not resources:
        return []
    found = []
    for rank, year in enumerate(YEARS, start=1):
        spent, brought = total_cents(charges, year), total_cents(resources, year)
        if spent == brought:
            continue
        gap = abs(spent - brought)
        missing = _("il manque %(gap)s de ressources") if spent > brought else _("il y a %(gap)s de ressources en trop")
        found.append(
            Problem(
                "budget",
                "budget-balance",
                _("Année %(rank)d : les charges font %(spent)s, les ressources %(brought)s ; %(missing)s.")
                % {
                    "rank": rank,
                    "spent": format_cents(spent),
                    "brought": format_cents(brought),
                    "missing": missing % {"gap": format_cents(gap)},
                },
                _("Complétez ou corrigez l’une des deux colonnes : chaque année doit être équilibrée."),
            )
        )
    return found


def check_accounts(answers: Mapping[str, Any]) -> list[Problem]:
    """Accounts or forecasts: consecutive years, results that are income less charges, equity that adds up."""
    rows = answers.get("accounts") or answers.get("forecasts") or []
    rows = sorted((row for row in rows if type(row.get("year")) is int), key=lambda row: row["year"])
    found: list[Problem] = []
    years = [row["year"] for row in rows]
    if years and years != list(range(years[0], years[0] + len(years))):
        found.append(
            _wrong(
                "accounts-years",
                _("Les exercices %(years)s ne se suivent pas.") % {"years": ", ".join(map(str, years))},
                _("Donnez des exercices consécutifs, un par ligne."),
            )
        )
    for row in rows:
        income, charges, result = (row.get(name) for name in ("income", "charges", "result"))
        if None not in (income, charges, result) and result != income - charges:
            found.append(
                _wrong(
                    "accounts-result",
                    _(
                        "Exercice %(year)d : %(income)s de produits moins %(charges)s de charges font %(right)s, "
                        "pas %(said)s."
                    )
                    % {
                        "year": row["year"],
                        "income": format_cents(income),
                        "charges": format_cents(charges),
                        "right": format_cents(income - charges),
                        "said": format_cents(result),
                    },
                    _("Reprenez le résultat du compte de résultat."),
                )
            )
    for before, after in pairwise(rows):
        opening, result, equity = before.get("equity"), after.get("result"), after.get("equity")
        if None in (opening, result, equity) or after["year"] != before["year"] + 1:
            continue
        change = after.get("capital_change") or 0
        if equity != opening + result + change:
            found.append(
                _wrong(
                    "accounts-equity",
                    _(
                        "Exercice %(year)d : capitaux propres de %(opening)s, résultat de %(result)s et apports de "
                        "%(change)s font %(right)s, pas %(said)s."
                    )
                    % {
                        "year": after["year"],
                        "opening": format_cents(opening),
                        "result": format_cents(result),
                        "change": format_cents(change),
                        "right": format_cents(opening + result + change),
                        "said": format_cents(equity),
                    },
                    _("Corrigez les capitaux propres, ou dites les apports et subventions de l’année."),
                )
            )
    return found


def check_engineering(answers: Mapping[str, Any]) -> list[Problem]:
    """What each source brings in the financing plan is what its instruments add up to (R-013)."""
    resources, instruments = answers.get("resources") or [], answers.get("instruments") or []
    if not instruments:
        return []
    found = []
    for source, kinds in FINANCED_BY.items():
        planned = sum(total_cents([row], year) for row in resources if row.get("kind") == source for year in YEARS)
        detailed = sum(row.get("amount") or 0 for row in instruments if row.get("instrument") in kinds)
        if planned != detailed:
            found.append(
                Problem(
                    "engineering",
                    "engineering-total",
                    _("%(source)s : le budget prévoit %(planned)s, les instruments détaillés font %(detailed)s.")
                    % {
                        "source": source_name(source),
                        "planned": format_cents(planned),
                        "detailed": format_cents(detailed),
                    },
                    _("Mettez d’accord le budget et le plan de financement : écart de %(gap)s.")
                    % {"gap": format_cents(abs(planned - detailed))},
                )
            )
    return found


def check_impact(answers: Mapping[str, Any], *, rates: frozenset[str] = frozenset()) -> list[Problem]:
    """A rate has its denominators, a count has none, and no indicator is forecast twice for the same people.

    Args: rates: codes of the indicators that are rates.
    """
    found = []
    seen: set[tuple[str, str]] = set()
    for row in answers.get("forecast") or []:
        code = row.get("indicator") or ""
        key = (code, row.get("stakeholder") or "")
        if key in seen:
            found.append(
                _impact(
                    "impact-twice",
                    _("L’indicateur %(code)s est prévu deux fois pour les mêmes personnes.") % {"code": code},
                    _("Gardez une ligne, ou dites à qui chacune se rapporte."),
                )
            )
        seen.add(key)
        parts = [row.get("target_denominator"), row.get("baseline_denominator")]
        if code in rates and not _positive(parts[0]):
            found.append(
                _impact(
                    "impact-denominator",
                    _("L’indicateur %(code)s est un taux : son dénominateur prévu manque ou vaut zéro.")
                    % {"code": code},
                    _("Donnez le numérateur et le dénominateur : le taux se calcule, il ne se saisit pas."),
                )
            )
        if code not in rates and any(part not in (None, "") for part in parts):
            found.append(
                _impact(
                    "impact-denominator",
                    _("L’indicateur %(code)s n’est pas un taux : il n’a pas de dénominateur.") % {"code": code},
                    _("Effacez le dénominateur."),
                )
            )
    return found


CHECKS: Mapping[str, Callable[[Mapping[str, Any]], list[Problem]]] = {
    "budget": check_budget,
    "accounts": check_accounts,
    "engineering": check_engineering,
}


def requested_cents(answers: Mapping[str, Any]) -> int:
    """Return what is asked of the savers of the fund: the citizen resources of the budget, every year."""
    rows = [row for row in answers.get("resources") or [] if row.get("kind") == "citizens"]
    return sum(total_cents(rows, year) for year in YEARS)


def total_cents(rows: Sequence[Mapping[str, Any]], column: str) -> int:
    """Return the sum of a column of amounts, an empty cell counting for nothing."""
    return sum(row.get(column) or 0 for row in rows)


def source_name(source: str) -> str:
    """Return the words for a kind of resource that the engineering section details."""
    return {
        "citizens": _("Épargne citoyenne"),
        "bank": _("Banques"),
        "own": _("Fonds propres"),
        "grants": _("Aides publiques et privées"),
    }[source]


def _positive(text: Any) -> bool:
    try:
        return Decimal(str(text)) > 0
    except InvalidOperation:
        return False


def _wrong(rule: str, message: str, next_step: str) -> Problem:
    return Problem("accounts", rule, message, next_step)


def _impact(rule: str, message: str, next_step: str) -> Problem:
    return Problem("impact", rule, message, next_step)
