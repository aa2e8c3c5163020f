"""How the fund was made: its act, who signed, who governs, who owns the issuer of its units, what was promised."""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from reportlab.pdfgen.canvas import Canvas

from fres.kernel import clock
from fres.kernel.money import from_cents
from funds.demonstration.chapters import Act
from funds.demonstration.chapters.committee import AXES, SCHEME
from funds.demonstration.chapters.pool import COMMON, ENERGY, ISSUER
from funds.demonstration.chapters.sources import BANK as LATER_BANK
from funds.demonstration.region import Region
from funds.founding.acts import adopt_scheme, publish_engagement_text, record_act, sign_act
from funds.founding.capital import HolderShares, record_capital
from funds.founding.conventions import ShareTerms, record_convention, record_convention_payment
from funds.founding.governance import allot_seats, appoint, end_mandate, found_body
from funds.models import (
    CapitalTable,
    Compartment,
    Convention,
    ConventionPayment,
    EarmarkedShare,
    Engagement,
    EngagementText,
    Family,
    FoundingAct,
    GoverningBody,
    LegalEntity,
    Mandate,
    Partner,
)
from funds.sources.partners import record_engagement, register_partner, revoke_engagement

Kind, Audience = Partner.Kind, EngagementText.Audience


@dataclass(frozen=True)
class Founder:
    """A partner that signs the creation of the fund, and in whose name."""

    name: str
    kind: str
    siren: str
    function: str


COUNCIL = Founder("Conseil régional des Hauts-de-France", Kind.REGION, "000009100", "Présidence")
TOWNS = Founder("Communauté des villes du Beffroi", Kind.AUTHORITY, "000009118", "Vice-présidence aux finances")
PUBLIC = Founder("Banque publique des territoires du Nord", Kind.PUBLIC_BANK, "000009126", "Direction régionale")
FLANDERS = Founder("Crédit mutualiste des Flandres", Kind.BANK, "000009134", "Direction générale")
ARTOIS = Founder("Caisse solidaire de l’Artois", Kind.BANK, "000009142", "Direction générale")
STATE = Founder("État, préfecture de région", Kind.STATE, "000009159", "Secrétariat général aux affaires régionales")
NETWORK = Founder("Réseau des acteurs solidaires", Kind.ACTOR, "000009167", "Coprésidence")
FOUNDERS = (COUNCIL, TOWNS, PUBLIC, FLANDERS, ARTOIS, STATE, NETWORK)
BOARD = "Conseil d’administration partenarial"
REFERENCE = "CPER-2024-ESS"
BANK_WORDS = (
    "Servir tous les publics sur tout le territoire, de façon responsable et sans discrimination.\n\n"
    "Publier chaque trimestre, par commune et par catégorie de client, l’épargne collectée et les crédits accordés."
)
MORE_WORDS = BANK_WORDS + "\n\nRépondre par écrit à toute demande d’explication d’un écart, dans les deux mois."
FOUNDER_WORDS = (
    "Soutenir le fonds pendant six ans au moins, siéger dans ses instances, et rendre publics les moyens apportés."
)
MANDATES = (
    (Family.AUTHORITY, "Mireille Vasseur", COUNCIL.name, "présidente"),
    (Family.AUTHORITY, "Didier Lemoine", COUNCIL.name, ""),
    (Family.AUTHORITY, "Aïcha Benali", TOWNS.name, ""),
    (Family.ACTOR, "Solène Caron", NETWORK.name, "vice-présidente"),
    (Family.ACTOR, "Marc Delattre", "Épargnants du fonds", ""),
    (Family.PUBLIC_BANK, "Hugues Pruvost", PUBLIC.name, ""),
    (Family.BANK, "Claire Dumoulin", FLANDERS.name, "trésorière"),
    (Family.BANK, "Paul Wargnier", ARTOIS.name, ""),
    (Family.STATE, "Nadia Roussel", STATE.name, ""),
)


