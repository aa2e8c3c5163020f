"""The five rules of eligibility (§6): what the file itself says of each, for the person who checks. Reads only."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fres.kernel import territories
from projects.applications.drafts import answers_of
from projects.models import Application, RefusalReason


class Rule(TextChoices):
    ESS = "ESS", gettext_lazy("Statut ou label de l’économie sociale et solidaire")
    TERRITORY = "TERRITORY", gettext_lazy("Projet sur le territoire du fonds")
    EXCLUSIONS = "EXCLUSIONS", gettext_lazy("Aucune activité exclue")
    SOLVENCY = "SOLVENCY", gettext_lazy("Aucune procédure collective")
    OWNERS = "OWNERS", gettext_lazy("Bénéficiaires effectifs établis")


# The coded reason of a refusal when the rule is not met.
REASON_OF = {
    Rule.ESS: RefusalReason.NOT_ESS,
    Rule.TERRITORY: RefusalReason.OUT_OF_TERRITORY,
    Rule.EXCLUSIONS: RefusalReason.EXCLUDED_ACTIVITY,
    Rule.SOLVENCY: RefusalReason.INSOLVENCY,
    Rule.OWNERS: RefusalReason.OWNERS_UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class Hint:
    """What the file says of a rule. `met` is None when nothing tells: the person finds out."""

    rule: Rule
    met: bool | None
    detail: str


def hints_of(application: Application, *, on: date) -> list[Hint]:
    """Return what is known of each rule; the decision stays a person's."""
    answers = _answers(application)
    return [
        _ess(answers),
        _territory(application),
        Hint(Rule.EXCLUSIONS, None, _("Comparez l’objet du projet à la liste d’exclusions du fonds.")),
        _solvency(answers),
        _owners(application),
    ]


def _answers(application: Application) -> dict[str, Any]:
    version = application.versions.order_by("-rank").first()
    return version.content["answers"] if version else answers_of(application)


def _ess(answers: dict[str, Any]) -> Hint:
    status = answers.get("ess_status")
    if status in ("statutory", "company", "esus"):
        return Hint(Rule.ESS, True, _("Déclaré dans le dossier : à rapprocher des statuts joints."))
    if status == "candidate":
        return Hint(Rule.ESS, None, _("En chemin : le dossier dit comment et quand."))
    return Hint(Rule.ESS, False if status == "none" else None, _("Aucun statut déclaré."))


def _territory(application: Application) -> Hint:
    commune = territories.commune(application.project.commune_code)
    region = application.call.region_code if application.call else ""
    if commune is None:
        return Hint(
            Rule.TERRITORY, None, _("Commune inconnue : %(code)s.") % {"code": application.project.commune_code}
        )
    words = {"name": commune.name, "region": commune.region_code or "?"}
    return Hint(Rule.TERRITORY, commune.region_code == region, _("%(name)s, région %(region)s.") % words)


def _solvency(answers: dict[str, Any]) -> Hint:
    if answers.get("insolvency") is True:
        return Hint(Rule.SOLVENCY, False, _("Le porteur déclare une procédure en cours."))
    return Hint(Rule.SOLVENCY, None, _("Déclaré : aucune. Vérifiez au registre des annonces légales."))


def _owners(application: Application) -> Hint:
    party = application.organisation.party
    if party.kyc_verified_at and party.screened_at:
        return Hint(Rule.OWNERS, True, _("Identité vérifiée et listes consultées par la conformité."))
    return Hint(Rule.OWNERS, None, _("La conformité n’a pas encore vérifié cette organisation."))
