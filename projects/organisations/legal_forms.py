"""The legal forms we know, and what each says of the social economy (INSEE categories; law 2014-856, art. 1)."""

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from django.utils.translation import gettext as _

from fres.kernel.errors import RuleViolation
from projects.models.groupings import MemberType
from projects.models.organisations import EssStatus

SHIPPED = Path(__file__).resolve().parents[2] / "data" / "legal_forms.csv"
_MEMBER_TYPES = {
    "AUTHORITY": MemberType.AUTHORITY,
    "PUBLIC_BODY": MemberType.OTHER,
    "RESEARCH": MemberType.RESEARCH,
    "TRAINING": MemberType.TRAINING,
    "SOCIAL_PARTNER": MemberType.SOCIAL_PARTNER,
    "COMPANY": MemberType.COMPANY,
    "CIVIL": MemberType.COMPANY,
    "INDIVIDUAL": MemberType.COMPANY,
}


class LegalFormUnknown(RuleViolation):
    """The form is not on the list in force."""

    rule = "legal-form-unknown"


class EssStatusDoesNotFit(RuleViolation):
    """What is declared of the social economy contradicts the legal form."""

    rule = "ess-status-does-not-fit"


@dataclass(frozen=True, slots=True)
class LegalForm:
    """One category: INSEE code, title, family, and "by_form", "declared", "cooperative_or_declared" or "no"."""

    code: str
    label: str
    family: str
    ess: str
    valid_from: date
    valid_to: date | None
    is_confirmed: bool

    def is_in_force(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


@cache
def all_legal_forms() -> dict[str, LegalForm]:
    """Return the shipped list, by code."""
    with SHIPPED.open(encoding="utf-8", newline="") as file:
        return {
            row["code"]: LegalForm(
                code=row["code"],
                label=row["label"],
                family=row["family"],
                ess=row["ess"],
                valid_from=date.fromisoformat(row["valid_from"]),
                valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
                is_confirmed=row["status"] == "confirmed",
            )
            for row in csv.DictReader(file, delimiter=";")
        }


def legal_form_choices(on: date) -> list[tuple[str, str]]:
    """Return the forms in force on a day, those of projects first, for a list to choose from."""
    forms = [form for form in all_legal_forms().values() if form.is_in_force(on)]
    forms.sort(key=lambda form: (form.ess == "no", form.family, form.label))
    return [(form.code, form.label) for form in forms]


def legal_form(code: str) -> LegalForm:
    """Return a form by its code. Raises: LegalFormUnknown."""
    try:
        return all_legal_forms()[code]
    except KeyError as error:
        raise LegalFormUnknown(
            _("La catégorie juridique « %(code)s » n’est pas dans notre liste.") % {"code": code},
            next_step=_("Choisissez la plus proche, ou écrivez-nous pour que nous l’ajoutions."),
        ) from error


def settle_ess_status(*, code: str, declared: str) -> EssStatus:
    """Return the status a form allows: by form when the form says so, else what is declared if it can be.

    Raises: LegalFormUnknown; EssStatusDoesNotFit: "by form" for a form that is not of the social economy, or
        "declared" for one that can never be.
    """
    form = legal_form(code)
    status = EssStatus(declared)
    if form.ess == "by_form":
        return EssStatus.BY_FORM
    if status == EssStatus.BY_FORM and form.ess != "cooperative_or_declared":
        raise EssStatusDoesNotFit(
            _("La forme « %(form)s » n’est pas de l’ESS par elle-même.") % {"form": form.label},
            next_step=_("Une société commerciale peut être inscrite au registre comme société de l’ESS : déclarez-le."),
        )
    if status == EssStatus.DECLARED and form.ess == "no":
        raise EssStatusDoesNotFit(
            _("La forme « %(form)s » ne peut pas être inscrite comme société de l’ESS.") % {"form": form.label},
            next_step=_("La loi réserve cette inscription aux sociétés commerciales (loi 2014-856, art. 1)."),
        )
    return status


def member_type_of(*, code: str, ess_status: str) -> MemberType:
    """Return what kind of member of a grouping an organisation is, from its form and its status."""
    if ess_status in (EssStatus.BY_FORM, EssStatus.DECLARED):
        return MemberType.ESS
    form = all_legal_forms().get(code)
    return _MEMBER_TYPES.get(form.family, MemberType.OTHER) if form else MemberType.OTHER