@transaction.atomic
def _create(region: Region, at: datetime) -> None:
    """The texts, the partners who sign them, then the act that creates the fund and its signatures."""
    fund, by, on = region.fund, region.manager, clock.local(at).date()
    for audience, words in ((Audience.BANK, BANK_WORDS), (Audience.FOUNDER, FOUNDER_WORDS)):
        publish_engagement_text(fund=fund, audience=audience, body=words, valid_from=date(2024, 1, 15), by=by, at=at)
    for one in FOUNDERS:
        partner = register_partner(fund=fund, kind=one.kind, name=one.name, siren=one.siren, contact="", by=by, at=at)
        record_engagement(
            partner=partner, signed_on=date(2024, 1, 22), signatory="Personne habilitée", function=one.function, by=by,
            at=at, file=_signed("Engagement", one.name),
        )  # fmt: skip
    act = record_act(
        fund=fund, kind=FoundingAct.Kind.CREATION, title="Création du fonds régional d’épargne solidaire",
        council=COUNCIL.name, deliberation="2024-00117", deliberated_on=date(2024, 1, 29), by=by, at=at,
        file=_signed("Délibération 2024-00117", "Création du fonds"),
    )  # fmt: skip
    for one in FOUNDERS:
        sign_act(
            act=act, partner=_partner(one), signatory="Personne habilitée", function=one.function, signed_on=on, by=by,
            at=at,
        )  # fmt: skip


@transaction.atomic
def _govern(region: Region, at: datetime) -> None:
    """The board where territories have eight seats of thirteen, its members, and the scheme it decides by."""
    fund, by = region.fund, region.manager
    board = found_body(
        fund=fund, kind=GoverningBody.Kind.BOARD, name=BOARD, founded_on=date(2024, 2, 5), by=by, at=at,
        role="Adopte les règles du fonds, nomme le comité d’engagement et suit chaque axe du schéma régional.",
    )  # fmt: skip
    allot_seats(
        body=board, valid_from=date(2024, 2, 5), deliberation="2024-00117", by=by, at=at,
        seats={Family.AUTHORITY: 4, Family.ACTOR: 4, Family.PUBLIC_BANK: 2, Family.BANK: 2, Family.STATE: 1},
    )  # fmt: skip
    for family, person, stands_for, function in MANDATES:
        appoint(
            body=board, family=family, person=person, stands_for=stands_for, function=function,
            starts_on=date(2024, 2, 5), ends_on=date(2030, 2, 4), by=by, at=at,
        )  # fmt: skip
    adopt_scheme(
        fund=fund, name=SCHEME, deliberation="2022-00934", adopted_on=date(2022, 6, 30), valid_from=date(2022, 7, 1),
        valid_to=date(2028, 7, 1), axes=AXES, by=by, at=at, file=_signed("Délibération 2022-00934", SCHEME),
    )  # fmt: skip


@transaction.atomic
def _start(region: Region, at: datetime) -> None:
    """The issuer starts as a subsidiary of the public bank (R-046)."""
    _capital(
        region, CapitalTable.Stage.START, date(2025, 2, 10), "2025-00012", "Démarrage avec la banque publique.",
        ((Family.PUBLIC_BANK, PUBLIC, 1_500), (Family.AUTHORITY, COUNCIL, 625), (Family.BANK, FLANDERS, 375)), at=at,
    )  # fmt: skip


@transaction.atomic
def _promise(region: Region, at: datetime) -> None:
    """The contract between the State and the Region: half for all, a third for a département, the rest for energy."""
    common, energy = (Compartment.objects.get(slug=slug) for slug in (COMMON, ENERGY))
    record_convention(
        fund=region.fund, kind=Convention.Kind.STATE_REGION, reference=REFERENCE,
        title="Volet épargne solidaire du contrat État-Région", partner=_partner(STATE), signed_on=date(2025, 3, 3),
        valid_from=date(2025, 3, 3), valid_to=date(2028, 12, 31), promised=from_cents(12_000_000), by=region.manager,
        at=at, file=_signed(REFERENCE, "Contrat État-Région"),
        shares=(
            ShareTerms("Économie sociale et solidaire", 5_000, common),
            ShareTerms("Bassin minier", 3_000, common, EarmarkedShare.Target.PLACE, "DEPARTEMENT:62"),
            ShareTerms("Énergie citoyenne", 2_000, energy, EarmarkedShare.Target.SECTOR, "35"),
        ),
    )  # fmt: skip


