"""Labels beside the campaigns: held in every state, statuses claimed, profiles, two signatories, a misuse reported."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from fres.kernel import clock
from funds import label_consequences
from funds.demonstration import cast
from funds.demonstration.chapters import Act
from funds.demonstration.region import Region
from investors.models import User
from projects.labels.assessing import answer_criterion, conclude_assessment, start_assessment
from projects.labels.awarding import claim_status, grant_award, refuse_award, refuse_status, verify_status
from projects.labels.charters import moderate_misuse, report_misuse
from projects.labels.signing import declare_and_sign
from projects.labels.subjects import Subject, find_subject
from projects.labels.weights import set_weights
from projects.models import (
    Assessment,
    Award,
    CharterSignature,
    CriterionWeight,
    Label,
    MisuseReport,
    Organisation,
)

YES = "Pièces au dossier, lues sur place"
LOCAL: dict[str, dict[str, Any]] = {
    "HDF-M1": {"yes": True, "reference": "Étude du besoin"},
    "HDF-M2": {"yes": True, "reference": "Statuts, art. 12"},
    "HDF-M3": {"values": {"local": ["78", "100"]}, "reference": "Budget par fournisseur"},
    "HDF-M4": {"values": {"highest": "2.4"}, "reference": "Attestation de paie"},
    "HDF-P1": {"level": 2},
    "HDF-P2": {"level": 1},
    "HDF-P3": {"level": 2},
    "HDF-X1": {"yes": False},
}
TOO_WIDE = LOCAL | {"HDF-M4": {"values": {"highest": "11.5"}, "reference": "Attestation de paie"}}
BEGUN = {"HDF-M1": LOCAL["HDF-M1"], "HDF-X1": LOCAL["HDF-X1"]}
SCOP: dict[str, dict[str, Any]] = {
    "SCOP-1": {"values": {"capital": "72", "votes": "80"}, "reference": YES},
    "SCOP-2": {"yes": True, "reference": YES},
    "SCOP-3": {"values": {"workers": "45", "reserves": "40"}, "reference": YES},
}
SCOP_OUTSIDERS: dict[str, dict[str, Any]] = SCOP | {
    "SCOP-1": {"values": {"capital": "49", "votes": "66"}, "reference": YES}
}


@dataclass(frozen=True)
class Status:
    """A status given by others: what is claimed when, and how its verification answers."""

    company: cast.Company
    label: str
    proof: str
    valid_from: date
    valid_to: date
    answers: Mapping[str, dict[str, Any]]
    is_met: bool = True


def _evaluator() -> User:
    return User.objects.get(email="label@fres.example")


def _label(code: str) -> Label:
    name, version = code.split("@")
    return Label.objects.get(code=name, version=version)


def _subject(company: cast.Company) -> Subject:
    return find_subject("organisation", Organisation.objects.get(party__siren=company.siren).uuid)


def _assess(
    company: cast.Company, code: str, answers: Mapping[str, dict[str, Any]], at: datetime, *, ends: bool = True
) -> Assessment:
    evaluator, label = _evaluator(), _label(code)
    assessment = start_assessment(label=label, subject=_subject(company), by=evaluator, at=at)
    for criterion in label.criteria.all():
        if criterion.identifier in answers:
            answer_criterion(
                assessment=assessment, criterion=criterion, by=evaluator, at=at, **answers[criterion.identifier]
            )
    return conclude_assessment(assessment=assessment, by=evaluator, at=at) if ends else assessment


def _held(company: cast.Company, code: str = "FRES-HDF") -> Award | None:
    return Award.objects.filter(
        label=code, subject_uuid=Organisation.objects.get(party__siren=company.siren).uuid
    ).last()


def _grants(day: date, company: cast.Company) -> Act:
    def do(region: Region, at: datetime) -> None:
        grant_award(assessment=_assess(company, "FRES-HDF@2024", LOCAL, at), by=_evaluator(), at=at)

    return Act(day, do, lambda region: _held(company) is not None)


def _suspends(day: date, company: cast.Company, reason: str) -> Act:
    def do(region: Region, at: datetime) -> None:
        award = _held(company)
        assert award is not None
        label_consequences.suspend_award(award=award, by=_evaluator(), at=at, reason=reason)

    return Act(day, do, lambda region: bool((held := _held(company)) and held.suspended_at))


def _withdraws(day: date, company: cast.Company, reason: str) -> Act:
    def do(region: Region, at: datetime) -> None:
        award = _held(company)
        assert award is not None
        label_consequences.withdraw_award(award=award, by=_evaluator(), at=at, reason=reason)

    return Act(day, do, lambda region: bool((held := _held(company)) and held.ended_at))


def _refuses(day: date, company: cast.Company) -> Act:
    def do(region: Region, at: datetime) -> None:
        refuse_award(assessment=_assess(company, "FRES-HDF@2024", TOO_WIDE, at), by=_evaluator(), at=at)

    return Act(day, do, lambda region: _held(company) is not None)


def _claims(day: date, status: Status) -> Act:
    code = status.label.split("@")[0]

    def do(region: Region, at: datetime) -> None:
        claim_status(
            label=_label(status.label),
            subject=_subject(status.company),
            proof=status.proof,
            valid_from=status.valid_from,
            valid_to=status.valid_to,
            by=User.objects.get(email=status.company.holder_email),
            at=at,
        )

    return Act(day, do, lambda region: _held(status.company, code) is not None)


def _answers_claim(day: date, status: Status) -> Act:
    code = status.label.split("@")[0]

    def do(region: Region, at: datetime) -> None:
        award = _held(status.company, code)
        assert award is not None
        assessment = _assess(status.company, status.label, status.answers, at)
        if status.is_met:
            verify_status(award=award, assessment=assessment, by=_evaluator(), at=at)
        else:
            refuse_status(award=award, by=_evaluator(), at=at, reason="", assessment=assessment)

    return Act(day, do, lambda region: bool((held := _held(status.company, code)) and held.decided_at))


def _loses(day: date, status: Status, reason: str) -> Act:
    code = status.label.split("@")[0]

    def do(region: Region, at: datetime) -> None:
        award = _held(status.company, code)
        assert award is not None
        label_consequences.record_loss(award=award, by=_evaluator(), at=at, reason=reason)

    return Act(day, do, lambda region: bool((held := _held(status.company, code)) and held.ended_at))


def _draws_profile(day: date, company: cast.Company, levels: str) -> Act:
    answers = {f"BAL-{rank:02d}": {"level": int(level)} for rank, level in enumerate(levels, start=1)}

    def do(region: Region, at: datetime) -> None:
        _assess(company, "BALISES@2", answers, at)

    return Act(day, do, lambda region: _was_assessed(company, "BALISES"))


def _begins(day: date, company: cast.Company) -> Act:
    def do(region: Region, at: datetime) -> None:
        _assess(company, "FRES-HDF@2024", BEGUN, at, ends=False)

    return Act(day, do, lambda region: _was_assessed(company, "FRES-HDF"))


def _was_assessed(company: cast.Company, code: str) -> bool:
    uuid = Organisation.objects.get(party__siren=company.siren).uuid
    return Assessment.objects.filter(label__code=code, subject_uuid=uuid).exists()


def _signs(day: date, company: cast.Company, sector: str) -> Act:
    def do(region: Region, at: datetime) -> None:
        charter = _label("CCES@2015")
        declare_and_sign(
            label=charter,
            subject=_subject(company),
            sector=sector,
            accepted=frozenset(charter.criteria.values_list("pk", flat=True)),
            by=User.objects.get(email=company.holder_email),
            at=at,
        )

    return Act(day, do, lambda region: CharterSignature.objects.filter(subject_name=company.name).exists())


def _reports(day: date, about: str, seen_where: str, facts: str) -> Act:
    def do(region: Region, at: datetime) -> None:
        report_misuse(label=_label("CCES@2015"), about=about, seen_where=seen_where, facts=facts, at=at)

    return Act(day, do, lambda region: MisuseReport.objects.filter(about=about).exists())


def _answers_report(day: date, about: str, answer: str) -> Act:
    def do(region: Region, at: datetime) -> None:
        report = MisuseReport.objects.select_related("label").get(about=about)
        moderate_misuse(report=report, is_upheld=True, answer=answer, by=_evaluator(), at=at)

    return Act(day, do, lambda region: MisuseReport.objects.filter(about=about, moderated_at__isnull=False).exists())


def _weighs(day: date, department: str, weights: dict[str, int], reason: str) -> Act:
    """A territory says what is useful there (R-102)."""

    def do(region: Region, at: datetime) -> None:
        label = Label.objects.get(code=cast.FUND_LABEL, version=cast.FUND_LABEL_VERSION)
        set_weights(
            label=label, territory_code=department, weights=weights, valid_from=clock.local(at).date(), reason=reason,
            by=region.manager, at=at,
        )  # fmt: skip

    return Act(day, do, lambda region: CriterionWeight.objects.filter(territory_code=department).exists())


def _agreement(kind: str, last: date) -> dict[str, dict[str, Any]]:
    return {f"SIAE-{kind}": {"yes": True, "reference": "Convention avec l’État", "valid_to": last}}


WORKSHOP_STATUS = Status(
    cast.WORKSHOP, "SIAE-EI@1", "Convention n° 59-2024-118, services de l’État du Nord", date(2024, 1, 1),
    date(2026, 12, 31), _agreement("EI", date(2026, 12, 31)),
)  # fmt: skip
GARDEN_STATUS = Status(
    cast.GARDEN, "SIAE-ACI@1", "Convention n° 62-2024-031, services de l’État du Pas-de-Calais", date(2024, 1, 1),
    date(2026, 12, 31), _agreement("ACI", date(2026, 12, 31)),
)  # fmt: skip
BAKERY_STATUS = Status(
    cast.BAKERY, "SCOP@1978", "Liste ministérielle 2025", date(2025, 1, 1), date(2025, 12, 31), SCOP
)  # fmt: skip
BICYCLES_STATUS = Status(
    cast.BICYCLES, "SCOP@1978", "Liste ministérielle 2025", date(2025, 1, 1), date(2025, 12, 31), SCOP_OUTSIDERS,
    is_met=False,
)  # fmt: skip
HOUSING_STATUS = Status(
    cast.HOUSING, "ESUS@2019", "Arrêté préfectoral du 6 octobre 2026, Nord", date(2026, 10, 6), date(2028, 10, 5), {}
)
MARKET, SHOP = "Un supermarché de la métropole", "Une enseigne de paniers livrés"

ACTS = (
    _grants(date(2024, 2, 12), cast.SOLAR),
    _claims(date(2024, 2, 20), WORKSHOP_STATUS),
    _answers_claim(date(2024, 3, 4), WORKSHOP_STATUS),
    _claims(date(2024, 2, 21), GARDEN_STATUS),
    _answers_claim(date(2024, 3, 5), GARDEN_STATUS),
    _grants(date(2024, 3, 12), cast.THEATRE),
    _grants(date(2024, 4, 9), cast.ENDOWMENT),
    _signs(date(2024, 5, 14), cast.GROCERY, "FOOD"),
    _signs(date(2024, 6, 4), cast.SOLAR, "ENERGY"),
    _draws_profile(date(2024, 9, 17), cast.SOLAR, "3212322221"),
    _draws_profile(date(2024, 10, 1), cast.BAKERY, "2123213303"),
    _claims(date(2025, 1, 21), BAKERY_STATUS),
    _claims(date(2025, 1, 22), BICYCLES_STATUS),
    _answers_claim(date(2025, 2, 4), BAKERY_STATUS),
    _answers_claim(date(2025, 2, 5), BICYCLES_STATUS),
    _refuses(date(2025, 3, 11), cast.BICYCLES),
    _suspends(date(2025, 6, 3), cast.ENDOWMENT, "Comptes 2024 non fournis malgré deux rappels."),
    _withdraws(date(2025, 9, 16), cast.ENDOWMENT, "Comptes 2024 toujours absents ; la gouvernance n’a pas répondu."),
    _draws_profile(date(2025, 10, 7), cast.ENDOWMENT, "1122311222"),
    _reports(date(2025, 11, 4), MARKET, "Affiches en rayon", "Le nom de la charte est affiché sans signature."),
    _answers_report(date(2025, 11, 25), MARKET, "Vérifié : l’enseigne n’a pas signé ; elle a retiré ses affiches."),
    _weighs(
        date(2026, 1, 20),
        "62",
        {"HDF-P1": 4, "HDF-P2": 2, "HDF-P3": 1},
        "Assemblée des maires du bassin minier, 12 janvier 2026 : l’emploi local d’abord.",
    ),
    _loses(date(2026, 6, 9), GARDEN_STATUS, "Convention dénoncée par l’État le 1er juin 2026."),
    _suspends(date(2026, 10, 13), cast.THEATRE, "Changement de statuts à examiner."),
    _claims(date(2026, 11, 3), HOUSING_STATUS),
    _reports(date(2026, 11, 10), SHOP, "Site marchand", "« Circuit solidaire » est affiché ; le prix payé est caché."),
    _begins(date(2026, 11, 17), cast.GARDEN),
)
