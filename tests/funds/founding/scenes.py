"""A fund, partners who signed, a company that has a capital, and signed documents."""

from datetime import UTC, date, datetime

from fres.kernel.models import Territory
from fres.kernel.territory_files import VINTAGE
from funds.founding.acts import record_act
from funds.founding.capital import HolderShares
from funds.founding.conventions import ShareTerms, record_convention
from funds.founding.governance import allot_seats, found_body
from funds.models import Compartment, Partner
from funds.sources.partners import record_engagement, register_partner
from tests.funds.factories import FundFactory, a_siren, euros
from tests.funds.pool.scenes import a_compartment
from tests.investors.factories import UserFactory
from tests.projects.applications.scenes import pdf_file

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY = date(2026, 3, 2)


def a_founder(fund, rank, kind=Partner.Kind.BANK, signs=True):
    by = UserFactory()
    partner = register_partner(
        fund=fund, kind=kind, name=f"Fondateur {rank}", siren=a_siren(8_000 + rank), contact="", by=by, at=NOW
    )
    if signs:
        record_engagement(
            partner=partner, signed_on=date(2026, 1, 5), signatory="Anne Roy", function="Directrice", by=by, at=NOW
        )
    return partner


def an_act(fund=None, **fields):
    values = {
        "kind": "CREATION", "title": "Création", "council": "Conseil régional", "deliberation": "2026-1",
        "deliberated_on": date(2026, 2, 2), "file": pdf_file(), **fields,
    }  # fmt: skip
    return record_act(fund=fund or FundFactory(), by=UserFactory(), at=NOW, **values)


def a_department(code="62", name="Pas-de-Calais"):
    Territory.objects.get_or_create(
        vintage=VINTAGE, level=Territory.Level.DEPARTEMENT, code=code, defaults={"name": name, "region_code": "32"}
    )


def a_convention(fund=None, **fields):
    a_department()
    fund = fund or FundFactory()
    compartment = Compartment.objects.filter(fund=fund).first() or a_compartment(fund)
    partner = fund.partners.filter(kind="STATE").first() or a_founder(fund, 90, Partner.Kind.STATE)
    shares = fields.pop("shares", None) or [ShareTerms("Mines", 3_000, compartment, "PLACE", "DEPARTEMENT:62")]
    values = {
        "kind": "STATE_REGION", "reference": "CPER", "title": "Contrat", "partner": partner, "signed_on": DAY,
        "valid_from": DAY, "valid_to": date(2028, 12, 31), "promised": euros(10_000), "file": pdf_file(), **fields,
    }  # fmt: skip
    return record_convention(fund=fund, shares=shares, by=UserFactory(), at=NOW, **values)


def a_board(fund=None, **seats):
    board = found_body(
        fund=fund or FundFactory(),
        kind="BOARD",
        name="Conseil",
        role="Décide.",
        founded_on=DAY,
        by=UserFactory(),
        at=NOW,
    )
    if seats:
        allot_seats(body=board, seats=seats, valid_from=DAY, deliberation="2026-2", by=UserFactory(), at=NOW)
    return board


def holders(fund, *, authority, actor, public_bank, bank=0):
    lines = [
        HolderShares("AUTHORITY", "Région", authority),
        HolderShares("ACTOR", "Réseau", actor),
        HolderShares("PUBLIC_BANK", "Banque publique", public_bank, a_founder(fund, 1, Partner.Kind.PUBLIC_BANK)),
    ]
    if bank:
        lines.append(HolderShares("BANK", "Banque", bank, a_founder(fund, 2)))
    return [line for line in lines if line.shares]
