"""Offers with a complete file, a sheet, tranches: the rows campaigns start from."""

from datetime import UTC, date, datetime

from djmoney.money import Money

from funds.campaigns.preparing import (
    FundingLine,
    PersonLine,
    Terms,
    TrancheLine,
    accept_file,
    save_answers,
    send_file,
    set_funding,
    set_team,
    set_tranches,
)
from funds.fici.publishing import publish_fici
from funds.models import Offer, OfferFile
from funds.offers import open_offer
from tests.funds.factories import NOW, OfferFactory, euros
from tests.investors.factories import UserFactory
from tests.projects.factories import MembershipFactory

OPERATOR_LEI, OWNER_LEI = "969500FRESTEST000009", "969500OWNERTEST00147"

ANSWERS = {
    "activities": "Produire et vendre l’électricité de toits loués aux communes.",
    "ownership": "Quatre-vingts habitants détiennent 70 % du capital, la commune 30 %.",
    "ownership_changed_on": "2025-06-30",
    "management": "Une présidente et un conseil coopératif de sept personnes.",
    "website": "https://soleil.example",
    "accounts": "https://soleil.example/comptes",
    "use_of_funds": "Panneaux 7 000 €, pose 2 000 €, raccordement 1 000 €.",
    "expected_result": "Quarante mégawattheures par an.",
    "own_funds": "2000",
    "debt_before": "15000",
    "risk_project": "Le toit peut demander un renfort qui retarde la pose.",
    "risk_sector": "Le prix de rachat de l’électricité peut baisser à la fin du contrat.",
    "risk_default": "Une année sans soleil peut empêcher de payer une échéance.",
    "risk_return": "Un retard de raccordement retarde les intérêts.",
    "guarantee": "aucune",
    "defaults_five_years": "aucun",
    "insiders": "aucune",
    "criminal_record_on": "2026-09-01",
    "figures": [
        {"year": 2025, "turnover": 40000, "net_profit": 2000, "total_assets": 90000, "equity": 30000, "net_debt": 9000},
        {"year": 2024, "turnover": 35000, "net_profit": -1500, "total_assets": 85000, "equity": 28000},
    ],
}  # fmt: skip


def terms(**changes) -> Terms:
    values = {
        "lane": Offer.Lane.PROJECT,
        "minimum": euros(1_000),
        "maximum": euros(10_000),
        "ticket_minimum": euros(20),
        "ticket_maximum": euros(5_000),
        "opens_at": datetime(2026, 12, 1, 8, 0, tzinfo=UTC),
        "closes_at": datetime(2027, 1, 31, 22, 59, tzinfo=UTC),
        "risks": "Vous pouvez perdre toute la somme prêtée.",
        "rate_bp": 350,
        "months": 24,
        "raised_elsewhere": Money(0, "EUR"),
        "raised_elsewhere_declared_on": date(2026, 11, 1),
    }
    return Terms(**(values | changes))


def a_drafted_offer(*, holder=None, tranches=(), delegates=0, silence_rule=None, answers=None, **fields) -> Offer:
    """An offer with a complete file, not sent. `tranches`: planned euros, which add up to the maximum."""
    holder = holder or UserFactory()
    offer = OfferFactory(raised_elsewhere_declared_on=date(2026, 11, 1), **fields)
    give_leis(offer)
    if not offer.project.organisation.memberships.filter(user=holder).exists():
        MembershipFactory(organisation=offer.project.organisation, user=holder, is_legal_representative=True)
    OfferFile.objects.create(offer=offer, created_by=holder, created_at=NOW)
    offer = Offer.objects.get(pk=offer.pk)
    given = ANSWERS if not offer.is_gift else {"use_of_funds": "Une serre, 900 m².", "expected_result": "Des légumes."}
    save_answers(offer=offer, answers=given | (answers or {}), by=holder, at=NOW)
    set_team(offer=offer, people=[PersonLine("Inès Vasseur", "Présidente", "", True)], by=holder, at=NOW)
    set_funding(offer=offer, lines=[FundingLine("BANK", "Banque du bassin", euros(5_000), True)], by=holder, at=NOW)
    if tranches:
        rule = {"silence_rule": silence_rule} if silence_rule else {}
        lines = [TrancheLine(euros(cents), f"Étape {rank}", "Facture") for rank, cents in enumerate(tranches, start=1)]
        set_tranches(offer=offer, lines=lines, by=holder, at=NOW, delegates=delegates, **rule)
    return Offer.objects.get(pk=offer.pk)


def give_leis(offer):
    operator, owner = offer.fund.operator, offer.project.organisation.party
    if not operator.lei:
        operator.lei = OPERATOR_LEI
        operator.save()
    owner.lei = OWNER_LEI
    owner.save()


def an_accepted_offer(*, manager=None, **fields) -> Offer:
    offer = a_drafted_offer(**fields)
    send_file(offer=offer, by=offer.file.created_by, at=NOW)
    accept_file(offer=offer, by=manager or UserFactory(), at=NOW)
    return Offer.objects.get(pk=offer.pk)


def an_offer_with_sheet(*, manager=None, opened=True, **fields) -> Offer:
    manager = manager or UserFactory()
    offer = an_accepted_offer(manager=manager, **fields)
    publish_fici(offer=offer, by=manager, at=NOW)
    if opened:
        open_offer(offer=offer, by=manager, at=NOW)
    return Offer.objects.get(pk=offer.pk)
