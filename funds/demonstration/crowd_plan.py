"""Who the crowd of the demonstration is and what each of them does: invented from ranks and a seed, data only.

The crowd is cut into blocks of savers who know the same project holder: each block lends to it in 2024, is repaid over
twenty-one months, and some of it gives to it in 2025. The same rank always does the same.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum
from uuid import NAMESPACE_URL, UUID, uuid5

from stdnum import luhn

from fres.kernel import clock
from funds.demonstration import cast
from funds.demonstration.campaigns import Campaign
from funds.demonstration.cast import Company, Place, ProjectCard
from projects.models import Theme

BLOCK = 250  # savers of one project holder
MOST = 400 * BLOCK  # as many numbers of companies as were set apart
MONTHS = 21
RATES_BP = (300, 325, 350, 375, 400)
HOLDER_FEE_BP = 200
FIRST_OPENING = datetime(2024, 1, 15, 10, 0, tzinfo=clock.PARIS)
GIFTS_OPEN = datetime(2025, 2, 3, 10, 0, tzinfo=clock.PARIS)
LOAN_WEEKS, GIFT_WEEKS = 4, 3
WAVES = 8  # blocks open one week apart, then again from the first week
LAST_DAY = date(2026, 2, 28)  # the day after which nothing of the crowd's is dated

KEEPER = Company(
    "Caisse solidaire des Deux-Caps", "SCIC SA", "000009043", cast.BOULOGNE, "7 quai des Registres",
    lei="969500KEEPERTEST0019",
)  # fmt: skip

_THINGS = (
    ("Les Toits citoyens", Theme.ENERGY, "35.11", "Poser des panneaux sur les toits publics"),
    ("Le Marché voisin", Theme.FOOD, "47.11", "Ouvrir une épicerie de producteurs"),
    ("L’Atelier du réemploi", Theme.INTEGRATION, "95.22", "Équiper un atelier de réparation"),
    ("La Maison partagée", Theme.HOUSING, "68.20", "Rénover une maison pour plusieurs générations"),
    ("La Fabrique de quartier", Theme.INDUSTRY, "32.99", "Acheter les machines d’un atelier commun"),
)
_RISKS = "Vous pouvez perdre tout ou partie de la somme prêtée. Le remboursement dépend de l’activité du porteur."
_GIFT_RISKS = "Un don n’est pas rendu une fois remis au projet."


class Course(Enum):
    """What becomes of a promise."""

    PAID = "paid, and settled with the offer"
    REVOKED = "taken back during the reflection"
    UNPAID = "never paid"
    GIVEN_BACK = "paid, then asked back before the decision"


@dataclass(frozen=True)
class Promise:
    """One saver's promise, in cents. `is_debit`: by SEPA debit, which clears five days later."""

    saver: int
    cents: int
    committed_at: datetime
    course: Course
    is_debit: bool


def identifier(kind: str, *ranks: int | str) -> UUID:
    """Return the identifier of a row of the crowd: the same at each run, unlike every other."""
    return uuid5(NAMESPACE_URL, f"fres demonstration crowd {kind} {' '.join(map(str, ranks))}")


def saver_email(rank: int) -> str:
    return f"foule{rank:06d}@fres.example"


def cards(first: int, count: int) -> Iterator[cast.SaverCard]:
    """Yield the savers of the crowd from a rank on: names and places of the cast's, addresses of their own."""
    for rank in range(first, first + count):
        yield cast.card_of(rank + 10_007, email=saver_email(rank))


def place_of(block: int) -> Place:
    return cast.PLACES[block % len(cast.PLACES)]


def holder_of(block: int) -> Company:
    """Return the invented organisation of a block."""
    name, _theme, _nace, _does = _THINGS[block % len(_THINGS)]
    place = place_of(block)
    again = block // len(cast.PLACES)
    rank, siren = f" {again + 1}" if again else "", f"00000{500 + block:03d}"
    return Company(
        f"{name} de {place.city}{rank}", "SCIC SARL", siren + luhn.calc_check_digit(siren), place,
        f"{1 + block % 90} rue des Ateliers", "Faire vivre une activité utile au quartier.", "",
        f"porteur.foule{block:03d}@fres.example", "Dominique Verhaeghe",
    )  # fmt: skip


