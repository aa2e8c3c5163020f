"""What an application already said, taken up in the file of the offer that follows it: nothing is typed twice (§2).

Only what both ask in the same sense is taken; the holder reads it over, changes it, and signs the sheet.
"""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from fres.kernel.money import format_cents, from_cents
from funds.campaigns.preparing import FundingLine, Terms, prepare_offer, save_answers, set_funding
from funds.campaigns.refusals import AnswerUnfit
from funds.fici.fields import BY_KEY, FIGURE_YEARS
from funds.models import Fund, FundingSource, Offer
from investors.models import User
from projects.applications.consistency import YEARS
from projects.models import Application, Project

_KINDS = {
    "bank_loan": FundingSource.Kind.BANK,
    "own_funds": FundingSource.Kind.OWN,
    "grant": FundingSource.Kind.OTHER,
    "repayable_advance": FundingSource.Kind.OTHER,
}
_CITIZENS = frozenset({"citizen_loan", "citizen_equity", "citizen_gift"})
_LABEL_SIGNS = 120


@dataclass(frozen=True)
class TakenUp:
    """Answers of the sheet by key, with `figures` by year, and the lines of the plan beside the savers."""

    answers: dict[str, Any] = field(default_factory=dict)
    funding: tuple[FundingLine, ...] = ()


@transaction.atomic
def prepare_from_application(*, project: Project, fund: Fund, terms: Terms, by: User, at: datetime) -> Offer:
    """Start the offer of a project with its file already holding what its application says.

    Raises: what `prepare_offer` raises. An answer that does not fit the sheet is left to the holder.
    """
    offer = prepare_offer(project=project, fund=fund, terms=terms, by=by, at=at)
    application = offer.file.application
    if application is None:
        return offer
    taken = taken_up(application)
    for key, value in taken.answers.items():
        if key in BY_KEY and (offer.is_gift and not BY_KEY[key].for_gifts):
            continue
        with contextlib.suppress(AnswerUnfit):
            save_answers(offer=offer, answers={key: value}, by=by, at=at)
    if taken.funding:
        with contextlib.suppress(AnswerUnfit):
            set_funding(offer=offer, lines=list(taken.funding), by=by, at=at)
    return Offer.objects.get(pk=offer.pk)


def taken_up(application: Application) -> TakenUp:
    """Return what the last version sent of an application says, in the words of the sheet; nothing when none was."""
    version = application.versions.order_by("-rank").first()
    if version is None:
        return TakenUp()
    said: Mapping[str, Any] = version.content.get("answers", {})
    accounts = sorted(said.get("accounts") or [], key=lambda row: row.get("year", 0), reverse=True)
    own = [row for row in said.get("resources") or [] if row.get("kind") == "own"]
    answers = {
        "activities": application.organisation.purpose,
        "website": application.organisation.website,
        "management": said.get("governance", ""),
        "use_of_funds": _use_of_funds(said),
        "expected_result": _expected_result(version.content),
        "own_funds": sum(row.get(year) or 0 for row in own for year in YEARS) // 100,
        "debt_before": (accounts[0].get("debts") or 0) // 100 if accounts else "",
        "guarantee": _guarantee(said),
        "figures": [_figures(row) for row in accounts[:FIGURE_YEARS]],
    }
    return TakenUp({key: value for key, value in answers.items() if value not in ("", [])}, _funding(said))


def _use_of_funds(said: Mapping[str, Any]) -> str:
    lines = [(row.get("label", ""), sum(row.get(year) or 0 for year in YEARS)) for row in said.get("charges") or []]
    return ", ".join(f"{label} {format_cents(cents)}" for label, cents in lines if label and cents)


def _expected_result(content: Mapping[str, Any]) -> str:
    """Return the indicators forecast as the frozen version prints them: name, target, year."""
    for section in content.get("sections", []):
        for line in section.get("lines", []):
            if section.get("code") == "impact" and line.get("rows"):
                return ". ".join(", ".join(str(cell) for cell in row if cell) for row in line["rows"])
    return ""


def _guarantee(said: Mapping[str, Any]) -> str:
    rows = said.get("guarantees") or []
    if not rows:
        return _("aucune") if said.get("has_guarantee") is False else ""
    return ", ".join(f"{row.get('guarantor', '')} ({row.get('share', '')} %)" for row in rows)


def _figures(row: Mapping[str, Any]) -> dict[str, int]:
    known = {"turnover": row.get("income"), "net_profit": row.get("result"), "equity": row.get("equity")}
    if row.get("debts") is not None:
        known["net_debt"] = row["debts"] - (row.get("cash") or 0)
    return {"year": row["year"]} | {key: _whole_euros(cents) for key, cents in known.items() if cents is not None}


def _whole_euros(cents: int) -> int:
    """Return whole euros, the cents left out: a loss is not made larger."""
    return -(-cents // 100) if cents < 0 else cents // 100


def _funding(said: Mapping[str, Any]) -> tuple[FundingLine, ...]:
    return tuple(
        FundingLine(
            kind=_KINDS.get(row.get("instrument", ""), FundingSource.Kind.OTHER),
            label=str(row.get("provider", ""))[:_LABEL_SIGNS],
            amount=from_cents(row["amount"]),
            is_obtained=row.get("status") == "acquired",
        )
        for row in said.get("instruments") or []
        if row.get("instrument") not in _CITIZENS and (row.get("amount") or 0) > 0
    )


def proposed_terms(project: Project) -> dict[str, str]:
    """Return what the form of terms starts with: what the application asks of the savers is the maximum, in euros."""
    application = project.applications.exclude(submitted_at=None).order_by("-submitted_at").first()
    asked = application.requested_cents if application is not None else None
    if not asked:
        return {"lane": Offer.Lane.PROJECT}
    return {"lane": Offer.Lane.PROJECT, "maximum": _euros(asked)}


def _euros(cents: int) -> str:
    whole, rest = divmod(cents, 100)
    return f"{whole},{rest:02d}" if rest else str(whole)
