"""Partners who declare what they collect: files accepted, refused, replaced; a fund that invests in the pot, once."""

from dataclasses import dataclass
from datetime import date, datetime

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from fres.kernel.access import Role
from funds.demonstration import cast
from funds.demonstration.chapters import Act
from funds.demonstration.region import Region
from funds.models import Channel, Instrument, Partner, PartnerKey, PartnerUpload
from funds.sources.channels import open_channel, record_lead
from funds.sources.format import FORMAT, NAMES
from funds.sources.keys import make_key, revoke_key
from funds.sources.partners import record_engagement, register_partner
from funds.sources.uploading import receive_upload
from investors.models import RoleGrant, User
from investors.roles import grant_role

PASSBOOK, LIFE = Instrument.LIVRET_SOLIDAIRE, Instrument.ASSURANCE_VIE_SOLIDAIRE
CITIZEN, POT = Instrument.INVESTISSEMENT_CITOYEN, Instrument.POT_COMMUN
OLD_COMMUNE = "02026"  # Artonges, today in a commune nouvelle of the Aisne


@dataclass(frozen=True)
class Source:
    """A partner of this chapter, with the one channel it brings."""

    name: str
    kind: str
    siren: str
    instrument: Instrument
    mode: str


BANK = Source("Banque coopérative du Beffroi", Partner.Kind.BANK, "000009019", PASSBOOK, Channel.Mode.COORDINATED)
INSURER = Source("Mutuelle des Deux Caps", Partner.Kind.INSURER, "000009027", LIFE, Channel.Mode.CROSSED)
CLUB = Source("Club d’épargne de la Scarpe", Partner.Kind.CLUB, "000009035", CITIZEN, Channel.Mode.CROSSED)
CARRIER = Source(cast.CARRIER.name, Partner.Kind.CARRIER, cast.CARRIER.siren, POT, Channel.Mode.POOLED)
SOURCES = (BANK, INSURER, CLUB, CARRIER)


def _row(source: Source, period: str, nature: str, amount: str, **values: str) -> dict[str, str]:
    row = {"format": FORMAT, "siren": source.siren, "periode": period, "nature": nature, "montant": amount}
    return row | ({} if nature.startswith("TOTAL") else {"canal": source.instrument.value}) | values


def _place(place: str, kind: str, people: str) -> dict[str, str]:
    return {"commune": place, "classe": kind, "nombre": people}


def _bank(period: str, lent: str) -> list[dict[str, str]]:
    lens, lille, old = cast.LENS.commune, cast.LILLE.commune, OLD_COMMUNE
    total = str(180_000 + int(lent))
    return [
        _row(BANK, period, "COLLECTE", "1250000", **_place(lens, "PARTICULIERS", "840")),
        _row(BANK, period, "COLLECTE", "4800000,50", **_place(lille, "PARTICULIERS", "3100")),
        _row(BANK, period, "COLLECTE", "42000", **_place(old, "PARTICULIERS", "35")),
        _row(BANK, period, "CREDIT", "180000", **_place(lens, "TPE", "12")),
        _row(BANK, period, "CREDIT", lent, **_place(lille, "ENTREPRISES_SOCIALES", "31")),
        _row(BANK, period, "EPARGNANTS", "650", nombre="3975"),
        _row(BANK, period, "TOTAL_COLLECTE", "6092000,50"),
        _row(BANK, period, "TOTAL_CREDIT", total),
    ]


def _insurer(period: str) -> list[dict[str, str]]:
    """It places a part of its solidarity contracts in the fund's pot: this part is counted once."""
    placed = {"siren_destinataire": CARRIER.siren, "canal_destinataire": POT.value}
    return [
        _row(INSURER, period, "COLLECTE", "2400000", **_place(cast.LILLE.commune, "PARTICULIERS", "610")),
        _row(INSURER, period, "EPARGNANTS", "1800", nombre="610"),
        _row(INSURER, period, "PLACEMENT", "250000", **placed),
        _row(INSURER, period, "TOTAL_COLLECTE", "2400000"),
        _row(INSURER, period, "TOTAL_PLACEMENT", "250000"),
    ]


def _simple(
    source: Source, period: str, amount: str, people: str, median: str, total: str = ""
) -> list[dict[str, str]]:
    return [
        _row(source, period, "COLLECTE", amount, **_place(cast.LENS.commune, "PARTICULIERS", people)),
        _row(source, period, "EPARGNANTS", median, nombre=people),
        _row(source, period, "TOTAL_COLLECTE", total or amount),
    ]


