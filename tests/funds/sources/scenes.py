"""A bank that signed, its channels, and the files it sends."""

from datetime import UTC, date, datetime

from django.core.files.uploadedfile import SimpleUploadedFile

from fres.kernel.models import Territory
from fres.kernel.territory_files import VINTAGE
from funds.models import Channel, Instrument, Partner
from funds.sources.channels import open_channel
from funds.sources.format import FORMAT, NAMES
from funds.sources.partners import record_engagement, register_partner
from investors.models import RoleGrant
from tests.funds.factories import FundFactory, a_siren
from tests.investors.factories import RoleGrantFactory, UserFactory

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PASSBOOK, POT = Instrument.LIVRET_SOLIDAIRE, Instrument.POT_COMMUN


def places():
    """Lens and Lille in the region, Paris outside; 62901 became Lens, 62902 was shared between two."""
    commune = {"vintage": VINTAGE, "level": Territory.Level.COMMUNE}
    for code, name, region in (("62498", "Lens", "32"), ("59350", "Lille", "32"), ("75056", "Paris", "11")):
        Territory.objects.get_or_create(**commune, code=code, defaults={"name": name, "region_code": region})
    for code, successors in (("62901", ["62498"]), ("62902", ["62498", "59350"])):
        old = {"name": "Ancienne", "region_code": "32", "is_current": False, "successor_codes": successors}
        Territory.objects.get_or_create(**commune, code=code, defaults=old)
    region = {"vintage": VINTAGE, "level": Territory.Level.REGION, "code": "32"}
    Territory.objects.get_or_create(**region, defaults={"name": "Hauts-de-France", "region_code": "32"})


def a_partner(*, fund=None, rank=7001, kind=Partner.Kind.BANK, channels=(PASSBOOK,), signs=True):
    places()
    by = UserFactory()
    fund = fund or FundFactory(region_code="32")
    partner = register_partner(
        fund=fund, kind=kind, name=f"Partenaire {rank}", siren=a_siren(rank), contact="", by=by, at=NOW
    )
    if signs:
        record_engagement(
            partner=partner, signed_on=date(2026, 1, 5), signatory="Anne Roy", function="Directrice", by=by, at=NOW
        )
    for instrument in channels:
        open_channel(
            partner=partner, instrument=instrument, mode=Channel.Mode.COORDINATED, territory_code="32", by=by, at=NOW
        )
    return partner


def a_member(partner):
    grant = RoleGrantFactory(role="partner", scope_kind=RoleGrant.Scope.PARTNER, scope_uuid=partner.uuid)
    return grant.user


def line(partner, nature, amount, **values):
    base = {"format": FORMAT, "siren": partner.siren, "periode": "2026-T3", "nature": nature, "montant": amount}
    if not nature.startswith("TOTAL"):
        base["canal"] = PASSBOOK.value
    if nature in ("COLLECTE", "CREDIT"):
        base |= {"commune": "62498", "classe": "PARTICULIERS", "nombre": "12"}
    return base | values


def as_csv(lines):
    rows = [";".join(NAMES), *(";".join(one.get(name, "") for name in NAMES) for one in lines)]
    return "\r\n".join(rows).encode()


def as_file(content, name="declaration.csv"):
    return SimpleUploadedFile(name, content, content_type="text/csv")


def sound(partner, amount="1000,50"):
    return [
        line(partner, "COLLECTE", amount),
        line(partner, "CREDIT", "300", commune="59350", classe="TPE"),
        line(partner, "TOTAL_COLLECTE", amount),
        line(partner, "TOTAL_CREDIT", "300,00"),
    ]
