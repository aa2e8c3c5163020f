"""Two rounds of co-financing: lines asked, promised, confirmed, refused and withdrawn, by channel of the register."""

from datetime import date, datetime

from django.db import transaction

from fres.kernel import clock
from fres.kernel.money import from_cents
from funds.cofinancing.tables import (
    ask_contribution,
    confirm_contribution,
    open_round_table,
    promise_contribution,
    refuse_contribution,
    withdraw_contribution,
)
from funds.demonstration.chapters import Act
from funds.demonstration.chapters.campaigns import CARPORTS
from funds.demonstration.chapters.founding import ARTOIS, COUNCIL, FLANDERS, PUBLIC
from funds.demonstration.chapters.pool import ROOFS
from funds.demonstration.chapters.sources import BANK, CLUB
from funds.demonstration.region import Region
from funds.models import Channel, Contribution, Partner, RoundTable
from projects.models import Project

N = Contribution.Nature


@transaction.atomic
def _open_roofs(region: Region, at: datetime) -> None:
    """The roofs: the Region and a bank confirm, another bank refuses, a foundation thinks, a lender gave up."""
    table = open_round_table(
        project=Project.objects.get(slug=ROOFS.slug), fund=region.fund, need=from_cents(6_000_000), by=region.manager,
        reason="Budget du dossier : panneaux, pose et raccordement.", at=at,
    )  # fmt: skip
    asked = [
        _ask(region, table, N.GRANT, 1_500_000, partner=COUNCIL.siren, at=at),
        _ask(region, table, N.LOAN, 2_000_000, partner=FLANDERS.siren, at=at),
        _ask(region, table, N.LOAN, 1_000_000, partner=ARTOIS.siren, at=at),
        _ask(region, table, N.GUARANTEE, 1_000_000, partner=PUBLIC.siren, at=at),
        _ask(region, table, N.GRANT, 500_000, financer="Fondation du terril", at=at),
        _ask(region, table, N.LOAN, 300_000, financer="Société de portage du Hainaut", at=at),
    ]
    grant, loan, refused, guarantee, foundation, carrier = asked
    on, by = clock.local(at).date(), region.manager
    confirm_contribution(
        contribution=grant, amount=from_cents(1_200_000), on=on, evidence="Délibération 2025-00341", by=by, at=at
    )
    promise_contribution(contribution=loan, amount=from_cents(1_800_000), on=on, by=by, at=at, evidence="Courriel")
    refuse_contribution(contribution=refused, on=on, reason="Durée trop longue pour la banque.", by=by, at=at)
    confirm_contribution(
        contribution=guarantee, amount=from_cents(900_000), on=on, evidence="Lettre de garantie G-118", by=by, at=at
    )
    promise_contribution(contribution=foundation, amount=from_cents(400_000), on=on, by=by, at=at)
    withdraw_contribution(contribution=carrier, on=on, reason="La société a cessé son activité.", by=by, at=at)


@transaction.atomic
def _confirm_roofs(region: Region, at: datetime) -> None:
    """The bank signs its loan."""
    loan = Contribution.objects.get(table__project__slug=ROOFS.slug, financer=FLANDERS.name)
    confirm_contribution(
        contribution=loan, amount=from_cents(1_800_000), on=clock.local(at).date(), by=region.manager, at=at,
        evidence="Contrat de prêt signé le jour même",
    )  # fmt: skip


@transaction.atomic
def _open_carports(region: Region, at: datetime) -> None:
    """The carports, whose offer is open: what is confirmed is on its public plan; two partners have still to answer."""
    table = open_round_table(
        project=Project.objects.get(slug=CARPORTS.slug), fund=region.fund, need=from_cents(2_000_000),
        reason="Plan de financement de l’offre.", by=region.manager, at=at,
    )  # fmt: skip
    grant = _ask(region, table, N.GRANT, 300_000, partner=COUNCIL.siren, at=at)
    own = _ask(region, table, N.OWN, 200_000, financer=CARPORTS.holder.name, at=at)
    for line, evidence in ((grant, "Délibération 2026-00388"), (own, "Attestation de la banque du porteur")):
        confirm_contribution(
            contribution=line, amount=line.asked, on=clock.local(at).date(), evidence=evidence, by=region.manager, at=at
        )
    _ask(region, table, N.LOAN, 600_000, channel=BANK.siren, at=at)
    _ask(region, table, N.EQUITY, 50_000, channel=CLUB.siren, at=at)


ACTS = (
    Act(date(2025, 6, 16), _open_roofs, lambda region: _is_open(ROOFS.slug)),
    Act(
        date(2025, 9, 15), _confirm_roofs,
        lambda region: Contribution.objects.filter(financer=FLANDERS.name, state="CONFIRMED").exists(),
    ),
    Act(date(2026, 11, 4), _open_carports, lambda region: _is_open(CARPORTS.slug)),
)  # fmt: skip


def _ask(
    region: Region, table: RoundTable, nature: str, cents: int, *, at: datetime, partner: str = "", channel: str = "",
    financer: str = "",
) -> Contribution:  # fmt: skip
    return ask_contribution(
        table=table, financer=financer, nature=nature, asked=from_cents(cents), asked_on=clock.local(at).date(),
        by=region.manager, at=at, partner=Partner.objects.get(siren=partner) if partner else None,
        channel=Channel.objects.select_related("partner").get(partner__siren=channel) if channel else None,
    )  # fmt: skip


def _is_open(slug: str) -> bool:
    return RoundTable.objects.filter(project__slug=slug).exists()
