"""May I apply? Pure rules on anonymous answers: yes, perhaps or no, with coded reasons (R-015, R-044).

Nothing here knows a person, and nothing is decided: whoever gets "no" may still write to us.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from projects.models.tools import ToolStage

VERSION = "2026-11"
ELSEWHERE = "elsewhere"


class Form(TextChoices):
    ASSOCIATION = "association", _("Association, fondation ou fonds de dotation")
    COOPERATIVE = "cooperative", _("Coopérative (SCIC, SCOP, CUMA…)")
    COMPANY_ESS = "company_ess", _("Société inscrite comme entreprise de l’ESS, ou agréée ESUS")
    COMPANY = "company", _("Autre société")
    AUTHORITY = "authority", _("Commune, intercommunalité, établissement public")
    GROUPING = "grouping", _("Plusieurs structures ensemble (pôle, circuit)")
    SOLE = "sole", _("Entrepreneur individuel")
    NONE = "none", _("Aucune encore")


class Purpose(TextChoices):
    USEFUL = "useful", _("Produire ou rendre un service utile aux habitants")
    PLACE = "place", _("Acheter ou rénover un lieu utile aux habitants")
    ENERGY = "energy", _("Produire une énergie renouvelable avec des habitants")
    DEBT = "debt", _("Rembourser des dettes ou racheter des parts")
    PLACEMENT = "placement", _("Placer de l’argent ou revendre plus cher")


class Profit(TextChoices):
    KEPT = "kept", _("Ils restent surtout dans l’activité")
    SHARED = "shared", _("Ils vont surtout aux associés")
    UNKNOWN = "unknown", _("Je ne sais pas encore")


class When(TextChoices):
    SOON = "soon", _("Très vite")
    LATER = "later", _("Plus tard")


class Bank(TextChoices):
    REFUSED = "refused", _("Elle a refusé, ou n’en couvre qu’une partie")
    NOT_ASKED = "not_asked", _("Je ne lui ai pas demandé")
    COVERS = "covers", _("Elle couvre tout le besoin")


class Support(TextChoices):
    NAMED = "named", _("Oui, un organisme m’accompagne")
    NONE = "none", _("Non, pas encore")


class Outcome(Enum):
    YES = "yes"
    PERHAPS = "perhaps"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Limits:
    """The dated values that answers are compared with: euros and months."""

    minimum_euros: int
    maximum_euros: int
    months_ahead: int


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered, in codes. `amount`: whole euros."""

    place: str
    form: str
    stage: str
    purpose: str
    profit: str
    amount: int
    when: str
    bank: str
    support: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why not, or why perhaps: its code, the rule, what to do next."""

    code: str
    outcome: Outcome
    rule: Any
    next_step: Any


@dataclass(frozen=True, slots=True)
class Verdict:
    """The worst of the reasons decides; without a reason the answer is yes."""

    outcome: Outcome
    reasons: tuple[Reason, ...]


_NO, _PERHAPS = Outcome.NO, Outcome.PERHAPS
REASONS: dict[str, Reason] = {
    one.code: one
    for one in (
        Reason(
            "PLACE_ELSEWHERE", _NO,
            _("Le fonds finance des projets de sa région."),
            _("Le fonds de votre région, ou les réseaux nationaux ci-dessous, peuvent vous répondre."),
        ),
        Reason(
            "PURPOSE_SPECULATIVE", _NO,
            _("Le fonds ne finance ni placement ni revente : la charte les exclut."),
            _("Si une activité utile est derrière, décrivez-la et recommencez."),
        ),
        Reason(
            "FORM_SOLE", _NO,
            _("Une campagne finance une structure collective, pas une personne seule."),
            _("Le microcrédit accompagné et le prêt d’honneur sont faits pour vous."),
        ),
        Reason(
            "PROFIT_SHARED", _NO,
            _("Gagner de l’argent est permis ; en distribuer l’essentiel aux associés ferme l’entrée du fonds."),
            _("Des statuts qui gardent la majorité des bénéfices dans l’activité ouvriraient la porte."),
        ),
        Reason(
            "AMOUNT_TOO_SMALL", _NO,
            _("Le besoin est en dessous du plus petit que le fonds accompagne."),
            _("Un don participatif, une cagnotte locale ou un microcrédit coûtera moins d’efforts."),
        ),
        Reason(
            "BANK_COVERS", _NO,
            _("Le fonds complète la banque ; il ne la remplace pas."),
            _("Prenez le prêt de la banque. Revenez si une part du besoin reste sans réponse."),
        ),
        Reason(
            "STAGE_IDEA", _PERHAPS,
            _("Une idée se prépare avant une campagne."),
            _("Faites-vous accompagner : un dossier commence par un budget et un statut."),
        ),
        Reason(
            "IN_CREATION", _PERHAPS,
            _("En création, on peut déposer un dossier ; l’argent n’est versé qu’une fois le numéro obtenu."),
            _("Inscrivez-la « en création » : vous donnerez son SIREN plus tard."),
        ),
        Reason(
            "COMPANY_OUTSIDE_ESS", _PERHAPS,
            _("Une société hors de l’économie sociale doit prouver son utilité sociale."),
            _("Regardez l’agrément ESUS ou l’inscription comme société de l’ESS ; un label local est aussi possible."),
        ),
        Reason(
            "FORM_AUTHORITY", _PERHAPS,
            _("Une collectivité ne lève pas d’épargne ici ; elle peut être membre d’un pôle ou garante."),
            _("Cherchez la structure qui portera le projet, et entrez dans le pôle."),
        ),
        Reason(
            "PROFIT_UNKNOWN", _PERHAPS,
            _("Ce que deviennent les bénéfices est écrit dans les statuts."),
            _("Décidez-le avant le dossier : la question y est posée."),
        ),
        Reason(
            "DEBT", _PERHAPS,
            _("Rembourser ou racheter n’est financé que dans une reprise par les salariés ou les usagers."),
            _("Décrivez la reprise, et joignez le plan de financement."),
        ),
        Reason(
            "DIFFICULTY", _PERHAPS,
            _("Une organisation en difficulté est d’abord accompagnée."),
            _("Appelez un des dispositifs ci-dessous : le dossier viendra ensuite."),
        ),
        Reason(
            "AMOUNT_TOO_LARGE", _PERHAPS,
            _("Le besoin dépasse ce que le fonds peut porter seul."),
            _("Prévoyez d’autres financeurs : le fonds prendra sa part."),
        ),
        Reason(
            "TOO_SOON", _PERHAPS,
            _("Entre le dossier et le premier versement, il faut plusieurs mois."),
            _("Cherchez un prêt relais pour le début, et demandez le fonds pour la suite."),
        ),
        Reason(
            "BANK_NOT_ASKED", _PERHAPS,
            _("Le dossier demande ce que la banque a répondu."),
            _("Demandez-lui, même si vous attendez un refus : sa lettre sert de preuve."),
        ),
        Reason(
            "NO_SUPPORT", _PERHAPS,
            _("Chaque projet financé nomme un organisme qui l’accompagne."),
            _("Choisissez-en un dans la liste ci-dessous ; le premier rendez-vous est gratuit chez la plupart."),
        ),
    )
}  # fmt: skip


def evaluate(answers: Answers, limits: Limits) -> Verdict:
    """Return the answer and every reason for it, the refusals first, in the order of the questions."""
    codes = []
    if answers.place == ELSEWHERE:
        codes.append("PLACE_ELSEWHERE")
    codes += _FORM_CODES.get(answers.form, [])
    codes += _STAGE_CODES.get(answers.stage, [])
    codes += _PURPOSE_CODES.get(answers.purpose, [])
    if answers.profit == Profit.SHARED and answers.form not in (Form.ASSOCIATION, Form.AUTHORITY):
        codes.append("PROFIT_SHARED")
    if answers.profit == Profit.UNKNOWN and answers.form in (Form.COMPANY, Form.COMPANY_ESS, Form.NONE):
        codes.append("PROFIT_UNKNOWN")
    if answers.amount < limits.minimum_euros:
        codes.append("AMOUNT_TOO_SMALL")
    if answers.amount > limits.maximum_euros:
        codes.append("AMOUNT_TOO_LARGE")
    if answers.when == When.SOON:
        codes.append("TOO_SOON")
    if answers.bank == Bank.COVERS:
        codes.append("BANK_COVERS")
    if answers.bank == Bank.NOT_ASKED:
        codes.append("BANK_NOT_ASKED")
    if answers.support == Support.NONE:
        codes.append("NO_SUPPORT")
    found = [REASONS[code] for code in dict.fromkeys(codes)]
    refusals = [one for one in found if one.outcome == Outcome.NO]
    doubts = [one for one in found if one.outcome == Outcome.PERHAPS]
    outcome = Outcome.NO if refusals else Outcome.PERHAPS if doubts else Outcome.YES
    return Verdict(outcome, (*refusals, *doubts))


def read_answers(values: Mapping[str, Any]) -> Answers:
    """Return answers from cleaned values. Raises: KeyError: one is missing."""
    return Answers(**{name: values[name] for name in Answers.__dataclass_fields__})


_FORM_CODES = {
    Form.SOLE.value: ["FORM_SOLE"],
    Form.COMPANY.value: ["COMPANY_OUTSIDE_ESS"],
    Form.AUTHORITY.value: ["FORM_AUTHORITY"],
    Form.NONE.value: ["IN_CREATION"],
}
_STAGE_CODES = {
    ToolStage.IDEA.value: ["STAGE_IDEA"],
    ToolStage.CREATION.value: ["IN_CREATION"],
    ToolStage.DIFFICULTY.value: ["DIFFICULTY"],
}
_PURPOSE_CODES = {Purpose.PLACEMENT.value: ["PURPOSE_SPECULATIVE"], Purpose.DEBT.value: ["DEBT"]}