def loan_of(block: int, promises: list[Promise]) -> tuple[Campaign, datetime]:
    """Return the loan campaign of a block and when it opens."""
    name, theme, nace, does = _THINGS[block % len(_THINGS)]
    place = place_of(block)
    card = ProjectCard(
        f"foule-{block:03d}-pret", f"{name} de {place.city} : s’équiper", holder_of(block), place, theme, nace,
        f"{does}, à {place.city}.", f"{does}, à {place.city}, avec l’épargne des voisins.",
    )  # fmt: skip
    return _campaign(
        card, promises, ticket=(20, 1_000), rate_bp=RATES_BP[block % len(RATES_BP)], block=block
    ), _opening(FIRST_OPENING, block)


def gift_of(block: int, promises: list[Promise]) -> tuple[Campaign, datetime]:
    """Return the gift campaign of a block and when it opens."""
    name, theme, nace, _does = _THINGS[block % len(_THINGS)]
    place = place_of(block)
    card = ProjectCard(
        f"foule-{block:03d}-don", f"{name} de {place.city} : ouvrir à tous", holder_of(block), place, theme, nace,
        f"Des ateliers gratuits pour les habitants de {place.city}.",
        "Payer les animatrices et les animateurs d’une année d’ateliers gratuits.",
    )  # fmt: skip
    return _campaign(card, promises, ticket=(5, 500), rate_bp=0, block=block), _opening(GIFTS_OPEN, block)


def loan_promises(block: int, count: int) -> list[Promise]:
    """Return who of a block promises to lend, how much, and what becomes of it; the first always pays."""
    chance = random.Random(f"fres crowd loan {block}")
    opening, promises = _opening(FIRST_OPENING, block), []
    for rank in range(count):
        course = chance.choices((Course.PAID, Course.REVOKED, Course.UNPAID), (90, 6, 4))[0] if rank else Course.PAID
        moment = opening + timedelta(days=chance.randrange(1, 20), minutes=chance.randrange(60 * 10))
        cents = 100 * chance.choice((50, 80, 100, 120, 150, 200, 250, 300, 400, 500, 650, 800))
        promises.append(Promise(block * BLOCK + rank, cents, moment, course, chance.random() < 0.6))
    return promises


def gift_promises(block: int, lent: Sequence[Promise]) -> list[Promise]:
    """Return who of a block gives the year after: the first, those who did not lend in the end, and some others."""
    chance = random.Random(f"fres crowd gift {block}")
    opening, promises = _opening(GIFTS_OPEN, block), []
    for rank, loan in enumerate(lent):
        if chance.random() > 0.4 and rank and loan.course is Course.PAID:
            continue
        course = Course.GIVEN_BACK if rank and chance.random() < 0.06 else Course.PAID
        moment = opening + timedelta(days=chance.randrange(1, 14), minutes=chance.randrange(60 * 10))
        cents = 100 * chance.choice((10, 15, 20, 30, 40, 50, 80, 120))
        promises.append(Promise(block * BLOCK + rank, cents, moment, course, chance.random() < 0.3))
    return promises


def _opening(first: datetime, block: int) -> datetime:
    return first + timedelta(weeks=block % WAVES)


def _campaign(
    card: ProjectCard, promises: list[Promise], *, ticket: tuple[int, int], rate_bp: int, block: int
) -> Campaign:
    """A campaign that its own promises fill: what is paid is above its minimum, all of it below its maximum."""
    weeks = LOAN_WEEKS if rate_bp else GIFT_WEEKS
    paid = sum(one.cents for one in promises if one.course is Course.PAID) // 100
    opening = _opening(FIRST_OPENING if rate_bp else GIFTS_OPEN, block)
    return Campaign(
        card.slug, card, opens=0, closes_on=opening.date() + timedelta(weeks=weeks, days=-1),
        minimum=max(1, paid // 2), maximum=sum(one.cents for one in promises) // 100 + 100, ticket=ticket,
        rate_bp=rate_bp, months=MONTHS if rate_bp else 0, holder_fee_bp=HOLDER_FEE_BP,
        risks=_RISKS if rate_bp else _GIFT_RISKS,
    )  # fmt: skip


def at_nine(day: date) -> datetime:
    """Return nine in the morning, in Paris."""
    return datetime.combine(day, time(9), tzinfo=clock.PARIS)