@transaction.atomic
def _withdraw(region: Region, at: datetime) -> None:
    """A bank takes its engagement back: its member leaves the board. The text gains a duty to answer."""
    by, on = region.manager, clock.local(at).date()
    engagement = Engagement.objects.get(partner=_partner(ARTOIS), revoked_on=None)
    revoke_engagement(engagement=engagement, reason="Ne publie plus ses résultats par commune.", by=by, at=at)
    mandate = Mandate.objects.get(person="Paul Wargnier")
    end_mandate(mandate=mandate, ended_on=on, reason="L’engagement de sa banque est révoqué.", by=by, at=at)
    publish_engagement_text(
        fund=region.fund, audience=Audience.BANK, body=MORE_WORDS, valid_from=date(2026, 1, 12), by=by, at=at
    )


@transaction.atomic
def _emancipate(region: Region, at: datetime) -> None:
    """Territories take the majority; another bank comes in; the public bank keeps a quarter (R-047)."""
    bank = Founder(LATER_BANK.name, LATER_BANK.kind, LATER_BANK.siren, "")
    _capital(
        region, CapitalTable.Stage.AUTONOMOUS, date(2026, 6, 15), "2026-00204", "Les territoires prennent la majorité.",
        ((Family.PUBLIC_BANK, PUBLIC, 1_000), (Family.AUTHORITY, COUNCIL, 1_200), (Family.AUTHORITY, TOWNS, 480),
         (Family.ACTOR, NETWORK, 600), (Family.BANK, FLANDERS, 400), (Family.BANK, bank, 320)), at=at,
    )  # fmt: skip


@transaction.atomic
def _pay(region: Region, at: datetime) -> None:
    """The State pays a first part of two shares: each becomes cash of its compartment and an earmark."""
    for name, cents, reference in (
        ("Bassin minier", 900_000, "VIR-ETAT-2026-0412"),
        ("Énergie citoyenne", 600_000, "VIR-ETAT-2026-0413"),
    ):
        record_convention_payment(
            share=EarmarkedShare.objects.get(name=name), amount=from_cents(cents), received_on=date(2026, 11, 17),
            reference=reference, by=region.manager, at=at,
        )  # fmt: skip


ACTS = (
    Act(date(2024, 2, 26), _create, lambda region: region.fund.founding_acts.exists()),
    Act(date(2024, 3, 4), _govern, lambda region: region.fund.bodies.exists()),
    Act(date(2025, 2, 10), _start, lambda region: region.fund.capital_tables.exists()),
    Act(date(2025, 3, 24), _promise, lambda region: region.fund.conventions.exists()),
    Act(
        date(2026, 1, 12), _withdraw,
        lambda region: Engagement.objects.filter(partner__siren=ARTOIS.siren, revoked_on__isnull=False).exists(),
    ),
    Act(date(2026, 6, 15), _emancipate, lambda region: region.fund.capital_tables.count() > 1),
    Act(date(2026, 11, 18), _pay, lambda region: ConventionPayment.objects.exists()),
)  # fmt: skip


def _capital(
    region: Region, stage: str, on: date, deliberation: str, reason: str, lines: Iterable[tuple[str, Founder, int]], *,
    at: datetime,
) -> None:  # fmt: skip
    record_capital(
        fund=region.fund, entity=LegalEntity.objects.select_related("party").get(siren=ISSUER.siren), stage=stage,
        nominal=from_cents(10_000), effective_on=on, deliberation=deliberation, reason=reason,
        lines=[HolderShares(family, one.name, shares, _partner(one)) for family, one, shares in lines],
        by=region.manager, at=at,
    )  # fmt: skip


def _partner(founder: Founder) -> Partner:
    return Partner.objects.select_related("fund").get(siren=founder.siren)


def _signed(number: str, title: str) -> SimpleUploadedFile:
    """Return a small PDF, the same bytes each time."""
    written = io.BytesIO()
    canvas = Canvas(written, invariant=1)
    canvas.drawString(72, 760, f"{number} – {title}")
    canvas.drawString(72, 740, "Document de démonstration.")
    canvas.save()
    return SimpleUploadedFile(f"{number}.pdf", written.getvalue(), content_type="application/pdf")
