"""What the site says of itself: its name, its region, and the legal persons behind it (A1: no constant)."""

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from fres.kernel.models import Territory
from fres.kernel.publishers import Publisher
from funds.models import Fund, LegalEntity


def site_names() -> tuple[str, str]:
    """Return the name of the site and of its region, from the first fund; plain words before there is one."""
    regions = Territory.objects.filter(level=Territory.Level.REGION, code=OuterRef("region_code")).order_by("pk")
    first = Fund.objects.order_by("pk").annotate(region=Subquery(regions.values("name")[:1])).first()
    if first is None:
        return "FRES", ""
    return (f"FRES {first.region}", first.region) if first.region else (first.name, "")


def fund_scopes() -> list[tuple[str, str]]:
    """Return the funds, in the order they were created: uuid as text, name. What parameters and committees name."""
    return [(str(uuid), name) for uuid, name in Fund.objects.order_by("pk").values_list("uuid", "name")]


def publishers() -> tuple[Publisher, ...]:
    """Return the operators first, then the funds' carriers, in the order they were created."""
    entities = LegalEntity.objects.select_related("party").order_by("pk")
    operators = [entity for entity in entities if entity.role == LegalEntity.Role.OPERATOR]
    carriers = [entity for entity in entities if entity.role == LegalEntity.Role.FUND]
    return tuple(_publisher(entity) for entity in (*operators, *carriers))


def _publisher(entity: LegalEntity) -> Publisher:
    return Publisher(
        role=entity.get_role_display(),
        name=entity.name,
        legal_form=entity.party.legal_form,
        siren=entity.siren,
        lei=entity.lei,
        address=", ".join(entity.party.address_lines) or _("à compléter avant l’ouverture"),
        email=entity.party.email,
    )
