"""The campaigns of the region's two finished years and of the current one, and who takes part in them. Data only.

The story goes from Monday to Monday, from 8 January 2024 to 23 November 2026: a step is a week, and steps are counted.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from funds.demonstration import cast
from funds.demonstration.cast import Place, ProjectCard
from projects.models import Theme

FIRST_DAY = date(2024, 1, 8)
STEP = timedelta(days=7)
LAST_STEP = 150  # 23 November 2026


def day_of(step: int) -> date:
    """Return the day of a step of the story."""
    return FIRST_DAY + step * STEP


def step_of(day: date) -> int:
    """Return the first step on or after a day."""
    return -((FIRST_DAY - day) // STEP)


class Way(Enum):
    """How a saver goes about paying what they promised."""

    CARD = "card"
    SECURE = "card with an authentication"
    DEBIT = "debit, slow"
    BOUNCES = "debit that bounces, then card"
    REFUSED = "card refused, then another"
    CONTESTS = "debit contested after weeks"
    CARD_CLOSES = "card closed before any refund"
    ABANDONS = "opens the page and goes away"
    NEVER = "does not come to pay"
    REVOKES = "takes the commitment back the same day"


# The buttons pressed on the payment page, visit by visit; the last visit is repeated if need be.
VISITS: dict[Way, tuple[tuple[str, ...], ...]] = {
    Way.CARD: (("card_paid",),),
    Way.SECURE: (("card_challenge",),),
    Way.DEBIT: (("sepa_paid",),),
    Way.BOUNCES: (("sepa_insufficient_funds",), ("card_paid",)),
    Way.REFUSED: (("card_declined", "card_paid"),),
    Way.CONTESTS: (("sepa_disputed",),),
    Way.CARD_CLOSES: (("card_refund_fails",),),
    Way.ABANDONS: ((),),
}


class Patience(Enum):
    """What a saver does on a waiting list."""

    TAKES = "takes the place proposed"
    IS_SILENT = "does not answer"
    LEAVES = "leaves the list at the next step"


@dataclass(frozen=True)
class Pledge:
    """What one saver (by rank in the cast, negative for an organisation) promises, so many steps after the opening."""

    saver: int
    euros: int
    after: int = 0
    way: Way = Way.CARD
    waits: Patience | None = None  # the offer is full by then: they go to the waiting list
    asks_back: int = 0  # steps after which a donor asks the gift back; 0: never


class Payout(Enum):
    """How the payout of a successful offer goes."""

    PAID = "prepared, approved a week later, paid"
    REFUSED_ONCE = "refused by the second person, prepared again, paid"
    WAITS_FOR_APPROVAL = "prepared, not approved yet"
    PUT_OFF = "approved, put off by the provider: the holder's account can no longer receive"


@dataclass(frozen=True)
class Campaign:
    """One offer. Amounts in whole euros; steps count from the first day of the story."""

    slug: str
    card: ProjectCard
    opens: int
    closes_on: date
    minimum: int
    maximum: int
    pledges: tuple[Pledge, ...] = ()
    ticket: tuple[int, int] = (20, 2_000)
    rate_bp: int = 0
    months: int = 0
    holder_fee_bp: int = 0
    gives_receipt: bool = False
    risks: str = ""
    suspended_at: int | None = None
    cancelled_at: int | None = None
    stops_paying_at: int | None = None  # the holder pays no instalment from that step on
    is_opened: bool = True
    payout: Payout = Payout.PAID
    suspension_reason: str = ""
    tranches: tuple[tuple[int, str, str], ...] = ()  # whole euros, milestone, proof: they add up to the maximum

    @property
    def is_gift(self) -> bool:
        return not self.rate_bp


_USUAL_EUROS = (50, 100, 150, 80, 200, 300, 120, 500, 250, 60, 400, 100)
_USUAL_WAYS = (Way.DEBIT, Way.CARD, Way.DEBIT, Way.SECURE, Way.CARD, Way.DEBIT)
_GIFT_WAYS = (Way.CARD, Way.SECURE, Way.CARD, Way.DEBIT)


def crowd(
    *, savers: range, total: int, over: int, ways: tuple[Way, ...] = _USUAL_WAYS, least: int = 50, most: int = 1_000
) -> tuple[Pledge, ...]:
    """Return one pledge per saver, worth `total` euros together, made over so many steps.

    Raises: ValueError: the total is out of reach of so many people.
    """
    weights = [_USUAL_EUROS[rank % len(_USUAL_EUROS)] for rank in savers]
    euros = [min(most, max(least, total * weight // sum(weights) // 10 * 10)) for weight in weights]
    for place in range(len(euros)):  # what rounding left over, or took, goes to whoever still has room, in order
        euros[place] = min(most, max(least, euros[place] + total - sum(euros)))
    if sum(euros) != total:
        raise ValueError(f"{len(euros)} savers cannot make {total} euros")
    return tuple(
        Pledge(rank, amount, place * over // len(euros), ways[rank % len(ways)])
        for place, (rank, amount) in enumerate(zip(savers, euros, strict=True))
    )


_LOAN_RISK = (
    "Vous pouvez perdre tout ou partie de la somme prêtée. Ce prêt n’est pas garanti et ne peut pas être revendu avant "
    "son terme. "
)
_GIFT_RISK = "Un don n’est pas rendu, même si le projet change ou s’arrête. "

ORCHARD = ProjectCard(
    "terrils-vivants-verger", "Terrils vivants : un verger partagé", cast.ENDOWMENT, cast.LENS, Theme.CULTURE, "94.99",
    "Planter quatre-vingts arbres d’anciennes variétés au pied du terril.",
    "Acheter les arbres, les planter avec deux écoles et former six greffeurs bénévoles.",
)  # fmt: skip
VAN = ProjectCard(
    "jardins-de-l-ancre-camionnette", "Les Jardins de l’Ancre : une camionnette", cast.GARDEN, cast.CALAIS, Theme.FOOD,
    "01.13", "Livrer les paniers aux cantines avec une camionnette électrique.",
    "Acheter une camionnette électrique d’occasion et une borne de recharge.",
)  # fmt: skip
MOBILE_BAKEHOUSE = ProjectCard(
    "la-fournee-commune-fournil-mobile", "La Fournée commune : un fournil mobile", cast.BAKERY, cast.LENS, Theme.FOOD,
    "10.71", "Cuire le pain sur les marchés du bassin minier.",
    "Acheter un petit four électrique, puis le camion qui le porte de marché en marché.",
)  # fmt: skip
COLD_ROOM = ProjectCard(
    "le-panier-d-avesnois-chambre-froide", "Le Panier d’Avesnois : une chambre froide", cast.GROCERY,
    Place("59249", "59610", "Fourmies"), Theme.FOOD, "47.11", "Garder les récoltes de douze fermes entre deux marchés.",
    "Construire une chambre froide de 60 m³ et l’alimenter par le toit.",
)  # fmt: skip

CAMPAIGNS: tuple[Campaign, ...] = (
    # ---- 2024 ----
    Campaign(
        "soleil-de-gohelle-toits-des-ecoles", cast.SOLAR_ROOFS, 3, date(2024, 3, 10), 8_000, 12_000,
        (
            *crowd(savers=range(1, 25), total=7_200, over=4),
            Pledge(0, 150, 1, Way.DEBIT),
            Pledge(-1, 1_500, 1, Way.DEBIT),
            Pledge(35, 200, 1, Way.REVOKES),
            Pledge(36, 80, 1, Way.NEVER),
            Pledge(37, 100, 1, Way.BOUNCES),
        ),
        ticket=(50, 2_000), rate_bp=350, months=36,
        risks=_LOAN_RISK + "La production dépend du soleil et de l’état des toits ; la vente au réseau a un contrat.",
    ),
    Campaign(
        "terrils-vivants-sentiers", cast.SPOIL_TIPS, 12, date(2024, 4, 30), 2_000, 4_000,
        (
            *crowd(savers=range(8, 33), total=2_600, over=4, ways=_GIFT_WAYS, least=20),
            Pledge(0, 40, 1, Way.CARD),
            Pledge(40, 60, 1, asks_back=1),
            Pledge(41, 30, 2, Way.REFUSED),
        ),
        ticket=(10, 1_000), gives_receipt=True,
        risks=_GIFT_RISK + "Le balisage dépend d’autorisations de passage.",
    ),
    Campaign(
        "la-fournee-commune-four", cast.OVEN, 21, date(2024, 7, 10), 6_000, 9_000,
        (
            *crowd(savers=range(12, 30), total=5_900, over=4),
            Pledge(0, 300, 1, Way.CARD),
            Pledge(5, 120, 1, Way.ABANDONS),
        ),
        ticket=(50, 1_500), rate_bp=400, months=22, holder_fee_bp=200, payout=Payout.REFUSED_ONCE,
        tranches=(
            (6_000, "Four commandé", "La commande signée"), (3_000, "Four en service", "Le procès-verbal du fabricant"),
        ),
        risks=_LOAN_RISK + "Le remboursement dépend des ventes de pain et de l’embauche de deux boulangers.",
    ),
    # ---- 2025 ----
    Campaign(
        "atelier-remettre-roubaix", cast.REPAIR, 57, date(2025, 3, 10), 7_000, 10_000,
        (
            *crowd(savers=range(28, 49), total=6_300, over=3),
            Pledge(2, 250, 0, Way.CONTESTS),
            Pledge(-2, 800, 1, Way.DEBIT),
            Pledge(0, 200, 2, Way.CARD),
            Pledge(6, 100, 1, Way.NEVER),
        ),
        ticket=(50, 2_000), rate_bp=325, months=36, stops_paying_at=137,
        risks=_LOAN_RISK + "L’activité d’insertion dépend d’aides publiques renouvelées chaque année.",
    ),
    Campaign(
        "jardins-de-l-ancre-serre", cast.GREENHOUSE, 69, date(2025, 6, 10), 5_000, 8_000,
        (
            *crowd(savers=range(30, 45), total=1_380, over=3, ways=(Way.CARD, Way.DEBIT, Way.CARD), least=20),
            Pledge(0, 25, 1, Way.CARD),
            Pledge(3, 75, 1, Way.CARD_CLOSES),
        ),
        ticket=(10, 1_000), risks=_GIFT_RISK + "La serre attend un permis de construire.",
    ),
    Campaign(
        MOBILE_BAKEHOUSE.slug, MOBILE_BAKEHOUSE, 76, date(2025, 7, 27), 2_000, 3_000,
        crowd(savers=range(45, 55), total=2_600, over=2), ticket=(50, 1_000), rate_bp=350, months=30,
        tranches=((1_600, "Four acheté", "La facture"), (1_400, "Camion acheté", "La facture au nom du projet")),
        risks=_LOAN_RISK + "Les ventes dépendent des places données sur les marchés.",
    ),
    Campaign(
        "terrils-vivants-memoires", cast.MINE_ARCHIVE, 90, date(2025, 11, 2), 1_500, 3_000,
        (
            *crowd(savers=range(4, 26), total=1_900, over=3, ways=(Way.CARD, Way.DEBIT, Way.SECURE), least=20),
            Pledge(0, 60, 1, Way.CARD),
            Pledge(27, 90, 1, asks_back=1),
            Pledge(28, 200, 0, Way.CONTESTS),
        ),
        ticket=(10, 1_000), gives_receipt=True,
        risks=_GIFT_RISK + "Certains récits peuvent être retirés par les familles.",
    ),
    # ---- 2026 ----
    Campaign(
        "cycles-de-somme-atelier", cast.CARGO_BIKES, 111, date(2026, 4, 12), 9_000, 15_000,
        (
            *crowd(savers=range(15, 30), total=3_100, over=3),
            Pledge(31, 200, 3, Way.NEVER),
            Pledge(32, 150, 3, Way.DEBIT),
        ),
        ticket=(50, 2_000), rate_bp=450, months=48, suspended_at=114, cancelled_at=115,
        suspension_reason="Le porteur a perdu le local qu’il devait équiper.",
        risks=_LOAN_RISK + "Le premier modèle n’est pas encore certifié.",
    ),
    Campaign(
        "le-panier-d-avesnois-camion", cast.VILLAGE_SHOP, 135, date(2026, 9, 20), 5_000, 7_000,
        (
            *crowd(savers=range(3, 30), total=5_400, over=3),
            Pledge(0, 100, 1, Way.DEBIT),
            Pledge(44, 70, 1, Way.REVOKES),
        ),
        ticket=(50, 1_000), rate_bp=300, months=30, payout=Payout.WAITS_FOR_APPROVAL,
        risks=_LOAN_RISK + "Les ventes dépendent de neuf villages et du prix du carburant.",
    ),
    Campaign(
        "theatre-des-ruelles-scene", cast.STREET_STAGE, 137, date(2026, 9, 30), 1_200, 2_500,
        (
            *crowd(savers=range(33, 52), total=1_500, over=4, ways=(Way.CARD, Way.DEBIT), least=20),
            Pledge(0, 20, 1, Way.CARD),
        ),
        ticket=(10, 500), payout=Payout.PUT_OFF, risks=_GIFT_RISK + "La saison dépend du temps qu’il fait.",
    ),
    Campaign(
        "soleil-de-gohelle-gymnase", cast.SOLAR_GYM, 142, date(2026, 12, 20), 8_000, 14_000,
        (
            *crowd(savers=range(10, 30), total=4_200, over=7),
            Pledge(30, 100, 8, Way.DEBIT),
            Pledge(31, 150, 8, Way.CARD),
            Pledge(32, 60, 8, Way.REVOKES),
            Pledge(33, 120, 7, Way.NEVER),
            Pledge(34, 200, 7, Way.DEBIT),
            Pledge(35, 80, 7, Way.ABANDONS),
            Pledge(36, 50, 5, Way.BOUNCES),
            Pledge(37, 90, 4, Way.NEVER),
        ),
        ticket=(20, 2_000), rate_bp=350, months=36,
        risks=_LOAN_RISK + "La production dépend du soleil ; le raccordement au réseau n’est pas encore daté.",
    ),
    Campaign(
        "habiter-la-dune-maison", cast.SHARED_HOUSE, 141, date(2026, 12, 10), 6_000, 9_000,
        (
            *crowd(savers=range(38, 56), total=8_100, over=3, least=100),
            Pledge(1, 300, 2, Way.NEVER),
            Pledge(2, 250, 3, Way.NEVER),
            Pledge(3, 350, 3, Way.DEBIT),
            Pledge(4, 300, 4, Way.NEVER, Patience.TAKES),
            Pledge(5, 250, 4, waits=Patience.IS_SILENT),
            Pledge(6, 150, 4, waits=Patience.LEAVES),
            Pledge(7, 200, 5, Way.DEBIT, Patience.TAKES),
            Pledge(8, 400, 5, waits=Patience.IS_SILENT),
            Pledge(9, 300, 6, waits=Patience.IS_SILENT),
            Pledge(10, 100, 7, waits=Patience.IS_SILENT),
            Pledge(11, 250, 8, waits=Patience.IS_SILENT),
        ),
        ticket=(100, 1_000), rate_bp=250, months=60,
        risks=_LOAN_RISK + "Les travaux peuvent coûter plus que prévu ; les loyers sont plafonnés.",
    ),
    Campaign(
        "terrils-vivants-verger", ORCHARD, 145, date(2026, 11, 27), 800, 2_000,
        (
            *crowd(savers=range(40, 52), total=900, over=4, ways=(Way.CARD, Way.CARD, Way.SECURE), least=20),
            Pledge(52, 40, 5, Way.DEBIT),
            Pledge(53, 45, 2, asks_back=1),
            Pledge(54, 30, 5, Way.NEVER),
            Pledge(55, 35, 3, Way.DEBIT, asks_back=2),
        ),
        ticket=(10, 500), gives_receipt=True, risks=_GIFT_RISK + "Un arbre sur dix ne reprend pas.",
    ),
    Campaign(
        "jardins-de-l-ancre-camionnette", VAN, 145, date(2026, 12, 31), 3_000, 6_000,
        crowd(savers=range(22, 30), total=620, over=2, ways=(Way.CARD, Way.DEBIT), least=20),
        ticket=(10, 500), suspended_at=149,
        suspension_reason="Une question sur le prix de la camionnette attend une réponse depuis cinq jours ouvrés.",
        risks=_GIFT_RISK + "Le véhicule choisi peut avoir été vendu.",
    ),
    Campaign(
        "le-panier-d-avesnois-chambre-froide", COLD_ROOM, 149, date(2027, 1, 31), 6_000, 9_000,
        ticket=(50, 1_000), rate_bp=300, months=36, is_opened=False,
        risks=_LOAN_RISK + "Le bâtiment est loué : le bail court jusqu’en 2033.",
    ),
)  # fmt: skip
