"""The chapter of what comes before a loan: questionnaires in every state, classes asked for, granted, refused, ended.

Those who lend get ready in the story itself (`funds.demonstration.lending`); here are those who stopped on the way.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from fres.kernel.money import from_cents
from funds.demonstration.cast import AMIENS, ARRAS, LENS, LILLE, ROUBAIX, Place, SaverCard
from funds.demonstration.chapters import Act
from funds.demonstration.lending import answers
from funds.demonstration.region import Region, make_saver
from investors.models import Classification, Party, User
from investors.protection.assessing import record_simulation, refuse_assessment, take_assessment
from investors.protection.classifying import (
    approve_class,
    give_up_class,
    refuse_class,
    request_class,
    withdraw_class,
)

COMPLIANCE = "conformite@fres.example"
SOPHISTICATED = Classification.Wanted.SOPHISTICATED


@dataclass(frozen=True)
class Scene:
    """Somebody, and what they do before lending, or instead of it."""

    given_names: str
    family_name: str
    place: Place
    day: date
    live: Callable[[Party, datetime], None]

    @property
    def email(self) -> str:
        return f"avant-pret{self.day:%y%m%d}@fres.example"


def _fails(party: Party, at: datetime) -> None:
    """Failed, the warning not read yet."""
    take_assessment(party=party, answers=answers(wrong=6), by=_user(party), at=at)


def _refuses(party: Party, at: datetime) -> None:
    """Will not answer, has not read the warning; did the simulation."""
    refuse_assessment(party=party, by=_user(party), at=at)
    record_simulation(
        party=party, result=from_cents(1_430_00), reference_date=date(at.year - 1, 12, 31), by=_user(party), at=at
    )


def _passes(party: Party, at: datetime) -> None:
    """Passed; the simulation is still to be made."""
    take_assessment(party=party, answers=answers(wrong=1), by=_user(party), at=at)


def _does_nothing(party: Party, at: datetime) -> None:
    """Opened an account and has taken nothing yet."""


def _asks(party: Party, at: datetime) -> None:
    _request(party, "Avis d’impôt de 2025, relevé de portefeuille au 30 septembre 2026.", at)


def _is_granted(party: Party, at: datetime) -> None:
    asked = _request(party, "Avis d’impôt de 2025, contrat de travail d’analyste de crédit.", at)
    approve_class(
        classification=asked, reason="Avis d’impôt et contrat vus : deux critères remplis.", by=_officer(), at=at
    )


def _is_refused(party: Party, at: datetime) -> None:
    asked = _request(party, "Je suis les marchés depuis dix ans.", at)
    refuse_class(classification=asked, reason="Aucune pièce ne montre les critères attestés.", by=_officer(), at=at)


def _loses_it(party: Party, at: datetime) -> None:
    asked = _request(party, "Relevé de portefeuille, avis d’impôt.", at)
    held = approve_class(classification=asked, reason="Relevé et avis vus.", by=_officer(), at=at)
    withdraw_class(classification=held, reason="La personne a dit avoir vendu son portefeuille.", by=_officer(), at=at)


def _gives_up(party: Party, at: datetime) -> None:
    asked = _request(party, "Relevé de portefeuille.", at)
    give_up_class(classification=asked, by=_user(party), at=at)


SCENES = (
    Scene("Gaspard", "Lenoir", LENS, date(2026, 3, 10), _is_granted),
    Scene("Odile", "Ferrand", LILLE, date(2026, 5, 12), _is_refused),
    Scene("Ulysse", "Caron", ARRAS, date(2026, 6, 9), _loses_it),
    Scene("Mathilde", "Poulain", AMIENS, date(2026, 9, 8), _gives_up),
    Scene("Nour", "Cherif", ROUBAIX, date(2026, 10, 6), _fails),
    Scene("Blaise", "Wattel", LENS, date(2026, 10, 13), _refuses),
    Scene("Irène", "Dufour", LILLE, date(2026, 11, 3), _passes),
    Scene("Côme", "Berteau", ARRAS, date(2026, 11, 10), _does_nothing),
    Scene("Apolline", "Sauvage", AMIENS, date(2026, 11, 17), _asks),
)


def _act_of(scene: Scene) -> Act:
    def do(region: Region, at: datetime) -> None:
        card = SaverCard(
            email=scene.email, given_names=scene.given_names, family_name=scene.family_name,
            birth_date=date(1971, 4, 9), place=scene.place, address="6 rue des Cordeliers",
        )  # fmt: skip
        scene.live(make_saver(card, at=at), at)

    return Act(scene.day, do, lambda region: User.objects.filter(email=scene.email).exists())


def _request(party: Party, evidence: str, at: datetime) -> Classification:
    return request_class(
        party=party, wanted=SOPHISTICATED, criteria=("means", "profession"), evidence=evidence, attests=True,
        is_aware=True, is_responsible=True, by=_user(party), at=at,
    )  # fmt: skip


def _user(party: Party) -> User:
    assert party.user is not None
    return party.user


def _officer() -> User:
    return User.objects.get(email=COMPLIANCE)


ACTS = tuple(_act_of(scene) for scene in SCENES)