@transaction.atomic
def _found(region: Region, at: datetime) -> None:
    """Four partners sign and enter the register; two leads struggle."""
    by, fund = region.manager, region.fund
    for source in SOURCES:
        partner = register_partner(
            fund=fund, kind=source.kind, name=source.name, siren=source.siren, contact="", by=by, at=at
        )
        if source != CARRIER:
            record_engagement(
                partner=partner,
                signed_on=at.date(),
                signatory="Direction générale",
                function="Présidence",
                by=by,
                at=at,
            )
        open_channel(
            partner=partner, instrument=source.instrument, mode=source.mode, territory_code=cast.REGION, by=by, at=at
        )
    grant_role(
        user=User.objects.get(email="partenaire@fres.example"), role=Role.PARTNER, by=by, on=at.date(),
        scope_kind=RoleGrant.Scope.PARTNER, scope_uuid=_partner(BANK).uuid,
    )  # fmt: skip
    for instrument, operator, obstacle, step, day in (
        (
            Instrument.EPARGNE_SALARIALE_SOLIDAIRE, "Comité des employeurs du bassin minier",
            "Les élus du personnel demandent une comparaison des frais.", "Réunion avec les élus", date(2026, 12, 10),
        ),
        (
            Instrument.EMPRUNT_REGIONAL, "Conseil régional",
            "La garantie de la banque publique n’est pas accordée.", "Relance du comité de garantie", date(2026, 9, 30),
        ),
    ):  # fmt: skip
        record_lead(
            fund=fund, instrument=instrument, operator_name=operator, territory_code=cast.REGION, obstacle=obstacle,
            next_step=step, next_step_on=day, owner=by, at=at,
        )  # fmt: skip


def _declare_first(region: Region, at: datetime) -> None:
    """The bank's first file, later replaced."""
    _send(BANK, _bank("2026-T2", "900000"), at)


def _declare(region: Region, at: datetime) -> None:
    """The bank corrects its quarter; the club's total is wrong; the pot and the insurer tell of each other."""
    _send(BANK, _bank("2026-T2", "960000"), at)
    _send(CARRIER, _simple(CARRIER, "2026-T3", "410000", "310", "120"), at)
    _send(INSURER, _insurer("2026-T3"), at)
    _send(CLUB, _simple(CLUB, "2026-T3", "18600", "14", "900", total="16800"), at)


def _declare_again(region: Region, at: datetime) -> None:
    """The bank's third quarter, and the club's file put right."""
    _send(BANK, _bank("2026-T3", "1010000"), at)
    _send(CLUB, _simple(CLUB, "2026-T3", "18600", "14", "900"), at)


def _send(source: Source, rows: list[dict[str, str]], at: datetime) -> None:
    lines = [";".join(NAMES), *(";".join(row.get(name, "") for name in NAMES) for row in rows)]
    partner = _partner(source)
    by = User.objects.get(email="partenaire@fres.example")
    file = SimpleUploadedFile(f"{source.siren}-{rows[0]['periode']}.csv", "\r\n".join(lines).encode())
    receive_upload(partner=partner, file=file, by=by, at=at)


def _partner(source: Source) -> Partner:
    return Partner.objects.get(siren=source.siren)


def _sent_since(day: date) -> bool:
    return PartnerUpload.objects.filter(partner__siren=BANK.siren, received_at__date__gte=day).exists()


def _make_keys(region: Region, at: datetime) -> None:
    """The bank makes a key for its data warehouse, and revokes one that was meant for a trial."""
    by, partner = User.objects.get(email="partenaire@fres.example"), Partner.objects.get(siren=BANK.siren)
    trial, _secret = make_key(partner=partner, name="Essai", scopes=[PartnerKey.Scope.READ], by=by, at=at)
    make_key(partner=partner, name="Entrepôt de données", scopes=PartnerKey.Scope.values, by=by, at=at)
    revoke_key(key=trial, by=by, at=at)


ACTS = (
    Act(date(2026, 3, 2), _found, lambda region: Partner.objects.filter(siren=BANK.siren).exists()),
    Act(date(2026, 7, 6), _declare_first, lambda region: _sent_since(date(2026, 7, 6))),
    Act(date(2026, 10, 8), _declare, lambda region: _sent_since(date(2026, 10, 8))),
    Act(date(2026, 10, 20), _declare_again, lambda region: _sent_since(date(2026, 10, 20))),
    Act(date(2026, 10, 26), _make_keys, lambda region: PartnerKey.objects.exists()),
)
