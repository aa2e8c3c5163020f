"""The chart of accounts: what each purpose is called in the dated charts an entity may keep its books by.

Pure: no database. Source: PCG (ANC 2014-03, then ANC 2022-06 from 2025) and ANC 2018-06 for associations and endowment
funds; which numbers are the law's headings and which sub-accounts are ours is told in the fact sheet on tax and
accounting, §7.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from types import MappingProxyType

PCG = "PCG"
ASSOCIATION = "ASSOCIATION"

ASSET, LIABILITY, EQUITY, INCOME, EXPENSE = "ASSET", "LIABILITY", "EQUITY", "INCOME", "EXPENSE"
DEBIT_KINDS = frozenset({ASSET, EXPENSE})  # kinds whose balance is told as debits less credits
RESULT_KINDS = frozenset({INCOME, EXPENSE})  # kinds that start every financial year at zero

OPENING_JOURNAL = "AN"
JOURNALS: Mapping[str, str] = MappingProxyType(
    {
        OPENING_JOURNAL: "À-nouveaux",
        "PS": "Prestataire de paiement",
        "BQ": "Banque",
        "OF": "Décisions des offres",
        "RP": "Répartitions aux prêteurs",
        "PT": "Pot et argent public",
        "OD": "Opérations diverses",
    }
)


class Purpose(Enum):
    """What an account is for, whatever its number in the chart of the entity."""

    CAPITAL = "CAPITAL"
    RETAINED_PROFIT = "RETAINED_PROFIT"
    RETAINED_LOSS = "RETAINED_LOSS"
    PROFIT = "PROFIT"
    LOSS_OF_YEAR = "LOSS_OF_YEAR"
    INCOME_TAX_WITHHELD = "INCOME_TAX_WITHHELD"
    SOCIAL_LEVIES = "SOCIAL_LEVIES"
    VAT = "VAT"
    CLAIM_ON_SAVER = "CLAIM_ON_SAVER"
    TO_BE_PAID = "TO_BE_PAID"
    REFUND_TO_SEND = "REFUND_TO_SEND"
    SAVER_MONEY = "SAVER_MONEY"
    INSTALMENTS = "INSTALMENTS"
    HOLDER_MONEY = "HOLDER_MONEY"
    HELD_TRANCHES = "HELD_TRANCHES"
    COMMON_POT = "COMMON_POT"
    ALLOCATED = "ALLOCATED"
    BANK = "BANK"
    PROVIDER = "PROVIDER"
    PROVIDER_FEES = "PROVIDER_FEES"
    LOSS = "LOSS"
    HOLDER_FEE = "HOLDER_FEE"
    # The pool: the number of each ends with the two figures of a compartment's rank (`pool.accounts`).
    UNITS_SHARE = "UNITS_SHARE"
    UNITS_PARTICIPATING = "UNITS_PARTICIPATING"
    UNITS_BOND = "UNITS_BOND"
    PLACED_LOANS = "PLACED_LOANS"
    PLACED_STAKES = "PLACED_STAKES"
    PLACEMENT_LOSS = "PLACEMENT_LOSS"
    PROVISION = "PROVISION"
    PROVISION_CHARGE = "PROVISION_CHARGE"
    EARMARKED_GRANT = "EARMARKED_GRANT"
    # Public money beside it.
    MATCHING_GIVEN = "MATCHING_GIVEN"
    MATCHING_RESERVED = "MATCHING_RESERVED"
    CURRENCY_RESERVE = "CURRENCY_RESERVE"
    CURRENCY_OUT = "CURRENCY_OUT"
    GUARANTEE_ENDOWMENT = "GUARANTEE_ENDOWMENT"
    GUARANTEE_CALLED = "GUARANTEE_CALLED"


@dataclass(frozen=True)
class Heading:
    """One account of a chart: its number (the first three figures are the law's), name and kind."""

    number: str
    name: str
    kind: str


@dataclass(frozen=True)
class Edition:
    """One chart over the dates it is in force; `valid_to` is its last day, or None."""

    code: str
    valid_from: date
    valid_to: date | None
    headings: Mapping[Purpose, Heading]


_COMMON = {
    Purpose.RETAINED_PROFIT: Heading("110", "Report à nouveau créditeur", EQUITY),
    Purpose.RETAINED_LOSS: Heading("119", "Report à nouveau débiteur", EQUITY),
    Purpose.SOCIAL_LEVIES: Heading("4478", "Prélèvements sociaux retenus à la source", LIABILITY),
    Purpose.VAT: Heading("44571", "TVA collectée", LIABILITY),
    Purpose.CLAIM_ON_SAVER: Heading("4671", "Créances sur épargnants, débits contestés", ASSET),
    Purpose.REFUND_TO_SEND: Heading("4683", "Remboursements à virer", LIABILITY),
    Purpose.TO_BE_PAID: Heading("4684", "Sommes à verser aux épargnants", LIABILITY),
    Purpose.SAVER_MONEY: Heading("4685", "Fonds d’épargnants détenus pour leur compte", LIABILITY),
    Purpose.INSTALMENTS: Heading("4686", "Échéances reçues à répartir", LIABILITY),
    Purpose.HOLDER_MONEY: Heading("4687", "Fonds dus aux porteurs de projet", LIABILITY),
    Purpose.HELD_TRANCHES: Heading("4688", "Fonds de porteurs retenus jusqu’à leur étape", LIABILITY),
    Purpose.COMMON_POT: Heading("4681", "Pot commun à attribuer", LIABILITY),
    Purpose.ALLOCATED: Heading("4682", "Attributions du pot commun à verser aux projets", LIABILITY),
    Purpose.BANK: Heading("5121", "Banque, comptes en euros", ASSET),
    Purpose.PROVIDER: Heading("517", "Prestataire de services de paiement", ASSET),
    Purpose.PROVIDER_FEES: Heading("6278", "Frais du prestataire de paiement", EXPENSE),
    Purpose.HOLDER_FEE: Heading("7062", "Frais facturés aux porteurs de projet", INCOME),
    Purpose.UNITS_BOND: Heading("1630", "Emprunt obligataire du pot", LIABILITY),
    Purpose.UNITS_PARTICIPATING: Heading("1671", "Titres participatifs du pot", LIABILITY),
    Purpose.PLACED_STAKES: Heading("2718", "Participations du pot", ASSET),
    Purpose.PLACED_LOANS: Heading("2748", "Prêts du pot aux projets", ASSET),
    Purpose.PROVISION: Heading("2974", "Dépréciations des prêts du pot", ASSET),
    Purpose.PLACEMENT_LOSS: Heading("6641", "Pertes sur placements du pot", EXPENSE),
    Purpose.PROVISION_CHARGE: Heading("6866", "Dotations aux dépréciations des prêts du pot", EXPENSE),
    Purpose.GUARANTEE_ENDOWMENT: Heading("1678", "Dotations de garantie reçues", LIABILITY),
    Purpose.CURRENCY_OUT: Heading("4674", "Monnaie locale en circulation", LIABILITY),
    Purpose.MATCHING_RESERVED: Heading("4675", "Abondements réservés aux campagnes", LIABILITY),
    Purpose.GUARANTEE_CALLED: Heading("4676", "Garanties appelées à verser", LIABILITY),
    Purpose.CURRENCY_RESERVE: Heading("5128", "Banque, réserve de la monnaie locale", ASSET),
    Purpose.MATCHING_GIVEN: Heading("6571", "Abondements accordés aux campagnes", EXPENSE),
}
_COMPANY = {
    **_COMMON,
    Purpose.EARMARKED_GRANT: Heading("1674", "Avances conditionnées de conventions", LIABILITY),
    Purpose.UNITS_SHARE: Heading("10131", "Parts sociales du pot", EQUITY),
    Purpose.CAPITAL: Heading("1013", "Capital souscrit, appelé, versé", EQUITY),
    Purpose.PROFIT: Heading("120", "Résultat de l’exercice, bénéfice", EQUITY),
    Purpose.LOSS_OF_YEAR: Heading("129", "Résultat de l’exercice, perte", EQUITY),
    Purpose.INCOME_TAX_WITHHELD: Heading("4422", "Prélèvements forfaitaires non libératoires", LIABILITY),
    Purpose.LOSS: Heading("6541", "Pertes sur créances de l’exercice", EXPENSE),
}
_NON_PROFIT = {
    **_COMMON,
    Purpose.EARMARKED_GRANT: Heading("1940", "Fonds dédiés sur conventions", LIABILITY),
    Purpose.UNITS_SHARE: Heading("1024", "Apports des souscripteurs du pot", EQUITY),
    Purpose.CAPITAL: Heading("102", "Fonds propres sans droit de reprise", EQUITY),
    Purpose.PROFIT: Heading("120", "Résultat de l’exercice, excédent", EQUITY),
    Purpose.LOSS_OF_YEAR: Heading("129", "Résultat de l’exercice, déficit", EQUITY),
    Purpose.INCOME_TAX_WITHHELD: Heading("4471", "Prélèvements forfaitaires non libératoires", LIABILITY),
    Purpose.LOSS: Heading("654", "Pertes sur créances irrécouvrables", EXPENSE),
}

EDITIONS: Mapping[str, tuple[Edition, ...]] = MappingProxyType(
    {
        PCG: (
            Edition("PCG ANC 2014-03", date(2014, 10, 1), date(2024, 12, 31), MappingProxyType(_COMPANY)),
            Edition("PCG ANC 2022-06", date(2025, 1, 1), None, MappingProxyType(_COMPANY)),
        ),
        ASSOCIATION: (Edition("ANC 2018-06", date(2020, 1, 1), None, MappingProxyType(_NON_PROFIT)),),
    }
)


def edition_at(chart: str, on: date) -> Edition:
    """Return the edition of a chart in force on a date. Raises LookupError: there is none."""
    for edition in EDITIONS[chart]:
        if edition.valid_from <= on and (edition.valid_to is None or on <= edition.valid_to):
            return edition
    raise LookupError(f"no edition of the chart {chart} on {on}")


def heading(chart: str, purpose: Purpose) -> Heading:
    """Return the account of a purpose in the last edition of a chart; a purpose keeps its number between editions."""
    return EDITIONS[chart][-1].headings[purpose]


def fiscal_year_bounds(year_end_month: int, on: date) -> tuple[date, date]:
    """Return the first and last day of the twelve-month financial year that holds a date."""
    end_year = on.year if on.month <= year_end_month else on.year + 1
    ends_on = next_month(date(end_year, year_end_month, 1)) - timedelta(days=1)
    start_year = end_year if year_end_month == 12 else end_year - 1
    return date(start_year, year_end_month % 12 + 1, 1), ends_on


def next_month(on: date) -> date:
    """Return the first day of the month after a date."""
    return date(on.year + on.month // 12, on.month % 12 + 1, 1)
